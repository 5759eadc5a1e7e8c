#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>

#include "cli/doctor/gather.h"

namespace egd::cli {
namespace {

namespace fs = std::filesystem;

std::string Why(const std::string& what) {
  return what + ": " + std::strerror(errno);
}

Fact<DiskFacts> DiskOf(const std::string& path) {
  struct statvfs disk {};
  if (::statvfs(path.c_str(), &disk) != 0) return {.why_not = Why(path)};
  return Known(DiskFacts{.free_bytes = uint64_t(disk.f_bavail) * disk.f_frsize,
                         .bytes = uint64_t(disk.f_blocks) * disk.f_frsize,
                         .free_files = disk.f_favail,
                         .files = disk.f_files});
}

// What adjtimex(2), and with it timedatectl, says.
Fact<bool> ClockSynchronised() {
  timex state{};
  const int clock = ::adjtimex(&state);
  if (clock < 0) return {.why_not = Why("the kernel does not say")};
  return Known(clock != TIME_ERROR && (state.status & STA_UNSYNC) == 0);
}

Fact<int64_t> ModifiedAt(const fs::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return {.why_not = Why(path)};
  return Known(int64_t(status.st_mtime));
}

Fact<int64_t> NewestIn(const std::string& path) {
  std::error_code failed;
  if (!fs::is_directory(path, failed)) return ModifiedAt(path);
  Fact<int64_t> newest{.why_not = path + " holds no file"};
  for (auto it = fs::directory_iterator(path, failed); !failed && it != fs::directory_iterator();
       it.increment(failed)) {
    std::error_code gone;
    const auto at = it->is_regular_file(gone) ? ModifiedAt(it->path()) : Fact<int64_t>();
    if (at && (!newest || *at > *newest)) newest = at;
  }
  if (failed) return {.why_not = path + ": " + failed.message()};
  return newest;
}

Fact<std::string> TextOf(const fs::path& path) {
  std::ifstream in(path);
  std::string text{std::istreambuf_iterator<char>(in), {}};
  if (!in.is_open()) return {.why_not = Why(path)};
  return Known(std::move(text));
}

// systemd.unit(5): the first directory that has the unit wins; drop-ins come from all of them.
Fact<std::string> InstalledUnit(const std::string& given) {
  const std::vector<std::string> folders = {"/etc/systemd/system", "/run/systemd/system",
                                            "/usr/local/lib/systemd/system",
                                            "/usr/lib/systemd/system", "/lib/systemd/system"};
  std::string path = given;
  for (const std::string& folder : folders) {
    const std::string unit = folder + "/egd.service";
    if (path.empty() && ::access(unit.c_str(), F_OK) == 0) path = unit;
  }
  if (path.empty()) return {.why_not = "no egd.service is installed; --unit says where it is"};
  auto text = TextOf(path);
  if (!text) return text;
  std::vector<fs::path> drop_ins;
  for (const std::string& folder :
       {path + ".d", std::string("/etc/systemd/system/egd.service.d")}) {
    if (!given.empty() && folder != path + ".d") continue;
    std::error_code none;
    for (auto it = fs::directory_iterator(folder, none); !none && it != fs::directory_iterator();
         it.increment(none)) {
      const bool known = std::ranges::count(drop_ins, it->path()) > 0;
      if (it->path().extension() == ".conf" && !known) drop_ins.push_back(it->path());
    }
  }
  std::ranges::sort(drop_ins, {}, &fs::path::filename);
  for (const fs::path& drop_in : drop_ins) {
    if (const auto more = TextOf(drop_in)) *text.value += "\n" + *more;
  }
  return text;
}

}  // namespace

void GatherMachine(const GatherOptions& options, Facts& facts) {
  facts.now = int64_t(std::time(nullptr));
  facts.clock_synchronised = ClockSynchronised();
  const long pages = ::sysconf(_SC_PHYS_PAGES), page = ::sysconf(_SC_PAGESIZE);
  if (pages > 0 && page > 0) facts.memory_bytes = Known(uint64_t(pages) * uint64_t(page));
  facts.unit = InstalledUnit(options.unit);
  facts.backup_at = options.backup.empty()
                        ? Fact<int64_t>{.why_not = "--backup does not say where backups are"}
                        : NewestIn(options.backup);
  if (facts.loaded.problems.empty()) {
    facts.disk = DiskOf(facts.loaded.config.data_dir);
  } else {
    facts.disk.why_not = "the configuration is not valid";
  }
}

}  // namespace egd::cli
