#include "daemon/service/backup/restore.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "daemon/service/backup/backup_format.h"
#include "daemon/store/connection.h"
#include "daemon/store/migration.h"
#include "daemon/store/query.h"
#include "daemon/store/store_check.h"
#include "shared/base/encoding.h"
#include "shared/base/sha256.h"

namespace egd::service {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMostFacts = 64 * 1024;  // bytes of the last entry
constexpr char kDatabase[] = "egd.db";
constexpr std::string_view kSegments = "segments/";

// A name from the archive is a path on the disk: only those that a backup has.
bool IsKnown(std::string_view name) {
  if (name == kDatabase) return true;
  if (std::ranges::find(kKeyFiles, name) != std::end(kKeyFiles)) return true;
  if (!name.starts_with(kSegments)) return false;
  name.remove_prefix(kSegments.size());
  return name.size() >= 8 && name.size() <= 20 &&
         name.find_first_not_of("0123456789") == std::string_view::npos;
}

struct Failure {
  Error error;
};

[[noreturn]] void Refuse(const std::string& file, const std::string& why) {
  throw Failure{InvalidArgument(file + " is not a whole backup: " + why + ".")};
}

[[noreturn]] void FailOn(const std::string& path) {
  throw Failure{Unavailable("Cannot write " + path + ": " + std::strerror(errno) + ".")};
}

void SyncDirectory(const std::string& path) {
  const int directory = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) FailOn(path);
  const int status = fsync(directory);
  close(directory);
  if (status != 0) FailOn(path);
}

// A new file, synced before it counts.
class NewFile {
 public:
  explicit NewFile(const std::string& path)
      : path_(path), file_(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)) {
    if (file_ < 0) FailOn(path_);
  }
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;
  ~NewFile() { close(file_); }

  void Append(const char* bytes, size_t size) {
    while (size > 0) {
      const ssize_t written = write(file_, bytes, size);
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) FailOn(path_);
      bytes += written;
      size -= size_t(written);
    }
  }
  void Sync() {
    if (fsync(file_) != 0) FailOn(path_);
  }

 private:
  const std::string path_;
  const int file_;
};

class Reader {
 public:
  Reader(const std::string& file, std::string data_dir)
      : file_(file == "-" ? "standard input" : file), data_dir_(std::move(data_dir)) {
    archive_read_support_format_tar(archive_.get());
    archive_read_support_filter_zstd(archive_.get());
    const char* name = file == "-" ? nullptr : file.c_str();
    if (archive_read_open_filename(archive_.get(), name, 128 * 1024) != ARCHIVE_OK) {
      Refuse(file_, ErrorOf(archive_.get()));
    }
  }

  Restored Run() {
    archive_entry* entry = nullptr;
    int64_t files = 0;
    std::optional<nlohmann::json> facts;
    while (NextEntry(entry)) {
      const char* path = archive_entry_pathname(entry);
      const std::string name = path ? path : "";
      if (facts) Refuse(file_, "something follows its last entry");
      if (name == kLastEntry) {
        facts = Facts();
        continue;
      }
      if (!IsKnown(name) || archive_entry_filetype(entry) != AE_IFREG) {
        Refuse(file_, "it holds " + nlohmann::json(name).dump(
                                        -1, ' ', true, nlohmann::json::error_handler_t::replace));
      }
      Extract(name);
      ++files;
    }
    if (!facts) Refuse(file_, "it ends too early");
    if (facts->value("Format", 0) != kBackupFormat) {
      Refuse(file_, "another version of egd made it, in a format that this one does not know");
    }
    if (facts->value("Files", int64_t(-1)) != files) Refuse(file_, "files are missing");
    if (facts->value("SHA256", "") != Hex(digest_.Take()))
      Refuse(file_, "bytes of it have changed");
    if (fs::exists(data_dir_ + "/segments")) SyncDirectory(data_dir_ + "/segments");
    SyncDirectory(data_dir_);
    return {facts->value("CreatedAt", int64_t(0)), facts->value("Version", "")};
  }

 private:
  bool NextEntry(archive_entry*& entry) {
    const int status = archive_read_next_header(archive_.get(), &entry);
    if (status != ARCHIVE_EOF && status != ARCHIVE_OK) Refuse(file_, ErrorOf(archive_.get()));
    return status == ARCHIVE_OK;
  }

  template <typename Take>
  void ReadData(Take take) {
    const void* bytes = nullptr;
    size_t size = 0;
    la_int64_t offset = 0, expected = 0;
    for (;;) {
      const int status = archive_read_data_block(archive_.get(), &bytes, &size, &offset);
      if (status == ARCHIVE_EOF) return;
      if (status != ARCHIVE_OK) Refuse(file_, ErrorOf(archive_.get()));
      if (offset != expected) Refuse(file_, "a file has a hole");
      expected += la_int64_t(size);
      take(static_cast<const char*>(bytes), size);
    }
  }

  void Extract(const std::string& name) {
    const fs::path path = fs::path(data_dir_) / name;
    if (name.starts_with(kSegments)) MakePrivate(path.parent_path());
    NewFile file(path);
    digest_.Add(name);
    ReadData([&](const char* bytes, size_t size) {
      digest_.Add({bytes, size});
      file.Append(bytes, size);
    });
    file.Sync();
  }

  static void MakePrivate(const fs::path& directory) {
    fs::create_directory(directory);
    fs::permissions(directory, fs::perms::owner_all);
  }

  nlohmann::json Facts() {
    std::string text;
    ReadData([&](const char* bytes, size_t size) {
      if (text.size() + size > kMostFacts) Refuse(file_, "its last entry is too large");
      text.append(bytes, size);
    });
    auto facts = nlohmann::json::parse(text, nullptr, false);
    if (!facts.is_object()) Refuse(file_, "its last entry is malformed");
    return facts;
  }

  const std::string file_, data_dir_;
  ArchivePtr<archive_read_free> archive_{archive_read_new()};
  RunningSha256 digest_;  // of the files' names and bytes
};

// Empty or new: somebody's mail is never overwritten.
Result<void> Prepare(const std::string& data_dir) {
  std::error_code failure;
  fs::create_directories(data_dir, failure);
  if (!failure && !fs::is_empty(data_dir, failure) && !failure) {
    return Conflict(data_dir + " is not empty. Restore into a new directory.");
  }
  if (!failure) fs::permissions(data_dir, fs::perms::owner_all, failure);
  if (failure) return Unavailable("Cannot create " + data_dir + ": " + failure.message() + ".");
  return {};
}

void Clear(const std::string& data_dir) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(data_dir, ignored)) {
    fs::remove_all(entry.path(), ignored);
  }
}

// An older egd may have made it. The backup itself is the copy that an upgrade keeps.
Result<void> UpgradeWhole(const std::string& data_dir) {
  const std::string path = data_dir + "/" + kDatabase;
  {
    store::Connection connection(path, true);
    const auto steps = store::FindSteps(connection, store::Migrations());
    if (!steps) return steps.error();
    if (steps->from == steps->to) return {};
  }
  store::Connection connection(path, false);
  if (Result<void> done = store::Migrate(connection, store::Migrations()); !done) return done;
  store::Execute(connection, "PRAGMA journal_mode = DELETE");  // no log beside it, as a backup's
  return {};
}

Result<Restored> ReadAndCheck(const std::string& file, const std::string& data_dir) {
  try {
    Restored restored = Reader(file, data_dir).Run();
    if (Result<void> upgraded = UpgradeWhole(data_dir); !upgraded) return upgraded.error();
    const auto check = store::CheckStore(data_dir);
    if (!check) return check.error();
    if (!check->violations.empty()) {
      return InvalidArgument("The backup is damaged: " + check->violations.front() + ".");
    }
    restored.messages = check->messages;
    restored.queued = check->queued;
    restored.events = check->events;
    return restored;
  } catch (const Failure& failure) {
    return failure.error;
  } catch (const std::exception& failure) {
    return Unavailable("Cannot restore into " + data_dir + ": " + failure.what() + ".");
  }
}

}  // namespace

Result<Restored> Restore(const std::string& file, const std::string& data_dir) {
  if (Result<void> prepared = Prepare(data_dir); !prepared) return prepared.error();
  auto restored = ReadAndCheck(file, data_dir);
  if (!restored) Clear(data_dir);
  return restored;
}

}  // namespace egd::service
