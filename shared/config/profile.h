// egctl's profiles: where a gateway is and with what key, by name, in ~/.config/egctl/config.toml.
//
//   [profiles.default]
//   url = "https://mail.example.com"
//   api_key = "…"        # or session_id
//
// Thread-safe, but two writers of one file may lose one of the changes.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "shared/base/result.h"
#include "shared/config/load.h"

namespace egd::config {

struct Profile {
  std::string url = {};         // empty: the daemon on this machine
  std::string api_key = {};     // secret
  std::string session_id = {};  // secret
};

using Profiles = std::map<std::string, Profile>;

constexpr std::string_view kDefaultProfile = "default";

// $XDG_CONFIG_HOME/egctl/config.toml, else $HOME/.config/egctl/config.toml; empty when neither is
// set.
std::string ProfilePath(const Environment& environment);

// No profiles when there is no such file, or it is a device (/dev/null). kInvalidArgument, with line and column, for a file that
// is not TOML, has unknown keys or may be read by others than its owner.
Result<Profiles> LoadProfiles(const std::string& path);

// Replaces the file at once, mode 0600 in a directory of mode 0700. Comments in it are lost.
Result<void> SaveProfiles(const std::string& path, const Profiles& profiles);

}  // namespace egd::config
