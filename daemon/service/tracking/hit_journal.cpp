#include "daemon/service/tracking/hit_journal.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <optional>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shared/base/log.h"
#include "shared/base/strings.h"

namespace egd::service {
namespace {

constexpr size_t kChunk = 256 << 10;       // read at once: some hundred hits
constexpr uint32_t kLongestHit = 8 << 20;  // a URL is as long as its message lets it be

Error Failure(const std::string& what) {
  return Unavailable("Cannot " + what + ": " + std::strerror(errno) + ".");
}

// A text, or a number as one, behind its length in four octets, little-endian.
void Put(std::string& out, std::string_view text) {
  for (int shift = 0; shift < 32; shift += 8) out += char(uint8_t(text.size() >> shift));
  out += text;
}

std::optional<std::string_view> Take(std::string_view& in) {
  if (in.size() < 4) return std::nullopt;
  uint32_t size = 0;
  for (int i = 3; i >= 0; --i) size = size << 8 | uint8_t(in[size_t(i)]);
  if (size > kLongestHit || in.size() - 4 < size) return std::nullopt;
  const std::string_view text = in.substr(4, size);
  in.remove_prefix(4 + size);
  return text;
}

std::string Encode(const HitReport& report) {
  std::string out;
  Put(out, report.token.click ? "click" : "open");
  Put(out, report.token.message_id.AsBytes());
  Put(out, report.token.recipient);
  Put(out, std::to_string(report.token.link_index));
  Put(out, std::to_string(report.token.links));
  Put(out, report.url);
  Put(out, std::to_string(report.at));
  Put(out, report.method);
  Put(out, report.user_agent);
  Put(out, report.address);
  return out;
}

std::optional<HitReport> Decode(std::string_view in) {
  std::string_view fields[10];
  for (std::string_view& field : fields) {
    const auto taken = Take(in);
    if (!taken) return std::nullopt;
    field = *taken;
  }
  const auto message_id = Uuid::FromBytes(fields[1]);
  const auto link_index = ParseInteger(fields[3]), links = ParseInteger(fields[4]);
  const auto at = ParseInteger(fields[6]);
  if (!message_id || !link_index || !links || !at || !in.empty()) return std::nullopt;
  HitReport report;
  report.token.click = fields[0] == "click";
  report.token.message_id = *message_id;
  report.token.recipient = fields[2];
  report.token.link_index = uint32_t(*link_index);
  report.token.links = uint32_t(*links);
  report.url = fields[5];
  report.at = *at;
  report.method = fields[7];
  report.user_agent = fields[8];
  report.address = fields[9];
  return report;
}

bool WriteAll(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes.remove_prefix(size_t(written));
  }
  return true;
}

// At most `most` octets; fewer at the end, none where the file is missing.
Result<std::string> ReadFrom(const std::string& path, int64_t offset, size_t most) {
  std::string bytes;
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0 && errno == ENOENT) return bytes;
  if (file < 0) return Failure("read " + path);
  bytes.resize(most);
  ssize_t got = 0;
  do got = ::pread(file, bytes.data(), most, offset);
  while (got < 0 && errno == EINTR);
  const Error failure = Failure("read " + path);  // while errno says why
  ::close(file);
  if (got < 0) return failure;
  bytes.resize(size_t(got));
  return bytes;
}

}  // namespace

HitJournal::HitJournal(const std::string& data_dir, const Clock& clock)
    : folder_(data_dir + "/hits"), clock_(clock) {}

HitJournal::~HitJournal() {
  if (file_ >= 0) ::close(file_);
}

std::string HitJournal::PathOf(int64_t number) const {
  char name[24];
  std::snprintf(name, sizeof name, "/%08lld", static_cast<long long>(number));
  return folder_ + name;
}

Result<void> HitJournal::Open(store::HitPlace taken) {
  if (::mkdir(folder_.c_str(), 0700) != 0 && errno != EEXIST) return Failure("create " + folder_);
  int64_t last = taken.file;
  std::error_code failed;
  first_ = taken.file;
  for (const auto& entry : std::filesystem::directory_iterator(folder_, failed)) {
    const auto number = ParseInteger(entry.path().filename().string());
    if (!number) continue;
    first_ = std::min(first_, *number);
    last = std::max(last, *number);
    bytes_ += int64_t(entry.file_size(failed));
  }
  if (failed) return Unavailable("Cannot read " + folder_ + ": " + failed.message() + ".");
  number_ = last + 1;
  end_.With([&](store::HitPlace& end) { end = {number_, 0}; });
  Forget(taken);
  return {};
}

bool HitJournal::IsFinished() const {
  return file_ >= 0 && (size_ >= kFileBytes || clock_.Steady() - begun_at_ >= kFileAge);
}

Result<void> HitJournal::BeginFile() {
  file_ = ::open(PathOf(number_).c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file_ < 0) return Failure("create " + PathOf(number_));
  size_ = 0;
  begun_at_ = clock_.Steady();
  return {};
}

void HitJournal::EndFile() {
  ::close(file_);
  file_ = -1;
  ++number_;
  end_.With([&](store::HitPlace& end) { end = {number_, 0}; });
}

void HitJournal::EndOldFile() {
  if (IsFinished()) EndFile();
}

Result<void> HitJournal::Append(const std::vector<HitReport>& reports) {
  std::string bytes;
  for (const HitReport& report : reports) {
    const std::string hit = Encode(report);
    if (hit.size() <= kLongestHit) Put(bytes, hit);
  }
  if (bytes_ + int64_t(bytes.size()) > kMostBytes) return Unavailable("The journal is full.");
  EndOldFile();
  if (file_ < 0) {
    if (auto begun = BeginFile(); !begun) return begun;
  }
  if (!WriteAll(file_, bytes)) {
    const Error failure = Failure("write " + PathOf(number_));
    // What went in goes out again; where that fails, what follows is not appended to half a hit.
    if (::ftruncate(file_, size_) != 0 || ::lseek(file_, size_, SEEK_SET) != size_) EndFile();
    return failure;
  }
  size_ += int64_t(bytes.size());
  bytes_ += int64_t(bytes.size());
  end_.With([&](store::HitPlace& end) { end = {number_, size_}; });
  return {};
}

std::vector<HitReport> HitJournal::Read(store::HitPlace& place, size_t most) const {
  std::vector<HitReport> reports;
  while (reports.empty()) {
    const auto end = end_.With([](const store::HitPlace& place) { return place; });
    const size_t most_bytes =  // files before the last are complete
        place.file < end.file ? SIZE_MAX : size_t(std::max<int64_t>(end.offset - place.offset, 0));
    const auto read = [&](size_t bytes) {
      return ReadFrom(PathOf(place.file), place.offset, std::min(bytes, most_bytes));
    };
    Result<std::string> chunk = read(kChunk);
    if (chunk) {
      std::string_view first = *chunk;
      if (chunk->size() == kChunk && !Take(first)) chunk = read(kLongestHit + 4);
    }
    if (!chunk) {
      log::Error("hits not read, trying again", {{"reason", chunk.error().public_text}});
      return {};
    }
    for (std::string_view rest = *chunk; reports.size() < most;) {
      const auto record = Take(rest);
      auto report = record ? Decode(*record) : std::nullopt;
      if (record && !report) {
        log::Error("hits lost: what a file holds makes no sense", {{"file", PathOf(place.file)}});
      }
      if (!report) break;
      reports.push_back(*std::move(report));
      place.offset += int64_t(4 + record->size());
    }
    if (!reports.empty() || place.file >= end.file) break;
    ++place.file;
    place.offset = 0;
  }
  return reports;
}

void HitJournal::Forget(store::HitPlace place) {
  for (; first_ < place.file; ++first_) {
    std::error_code none;
    const std::string path = PathOf(first_);
    const auto size = std::filesystem::file_size(path, none);
    if (!none) bytes_ -= int64_t(size);
    std::filesystem::remove(path, none);
  }
}

}  // namespace egd::service
