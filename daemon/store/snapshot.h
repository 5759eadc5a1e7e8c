// What the store holds at one instant, taken while it is in use: for backups.
#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "daemon/store/connection.h"

namespace egd::store {

// While it lives, no segment goes; its end costs nothing, and what it copied goes later, by
// RemoveSnapshotOf. One thread at a time.
class Snapshot {
 public:
  // The first `bytes` bytes of the file at `path`, which never change; `name` is its place in a
  // data directory: "egd.db", "segments/00000007".
  struct Part {
    std::string name, path;
    int64_t bytes = 0;
  };

  // Copies the database at `path` beside itself: takes as much disk, and minutes when it is large,
  // unless it is stopped. Calls `release` at the end, also when it throws, as Query does.
  Snapshot(const std::string& path, std::stop_token stop, std::function<void()> release);
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;
  ~Snapshot();

  const std::vector<Part>& parts() const { return parts_; }

 private:
  void Copy(const std::string& path, std::stop_token stop);

  const std::string copy_;
  const std::function<void()> release_;
  std::vector<Part> parts_;
};

// What is left of one.
void RemoveSnapshotOf(const std::string& path) noexcept;

// Writes what the database holds, without its empty pages, into a new file for its owner alone. Not
// synced. Throws on failure, also when the file is there.
void CopyInto(Connection& source, const std::string& file);

}  // namespace egd::store
