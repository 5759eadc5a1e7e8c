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
  std::vector<Applied> applied;
  const bool is_new =
      OneInteger(connection, "SELECT count(*) FROM sqlite_schema WHERE name = 'migrations'") == 0;
  if (is_new) return applied;
  Query query(connection, "SELECT number, name, checksum FROM migrations ORDER BY number");
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
  Execute(connection, std::string(migration.sql));
  Query(connection, "INSERT INTO migrations (number, name, checksum) VALUES (?, ?, ?)")
      .Bind(migration.number, migration.name, migration.checksum)
      .Run();
}

}  // namespace

Result<SchemaSteps> FindSteps(Connection& connection, std::span<const Migration> known) {
  const std::vector<Applied> applied = ListApplied(connection);
  for (const Applied& one : applied) {
    if (Result<void> checked = Check(one, known); !checked) return checked.error();
  }
  return SchemaSteps{applied.empty() ? 0 : applied.back().number,
                     known.empty() ? 0 : known.back().number};
}

Result<void> Migrate(Connection& connection, std::span<const Migration> known) {
  const Result<SchemaSteps> steps = FindSteps(connection, known);
  if (!steps) return steps.error();
  if (steps->from == steps->to) return {};
  Execute(connection, "BEGIN IMMEDIATE");
  try {
    Execute(connection,
            "CREATE TABLE IF NOT EXISTS migrations ("
            "number INTEGER PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL) STRICT");
    for (const Migration& migration : known) {
      if (migration.number > steps->from) Apply(connection, migration);
    }
    Execute(connection, "COMMIT");
    return {};
  } catch (...) {
    if (InTransaction(connection)) Execute(connection, "ROLLBACK");
    throw;
  }
}

int SchemaVersion(Connection& connection) {
  Query query(connection, "SELECT coalesce(max(number), 0) FROM migrations");
  query.Step();
  int number = 0;
  query.Read(number);
  return number;
}

}  // namespace egd::store
