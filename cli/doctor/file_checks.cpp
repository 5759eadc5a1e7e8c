// Files: the configuration, the data directory, secrets.
#include <algorithm>
#include <cstdio>

#include "cli/doctor/checks.h"

namespace egd::cli {
namespace {

constexpr uint32_t kGroupAndOthersWrite = 022, kGroupAndOthers = 077, kOthers = 07,
                   kGroupWrites = 030;

std::string ModeText(uint32_t mode) {
  char text[16];
  std::snprintf(text, sizeof text, "%04o", mode);
  return text;
}

// `unwanted`: bits that nobody should have.
void JudgeMode(const FileFacts& file, uint32_t unwanted, const std::string& what,
               CheckResult& outcome) {
  if ((file.mode & unwanted) == 0) return;
  outcome.problems.push_back(file.path + " " + what + " (mode " + ModeText(file.mode) + ")");
  outcome.fixes.push_back(
      {.kind = Fix::Kind::kMode, .path = file.path, .mode = file.mode & ~unwanted});
}

CheckResult Config(const Facts& facts) {
  CheckResult outcome{.problems = facts.loaded.problems};
  outcome.problems.insert(outcome.problems.end(), facts.loaded.warnings.begin(),
                          facts.loaded.warnings.end());
  return outcome;
}

CheckResult ConfigMode(const Facts& facts) {
  if (facts.config_path.empty()) return Unchecked("there is no configuration file");
  if (!facts.config_file) return Unchecked(facts.config_file.why_not);
  CheckResult outcome;
  JudgeMode(*facts.config_file, kGroupAndOthersWrite, "can be changed by others than its owner",
            outcome);
  return outcome;
}

CheckResult DataDir(const Facts& facts) {
  if (const auto why = WithoutConfig(facts); !why.empty()) return Unchecked(why);
  if (facts.data_dir_is_missing) {
    return {.problems = {facts.loaded.config.data_dir + " is not there"}};
  }
  if (!facts.data_dir) return Unchecked(facts.data_dir.why_not);
  if (!facts.data_dir->directory) return {.problems = {facts.data_dir->path + " is no directory"}};
  return {};
}

CheckResult DataMode(const Facts& facts) {
  if (!facts.data_dir) return Unchecked(facts.data_dir.why_not);
  CheckResult outcome;
  JudgeMode(*facts.data_dir, kGroupAndOthers, "is open to others than its owner", outcome);
  return outcome;
}

CheckResult DataOwner(const Facts& facts) {
  if (!facts.data_dir) return Unchecked(facts.data_dir.why_not);
  if (!facts.data_files) return Unchecked(facts.data_files.why_not);
  CheckResult outcome;
  for (const FileFacts& file : *facts.data_files) {
    if (file.owner == facts.data_dir->owner) continue;
    outcome.problems.push_back(file.path + " belongs to user " + std::to_string(file.owner) +
                               ", the directory to user " + std::to_string(facts.data_dir->owner));
    outcome.fixes.push_back({.kind = Fix::Kind::kOwner,
                             .path = file.path,
                             .owner = facts.data_dir->owner,
                             .group = facts.data_dir->group});
  }
  return outcome;
}

CheckResult KeyFiles(const Facts& facts) {
  if (const auto why = WithoutConfig(facts); !why.empty()) return Unchecked(why);
  CheckResult outcome;
  for (const FoundSecret& secret : facts.secrets) {
    if (!secret.file) {
      outcome.unchecked = secret.path + ": " + secret.file.why_not;
      continue;
    }
    const uint32_t unwanted = secret.group_may_read ? kOthers | kGroupWrites : kGroupAndOthers;
    JudgeMode(*secret.file, unwanted, "is open to others than its owner", outcome);
  }
  if (facts.secrets.empty()) outcome.unchecked = "there is no key file yet";
  return outcome;
}

}  // namespace

std::vector<Check> FileChecks() {
  return {{"config", Config},      {"config-mode", ConfigMode}, {"data-dir", DataDir},
          {"data-mode", DataMode}, {"data-owner", DataOwner},   {"key-files", KeyFiles}};
}

}  // namespace egd::cli
