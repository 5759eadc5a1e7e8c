// bench_store [directory]: durable accepts a second, straight into the store. Each is one message
// of 2 KiB with its recipient, its `accepted` event and the monthly count, written by producers
// that wait for their commit. Group commit is compared with one commit a message on the same disk
// in the same minute; one JSON line for each number of producers.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <stdlib.h>

#include "daemon/store/domain_store.h"
#include "daemon/store/events.h"
#include "daemon/store/message_store.h"
#include "daemon/store/store.h"
#include "daemon/store/usage_store.h"
#include "daemon/store/user_store.h"
#include "shared/base/clock.h"

namespace egd::store {
namespace {

using Steady = std::chrono::steady_clock;
using Millis = std::chrono::duration<double, std::milli>;

constexpr auto kDuration = std::chrono::seconds(4);
constexpr size_t kContentBytes = 2048;

struct Figures {
  double rate = 0;          // accepts a second
  double p50 = 0, p99 = 0;  // milliseconds
  double cpu_us = 0;        // of all threads, an accept: comparable also on a busy machine
};

core::SenderDomain AddDomain(Store& store) {
  core::SenderDomain domain;
  const Result<void> added = store.Write([&](Transaction& tx) {
    core::User user;
    user.username = "bench";
    UserStore(tx).Insert(user);
    domain.user_id = user.id;
    domain.name = "example.com";
    DomainStore(tx).Insert(domain);
  });
  if (!added) throw std::runtime_error(added.error().detail);
  return domain;
}

void Accept(Store& store, const core::SenderDomain& domain, const std::string& content) {
  const SystemClock clock;
  core::Message message;
  message.id = NewUuidV7(clock);
  message.user_id = domain.user_id;
  message.domain_id = domain.id;
  message.from_header = "Example Shop <orders@example.com>";
  message.to_header = "Jane Doe <jane.doe@example.net>";
  message.subject = "Your order 4711 is on its way";
  message.tags = {"order"};
  message.accepted_at = clock.Now();
  message.expires_at = message.accepted_at + 4 * kDayMillis;
  core::Event event;
  event.message_id = message.id;
  event.at = message.accepted_at;
  event.recipient = "jane.doe@example.net";
  const Result<void> accepted = store.Write([&](Transaction& tx) {
    MessageStore(tx).Insert(message, content, {{event.recipient, "example.net"}});
    events::Record(tx, event);
    UsageStore(tx).AddSent(message.user_id, message.accepted_at, 1);
  });
  if (!accepted) throw std::runtime_error(accepted.error().detail);
}

double CpuMicros() {
  return 1e6 * double(std::clock()) / CLOCKS_PER_SEC;
}

Figures Summarise(std::vector<double> latencies, Millis elapsed, double cpu_us) {
  std::sort(latencies.begin(), latencies.end());
  const size_t count = latencies.size();
  return {double(count) / (elapsed.count() / 1000), latencies[count / 2],
          latencies[count * 99 / 100], cpu_us / double(count)};
}

Figures Measure(const std::string& data_dir, size_t producers, bool group_commit) {
  StoreOptions options;
  options.group_commit = group_commit;
  const std::unique_ptr<Store> store = *Store::Open(data_dir, options);
  const core::SenderDomain domain = AddDomain(*store);
  const std::string content(kContentBytes, 'x');
  std::vector<std::vector<double>> latencies(producers);
  std::vector<std::thread> threads;
  const double cpu_before = CpuMicros();
  const auto start = Steady::now();
  for (std::vector<double>& mine : latencies) {
    threads.emplace_back([&] {
      while (Steady::now() - start < kDuration) {
        const auto before = Steady::now();
        Accept(*store, domain, content);
        mine.push_back(Millis(Steady::now() - before).count());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const Millis elapsed = Steady::now() - start;
  std::vector<double> all;
  for (const auto& mine : latencies) all.insert(all.end(), mine.begin(), mine.end());
  return Summarise(std::move(all), elapsed, CpuMicros() - cpu_before);
}

Figures MeasureFresh(const std::string& parent, size_t producers, bool group_commit) {
  std::string data_dir = parent + "/bench-store-XXXXXX";
  if (!mkdtemp(data_dir.data())) throw std::runtime_error("cannot create " + data_dir);
  const Figures figures = Measure(data_dir, producers, group_commit);
  std::filesystem::remove_all(data_dir);
  return figures;
}

void Compare(const std::string& parent, size_t producers) {
  const Figures group = MeasureFresh(parent, producers, true);
  const Figures single = MeasureFresh(parent, producers, false);
  std::printf(
      "{\"bench\":\"store_accept\",\"producers\":%zu,\"bytes\":%zu,"
      "\"rate\":%.0f,\"p50_ms\":%.2f,\"p99_ms\":%.2f,\"cpu_us\":%.0f,"
      "\"single_rate\":%.0f,\"single_p50_ms\":%.2f,\"single_p99_ms\":%.2f,\"ratio\":%.2f}\n",
      producers, kContentBytes, group.rate, group.p50, group.p99, group.cpu_us, single.rate,
      single.p50, single.p99, group.rate / single.rate);
  std::fflush(stdout);
}

}  // namespace
}  // namespace egd::store

int main(int argc, char** argv) {
  const std::string parent = argc > 1 ? argv[1] : std::filesystem::temp_directory_path().string();
  for (const size_t producers : {16, 50}) egd::store::Compare(parent, producers);
}
