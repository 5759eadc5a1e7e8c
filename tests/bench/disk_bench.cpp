// bench_disk [directory]: bytes that the store writes to the disk for a delivered message of 2 KiB,
// by the kernel's own count (/proc/self/io), from its acceptance to its delivery with all events,
// statistics, the search index and the last checkpoint; and how many a second. Producers that wait
// for their commit accept, one consumer claims and settles, as the gateway does. One JSON line for
// each number of producers.
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <stdlib.h>

#include "daemon/store/attempt_store.h"
#include "daemon/store/domain_store.h"
#include "daemon/store/events.h"
#include "daemon/store/message_store.h"
#include "daemon/store/queue_store.h"
#include "daemon/store/store.h"
#include "daemon/store/usage_store.h"
#include "daemon/store/user_store.h"
#include "shared/base/clock.h"
#include "shared/base/log.h"
#include "shared/base/random.h"

namespace egd::store {
namespace {

using Steady = std::chrono::steady_clock;

constexpr int kMessages = 12'000;
constexpr int kDestinations = 50;
constexpr size_t kContentBytes = 2048;
constexpr size_t kOutcomesAtOnce = 20;  // settled in one job

int64_t WrittenBytes() {
  std::ifstream io("/proc/self/io");
  for (std::string name; io >> name;) {
    int64_t value = 0;
    io >> value;
    if (name == "write_bytes:") return value;
  }
  throw std::runtime_error("/proc/self/io has no write_bytes");
}

core::SenderDomain AddDomain(Store& store) {
  core::SenderDomain domain;
  const Result<void> added = store.Write([&](Transaction& tx) {
    core::User user;
    user.username = "bench";
    UserStore(tx).Insert(user);
    domain.user_id = user.id;
    domain.name = "example.com";
    domain.status = core::DomainStatus::kEnabled;  // else its mail waits
    DomainStore(tx).Insert(domain);
  });
  if (!added) throw std::runtime_error(added.error().detail);
  return domain;
}

void Accept(Store& store, const core::SenderDomain& domain, int number) {
  const SystemClock clock;
  core::Message message;
  message.id = NewUuidV7(clock);
  message.user_id = domain.user_id;
  message.domain_id = domain.id;
  message.from_header = "Example Shop <orders@example.com>";
  message.to_header = "Jane Doe <jane.doe" + std::to_string(number) + "@example.net>";
  message.subject = "Your order " + std::to_string(number) + " is on its way";
  message.tags = {"order"};
  message.accepted_at = clock.Now();
  message.expires_at = message.accepted_at + 4 * kDayMillis;
  const std::string destination = "d" + std::to_string(number % kDestinations) + ".example";
  core::Event event;
  event.message_id = message.id;
  event.at = message.accepted_at;
  event.recipient = "jane.doe" + std::to_string(number) + "@" + destination;
  const std::string content = RandomBytes(kContentBytes);
  const Result<void> accepted = store.Write([&](Transaction& tx) {
    MessageStore(tx).Insert(message, content, {{event.recipient, destination}});
    events::Record(tx, event);
    UsageStore(tx).AddSent(message.user_id, message.accepted_at, 1);
  });
  if (!accepted) throw std::runtime_error(accepted.error().detail);
}

void Settle(Transaction& tx, const core::DueRecipient& due, UnixMillis now) {
  core::DeliveryOutcome outcome;
  outcome.recipient_id = due.id;
  outcome.disposition = core::Disposition::kDelivered;
  outcome.at = now;
  QueueStore(tx).Settle(outcome);
  core::Event event;
  event.type = core::EventType::kDelivery;
  event.message_id = due.message_id;
  event.at = now;
  event.recipient = due.address;
  event.smtp_code = 250;
  event.enhanced_code = "2.0.0";
  event.smtp_response = "250 2.0.0 Ok: queued as 4F1A22B3C4 in 0.3 seconds";
  event.mx_host = "mx1." + due.destination;
  event.mx_address = "192.0.2.25";
  event.tls = "TLSv1.3 TLS_AES_256_GCM_SHA384";
  event.attempt = 1;
  events::Record(tx, event);
  const std::string dialogue(600, 'd');
  AttemptStore(tx).Put(due.message_id, {due.id, now, due.address, "", dialogue});
}

// Claims and settles until all are delivered.
void Deliver(Store& store) {
  const SystemClock clock;
  std::atomic<int> delivered{0};
  while (delivered < kMessages) {
    const auto due = store.Write([&](Transaction& tx) {
      return QueueStore(tx).Claim(500, clock.Now(), {store.lease_owner(), clock.Now() + 120'000});
    });
    if (!due) throw std::runtime_error(due.error().detail);
    if (due->empty()) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      continue;
    }
    std::atomic<size_t> open{0};
    for (size_t first = 0; first < due->size(); first += kOutcomesAtOnce) {
      ++open;
      store.WriteAsync(
          [&, first](Transaction& tx) {
            const size_t last = std::min(first + kOutcomesAtOnce, due->size());
            for (size_t i = first; i < last; ++i) Settle(tx, (*due)[i], clock.Now());
          },
          [&](Result<void> settled) {
            if (!settled) std::abort();
            --open;
            open.notify_one();
          });
    }
    for (size_t left = open; left > 0; left = open) open.wait(left);
    delivered += int(due->size());
  }
}

void Measure(const std::string& parent, int producers) {
  std::string data_dir = parent + "/bench-disk-XXXXXX";
  if (!mkdtemp(data_dir.data())) throw std::runtime_error("cannot create " + data_dir);
  double seconds = 0;
  int64_t before = 0;
  {
    auto store = *Store::Open(data_dir);
    const core::SenderDomain domain = AddDomain(*store);
    before = WrittenBytes();
    const auto start = Steady::now();
    std::atomic<int> next{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < producers; ++i) {
      threads.emplace_back([&] {
        for (int n = next++; n < kMessages; n = next++) Accept(*store, domain, n);
      });
    }
    Deliver(*store);
    for (std::thread& thread : threads) thread.join();
    seconds = std::chrono::duration<double>(Steady::now() - start).count();
  }
  const double bytes = double(WrittenBytes() - before) / kMessages;
  std::printf(
      "{\"bench\":\"disk\",\"producers\":%d,\"content_bytes\":%zu,\"written_bytes\":%.0f,"
      "\"delivered_per_second\":%.0f}\n",
      producers, kContentBytes, bytes, kMessages / seconds);
  std::fflush(stdout);
  std::filesystem::remove_all(data_dir);
}

}  // namespace
}  // namespace egd::store

int main(int argc, char** argv) {
  egd::log::Configure(egd::log::Level::kError, egd::log::Format::kText);
  const std::string parent = argc > 1 ? argv[1] : std::filesystem::temp_directory_path().string();
  for (const int producers : {4, 16, 64}) egd::store::Measure(parent, producers);
}
