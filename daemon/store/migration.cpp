#include "daemon/store/migration.h"

#include <algorithm>

#include "daemon/store/query.h"

namespace egd::store {
namespace {

struct Applied {
  int number = 0;
  std::string name;
  std::string checksum;
};

std::vector<Applied> ListApplied(Connection& connection) {
  Execute(connection,
          "CREATE TABLE IF NOT EXISTS migrations ("
          "number INTEGER PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL) STRICT");
  Query query(connection, "SELECT number, name, checksum FROM migrations ORDER BY number");
  std::vector<Applied> applied;
  while (query.Step()) {
    Applied& one = applied.emplace_back();
    query.Read(one.number, one.name, one.checksum);
  }
  return applied;
}

Result<void> Check(const Applied& applied, std::span<const Migration> known) {
  const std::string title = std::to_string(applied.number) + " \"" + applied.name + "\"";
  const auto same = std::find_if(known.begin(), known.end(), [&](const Migration& migration) {
    return migration.number == applied.number;
  });
  if (same == known.end()) {
    return Unprocessable("The database was written by a newer egd: its migration " + title +
                         " is unknown to this one. Start the newer egd, or restore the backup made "
                         "before the upgrade.");
  }
  if (same->checksum != applied.checksum) {
    return Unprocessable("The database was set up by another build of egd: its migration " + title +
                         " differs from the one in this egd. Start the build that wrote it.");
  }
  return {};
}

void Apply(Connection& connection, const Migration& migration) {
  Execute(connection, "BEGIN IMMEDIATE");
  try {
    Execute(connection, std::string(migration.sql));
    Query(connection, "INSERT INTO migrations (number, name, checksum) VALUES (?, ?, ?)")
        .Bind(migration.number, migration.name, migration.checksum)
        .Run();
    Execute(connection, "COMMIT");
  } catch (...) {
    if (InTransaction(connection)) Execute(connection, "ROLLBACK");
    throw;
  }
}

}  // namespace

Result<void> Migrate(Connection& connection, std::span<const Migration> known) {
  const std::vector<Applied> applied = ListApplied(connection);
  for (const Applied& one : applied) {
    if (Result<void> checked = Check(one, known); !checked) return checked;
  }
  const int last = applied.empty() ? 0 : applied.back().number;
  for (const Migration& migration : known) {
    if (migration.number > last) Apply(connection, migration);
  }
  return {};
}

int SchemaVersion(Connection& connection) {
  Query query(connection, "SELECT coalesce(max(number), 0) FROM migrations");
  query.Step();
  int number = 0;
  query.Read(number);
  return number;
}

}  // namespace egd::store
