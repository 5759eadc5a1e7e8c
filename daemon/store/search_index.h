// Inside the store room: an index of the texts that searches look in.
//
// Trigrams (SQLite's FTS5) in a database of its own, `<data_dir>/search.db`, because indexing costs
// as much as recording: beside the events, in their commits, it would slow down what the gateway
// accepts. A thread of its own (search_indexer.h) indexes in batches, moments after the commit, and
// what is not indexed yet is found by reading it (event_search.h): a search sees every committed
// event. All of it can be made again from the events: a file that is missing, damaged or of another
// database is.
//
// What a message says is indexed once, under the message's number, and what an event adds under its
// sequence: a third of the rows and of the size. Rows lie in tables of 2^20 numbers, for FTS5
// without content cannot delete: what retention purges goes with its table. The sender domain is in
// the index as one token, of three characters that no text has. Texts are folded as text_search.h
// says and separated by line feeds, which no query has.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "daemon/store/connection.h"
#include "shared/base/clock.h"

namespace egd::store {

enum class SearchKind { kMessages, kEvents };

constexpr size_t kLeastCharacters = 3;            // of what can be looked for
size_t CountCharacters(const std::string& text);  // of UTF-8

// How far the index is; whatever has a greater number is not in it.
struct SearchMark {
  int64_t message = 0;      // number
  int64_t event = 0;        // sequence
  UnixMillis event_at = 0;  // when that event was: tells whose index this is
};

// Readers of the database see the index, attached once to each, by these.
void AttachIndex(Connection& reader, const std::string& path);
SearchMark ReadMark(Connection& reader);
// Numbers of what has the folded text, ascending.
std::vector<int64_t> FindNumbers(Connection& reader, SearchKind kind, int64_t domain_id,
                                 const std::string& folded);

struct SearchRow {
  int64_t number = 0;
  int64_t domain_id = 0;
  std::string texts;  // folded, a line each
};
struct SearchBatch {
  std::vector<SearchRow> messages, events;  // by ascending number
  SearchMark mark;                          // after them
};

// The same file, opened to be written. One thread at a time; methods throw on database failure.
class SearchIndex {
 public:
  // Makes the file when it is missing, and rebuilds it when it cannot be used.
  explicit SearchIndex(const std::string& path);

  const SearchMark& mark() const { return mark_; }
  void Add(const SearchBatch& batch);  // in one commit
  // Drops the tables that have no number from this one on.
  void DropBefore(SearchKind kind, int64_t number);
  void Clear();

 private:
  void Add(SearchKind kind, const std::vector<SearchRow>& rows);
  void Save(const SearchMark& mark);

  Connection connection_;
  SearchMark mark_;
};

}  // namespace egd::store
