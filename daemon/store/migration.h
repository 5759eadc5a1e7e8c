// The schema's history: migrations/NNNN_name.sql, append-only, embedded at build time. A database
// remembers each one it has by number and checksum.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "daemon/store/connection.h"
#include "shared/base/result.h"

namespace egd::store {

struct Migration {
  int number;
  std::string_view name;
  std::string_view checksum;  // SHA-256 of the file, hexadecimal
  std::string_view sql;
};

std::span<const Migration> Migrations();  // in order

// What brings a database to the last of the known migrations; `from` 0: it is a new one.
struct SchemaSteps {
  int from = 0, to = 0;
};

// Refuses, with a sentence for the operator, a database with a migration that is not in `known` or
// differs from it. Changes nothing. Throws on database failure.
Result<SchemaSteps> FindSteps(Connection& connection, std::span<const Migration> known);

// Brings the database to the last of `known` in one transaction, or refuses as FindSteps does.
// Throws on database failure; then the database is as it was, and the egd before can go on.
Result<void> Migrate(Connection& connection, std::span<const Migration> known);

// The number of the last migration that the database has. Throws on database failure.
int SchemaVersion(Connection& connection);

}  // namespace egd::store
