// What the process as a whole asks of the kernel and the C library, before any thread exists.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace egd {

// Raises the soft limit of open files to the hard one and ignores SIGPIPE and SIGXFSZ: a peer that
// leaves and a file that may not grow are error codes.
void PrepareProcess();

// How many files may be open at once.
size_t MostOpenFiles();

// Bytes of memory this process may come to use: the machine's, or fewer where a control group it is in
// says so. UINT64_MAX when nobody says.
uint64_t MemoryThereIs();

// Gives the kernel back what start-up needed and has freed. jemalloc, where it is linked, would keep
// it until there is work: an idle egd would hold some 10 MiB more.
void ReturnFreeMemory();

// The signals that steer the daemon. Blocked in the thread that constructs it and those it starts;
// one thread waits for them.
class SteeringSignals {
 public:
  enum class Order { kDrain, kReload };

  SteeringSignals();
  Order Wait();
  // From here on a second SIGTERM or SIGINT ends the process at once: nothing accepted is lost by
  // that.
  void LetTheNextOneKill();
};

// sd_notify(3): tells whoever started the daemon that it is ("READY=1", "STOPPING=1"). Nothing
// without NOTIFY_SOCKET.
void NotifySupervisor(std::string_view state);
// "RELOADING=1", until "READY=1" again.
void NotifyReloading();

// sd_watchdog_enabled(3): within which time the supervisor wants "WATCHDOG=1", or it kills. Nothing
// when it does not.
std::optional<std::chrono::microseconds> WatchdogTime();

}  // namespace egd
