// Reads egd.toml and the environment into a Config. The only user of toml++ for the daemon.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "shared/config/config.h"

namespace egd::config {

using Environment = std::map<std::string, std::string>;

struct Loaded {
  Config config;  // usable only when there are no problems
  // Every mistake found, one sentence each: `egd.toml:12:3: unknown option "http.lisen"; did you
  // mean …?`
  std::vector<std::string> problems;
  std::vector<std::string> warnings;  // EGD_… variables that look like a misspelt option
};

// `path` empty: no file, defaults and environment only.
Loaded Load(const std::string& path, const Environment& environment);
// The same from text; `name` is what the problems call it.
Loaded LoadText(const std::string& text, const std::string& name, const Environment& environment);

Environment ProcessEnvironment();

}  // namespace egd::config
