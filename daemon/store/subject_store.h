// Everything the store holds that names one address, row by row: to show it, and to erase it. One
// list of tables says where addresses may be, so that nothing is shown that is not erased, and
// nothing stays that was not shown. Settings are not among them (templates, webhooks' URLs, notes,
// accounts but to be shown): they are the users', not about whom they write to.
//
// Rows are looked for by reading all of them, in pages: there is no index of addresses, and servers'
// replies, URLs and contents name them too.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/address_finder.h"
#include "daemon/store/connection.h"
#include "daemon/store/segments.h"
#include "shared/base/clock.h"

namespace egd::store {

enum class SubjectForm { kInteger, kWords, kTime, kUuid, kEventType, kBytes };

// What becomes of a column when its row is erased.
enum class SubjectUse {
  kShown,      // nothing
  kHidden,     // nothing, and it is not shown
  kOwn,        // when it is the address, the row is about its holder; the alias takes its place
  kText,       // the address in it is replaced
  kMailboxes,  // the same, with the names of mailboxes
  kSaid,       // as kText; in a row about the holder without the local part alone, either
  kPersonal,   // emptied in a row about the holder; in others as kText
};

enum class SubjectErasure {
  kNothing,    // it is only shown
  kQueued,     // taken out of the queue, by the caller
  kContent,    // deleted once the message is finished, by the caller
  kDelete,     // the row goes
  kDeleteOwn,  // one about the holder goes, in others the address is replaced
  kReplace,
  kMerge,  // replaced; counts of what is the same then are added up
};

struct SubjectColumn {
  std::string_view sql, name;  // name: as shown
  SubjectForm form = SubjectForm::kWords;
  SubjectUse use = SubjectUse::kShown;
};

struct SubjectTable {
  std::string_view kind;   // of what a row is: "event"
  std::string_view table;  // that the key is of
  std::string_view from;   // the same, with what it is joined to
  SubjectErasure erasure = SubjectErasure::kNothing;
  std::vector<SubjectColumn> columns;  // the first of them are the key
  size_t keys = 1;
  size_t page_rows = 2000;           // read at once: some milliseconds
  std::string_view also = {};        // kDelete: another table with the same key
  std::string_view counts = {};      // kMerge: columns that are added up, with commas
  std::string_view condition = "1";  // which rows are looked at
};

// In the order of erasing: first what would become mail, last what is read by it.
const std::vector<SubjectTable>& SubjectTables();

struct SubjectCell {
  int64_t number = 0;
  std::string bytes;
};
struct SubjectRow {
  std::vector<SubjectCell> cells;  // one a column
  bool own = false;                // about the address's holder
};
using SubjectKey = std::vector<SubjectCell>;

struct SubjectPage {
  std::vector<SubjectRow> rows;  // that name the address
  SubjectKey last;               // go on behind it; empty: there are no more
};

// A content and what has to be known to erase it.
struct SubjectContent {
  int64_t message = 0;  // number
  SegmentPlace place;   // segment 0: it is in its row
  bool finished = false;
};

// Methods throw on database failure only. Bound to its connection: use within one job.
class SubjectStore {
 public:
  explicit SubjectStore(Connection& connection) : connection_(connection) {}

  // `messages`: of kContent, the numbers, ascending, of messages that count whatever they say.
  SubjectPage Read(const SubjectTable& table, const core::AddressFinder& finder,
                   const SubjectKey& after, const std::vector<int64_t>& messages = {});
  // Erases what Read found, as far as it is there still, by the table's rule; `rows` must be of this
  // table. Returns how many. `alone`: gets the numbers of messages that went to the address alone.
  int64_t Erase(const SubjectTable& table, const core::AddressFinder& finder,
                const std::string& alias, const std::vector<SubjectRow>& rows,
                std::vector<int64_t>& alone);
  SubjectContent FindContent(int64_t message);  // not found: finished, and in no segment
  void DeleteContent(int64_t message);          // of a finished one

  int64_t CountFreePages();
  // What was deleted by now stays on the disk in pages of the database that are free. Fills some of
  // them with zeros, until there are none or `most` were filled; returns how many. Then Unfill, until
  // it returns false. A job each.
  size_t FillFreePages(size_t most);
  bool Unfill();

 private:
  bool WentToOneAlone(int64_t message, const core::AddressFinder& finder, const std::string& alias);
  void EraseRow(const SubjectTable& table, const core::AddressFinder& finder,
                const std::string& alias, const SubjectRow& row);

  Connection& connection_;
};

// Deleted rows are overwritten as long as it lives.
class OverwritesDeleted {
 public:
  explicit OverwritesDeleted(Connection& connection);
  ~OverwritesDeleted();
  OverwritesDeleted(const OverwritesDeleted&) = delete;
  OverwritesDeleted& operator=(const OverwritesDeleted&) = delete;

 private:
  Connection& connection_;
};

}  // namespace egd::store
