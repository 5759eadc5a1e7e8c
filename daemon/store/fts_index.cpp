// The search index on SQLite's FTS5: trigrams, in a database of its own, `<data_dir>/search.db`,
// because indexing costs as much as recording: beside the events, in their commits, it would slow
// down what the gateway accepts. A file that is missing, damaged or of another database is made
// again.
//
// Rows lie in tables of 2^20 numbers, for FTS5 without content cannot delete: what retention purges
// goes with its table. The sender domain is in the index as one token, of three characters that no
// text has. Readers of the database see the file attached as "search".
#include <algorithm>
#include <cstdio>
#include <exception>

#include <fcntl.h>
#include <unistd.h>

#include "daemon/store/query.h"
#include "daemon/store/search_index.h"

namespace egd::store {
namespace {

constexpr int kVersion = 2;     // of what is indexed and how: another one rebuilds the index
constexpr int kTableBits = 20;  // some 300 MB a table

std::string PrefixOf(SearchKind kind) {
  return kind == SearchKind::kMessages ? "messages_" : "events_";
}

std::string TableOf(SearchKind kind, int64_t part) {
  return PrefixOf(kind) + std::to_string(part);
}

// `code` of planes 4 to 11, which hold no character that a text has: four bytes of UTF-8.
void AppendCharacter(std::string& text, uint32_t code) {
  text.push_back(static_cast<char>(0xf0 | (code >> 18)));
  for (const int shift : {12, 6, 0})
    text.push_back(static_cast<char>(0x80 | ((code >> shift) & 0x3f)));
}

// Three characters, so one trigram.
std::string Token(int64_t domain_id) {
  constexpr int kBits = 19;
  std::string token;
  for (const int shift : {2 * kBits, kBits, 0}) {
    AppendCharacter(token, 0x40000 + uint32_t((domain_id >> shift) & ((1 << kBits) - 1)));
  }
  return token;
}

std::string Quoted(const std::string& text) {
  std::string quoted = "\"";
  for (const char c : text) quoted.append(c == '"' ? 2 : 1, c);
  return quoted + "\"";
}

// Ascending. `schema`: "search" for readers, "main" for the writer.
std::vector<int64_t> ListParts(Connection& connection, const std::string& schema, SearchKind kind) {
  Query query(connection, "SELECT part FROM " + schema + ".parts WHERE kind = ? ORDER BY part");
  query.Bind(static_cast<int>(kind));
  std::vector<int64_t> parts;
  while (query.Step()) parts.push_back(query.Value<int64_t>());
  return parts;
}

// Whether SQLite can read the file, and it is of this version.
bool IsUsable(const std::string& path) {
  try {
    Connection connection(path, false);
    Query version(connection, "PRAGMA user_version");
    version.Step();
    return version.Value<int>() == kVersion;
  } catch (const std::exception&) {
    return false;
  }
}

// A new file is for its owner alone, as the database is; SQLite gives its log the same mode.
const std::string& Usable(const std::string& path) {
  if (IsUsable(path)) return path;
  for (const char* suffix : {"", "-wal", "-shm"}) std::remove((path + suffix).c_str());
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file >= 0) close(file);
  return path;
}

void Prepare(Connection& connection) {
  // A power cut may take the last commits: they are made again.
  Execute(connection, "PRAGMA synchronous = NORMAL");
  Execute(connection,
          "BEGIN IMMEDIATE;"
          "CREATE TABLE IF NOT EXISTS parts (kind INTEGER NOT NULL, part INTEGER NOT NULL,"
          " PRIMARY KEY (kind, part)) STRICT, WITHOUT ROWID;"
          "CREATE TABLE IF NOT EXISTS mark (message INTEGER NOT NULL, event INTEGER NOT NULL,"
          " event_at INTEGER NOT NULL) STRICT;"
          "INSERT INTO mark SELECT 0, 0, 0 WHERE NOT EXISTS (SELECT 1 FROM mark);"
          "PRAGMA user_version = " +
              std::to_string(kVersion) + "; COMMIT");
}

SearchMark ReadMark(Connection& connection, const std::string& schema) {
  Query query(connection, "SELECT message, event, event_at FROM " + schema + ".mark");
  query.Step();
  SearchMark mark;
  query.Read(mark.message, mark.event, mark.event_at);
  return mark;
}

void AddPart(Connection& connection, SearchKind kind, int64_t part) {
  Query known(connection, "SELECT 1 FROM parts WHERE kind = ? AND part = ?");
  if (known.Bind(static_cast<int>(kind), part).Step()) return;
  Execute(connection, "CREATE VIRTUAL TABLE " + TableOf(kind, part) +
                          " USING fts5(domain, texts, content='', columnsize=0, "
                          "tokenize='trigram case_sensitive 1')");
  Query(connection, "INSERT INTO parts VALUES (?, ?)").Bind(static_cast<int>(kind), part).Run();
}

// The file, opened to be written.
class FtsIndex final : public SearchIndex {
 public:
  explicit FtsIndex(const std::string& path) : connection_(Usable(path), false) {
    Prepare(connection_);
    mark_ = ReadMark(connection_, "main");
  }

  const SearchMark& mark() const override { return mark_; }
  void Add(const SearchBatch& batch) override;
  void DropBefore(SearchKind kind, int64_t number) override;
  void Clear() override;

 private:
  void Add(SearchKind kind, const std::vector<SearchRow>& rows);
  void Save(const SearchMark& mark);

  Connection connection_;
  SearchMark mark_;
};

void FtsIndex::Add(const SearchBatch& batch) {
  Execute(connection_, "BEGIN IMMEDIATE");
  try {
    Add(SearchKind::kMessages, batch.messages);
    Add(SearchKind::kEvents, batch.events);
    Save(batch.mark);
    Execute(connection_, "COMMIT");
  } catch (...) {
    if (InTransaction(connection_)) Execute(connection_, "ROLLBACK");
    throw;
  }
  mark_ = batch.mark;
}

void FtsIndex::Add(SearchKind kind, const std::vector<SearchRow>& rows) {
  for (const SearchRow& row : rows) {
    const int64_t part = row.number >> kTableBits;
    AddPart(connection_, kind, part);
    Query(connection_,
          "INSERT INTO " + TableOf(kind, part) + " (rowid, domain, texts) VALUES (?, ?, ?)")
        .Bind(row.number, Token(row.domain_id), row.texts)
        .Run();
  }
}

void FtsIndex::Save(const SearchMark& mark) {
  Query(connection_, "UPDATE mark SET message = ?, event = ?, event_at = ?")
      .Bind(mark.message, mark.event, mark.event_at)
      .Run();
}

void FtsIndex::DropBefore(SearchKind kind, int64_t number) {
  for (const int64_t part : ListParts(connection_, "main", kind)) {
    if (part >= number >> kTableBits) return;
    Execute(connection_,
            "BEGIN IMMEDIATE; DROP TABLE " + TableOf(kind, part) +
                "; DELETE FROM parts WHERE kind = " + std::to_string(static_cast<int>(kind)) +
                " AND part = " + std::to_string(part) + "; COMMIT");
  }
}

void FtsIndex::Clear() {
  Save({});
  mark_ = {};
  DropBefore(SearchKind::kMessages, INT64_MAX);
  DropBefore(SearchKind::kEvents, INT64_MAX);
}

}  // namespace

std::unique_ptr<SearchIndex> SearchIndex::Open(const std::string& path) {
  return std::make_unique<FtsIndex>(path);
}

size_t CountCharacters(const std::string& text) {
  return static_cast<size_t>(
      std::ranges::count_if(text, [](char c) { return (uint8_t(c) & 0xc0) != 0x80; }));
}

void AttachIndex(Connection& reader, const std::string& path) {
  Query(reader, "ATTACH ? AS search").Bind(path).Run();
}

SearchMark ReadMark(Connection& reader) {
  return ReadMark(reader, "search");
}

std::vector<int64_t> FindNumbers(Connection& reader, SearchKind kind, int64_t domain_id,
                                 const std::string& folded) {
  const std::string wanted =
      "domain : " + Quoted(Token(domain_id)) + " AND texts : " + Quoted(folded);
  std::vector<int64_t> numbers;
  for (const int64_t part : ListParts(reader, "search", kind)) {
    const std::string table = TableOf(kind, part);
    Query query(reader, "SELECT rowid FROM search." + table + " WHERE " + table + " MATCH ?");
    query.Bind(wanted);
    while (query.Step()) numbers.push_back(query.Value<int64_t>());
  }
  return numbers;
}

}  // namespace egd::store
