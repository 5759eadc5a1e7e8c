// Upgrades: the database of an older egd gets this one's schema, once a copy of it is on the disk.
//
// The copy, `<data_dir>/egd-schema-N.db`, is what the older egd goes on from: stop egd, put it in the
// place of egd.db, and start the older one. What was accepted since is then lost, and what was sent
// since is sent again. It stays until the next upgrade makes another, or the operator deletes it.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "daemon/store/connection.h"
#include "daemon/store/migration.h"
#include "daemon/store/store_check.h"
#include "shared/base/result.h"

namespace egd::store {

// Of the database at `path`, which `writer` has open and nobody else. Nothing to do: does nothing.
// Refuses as Migrate does, and with kUnavailable when there is no room for the copy. Throws on
// database failure; whatever fails, the database is as it was.
Result<void> Upgrade(Connection& writer, const std::string& path);

struct UpgradeCheck {
  SchemaSteps steps;                  // the same number twice: there is nothing to upgrade
  std::string copy;                   // where it will be
  int64_t copy_bytes = 0;             // its size
  int64_t needed_bytes = 0;           // on the disk, for the copy and the upgrade itself
  int64_t free_bytes = 0;             // there
  std::chrono::milliseconds took{0};  // copying and upgrading
  StoreCheck check;                   // of what it becomes
};

// What the next start would do, tried on a copy beside the database, which goes again: needs as much
// disk. Reads one snapshot, also while an older egd runs on it; changes nothing. Refuses as Upgrade
// does; kNotFound without a database; kInternal when a migration fails.
Result<UpgradeCheck> CheckUpgrade(const std::string& data_dir);

}  // namespace egd::store
