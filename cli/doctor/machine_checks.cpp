// The machine: disk, memory, limits, clock, backups, the systemd unit.
#include "cli/doctor/checks.h"
#include "cli/doctor/unit_file.h"
#include "shared/base/strings.h"

namespace egd::cli {
namespace {

constexpr uint64_t kMiB = 1024 * 1024, kGiB = 1024 * kMiB;

std::string Size(uint64_t bytes) {
  return bytes >= 10 * kGiB ? std::to_string(bytes / kGiB) + " GiB"
                            : std::to_string(bytes / kMiB) + " MiB";
}

CheckResult DiskSpace(const Facts& facts) {
  // A day of mail for most; the share is for small disks that are filling.
  constexpr uint64_t kLeast = kGiB / 2, kComfortable = 10 * kGiB;
  if (!facts.disk) return Unchecked(facts.disk.why_not);
  const uint64_t free = facts.disk->free_bytes;
  const bool tight = free < kLeast || (free < facts.disk->bytes / 20 && free < kComfortable);
  if (!tight) return {};
  return {.problems = {Size(free) + " of " + Size(facts.disk->bytes) + " are free"}};
}

CheckResult Inodes(const Facts& facts) {
  if (!facts.disk) return Unchecked(facts.disk.why_not);
  if (facts.disk->files == 0) return Unchecked("this file system has no fixed number of inodes");
  if (facts.disk->free_files >= facts.disk->files / 20) return {};
  return {.problems = {std::to_string(facts.disk->free_files) + " of " +
                       std::to_string(facts.disk->files) + " inodes are free"}};
}

CheckResult OpenFiles(const Facts& facts) {
  // Half is for clients, the rest for the store, deliveries and webhooks: with less, a crowd of
  // some hundred clients waits.
  constexpr uint64_t kLeast = 4096;
  if (!facts.open_files) return Unchecked(facts.open_files.why_not);
  if (*facts.open_files >= kLeast) return {};
  return {.problems = {"egd may open " + std::to_string(*facts.open_files) + " files"}};
}

CheckResult Memory(const Facts& facts) {
  constexpr uint64_t kLeast = 128 * kMiB;  // what limits.memory_bytes must be at least
  if (const auto why = WithoutConfig(facts); !why.empty()) return Unchecked(why);
  if (!facts.memory_bytes) return Unchecked(facts.memory_bytes.why_not);
  CheckResult outcome;
  const uint64_t there = *facts.memory_bytes;
  const auto wanted = uint64_t(facts.loaded.config.limits.memory_bytes);
  if (wanted > there) {
    outcome.problems.push_back("limits.memory_bytes is " + Size(wanted) + ", the machine has " +
                               Size(there));
  }
  if (there < kLeast) outcome.problems.push_back("there are only " + Size(there) + " of memory");
  return outcome;
}

CheckResult ClockIsRight(const Facts& facts) {
  if (!facts.clock_synchronised) return Unchecked(facts.clock_synchronised.why_not);
  if (*facts.clock_synchronised) return {};
  return {.problems = {"the kernel says that its clock is not synchronised"}};
}

CheckResult Backup(const Facts& facts) {
  constexpr int64_t kHour = 3600, kOldest = 25 * kHour;  // daily, and an hour to make it
  if (!facts.backup_at) return Unchecked(facts.backup_at.why_not);
  const int64_t age = facts.now - *facts.backup_at;
  if (age <= kOldest) return {};
  return {.problems = {"the newest backup is " + std::to_string(age / kHour) + " hours old"}};
}

CheckResult Unit(const Facts& facts) {
  if (!facts.unit) return Unchecked(facts.unit.why_not);
  const auto missing = MissingHardening(ShippedUnit(), *facts.unit);
  if (missing.empty()) return {};
  return {.problems = {"the installed unit lacks " + Join(missing, ", ")}};
}

}  // namespace

std::vector<Check> MachineChecks() {
  return {{"disk-space", DiskSpace},
          {"inodes", Inodes},
          {"open-files", OpenFiles},
          {"memory", Memory},
          {"clock", ClockIsRight},
          {"backup", Backup},
          {"unit", Unit}};
}

}  // namespace egd::cli
