#include "daemon/service/backup/backup.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <utility>
#include <vector>

#include <archive.h>
#include <archive_entry.h>
#include <nlohmann/json.hpp>

#include "daemon/service/backup/backup_format.h"
#include "shared/base/encoding.h"
#include "shared/base/sha256.h"
#include "shared/base/version.h"

namespace egd::service {
namespace {

using store::Snapshot;

constexpr size_t kReadBytes = 128 * 1024;

std::vector<Snapshot::Part> Keys(const std::string& data_dir) {
  std::vector<Snapshot::Part> keys;
  for (const char* name : kKeyFiles) {
    const std::string path = data_dir + "/" + name;
    std::error_code missing;
    const auto bytes = std::filesystem::file_size(path, missing);
    if (!missing) keys.push_back({name, path, int64_t(bytes)});
  }
  return keys;
}

}  // namespace

class Backup::Writer {
 public:
  Writer(std::shared_ptr<const Snapshot> snapshot, const std::string& data_dir, UnixMillis now)
      : snapshot_(std::move(snapshot)), parts_(snapshot_->parts()), at_(now) {
    std::ranges::move(Keys(data_dir), std::back_inserter(parts_));
    archive_write_set_format_pax_restricted(archive_.get());
    archive_write_add_filter_zstd(archive_.get());
    archive_write_set_bytes_in_last_block(archive_.get(), 1);
    Check(archive_write_open2(archive_.get(), &made_, nullptr, Take, nullptr, nullptr));
  }

  // Throws std::runtime_error.
  Piece Next() {
    made_.clear();
    while (made_.size() < kReadBytes && !is_done_) WriteSome();
    return {std::exchange(made_, {}), is_done_};
  }

 private:
  static la_ssize_t Take(struct archive*, void* made, const void* bytes, size_t size) {
    static_cast<std::string*>(made)->append(static_cast<const char*>(bytes), size);
    return la_ssize_t(size);
  }

  void Check(la_ssize_t status) {
    if (status < ARCHIVE_OK) throw std::runtime_error(ErrorOf(archive_.get()));
  }

  void WriteSome() {
    if (left_ > 0) return WriteData();
    if (next_ == parts_.size()) return Finish();
    const Snapshot::Part& part = parts_[next_++];
    digest_.Add(part.name);
    BeginEntry(part.name, part.bytes);
    file_ = std::ifstream(part.path, std::ios::binary);
    if (!file_) throw std::runtime_error("cannot open " + part.path);
    left_ = part.bytes;
  }

  void BeginEntry(const std::string& name, int64_t bytes) {
    const EntryPtr entry(archive_entry_new());
    archive_entry_set_pathname(entry.get(), name.c_str());
    archive_entry_set_filetype(entry.get(), AE_IFREG);
    archive_entry_set_perm(entry.get(), 0600);
    archive_entry_set_mtime(entry.get(), at_ / 1000, 0);
    archive_entry_set_size(entry.get(), bytes);
    Check(archive_write_header(archive_.get(), entry.get()));
  }

  void WriteData() {
    std::string bytes(size_t(std::min<int64_t>(left_, kReadBytes)), '\0');
    if (!file_.read(bytes.data(), std::streamsize(bytes.size()))) {
      throw std::runtime_error(parts_[next_ - 1].name + " is shorter than it was");
    }
    digest_.Add(bytes);
    Check(archive_write_data(archive_.get(), bytes.data(), bytes.size()));
    left_ -= int64_t(bytes.size());
  }

  void Finish() {
    const nlohmann::ordered_json facts = {{"Format", kBackupFormat},
                                          {"Version", Version()},
                                          {"CreatedAt", at_ / 1000},
                                          {"Files", parts_.size()},
                                          {"SHA256", Hex(digest_.Take())}};
    const std::string text = facts.dump(2) + "\n";
    BeginEntry(kLastEntry, int64_t(text.size()));
    Check(archive_write_data(archive_.get(), text.data(), text.size()));
    Check(archive_write_close(archive_.get()));
    is_done_ = true;
  }

  std::string made_;  // by the archive, and not yet taken
  ArchivePtr<archive_write_free> archive_{archive_write_new()};
  const std::shared_ptr<const Snapshot> snapshot_;
  std::vector<Snapshot::Part> parts_;
  const UnixMillis at_;
  size_t next_ = 0;     // of parts_
  std::ifstream file_;  // the one before
  int64_t left_ = 0;    // bytes of it
  RunningSha256 digest_;
  bool is_done_ = false;
};

Result<std::shared_ptr<Backup>> Backup::Begin(store::Store& store, const std::string& data_dir,
                                              UnixMillis now, std::stop_token stop) {
  auto snapshot = store.TakeSnapshot(std::move(stop));
  if (!snapshot) return snapshot.error();
  try {
    return std::shared_ptr<Backup>(
        new Backup(std::make_unique<Writer>(*std::move(snapshot), data_dir, now)));
  } catch (const std::runtime_error& failure) {
    return Unavailable("The backup cannot begin.", failure.what());
  }
}

Backup::Backup(std::unique_ptr<Writer> writer) : writer_(std::move(writer)) {}
Backup::~Backup() = default;

Result<Backup::Piece> Backup::Next() {
  try {
    return writer_->Next();
  } catch (const std::runtime_error& failure) {
    return Unavailable("The backup was cut off.", failure.what());
  }
}

}  // namespace egd::service
