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

// Brings the database to the last of `known`, each migration in a transaction of its own. Refuses,
// with a sentence for the operator and before changing anything, a database with a migration that
// is not in `known` or differs from it. Throws on database failure; the migration at work then
// leaves no trace.
Result<void> Migrate(Connection& connection, std::span<const Migration> known);

// The number of the last migration that the database has. Throws on database failure.
int SchemaVersion(Connection& connection);

}  // namespace egd::store
