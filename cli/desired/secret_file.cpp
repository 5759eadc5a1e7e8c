#include "cli/desired/secret_file.h"

#include <cerrno>
#include <cstring>
#include <filesystem>

#include <sys/stat.h>

#include "shared/base/encoding.h"
#include "shared/base/sha256.h"
#include "shared/base/strings.h"

namespace egd::cli {
namespace {

constexpr size_t kMaxName = 120;  // file systems take 255 bytes

Error CannotWrite(const std::string& path) {
  return InvalidArgument("cannot write " + path + ": " + std::strerror(errno));
}

// The text as a part of a path: two texts never get the same one.
std::string PathPart(const std::string& text) {
  static constexpr std::string_view kPlain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.";
  std::string part;
  for (const char c : text) {
    const bool plain = kPlain.find(c) != kPlain.npos && !(c == '.' && part.empty());
    part += plain ? std::string(1, c) : "%" + Hex(std::string(1, c));
  }
  if (part.size() <= kMaxName) return part;
  return part.substr(0, kMaxName) + "%" + Hex(Sha256(text)).substr(0, 16);
}

std::string PathOf(const Item& item) {
  if (item.kind == Kind::kUser) return PathPart(Lower(item.Text("username"))) + "/password";
  const std::string below = PathPart(item.owner) + "/" + PathPart(item.domain) + "/";
  const std::string kind = std::string(item.Is("test") ? "test-" : "") +
                           (item.kind == Kind::kApiKey ? "api-key" : "smtp");
  const std::string description = PathPart(item.Text("description"));
  return below + kind + (description.empty() ? "" : "-" + description);
}

// With what is missing above it, each for its owner alone.
bool MakeDirectory(const std::filesystem::path& path) {
  if (path.empty() || std::filesystem::is_directory(path)) return true;
  return MakeDirectory(path.parent_path()) && (mkdir(path.c_str(), 0700) == 0 || errno == EEXIST);
}

}  // namespace

Result<SecretFile> SecretFile::Create(const std::string& directory, const Item& item) {
  const std::string path = directory + "/" + PathOf(item);
  if (!MakeDirectory(std::filesystem::path(path).parent_path())) return CannotWrite(path);
  std::string name = path;
  struct stat ignored {};
  for (int number = 2; lstat(name.c_str(), &ignored) == 0; ++number) {
    name = path + "-" + std::to_string(number);
  }
  auto part = std::make_unique<PartialFile>(name);
  if (!part->stream()) return CannotWrite(name);
  return SecretFile(std::move(name), std::move(part));
}

Result<void> SecretFile::Write(const std::string& text) {
  part_->stream() << text << std::flush;
  if (!part_->stream() || !part_->TakePlace()) return CannotWrite(name_);
  return {};
}

}  // namespace egd::cli
