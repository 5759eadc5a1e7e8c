#include "daemon/store/segments.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace egd::store {
namespace {

// A content that is kept for long keeps its file: with 64 MiB each that is no burden, and a busy
// gateway makes a new one every few seconds at most.
constexpr int64_t kFullSize = 64 << 20;

[[noreturn]] void Throw(const std::string& what, int error = errno) {
  throw std::system_error(error, std::generic_category(), what);
}

class File {
 public:
  File(const std::string& path, int flags) : number_(open(path.c_str(), flags | O_CLOEXEC, 0600)) {
    if (number_ < 0) Throw(path);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (number_ >= 0) close(number_);
  }
  int number() const { return number_; }
  int Release() { return std::exchange(number_, -1); }

 private:
  int number_;
};

std::string PathOf(const std::string& directory, int64_t number) {
  return directory + "/" + SegmentName(number);
}

void SyncDirectory(const std::string& path) {
  const File directory(path, O_RDONLY | O_DIRECTORY);
  if (fsync(directory.number()) != 0) Throw(path);
}

void MakeDirectory(const std::string& path) {
  if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) Throw(path);
  SyncDirectory(std::filesystem::path(path).parent_path());
}

// The files in the directory by number, ascending; none when it is missing.
std::vector<int64_t> List(const std::string& directory) {
  std::vector<int64_t> numbers;
  std::error_code missing;
  for (const auto& entry : std::filesystem::directory_iterator(directory, missing)) {
    const std::string name = entry.path().filename();
    int64_t number = 0;
    const auto read = std::from_chars(name.data(), name.data() + name.size(), number);
    if (read.ec == std::errc() && read.ptr == name.data() + name.size()) numbers.push_back(number);
  }
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

}  // namespace

SegmentWriter::~SegmentWriter() {
  if (file_ >= 0) close(file_);
}

SegmentPlace SegmentWriter::Append(std::string_view content) {
  if (damaged_) lost_ = Close();
  if (lost_ != 0) Throw(PathOf(directory_, number_), lost_);
  if (file_ < 0) Open();
  const SegmentPlace place{number_, size_, static_cast<int64_t>(content.size())};
  while (!content.empty()) {
    const ssize_t written = pwrite(file_, content.data(), content.size(), size_);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) {
      const int error = errno;
      damaged_ = true;
      Throw(PathOf(directory_, number_), error);
    }
    size_ += written;
    content.remove_prefix(static_cast<size_t>(written));
  }
  unsynced_ = true;
  return place;
}

void SegmentWriter::Open() {
  MakeDirectory(directory_);
  const std::vector<int64_t> there = List(directory_);
  if (!there.empty()) number_ = std::max(number_, there.back());
  ++number_;
  File file(PathOf(directory_, number_), O_WRONLY | O_CREAT | O_EXCL);
  SyncDirectory(directory_);
  file_ = file.Release();
  size_ = 0;
}

int SegmentWriter::Close() {
  const int error = !unsynced_ || fdatasync(file_) == 0 ? 0 : errno;
  close(std::exchange(file_, -1));
  unsynced_ = damaged_ = false;
  return error;
}

void SegmentWriter::Sync() {
  int error = std::exchange(lost_, 0);
  if (file_ >= 0 && unsynced_ && fdatasync(file_) != 0) {
    error = errno;
    damaged_ = true;
  }
  unsynced_ = false;
  if (file_ >= 0 && (damaged_ || size_ >= kFullSize)) Close();
  if (error != 0) Throw(PathOf(directory_, number_), error);
}

std::vector<int64_t> SegmentWriter::ListComplete() const {
  std::vector<int64_t> numbers = List(directory_);
  if (file_ >= 0) std::erase(numbers, number_);
  return numbers;
}

std::string SegmentsBeside(const std::string& path) {
  return std::filesystem::path(path).parent_path() / "segments";
}

std::string SegmentName(int64_t number) {
  char name[24];
  std::snprintf(name, sizeof name, "%08lld", static_cast<long long>(number));
  return name;
}

std::string ReadSegment(const std::string& directory, const SegmentPlace& place) {
  const std::string path = PathOf(directory, place.segment);
  const File file(path, O_RDONLY);
  std::string content(static_cast<size_t>(place.length), '\0');
  size_t have = 0;
  while (have < content.size()) {
    const ssize_t read = pread(file.number(), content.data() + have, content.size() - have,
                               place.offset + static_cast<int64_t>(have));
    if (read < 0 && errno == EINTR) continue;
    if (read < 0) Throw(path);
    if (read == 0) Throw(path + " ends too early", EIO);
    have += static_cast<size_t>(read);
  }
  return content;
}

void OverwriteSegment(const std::string& directory, const SegmentPlace& place) {
  const std::string path = PathOf(directory, place.segment);
  if (!std::filesystem::exists(path)) return;
  const File file(path, O_WRONLY);
  const std::string zeros(size_t(std::min<int64_t>(place.length, 1 << 16)), '\0');
  for (int64_t done = 0; done < place.length;) {
    const auto count = size_t(std::min<int64_t>(place.length - done, int64_t(zeros.size())));
    const ssize_t written = pwrite(file.number(), zeros.data(), count, place.offset + done);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) Throw(path);
    done += written;
  }
  if (fdatasync(file.number()) != 0) Throw(path);
}

void DeleteSegment(const std::string& directory, int64_t number) {
  const std::string path = PathOf(directory, number);
  if (unlink(path.c_str()) != 0 && errno != ENOENT) Throw(path);
}

}  // namespace egd::store
