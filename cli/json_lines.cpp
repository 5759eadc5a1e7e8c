#include "cli/json_lines.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include <unistd.h>

#include "shared/base/strings.h"
#include "shared/catalogue/json_text.h"

namespace egd::cli {
namespace {

using catalogue::ParseJson;

constexpr size_t kMostBytes = 64 * 1024 * 1024;  // as a request may have
constexpr catalogue::JsonLimits kLimits{.depth = 32, .members = 20'000, .values = 10'000'000};
constexpr std::string_view kMark = "\xef\xbb\xbf";  // of UTF-8, as editors put it at the beginning

}  // namespace

bool JsonLines::ReadLine() {
  line_.clear();
  too_long_ = false;
  auto* buffer = stream_.rdbuf();
  const int end = std::char_traits<char>::eof();
  int c = buffer->sbumpc();
  if (c == end) return false;
  for (; c != end && c != '\n'; c = buffer->sbumpc()) {
    too_long_ = too_long_ || line_.size() == kMostBytes;
    if (!too_long_) line_ += char(c);
  }
  ++number_;
  if (number_ == 1 && line_.starts_with(kMark)) line_.erase(0, kMark.size());
  return true;
}

Result<std::optional<JsonLine>> JsonLines::Next() {
  do {
    if (!ReadLine()) return std::optional<JsonLine>();
  } while (Trim(line_).empty());
  const std::string name = "line " + std::to_string(number_);
  if (too_long_) return InvalidArgument(name + " is longer than 64 MiB");
  std::string fault;
  auto json = ParseJson(line_, kLimits, &fault);
  if (!json) return InvalidArgument(name + (fault.empty() ? " is no JSON" : " " + fault));
  if (!json->is_object()) return InvalidArgument(name + " is no JSON object");
  return std::optional<JsonLine>({number_, *std::move(json)});
}

Result<std::unique_ptr<std::istream>> Rewindable(std::unique_ptr<std::istream> stream) {
  if (stream->tellg() != std::istream::pos_type(-1)) return stream;
  stream->clear();
  const char* directory = std::getenv("TMPDIR");
  std::string path = std::string(directory && *directory ? directory : "/tmp") + "/egctl-XXXXXX";
  const int descriptor = ::mkstemp(path.data());  // readable by its owner alone
  if (descriptor < 0) return InvalidArgument("cannot make " + path + ": " + std::strerror(errno));
  std::unique_ptr<std::fstream> copy =
      std::make_unique<std::fstream>(path, std::ios::in | std::ios::out | std::ios::binary);
  ::close(descriptor);
  ::unlink(path.c_str());
  if (stream->peek() != std::char_traits<char>::eof()) *copy << stream->rdbuf();
  copy->flush();
  if (!*copy) return InvalidArgument("cannot keep standard input in " + path);
  copy->seekg(0);
  return std::unique_ptr<std::istream>(std::move(copy));
}

}  // namespace egd::cli
