#include "daemon/store/upgrade.h"

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "daemon/store/failure.h"
#include "daemon/store/query.h"
#include "daemon/store/segments.h"
#include "daemon/store/snapshot.h"
#include "shared/base/log.h"

namespace egd::store {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr char kPrefix[] = "egd-schema-";

// What upgrading takes beside the copy, at least: its log, and the room that mail needs afterwards.
constexpr int64_t kLeastRoom = 64 * 1024 * 1024;

std::string DirectoryOf(const std::string& path) {
  return fs::path(path).parent_path();
}

std::string CopyOf(const std::string& path, int schema) {
  return DirectoryOf(path) + "/" + kPrefix + std::to_string(schema) + ".db";
}

void Sync(const std::string& path, int flags) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC | flags);
  const int status = file < 0 ? -1 : fsync(file);
  const int error = errno;
  if (file >= 0) close(file);
  if (status != 0) throw std::system_error(error, std::generic_category(), path);
}

int64_t BytesOf(Connection& connection) {
  return OneInteger(connection,
                    "SELECT page_count * page_size FROM pragma_page_count, "
                    "pragma_page_size");
}

int64_t FreeBytes(const std::string& path) {
  struct statvfs disk {};
  if (statvfs(path.c_str(), &disk) != 0) {
    throw std::system_error(errno, std::generic_category(), path);
  }
  return int64_t(disk.f_bavail) * int64_t(disk.f_frsize);
}

std::string Megabytes(int64_t bytes) {
  return std::to_string((bytes + 999'999) / 1'000'000) + " MB";
}

Result<void> CheckRoom(Connection& source, const std::string& path) {
  const int64_t needed = BytesOf(source) + kLeastRoom, free = FreeBytes(path);
  if (free >= needed) return {};
  return Unavailable("There is no room to upgrade the database " + path +
                     ": a copy of it is kept, which with the upgrade takes " + Megabytes(needed) +
                     ", and " + Megabytes(free) + " are free in " + DirectoryOf(path) +
                     ". Nothing was changed; the egd before still runs on it.");
}

// Whole or not there.
void KeepCopy(Connection& source, const std::string& copy) {
  const std::string part = copy + ".part";
  std::remove(part.c_str());
  try {
    CopyInto(source, part);
    Sync(part, 0);
    fs::rename(part, copy);
    Sync(DirectoryOf(copy), O_DIRECTORY);
  } catch (...) {
    std::remove(part.c_str());
    throw;
  }
}

// They hold mail, and nobody needs them any more.
void RemoveOlderCopies(const std::string& copy) {
  std::vector<fs::path> older;
  for (const auto& entry : fs::directory_iterator(DirectoryOf(copy))) {
    const std::string name = entry.path().filename();
    if (name.starts_with(kPrefix) && entry.path() != copy) older.push_back(entry.path());
  }
  std::error_code ignored;
  for (const fs::path& path : older) fs::remove(path, ignored);
}

// A database that is gone with its log when this is.
class Trial {
 public:
  explicit Trial(const std::string& path) : path_(DirectoryOf(path) + "/upgrade-check.db") {
    Remove();
  }
  Trial(const Trial&) = delete;
  Trial& operator=(const Trial&) = delete;
  ~Trial() { Remove(); }

  const std::string& path() const { return path_; }
  int64_t BytesOfLog() const {
    std::error_code none;
    const auto bytes = fs::file_size(path_ + "-wal", none);
    return none ? 0 : int64_t(bytes);
  }

 private:
  void Remove() const {
    for (const char* end : {"", "-wal", "-shm"}) std::remove((path_ + end).c_str());
  }

  const std::string path_;
};

Result<UpgradeCheck> Try(const std::string& path) {
  Connection source(path, true);
  const Result<SchemaSteps> steps = FindSteps(source, Migrations());
  if (!steps) return steps.error();
  UpgradeCheck found{*steps, CopyOf(path, steps->from), 0, 0, FreeBytes(path), {}, {}};
  if (steps->from == steps->to) return found;
  if (Result<void> room = CheckRoom(source, path); !room) return room.error();
  const Trial trial(path);
  const auto begin = Clock::now();
  CopyInto(source, trial.path());
  found.copy_bytes = int64_t(fs::file_size(trial.path()));
  {
    Connection connection(trial.path(), false);
    if (Result<void> done = Migrate(connection, Migrations()); !done) return done.error();
    found.needed_bytes = found.copy_bytes + trial.BytesOfLog();
  }
  found.took = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begin);
  Result<StoreCheck> check = CheckDatabase(trial.path(), SegmentsBeside(path));
  if (!check) return check.error();
  found.check = *std::move(check);
  return found;
}

}  // namespace

Result<void> Upgrade(Connection& writer, const std::string& path) {
  const Result<SchemaSteps> steps = FindSteps(writer, Migrations());
  if (!steps) return steps.error();
  if (steps->from == steps->to) return {};
  if (steps->from == 0) return Migrate(writer, Migrations());
  if (Result<void> room = CheckRoom(writer, path); !room) return room;
  const std::string copy = CopyOf(path, steps->from);
  const auto from = std::to_string(steps->from), to = std::to_string(steps->to);
  log::Info("store: upgrading the database", {{"from", from}, {"to", to}, {"copy", copy}});
  KeepCopy(writer, copy);
  if (Result<void> done = Migrate(writer, Migrations()); !done) return done;
  log::Info("store: upgraded the database", {{"to", to}});
  RemoveOlderCopies(copy);
  return {};
}

Result<UpgradeCheck> CheckUpgrade(const std::string& data_dir) {
  const std::string path = data_dir + "/egd.db";
  if (!fs::exists(path)) return NotFound("There is no database " + path + ".");
  try {
    return Try(path);
  } catch (const std::exception& exception) {
    const Error failure = CurrentFailure();
    return Error{
        failure.kind, "Upgrading a copy of " + path + " failed: " + exception.what() + ".", {}};
  }
}

}  // namespace egd::store
