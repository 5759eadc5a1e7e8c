#include "daemon/store/connection.h"

#include "daemon/store/driver.h"
#include "daemon/store/query.h"
#include "daemon/store/text_search.h"

namespace egd::store {
namespace {

constexpr int kBusyMillis = 5000;  // only foreign programs on the file can make us wait (a backup)

void Configure(Connection& connection, bool read_only) {
  connection.impl().database.setBusyTimeout(kBusyMillis);
  // Readers see small hot tables; the writer keeps the tails of every index it appends to.
  Execute(connection, read_only ? "PRAGMA cache_size = -2048" : "PRAGMA cache_size = -8192");
  Execute(connection, "PRAGMA temp_store = MEMORY");
  AddTextSearch(connection);
}

void ConfigureWriter(Connection& connection) {
  Execute(connection, "PRAGMA journal_mode = WAL");
  Execute(connection, "PRAGMA synchronous = FULL");
  Execute(connection, "PRAGMA foreign_keys = ON");
  // Overwrites what is deleted within a page that stays in use: else an erased address would be there
  // on. Overwriting whole pages too, Debian's default, costs deletes 3.4 times; the few that erase
  // see to that themselves (subject_store.h).
  Execute(connection, "PRAGMA secure_delete = FAST");
  // 8 MiB in SQLite's own pages of 4 KiB, between checkpoints: a commit writes some 20 pages, most
  // of them the same ones as the last. With four times that, the slowest commit of a hundred took
  // twice as long.
  Execute(connection, "PRAGMA wal_autocheckpoint = 2000");
  Execute(connection, "PRAGMA journal_size_limit = 67108864");  // after a burst, shrink
}

// Without this every allocation of every connection takes one global mutex. Only before SQLite's
// first use.
void KeepNoMemoryStatistics() {
  static const int kOnce = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  (void)kOnce;
}

int Flags(bool read_only) {
  KeepNoMemoryStatistics();
  return (read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE) | SQLITE_OPEN_NOMUTEX;
}

}  // namespace

Connection::Connection(const std::string& path, bool read_only)
    : impl_(std::make_unique<Impl>(path, Flags(read_only))) {
  Configure(*this, read_only);
  if (!read_only) ConfigureWriter(*this);
}

Connection::~Connection() = default;

SegmentWriter& Connection::segments() {
  return impl_->segments;
}

const std::string& Connection::segments_directory() const {
  return impl_->segments_directory;
}

}  // namespace egd::store
