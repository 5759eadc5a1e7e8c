#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>

#include <sys/stat.h>
#include <unistd.h>

#include "cli/doctor/gather.h"

namespace egd::cli {
namespace {

namespace fs = std::filesystem;

std::string RealPath(const std::string& path) {
  const std::unique_ptr<char, decltype(&std::free)> real(::realpath(path.c_str(), nullptr),
                                                         &std::free);
  return real ? real.get() : path;
}

void AddSecret(const std::string& path, bool group_may_read, Facts& facts) {
  FoundSecret secret{.path = path, .group_may_read = group_may_read};
  secret.file = StatFile(RealPath(path), false);
  facts.secrets.push_back(std::move(secret));
}

void GatherDataDir(const std::string& path, Facts& facts) {
  facts.data_dir = StatFile(path, true);
  facts.data_dir_is_missing = !facts.data_dir && errno == ENOENT;
  if (!facts.data_dir) return;
  std::error_code failed;
  std::vector<FileFacts> files;
  for (auto it = fs::directory_iterator(path, failed); !failed && it != fs::directory_iterator();
       it.increment(failed)) {
    if (const auto file = StatFile(it->path(), false)) files.push_back(*file);
  }
  std::ranges::sort(files, {}, &FileFacts::path);
  facts.data_files = failed
                         ? Fact<std::vector<FileFacts>>{.why_not = path + ": " + failed.message()}
                         : Known(std::move(files));
}

}  // namespace

Fact<FileFacts> StatFile(const std::string& path, bool follow) {
  struct stat status {};
  const int done = follow ? ::stat(path.c_str(), &status) : ::lstat(path.c_str(), &status);
  if (done != 0) return {.why_not = path + ": " + std::strerror(errno)};
  return Known(FileFacts{.path = path,
                         .directory = S_ISDIR(status.st_mode),
                         .mode = status.st_mode & 07777u,
                         .owner = status.st_uid,
                         .group = status.st_gid});
}

void GatherFiles(const GatherOptions&, Facts& facts) {
  const auto& config = facts.loaded.config;
  if (!facts.config_path.empty()) facts.config_file = StatFile(RealPath(facts.config_path), false);
  GatherDataDir(config.data_dir, facts);
  for (const char* name : {"admin.key", "master.key", "smtp.key"}) {
    const std::string path = config.data_dir + "/" + name;
    if (::access(path.c_str(), F_OK) == 0 || errno != ENOENT) AddSecret(path, false, facts);
  }
  for (const std::string& path : {config.http.tls_key, config.smtp.tls_key, config.tracking.tls_key,
                                  config.delivery.smarthost_password_file}) {
    if (!path.empty()) AddSecret(path, true, facts);
  }
}

}  // namespace egd::cli
