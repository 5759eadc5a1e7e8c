#include "shared/config/profile.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <fcntl.h>
#include <sys/stat.h>
#include <toml++/toml.h>
#include <unistd.h>

#include "shared/config/read_value.h"

namespace egd::config {
namespace {

namespace fs = std::filesystem;

struct Key {
  std::string_view name;
  std::string Profile::*value;
};
constexpr Key kKeys[] = {
    {"url", &Profile::url}, {"api_key", &Profile::api_key}, {"session_id", &Profile::session_id}};

Error Refuse(const std::string& path, const toml::source_region& where, const std::string& text) {
  return InvalidArgument(path + ":" + std::to_string(where.begin.line) + ":" +
                         std::to_string(where.begin.column) + ": " + text);
}

Error SystemError(const std::string& what) {
  return InvalidArgument(what + ": " + std::strerror(errno));
}

Result<Profile> ReadProfile(const std::string& path, const toml::table& table) {
  Profile profile;
  for (const auto& [name, node] : table) {
    const auto key = std::find_if(std::begin(kKeys), std::end(kKeys),
                                  [word = name.str()](const Key& k) { return k.name == word; });
    if (key == std::end(kKeys)) {
      return Refuse(path, node.source(),
                    "unknown key " + Quoted(name.str()) +
                        DidYouMean(name.str(), {"url", "api_key", "session_id"}));
    }
    const auto text = node.value_exact<std::string>();
    if (!text) return Refuse(path, node.source(), std::string(name.str()) + " must be a string");
    profile.*(key->value) = *text;
  }
  return profile;
}

Result<Profiles> ReadFile(const std::string& path, const toml::table& root) {
  Profiles profiles;
  for (const auto& [name, node] : root) {
    if (name.str() != "profiles" || !node.is_table()) {
      return Refuse(path, node.source(),
                    "unknown key " + Quoted(name.str()) + "; a profile is a table [profiles.NAME]");
    }
    for (const auto& [profile_name, value] : *node.as_table()) {
      const std::string profile_text(profile_name.str());
      if (!value.is_table()) return Refuse(path, value.source(), profile_text + " must be a table");
      auto profile = ReadProfile(path, *value.as_table());
      if (!profile) return profile.error();
      profiles[profile_text] = std::move(*profile);
    }
  }
  return profiles;
}

std::string Render(const Profiles& profiles) {
  toml::table tables;
  for (const auto& [name, profile] : profiles) {
    toml::table table;
    for (const Key& key : kKeys) {
      if (!(profile.*(key.value)).empty()) table.insert(key.name, profile.*(key.value));
    }
    tables.insert(name, std::move(table));
  }
  std::ostringstream text;
  text << toml::table{{"profiles", std::move(tables)}} << "\n";
  return text.str();
}

// The whole text in a new file of mode 0600, on disk before it gets its name.
Result<void> WriteSecretFile(const std::string& path, const std::string& text) {
  const std::string temporary = path + ".new";
  ::unlink(temporary.c_str());
  const int file =
      ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (file < 0) return SystemError("cannot write " + temporary);
  const bool written =
      ::write(file, text.data(), text.size()) == ssize_t(text.size()) && ::fsync(file) == 0;
  ::close(file);
  if (written && ::rename(temporary.c_str(), path.c_str()) == 0) return {};
  const Error error = SystemError("cannot write " + path);
  ::unlink(temporary.c_str());
  return error;
}

}  // namespace

std::string ProfilePath(const Environment& environment) {
  const auto config = environment.find("XDG_CONFIG_HOME"), home = environment.find("HOME");
  if (config != environment.end() && config->second.starts_with('/')) {
    return config->second + "/egctl/config.toml";
  }
  if (home == environment.end() || home->second.empty()) return {};
  return home->second + "/.config/egctl/config.toml";
}

Result<Profiles> LoadProfiles(const std::string& path) {
  struct stat status {};
  if (path.empty() || ::stat(path.c_str(), &status) != 0) return Profiles();
  if (S_ISCHR(status.st_mode)) return Profiles();  // linked to /dev/null: none wanted
  if (!S_ISREG(status.st_mode)) return InvalidArgument(path + " is not a file");
  if (status.st_mode & 077) {
    return InvalidArgument(path + " holds keys and may be read by others: chmod 600 " + path);
  }
  std::ifstream file(path);
  if (!file) return SystemError("cannot read " + path);
  try {
    return ReadFile(path, toml::parse(file, path));
  } catch (const toml::parse_error& error) {
    return Refuse(path, error.source(), std::string(error.description()));
  }
}

Result<void> SaveProfiles(const std::string& path, const Profiles& profiles) {
  if (path.empty())
    return InvalidArgument("neither XDG_CONFIG_HOME nor HOME says where profiles are kept");
  const fs::path directory = fs::path(path).parent_path();
  std::error_code failure;
  if (fs::create_directories(directory, failure))
    fs::permissions(directory, fs::perms::owner_all, failure);
  if (failure)
    return InvalidArgument("cannot create " + directory.string() + ": " + failure.message());
  return WriteSecretFile(path, Render(profiles));
}

}  // namespace egd::config
