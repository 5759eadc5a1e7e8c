#include "daemon/store/sweep_store.h"

#include "daemon/store/query.h"

namespace egd::store {

void SweepStore::Add(const Sweep& sweep) {
  Query(connection_, "INSERT INTO sweeps (kind, id) VALUES (?, ?) ON CONFLICT DO NOTHING")
      .Bind(static_cast<int>(sweep.kind), sweep.id)
      .Run();
}

std::optional<Sweep> SweepStore::Next() {
  Query query(connection_, "SELECT kind, id FROM sweeps ORDER BY kind, id LIMIT 1");
  if (!query.Step()) return std::nullopt;
  Sweep sweep;
  sweep.kind = static_cast<SweepKind>(query.Value<int>());
  query.Read(sweep.id);
  return sweep;
}

void SweepStore::Finish(const Sweep& sweep) {
  Query(connection_, "DELETE FROM sweeps WHERE kind = ? AND id = ?")
      .Bind(static_cast<int>(sweep.kind), sweep.id)
      .Run();
}

}  // namespace egd::store
