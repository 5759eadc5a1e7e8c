#include "daemon/service/upkeep/readings.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>

#include <unistd.h>

#include "daemon/store/queue_store.h"

namespace egd::service {
namespace {

double SecondsSince(UnixMillis then, UnixMillis now) {
  return then == 0 ? 0 : double(std::max<UnixMillis>(0, now - then)) / 1000;
}

void AddQueue(store::Store& store, UnixMillis now, std::vector<metrics::Gauge>& gauges) {
  struct Depth {
    int64_t recipients = 0;
    UnixMillis oldest = 0, next_due = 0;
  };
  const Result<Depth> depth = store.ReadLong(0, [](store::Connection& connection) {
    store::QueueStore queue(connection);
    return Depth{queue.Count(), queue.OldestAcceptedAt(), queue.NextDue()};
  });
  if (!depth) return;
  gauges.push_back({"egd_queue_recipients", "Recipients queued, those under way included.",
                    double(depth->recipients)});
  gauges.push_back({"egd_queue_oldest_seconds", "Age of the oldest queued recipient.",
                    SecondsSince(depth->oldest, now)});
  gauges.push_back({"egd_queue_due_lag_seconds",
                    "For how long the next recipient that nobody has taken has been due.",
                    SecondsSince(depth->next_due, now)});
}

// Field 2 of /proc/self/statm: resident pages.
std::optional<double> ResidentBytes() {
  std::ifstream file("/proc/self/statm");
  int64_t size = 0, resident = 0;
  if (!(file >> size >> resident)) return std::nullopt;
  return double(resident) * double(sysconf(_SC_PAGESIZE));
}

std::optional<double> OpenDescriptors() {
  std::error_code error;
  std::filesystem::directory_iterator entries("/proc/self/fd", error);
  if (error) return std::nullopt;
  return double(std::distance(entries, {}));
}

void AddProcess(std::vector<metrics::Gauge>& gauges) {
  if (const auto bytes = ResidentBytes()) {
    gauges.push_back({"process_resident_memory_bytes", "Resident memory.", *bytes});
  }
  if (const auto open = OpenDescriptors()) {
    gauges.push_back({"process_open_fds", "Open file descriptors.", *open});
  }
}

}  // namespace

std::vector<metrics::Gauge> ReadGauges(store::Store& store, const queue::DeliveryEngine& engine,
                                       const Clock& clock) {
  std::vector<metrics::Gauge> gauges;
  AddQueue(store, clock.Now(), gauges);
  gauges.push_back({"egd_delivery_in_flight",
                    "Recipients taken from the queue and not yet settled.",
                    double(engine.in_flight())});
  gauges.push_back({"egd_store_waiting_jobs", "Writes that wait for the writer.",
                    double(store.GetStats().waiting)});
  AddProcess(gauges);
  return gauges;
}

}  // namespace egd::service
