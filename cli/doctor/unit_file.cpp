#include "cli/doctor/unit_file.h"

#include <algorithm>
#include <map>

#include "shared/base/strings.h"

namespace egd::cli {
namespace {

// Where, how and as whom egd runs is the operator's choice, and limits have a check of their own.
constexpr std::string_view kOperators[] = {"Type",
                                           "User",
                                           "Group",
                                           "ExecStart",
                                           "ExecReload",
                                           "Restart",
                                           "RestartSec",
                                           "ConfigurationDirectory",
                                           "RuntimeDirectory",
                                           "RuntimeDirectoryPreserve",
                                           "StateDirectory",
                                           "TimeoutStartSec",
                                           "TimeoutStopSec",
                                           "WatchdogSec",
                                           "LimitNOFILE",
                                           "MemoryMax"};

using Settings = std::map<std::string, std::vector<std::string>, std::less<>>;

std::string Normal(std::string_view value) {
  const std::string lower = Lower(value);
  if (lower == "true" || lower == "on" || lower == "1") return "yes";
  if (lower == "false" || lower == "off" || lower == "0") return "no";
  return std::string(value);
}

// Lists grow line by line, and an empty value empties them; of all else the last line counts.
bool IsList(std::string_view key) {
  constexpr std::string_view kLists[] = {"SystemCallFilter", "RestrictAddressFamilies",
                                         "CapabilityBoundingSet", "AmbientCapabilities"};
  return std::ranges::count(kLists, key) > 0;
}

Settings ServiceOf(std::string_view unit) {
  Settings settings;
  bool in_service = false;
  for (std::string_view line : Split(unit, '\n')) {
    line = Trim(line);
    if (line.starts_with('[')) in_service = line == "[Service]";
    const size_t equals = line.find('=');
    if (!in_service || line.starts_with('#') || line.starts_with(';') || equals == line.npos) {
      continue;
    }
    const std::string_view key = Trim(line.substr(0, equals));
    const std::string_view value = Trim(line.substr(equals + 1));
    auto& values = settings[std::string(key)];
    if (value.empty() || !IsList(key)) values.clear();
    if (!value.empty()) values.push_back(Normal(value));
  }
  return settings;
}

}  // namespace

std::vector<std::string> MissingHardening(std::string_view shipped, std::string_view installed) {
  const Settings wanted = ServiceOf(shipped), found = ServiceOf(installed);
  std::vector<std::string> missing;
  for (const auto& [key, values] : wanted) {
    if (std::ranges::count(kOperators, key) > 0) continue;
    const auto there = found.find(key);
    for (const std::string& value : values) {
      if (there != found.end() && std::ranges::count(there->second, value) > 0) continue;
      missing.push_back(key + "=" + value);
    }
  }
  const auto user = found.find("User");
  if (user == found.end() || user->second.empty() || user->second.back() == "root") {
    missing.insert(missing.begin(), "User=egd");
  }
  return missing;
}

}  // namespace egd::cli
