#include "daemon/store/subject_store.h"

#include <algorithm>
#include <utility>

#include "daemon/store/query.h"
#include "shared/base/strings.h"

namespace egd::store {
namespace {

constexpr size_t kMostBytes = 4 << 20;  // of rows in a page; with one that is larger it ends

bool IsNumber(SubjectForm form) {
  return form == SubjectForm::kInteger || form == SubjectForm::kTime ||
         form == SubjectForm::kEventType;
}

bool IsBlob(SubjectForm form) {
  return form == SubjectForm::kUuid || form == SubjectForm::kBytes;
}

void BindCell(Query& query, const SubjectColumn& column, const SubjectCell& cell) {
  if (IsNumber(column.form)) {
    query.Bind(cell.number);
  } else if (IsBlob(column.form)) {
    query.Bind(AsBlob{cell.bytes});
  } else {
    query.Bind(cell.bytes);
  }
}

void BindKey(Query& query, const SubjectTable& table, const SubjectKey& key) {
  for (size_t i = 0; i < table.keys; ++i) BindCell(query, table.columns[i], key[i]);
}

// "k.domain_id, k.key"
std::string KeyColumns(const SubjectTable& table) {
  std::string columns;
  for (size_t i = 0; i < table.keys; ++i) {
    columns += (i ? ", " : "") + std::string(table.columns[i].sql);
  }
  return columns;
}

std::string Placeholders(size_t count) {
  std::string marks = "?";
  for (size_t i = 1; i < count; ++i) marks += ", ?";
  return marks;
}

// Without its table's letter.
std::string Bare(std::string_view sql) {
  return "\"" + std::string(sql.substr(sql.find('.') + 1)) + "\"";
}

std::string WhereKey(const SubjectTable& table) {
  std::string where = " WHERE ";
  for (size_t i = 0; i < table.keys; ++i) {
    where += (i ? " AND " : "") + Bare(table.columns[i].sql) + " = ?";
  }
  return where;
}

std::string SelectFrom(const SubjectTable& table) {
  std::string sql = "SELECT ";
  for (const SubjectColumn& column : table.columns) {
    sql += (sql.size() > 7 ? ", " : "") + std::string(column.sql);
  }
  return sql + " FROM " + std::string(table.from) + " WHERE " + std::string(table.condition);
}

SubjectRow ReadRow(Query& query, const SubjectTable& table) {
  SubjectRow row;
  for (const SubjectColumn& column : table.columns) {
    SubjectCell& cell = row.cells.emplace_back();
    if (IsNumber(column.form)) {
      query.Read(cell.number);
    } else {
      query.Read(cell.bytes);
    }
  }
  return row;
}

bool IsSearched(SubjectUse use) {
  return use != SubjectUse::kShown && use != SubjectUse::kHidden;
}

// Whether the row names the address; says in it whether it is the holder's. An idempotency key may
// hold the address among more.
bool Names(const SubjectTable& table, const core::AddressFinder& finder, SubjectRow& row) {
  bool names = false;
  for (size_t i = 0; i < table.columns.size(); ++i) {
    const SubjectUse use = table.columns[i].use;
    if (!IsSearched(use)) continue;
    const std::string& text = row.cells[i].bytes;
    const bool found = finder.IsIn(text) || (use == SubjectUse::kOwn && finder.Is(text));
    names = names || found;
    row.own = row.own || (found && use == SubjectUse::kOwn);
  }
  return names;
}

size_t SizeOf(const SubjectRow& row) {
  size_t size = 0;
  for (const SubjectCell& cell : row.cells) size += sizeof cell + cell.bytes.size();
  return size;
}

// The content itself, wherever it is; without it when its file is gone.
void LoadContent(Connection& connection, SubjectRow& row) {
  const SegmentPlace place{row.cells[2].number, row.cells[3].number, row.cells[4].number};
  if (place.segment == 0) return;
  try {
    row.cells[1].bytes = ReadSegment(connection.segments_directory(), place);
  } catch (const std::system_error&) {
    row.cells[1].bytes.clear();
  }
}

SubjectKey KeyOf(const SubjectTable& table, const SubjectRow& row) {
  return SubjectKey(row.cells.begin(), row.cells.begin() + long(table.keys));
}

std::string Erased(const core::AddressFinder& finder, const std::string& alias, bool own,
                   SubjectUse use, const std::string& text) {
  switch (use) {
    case SubjectUse::kOwn:
    case SubjectUse::kText:
      return finder.Replace(text, alias);
    case SubjectUse::kMailboxes:
      return finder.ReplaceMailboxes(text, alias);
    case SubjectUse::kSaid:
      return own ? finder.ReplaceLocalPart(text, alias) : finder.Replace(text, alias);
    case SubjectUse::kPersonal:
      return own ? std::string() : finder.Replace(text, alias);
    case SubjectUse::kShown:
    case SubjectUse::kHidden:
      return text;
  }
  return text;
}

void DeleteRow(Connection& connection, const SubjectTable& table, const SubjectKey& key) {
  for (const std::string_view name : {table.table, table.also}) {
    if (name.empty()) continue;
    Query query(connection, "DELETE FROM " + std::string(name) + WhereKey(table));
    BindKey(query, table, key);
    query.Run();
  }
}

// "open = open + excluded.open, …"
std::string Added(std::string_view counts) {
  std::string added;
  for (const std::string_view part : Split(counts, ',')) {
    const std::string name(Trim(part));
    added.append(added.empty() ? "" : ", ").append(name + " = " + name + " + excluded." + name);
  }
  return added;
}

// The count goes to what its value is called now.
void MoveCounts(Connection& connection, const SubjectTable& table, const SubjectRow& row,
                const std::string& value) {
  const SubjectKey key = KeyOf(table, row);
  std::string names, kept;
  for (size_t i = 0; i + 1 < table.keys; ++i) names += Bare(table.columns[i].sql) + ", ";
  kept = names + "?, ";
  names += "value, ";
  {
    Query query(connection, "INSERT INTO " + std::string(table.table) + " (" + names +
                                std::string(table.counts) + ") SELECT " + kept +
                                std::string(table.counts) + " FROM " + std::string(table.table) +
                                WhereKey(table) + " ON CONFLICT DO UPDATE SET " +
                                Added(table.counts));
    query.Bind(value);
    BindKey(query, table, key);
    query.Run();
  }
  DeleteRow(connection, table, key);
}

}  // namespace

SubjectPage SubjectStore::Read(const SubjectTable& table, const core::AddressFinder& finder,
                               const SubjectKey& after, const std::vector<int64_t>& messages) {
  std::string sql = SelectFrom(table);
  if (!after.empty())
    sql += " AND (" + KeyColumns(table) + ") > (" + Placeholders(table.keys) + ")";
  Query query(connection_, sql + " ORDER BY " + KeyColumns(table) + " LIMIT ?");
  if (!after.empty()) BindKey(query, table, after);
  query.Bind(table.page_rows);
  SubjectPage page;
  size_t rows = 0, bytes = 0;
  while (bytes < kMostBytes && query.Step()) {
    SubjectRow row = ReadRow(query, table);
    const bool is_content = table.erasure == SubjectErasure::kContent;
    if (is_content) LoadContent(connection_, row);
    bytes += SizeOf(row);
    ++rows;
    page.last = KeyOf(table, row);
    row.own = is_content && std::ranges::binary_search(messages, row.cells[0].number);
    if (row.own || Names(table, finder, row)) page.rows.push_back(std::move(row));
  }
  if (rows < table.page_rows && bytes < kMostBytes) page.last.clear();
  return page;
}

bool SubjectStore::WentToOneAlone(int64_t message, const core::AddressFinder& finder,
                                  const std::string& alias) {
  Query query(connection_,
              "SELECT 1 FROM events WHERE message = ? AND recipient COLLATE NOCASE NOT IN (?, ?) "
              "LIMIT 1");
  return !query.Bind(message, finder.address(), alias).Step();
}

void SubjectStore::EraseRow(const SubjectTable& table, const core::AddressFinder& finder,
                            const std::string& alias, const SubjectRow& row) {
  for (size_t i = 0; i < table.columns.size(); ++i) {
    const SubjectColumn& column = table.columns[i];
    const std::string& before = row.cells[i].bytes;
    const std::string text = Erased(finder, alias, row.own, column.use, before);
    if (text == before) continue;
    if (table.erasure == SubjectErasure::kMerge) return MoveCounts(connection_, table, row, text);
    Query query(connection_, "UPDATE " + std::string(table.table) + " SET " + Bare(column.sql) +
                                 " = ?" + WhereKey(table));
    query.Bind(text);
    const SubjectKey key = KeyOf(table, row);
    BindKey(query, table, key);
    query.Run();
  }
}

int64_t SubjectStore::Erase(const SubjectTable& table, const core::AddressFinder& finder,
                            const std::string& alias, const std::vector<SubjectRow>& rows,
                            std::vector<int64_t>& alone) {
  const OverwritesDeleted overwrites(connection_);
  int64_t erased = 0;
  for (const SubjectRow& found : rows) {
    const SubjectKey key = KeyOf(table, found);
    SubjectRow row;
    {
      std::string where;
      for (size_t i = 0; i < table.keys; ++i) {
        where += " AND " + std::string(table.columns[i].sql) + " = ?";
      }
      Query query(connection_, SelectFrom(table) + where);
      BindKey(query, table, key);
      if (!query.Step()) continue;
      row = ReadRow(query, table);
    }
    if (!Names(table, finder, row)) continue;
    const bool gone = table.erasure == SubjectErasure::kDelete ||
                      (table.erasure == SubjectErasure::kDeleteOwn && row.own);
    if (gone) {
      DeleteRow(connection_, table, key);
    } else {
      EraseRow(table, finder, alias, row);
    }
    ++erased;
    if (table.kind != "event" || !row.own) continue;
    const int64_t message = row.cells[2].number;
    if (!alone.empty() && alone.back() == message) continue;
    if (!WentToOneAlone(message, finder, alias)) continue;
    alone.push_back(message);
    Query(connection_, "UPDATE messages SET subject = '' WHERE number = ?").Bind(message).Run();
  }
  return erased;
}

SubjectContent SubjectStore::FindContent(int64_t message) {
  SubjectContent content;
  content.message = message;
  content.finished = true;
  {
    Query query(connection_, "SELECT segment, offset, length FROM contents WHERE message = ?");
    if (!query.Bind(message).Step()) return content;
    query.Read(content.place.segment, content.place.offset, content.place.length);
  }
  Query waits(connection_,
              "SELECT 1 WHERE EXISTS (SELECT 1 FROM recipients WHERE message = ?1) "
              "OR EXISTS (SELECT 1 FROM list_sends WHERE message = ?1)");
  content.finished = !waits.Bind(message).Step();
  return content;
}

void SubjectStore::DeleteContent(int64_t message) {
  const OverwritesDeleted overwrites(connection_);
  Query(connection_, "DELETE FROM contents WHERE message = ?").Bind(message).Run();
}

int64_t SubjectStore::CountFreePages() {
  return OneInteger(connection_, "PRAGMA freelist_count");
}

size_t SubjectStore::FillFreePages(size_t most) {
  const size_t pages = std::min(size_t(CountFreePages()), most);
  if (pages == 0) return 0;
  const int64_t size = OneInteger(connection_, "PRAGMA page_size");
  // Of each page four bytes name the next one.
  Query(connection_, "INSERT INTO filler (zeros) VALUES (zeroblob(?))")
      .Bind(int64_t(pages) * (size - 4))
      .Run();
  return pages;
}

bool SubjectStore::Unfill() {
  return Query(connection_, "DELETE FROM filler WHERE id = (SELECT min(id) FROM filler)").Run() > 0;
}

OverwritesDeleted::OverwritesDeleted(Connection& connection) : connection_(connection) {
  Execute(connection_, "PRAGMA secure_delete = ON");
}

OverwritesDeleted::~OverwritesDeleted() {
  try {
    Execute(connection_, "PRAGMA secure_delete = FAST");
  } catch (...) {
    // It stays on: deletes cost more until the next start.
  }
}

}  // namespace egd::store
