// The checks of `egctl doctor`: pure functions over facts. Their names, what they look at and what
// helps are in shared/catalogue/doctor_checks.h.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/doctor/facts.h"

namespace egd::cli {

// What --fix does: one change of one file.
struct Fix {
  enum class Kind { kMode, kOwner };
  Kind kind = Kind::kMode;
  std::string path;
  uint32_t mode = 0;              // kMode
  uint32_t owner = 0, group = 0;  // kOwner
  bool operator==(const Fix&) const = default;
};

// What a check came to. Problems outweigh what could not be checked.
struct CheckResult {
  std::vector<std::string> problems = {};
  std::string unchecked = {};  // why it could not look; empty: it could
  std::vector<Fix> fixes = {};
};

struct Check {
  std::string_view name;
  CheckResult (*look)(const Facts&);
};

// In the order of the catalogue.
std::vector<Check> Checks();

// A part each, in the files of these names.
std::vector<Check> FileChecks();
std::vector<Check> CertificateChecks();
std::vector<Check> DaemonChecks();
std::vector<Check> MachineChecks();
std::vector<Check> DnsChecks();

// Shared by these.
inline CheckResult Unchecked(std::string why) {
  return {.unchecked = std::move(why)};
}
// "" or what stands in the way of all checks that need the configuration.
inline std::string WithoutConfig(const Facts& facts) {
  return facts.loaded.problems.empty() ? "" : "the configuration is not valid";
}

}  // namespace egd::cli
