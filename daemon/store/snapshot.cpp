#include "daemon/store/snapshot.h"

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "daemon/store/driver.h"
#include "daemon/store/query.h"
#include "daemon/store/segments.h"

namespace egd::store {
namespace {

std::string CopyOf(const std::string& path) {
  return std::filesystem::path(path).parent_path() / "backup.db";
}

// SQLite would make it readable for whoever may enter the directory.
void CreatePrivate(const std::string& path) {
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) throw std::system_error(errno, std::generic_category(), path);
  close(file);
}

int IsStopped(void* stop) {
  return static_cast<std::stop_token*>(stop)->stop_requested() ? 1 : 0;
}

}  // namespace

Snapshot::Snapshot(const std::string& path, std::stop_token stop, std::function<void()> release)
    : copy_(CopyOf(path)), release_(std::move(release)) {
  try {
    Copy(path, std::move(stop));
  } catch (...) {
    RemoveSnapshotOf(path);
    release_();
    throw;
  }
}

Snapshot::~Snapshot() {
  release_();
}

void Snapshot::Copy(const std::string& path, std::stop_token stop) {
  RemoveSnapshotOf(path);
  {
    constexpr int kInstructions = 10'000;  // between two looks: some 100 µs
    Connection source(path, true);
    sqlite3_progress_handler(source.impl().database.getHandle(), kInstructions, IsStopped, &stop);
    CopyInto(source, copy_);
  }
  Connection copy(copy_, true);
  parts_.push_back({"egd.db", copy_, int64_t(std::filesystem::file_size(copy_))});
  Query segments(copy,
                 "SELECT segment, max(\"offset\" + length) FROM contents WHERE segment <> 0 "
                 "GROUP BY segment ORDER BY segment");
  const std::string directory = SegmentsBeside(path);
  while (segments.Step()) {
    int64_t number = 0, bytes = 0;
    segments.Read(number, bytes);
    const std::string name = SegmentName(number);
    parts_.push_back({"segments/" + name, directory + "/" + name, bytes});
  }
}

void CopyInto(Connection& source, const std::string& file) {
  CreatePrivate(file);
  Query(source, "VACUUM INTO ?").Bind(file).Run();
}

void RemoveSnapshotOf(const std::string& path) noexcept {
  std::error_code ignored;
  std::filesystem::remove(CopyOf(path), ignored);
}

}  // namespace egd::store
