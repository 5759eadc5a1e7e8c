#include "daemon/store/erasure_store.h"

#include "daemon/store/query.h"
#include "daemon/store/subject_store.h"

namespace egd::store {
namespace {

constexpr std::string_view kColumns =
    "SELECT id, begun_at, finished_at, address, alias FROM erasures ";

std::vector<Erasure> ReadAll(Query& query) {
  std::vector<Erasure> erasures;
  while (query.Step()) {
    Erasure& one = erasures.emplace_back();
    query.Read(one.id, one.begun_at, one.finished_at, one.address, one.alias);
  }
  return erasures;
}

}  // namespace

void ErasureStore::AddCounts(std::vector<Erasure>& erasures) {
  for (Erasure& erasure : erasures) {
    Query query(connection_,
                "SELECT kind, entries FROM erased_counts WHERE erasure = ? ORDER BY kind");
    query.Bind(erasure.id);
    while (query.Step()) {
      ErasedCount& count = erasure.counts.emplace_back();
      query.Read(count.kind, count.entries);
    }
  }
}

int64_t ErasureStore::Begin(const std::string& address, const std::string& alias, UnixMillis now) {
  {
    Query known(connection_, "SELECT id FROM erasures WHERE finished_at = 0 AND address = ?");
    if (known.Bind(address).Step()) return known.Value<int64_t>();
  }
  return Query(connection_,
               "INSERT INTO erasures (begun_at, finished_at, address, alias) VALUES (?, 0, ?, ?) "
               "RETURNING id")
      .Bind(now, address, alias)
      .Returned();
}

void ErasureStore::Count(int64_t id, std::string_view kind, int64_t entries) {
  if (entries == 0) return;
  Query(connection_,
        "INSERT INTO erased_counts (erasure, kind, entries) VALUES (?, ?, ?) "
        "ON CONFLICT DO UPDATE SET entries = entries + excluded.entries")
      .Bind(id, kind, entries)
      .Run();
}

void ErasureStore::Finish(int64_t id, UnixMillis now) {
  const OverwritesDeleted overwrites(connection_);
  Query(connection_, "UPDATE erasures SET finished_at = ?, address = '', alias = '' WHERE id = ?")
      .Bind(now, id)
      .Run();
}

std::optional<Erasure> ErasureStore::Find(int64_t id) {
  std::vector<Erasure> found;
  {
    Query query(connection_, std::string(kColumns) + "WHERE id = ?");
    query.Bind(id);
    found = ReadAll(query);
  }
  AddCounts(found);
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

std::vector<Erasure> ErasureStore::ListUnfinished() {
  Query query(connection_, std::string(kColumns) + "WHERE finished_at = 0 ORDER BY id");
  return ReadAll(query);
}

std::vector<Erasure> ErasureStore::List(int64_t offset, int64_t limit) {
  std::vector<Erasure> erasures;
  {
    Query query(connection_, std::string(kColumns) + "ORDER BY id DESC LIMIT ? OFFSET ?");
    query.Bind(limit, offset);
    erasures = ReadAll(query);
  }
  AddCounts(erasures);
  return erasures;
}

int64_t ErasureStore::CountAll() {
  return OneInteger(connection_, "SELECT count(*) FROM erasures");
}

}  // namespace egd::store
