// A backup: all that a gateway is, in one file, made while it works. A tar archive (pax), compressed
// with Zstandard, of
//
//   egd.db             the database as it was at one instant
//   segments/NNNNNNNN  the contents that it names
//   master.key         what opens the secrets in it
//   admin.key, smtp.crt, smtp.key   where the gateway has them
//   backup.json        the last entry: what made it, and of how many files. Without it the file is
//                      not whole.
//
// The search index is not in it: egd makes that again.
#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <utility>

#include "daemon/store/store.h"
#include "shared/base/clock.h"
#include "shared/base/result.h"

namespace egd::service {

// One thread at a time, but each call on any.
class Backup {
 public:
  // Takes a snapshot of the store (store/snapshot.h): as much disk as the database, and minutes when
  // that is large. kConflict while another backup is being made. The store must outlive it.
  static Result<std::shared_ptr<Backup>> Begin(store::Store& store, const std::string& data_dir,
                                               UnixMillis now, std::stop_token stop = {});
  ~Backup();

  // The next bytes of the file, some 100 KiB.
  struct Piece {
    std::string bytes;
    bool last = false;
  };
  Result<Piece> Next();

 private:
  class Writer;

  explicit Backup(std::unique_ptr<Writer> writer);

  std::unique_ptr<Writer> writer_;
};

// Owned by Daemon. Thread-safe.
class Backups {
 public:
  Backups(store::Store& store, const Clock& clock, std::string data_dir)
      : store_(store), clock_(clock), data_dir_(std::move(data_dir)) {}

  // kConflict while another is being made.
  Result<std::shared_ptr<Backup>> Begin() {
    return Backup::Begin(store_, data_dir_, clock_.Now(), stop_.get_token());
  }
  void Interrupt() { stop_.request_stop(); }  // none begins any more

 private:
  store::Store& store_;
  const Clock& clock_;
  const std::string data_dir_;
  std::stop_source stop_;
};

}  // namespace egd::service
