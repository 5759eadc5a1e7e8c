#include "daemon/process.h"

#include <algorithm>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <string>

#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "shared/base/strings.h"

// jemalloc's (man jemalloc); null with another allocator, as under a sanitizer.
extern "C" __attribute__((weak)) int mallctl(const char* name, void* old, size_t* old_size,
                                             void* value, size_t value_size);

namespace egd {
namespace {

sigset_t SteeringSet() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, signal);
  return set;
}

void RaiseOpenFiles() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);  // refused: the soft limit has to do
}

// A limit of memory as the kernel writes it; nothing where there is none ("max", or no file).
std::optional<uint64_t> LimitIn(const std::filesystem::path& file) {
  std::ifstream in(file);
  uint64_t bytes = 0;
  if (in >> bytes) return bytes;
  return std::nullopt;
}

// The least of a control group and those around it. `root`: where the hierarchy is mounted.
uint64_t LeastLimit(const std::filesystem::path& root, std::filesystem::path group,
                    const char* file) {
  uint64_t least = UINT64_MAX;
  for (;; group = group.parent_path()) {
    if (const auto limit = LimitIn(root / group.relative_path() / file)) {
      least = std::min(least, *limit);
    }
    if (group == group.parent_path()) return least;
  }
}

}  // namespace

// proc_pid_cgroup(5): "0::/path" of version 2, "4:memory:/path" of version 1.
uint64_t MemoryThereIs() {
  const long pages = ::sysconf(_SC_PHYS_PAGES), page = ::sysconf(_SC_PAGESIZE);
  uint64_t least = pages > 0 && page > 0 ? uint64_t(pages) * uint64_t(page) : UINT64_MAX;
  std::ifstream groups("/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    const size_t first = line.find(':'), second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const std::string group = line.substr(second + 1);
    if (controllers.empty()) {
      least = std::min(least, LeastLimit("/sys/fs/cgroup", group, "memory.max"));
    } else if (controllers == "memory") {
      least = std::min(least, LeastLimit("/sys/fs/cgroup/memory", group, "memory.limit_in_bytes"));
    }
  }
  return least;
}

void PrepareProcess() {
  RaiseOpenFiles();
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
}

size_t MostOpenFiles() {
  rlimit limit{};
  return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? size_t(limit.rlim_cur) : SIZE_MAX;
}

void ReturnFreeMemory() {
  if (mallctl == nullptr) return;
  mallctl("arena.4096.purge", nullptr, nullptr, nullptr, 0);  // MALLCTL_ARENAS_ALL
}

SteeringSignals::SteeringSignals() {
  const sigset_t set = SteeringSet();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

SteeringSignals::Order SteeringSignals::Wait() {
  const sigset_t set = SteeringSet();
  int signal = 0;
  while (sigwait(&set, &signal) != 0) {
  }
  return signal == SIGHUP ? Order::kReload : Order::kDrain;
}

void SteeringSignals::LetTheNextOneKill() {
  const sigset_t set = SteeringSet();
  std::signal(SIGHUP, SIG_IGN);
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

namespace {

std::optional<int64_t> EnvironmentNumber(const char* name) {
  const char* text = std::getenv(name);
  return text ? ParseInteger(text) : std::nullopt;
}

}  // namespace

std::optional<std::chrono::microseconds> WatchdogTime() {
  const auto time = EnvironmentNumber("WATCHDOG_USEC");
  if (!time || *time <= 0) return std::nullopt;
  if (std::getenv("WATCHDOG_PID") && EnvironmentNumber("WATCHDOG_PID") != getpid()) {
    return std::nullopt;
  }
  return std::chrono::microseconds(*time);
}

void NotifyReloading() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  const int64_t micros = int64_t(now.tv_sec) * 1'000'000 + now.tv_nsec / 1000;
  NotifySupervisor("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(micros));
}

void NotifySupervisor(std::string_view state) {
  const char* path = std::getenv("NOTIFY_SOCKET");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (!path || !*path || std::strlen(path) >= sizeof address.sun_path) return;
  std::strcpy(address.sun_path, path);
  const auto length = socklen_t(offsetof(sockaddr_un, sun_path) + std::strlen(path));
  if (*path == '@') address.sun_path[0] = '\0';  // an abstract socket
  const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return;
  sendto(fd, state.data(), state.size(), MSG_NOSIGNAL, reinterpret_cast<sockaddr*>(&address),
         length);
  close(fd);
}

}  // namespace egd
