// bench_statistics [events] [directory]: reading statistics and events back. Records that many
// events (default 1,000,000) over 90 days and 50 domains with the store's own recording code, one
// job a message as when it is accepted and settled; a fifth belongs to the largest domain. Then
// asks each question over the last 28 days, of the largest domain and of any. One JSON line each.
// A directory that is given is kept, and when it has events already, they are asked.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <stdlib.h>

#include "daemon/service/events/event_log.h"
#include "daemon/service/events/statistics.h"
#include "daemon/store/domain_store.h"
#include "daemon/store/event_store.h"
#include "daemon/store/events.h"
#include "daemon/store/message_store.h"
#include "daemon/store/search_index.h"
#include "daemon/store/store.h"
#include "daemon/store/user_store.h"
#include "shared/base/clock.h"

namespace egd {
namespace {

using core::EventType;
using Steady = std::chrono::steady_clock;
using Millis = std::chrono::duration<double, std::milli>;

constexpr int kDomains = 50;
constexpr int kDays = 90;
constexpr int kAskedDays = 28;
constexpr int kRecipientDomains = 5000;         // frequent ones far more often: Zipf
constexpr UnixMillis kEnd = 1'767'225'600'000;  // 2026-01-01

// A message of one recipient and what becomes of it.
struct Life {
  core::Message message;
  std::vector<core::Event> events;
};

class Traffic {
 public:
  Traffic(int64_t user_id, std::vector<int64_t> domain_ids)
      : user_id_(user_id), domain_ids_(std::move(domain_ids)) {
    std::vector<double> weights;
    for (int rank = 1; rank <= kRecipientDomains; ++rank) weights.push_back(1.0 / rank);
    recipient_domain_ = std::discrete_distribution<int>(weights.begin(), weights.end());
  }

  Life Next(UnixMillis at) {
    Life life;
    core::Message& m = life.message;
    m.id = MakeId(at);
    m.user_id = user_id_;
    m.domain_id = Chance(20) ? domain_ids_[0] : domain_ids_[size_t(Pick(kDomains))];
    m.from_header = "Example Shop <orders@example.com>";
    m.to_header = "Jane Doe <jane.doe@example.net>";
    m.subject = "Your order " + std::to_string(Pick(1'000'000)) + " is on its way";
    m.tags = {"campaign-" + std::to_string(Pick(20))};
    if (Chance(30)) m.tags.push_back("transactional");
    m.accepted_at = at;
    AddEvents(life);
    return life;
  }

 private:
  int Pick(int count) { return std::uniform_int_distribution(0, count - 1)(random_); }
  bool Chance(int percent) { return Pick(100) < percent; }

  Uuid MakeId(UnixMillis at) {
    Uuid id;
    for (int i = 0; i < 6; ++i) id.bytes[size_t(5 - i)] = uint8_t(at >> (8 * i));
    for (size_t i = 6; i < 16; ++i) id.bytes[i] = uint8_t(random_());
    return id;
  }

  void AddEvents(Life& life) {
    const std::string host =
        "recipients-" + std::to_string(recipient_domain_(random_)) + ".example";
    core::Event event;
    event.message_id = life.message.id;
    event.at = life.message.accepted_at;
    event.recipient = "jane.doe." + std::to_string(Pick(100'000)) + "@" + host;
    life.events.push_back(event);
    event.mx_host = "mx1." + host;
    event.mx_address = "192.0.2.7";
    event.tls = "TLSv1.3 TLS_AES_256_GCM_SHA384 verified";
    if (Chance(10)) Attempt(life, event, EventType::kDeferred, 451, "4.7.1 Greylisted, try later");
    const bool bounced = Chance(3);
    Attempt(life, event, bounced ? EventType::kBounce : EventType::kDelivery, bounced ? 550 : 250,
            bounced ? "5.1.1 No such user here" : "2.0.0 Ok: queued as 4FbX9z2kq7");
    if (bounced) return;
    for (int opens = Chance(35) ? 1 + Pick(2) : 0; opens > 0; --opens) Read(life, event, false);
    if (Chance(8)) Read(life, event, true);
  }

  void Attempt(Life& life, core::Event& event, EventType type, int code, const char* text) {
    event.type = type;
    event.at += type == EventType::kDeferred ? 300'000 : 200 + Pick(20'000);
    event.delivery_ms = event.at - life.message.accepted_at;
    event.attempt += 1;
    event.smtp_code = code;
    event.smtp_response = std::to_string(code) + " " + text;
    life.events.push_back(event);
  }

  void Read(Life& life, const core::Event& delivery, bool click) {
    core::Event event;
    event.message_id = delivery.message_id;
    event.recipient = delivery.recipient;
    event.type = click ? EventType::kClick : EventType::kOpen;
    event.at = delivery.at + Pick(8 * 3'600'000);
    if (click) event.url = "https://shop.example.com/article/" + std::to_string(Pick(200));
    event.client_address = "198.51.100.20";
    event.user_agent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101";
    life.events.push_back(event);
  }

  std::mt19937_64 random_{4711};
  std::discrete_distribution<int> recipient_domain_;
  const int64_t user_id_;
  const std::vector<int64_t> domain_ids_;
};

struct Gateway {
  explicit Gateway(const std::string& data_dir) : store(*store::Store::Open(data_dir)) {
    if (LastSequence() == 0) AddDomains();
    const auto known = store->Read([](store::Connection& c) {
      return store::DomainStore(c).ListByUser(store::UserStore(c).FindByUsername("bench")->id);
    });
    for (const core::SenderDomain& domain : *known) {
      user_id = domain.user_id;
      domain_ids.push_back(domain.id);
    }
  }

  int64_t LastSequence() {
    return *store->Read(
        [](store::Connection& connection) { return store::EventStore(connection).LastSequence(); });
  }

  void AddDomains() {
    const Result<void> added = store->Write([&](store::Transaction& tx) {
      core::User user;
      user.username = "bench";
      store::UserStore(tx).Insert(user);
      for (int i = 0; i < kDomains; ++i) {
        core::SenderDomain domain;
        domain.user_id = user.id;
        domain.name = "sender-" + std::to_string(i) + ".example";
        store::DomainStore(tx).Insert(domain);
      }
    });
    if (!added) throw std::runtime_error(added.error().detail);
  }

  std::unique_ptr<store::Store> store;
  FakeClock clock{kEnd - 1};
  service::Statistics statistics{*store, clock};
  service::EventLog events{*store};
  int64_t user_id = 0;
  std::vector<int64_t> domain_ids;
};

// Keeps the writer's queue filled, as many connections at once do.
void Record(Gateway& gateway, Life life, std::atomic<int>& under_way) {
  constexpr int kMostUnderWay = 1000;
  for (int n = ++under_way; n > kMostUnderWay; n = under_way) under_way.wait(n);
  gateway.store->WriteAsync(
      [life = std::move(life)](store::Transaction& tx) mutable {
        store::MessageStore(tx).Insert(life.message, "", {});
        for (core::Event& event : life.events) store::events::Record(tx, event);
      },
      [&under_way](Result<void> recorded) {
        if (!recorded) std::abort();
        --under_way;
        under_way.notify_one();
      });
}

// How many events there are now.
int64_t RecordAll(Gateway& gateway, const std::string& data_dir, int64_t wanted) {
  Traffic traffic(gateway.user_id, gateway.domain_ids);
  std::atomic<int> under_way = 0;
  int64_t recorded = 0;
  const auto start = Steady::now();
  while (recorded < wanted) {
    const double done = double(recorded) / double(wanted);
    Life life = traffic.Next(kEnd - kDays * kDayMillis + UnixMillis(done * kDays * kDayMillis));
    recorded += int64_t(life.events.size());
    Record(gateway, std::move(life), under_way);
  }
  for (int n = under_way; n > 0; n = under_way) under_way.wait(n);
  const double seconds = Millis(Steady::now() - start).count() / 1000;
  std::printf(
      "{\"bench\":\"record\",\"events\":%lld,\"rows_per_s\":%.0f,\"bytes_per_event\":%.0f}\n",
      static_cast<long long>(recorded), double(recorded) / seconds,
      double(std::filesystem::file_size(data_dir + "/egd.db")) / double(recorded));
  std::fflush(stdout);
  return recorded;
}

// Until all events are in the search index: it lags behind the writer.
void AwaitIndex(Gateway& gateway, const std::string& data_dir, int64_t events) {
  const auto start = Steady::now();
  bool done = false;
  while (!done) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    const auto read = gateway.store->Read(
        [&](store::Connection& connection) { done = store::ReadMark(connection).event >= events; });
    if (!read) std::abort();
  }
  const auto bytes = std::filesystem::file_size(data_dir + "/search.db");
  std::printf("{\"bench\":\"index\",\"s_after_recording\":%.1f,\"bytes_per_event\":%.0f}\n",
              Millis(Steady::now() - start).count() / 1000, double(bytes) / double(events));
  std::fflush(stdout);
}

using Question = std::function<bool(int64_t domain_id)>;  // whether it was answered

void Ask(const Gateway& gateway, const char* name, const Question& question, bool largest,
         int times) {
  std::vector<double> took;
  for (int i = 0; i < times; ++i) {
    const int64_t domain = gateway.domain_ids[largest ? 0 : 1 + size_t(i) % (kDomains - 1)];
    const auto before = Steady::now();
    if (!question(domain)) throw std::runtime_error(name);
    took.push_back(Millis(Steady::now() - before).count());
  }
  std::sort(took.begin(), took.end());
  std::printf(
      "{\"bench\":\"read\",\"query\":\"%s\",\"domain\":\"%s\",\"times\":%d,\"p50_ms\":%.2f,"
      "\"p99_ms\":%.2f}\n",
      name, largest ? "largest" : "any", times, took[took.size() / 2],
      took[took.size() * 99 / 100]);
  std::fflush(stdout);
}

void AskBoth(const Gateway& gateway, const char* name, const Question& question, int times = 200) {
  Ask(gateway, name, question, true, times);
  Ask(gateway, name, question, false, times);
}

void AskStatistics(Gateway& g) {
  const service::Period period{kEnd - kAskedDays * kDayMillis, kEnd - 1};
  service::Statistics& s = g.statistics;
  const int64_t user = g.user_id;
  AskBoth(g, "domainstats", [&](int64_t id) { return bool(s.OfDomain(user, id, period)); });
  AskBoth(g, "accountstats", [&](int64_t) { return bool(s.OfAccount(user, {}, period)); });
  AskBoth(g, "dailyseries", [&](int64_t id) { return bool(s.Daily(user, id, period)); });
  AskBoth(g, "recipientdomainstats", [&](int64_t id) {
    return bool(s.OfRecipientDomain(user, id, "recipients-0.example", period));
  });
  AskBoth(g, "listrecipientdomains",
          [&](int64_t id) { return bool(s.ListRecipientDomains(user, id, period, 100)); });
  for (const char* field : {"event", "recipient-domain", "tag", "smtp-code", "mx-host", "link",
                            "day", "hour", "message-id"}) {
    const std::string name = std::string("aggrevents ") + field;
    AskBoth(g, name.c_str(),
            [&](int64_t id) { return bool(s.Aggregate(user, id, field, period, 10)); });
  }
}

void AskEvents(Gateway& g, const char* name, const store::EventFilter& filter, int times = 200) {
  for (const int64_t page : {0, 999}) {
    const std::string text = std::string("getevents ") + name + (page ? " page 1000" : " page 1");
    AskBoth(
        g, text.c_str(),
        [&](int64_t id) {
          store::EventFilter own = filter;
          own.domain_id = id;
          return bool(g.events.List(g.user_id, own, page * 100, 100));
        },
        times);
  }
}

void Run(const std::string& data_dir, int64_t events) {
  Gateway gateway(data_dir);
  const int64_t known = gateway.LastSequence();
  AwaitIndex(gateway, data_dir, known > 0 ? known : RecordAll(gateway, data_dir, events));
  AskStatistics(gateway);
  AskEvents(gateway, "all", {});
  AskEvents(gateway, "Event=delivery", {.type = EventType::kDelivery});
  AskEvents(gateway, "28 days", {.from = kEnd - kAskedDays * kDayMillis, .to = kEnd - 1});
  AskEvents(gateway, "Query=order 4711", {.query = "order 4711"}, 20);
  AskEvents(gateway, "Query=doe.4711@", {.query = "doe.4711@"}, 20);
  AskEvents(gateway, "Query=4711 Event=bounce", {.type = EventType::kBounce, .query = "4711"}, 20);
  AskEvents(gateway, "Query=greylisted", {.query = "greylisted"}, 5);
  AskEvents(gateway, "Query=recipients-1.", {.query = "recipients-1."}, 5);
  AskEvents(gateway, "Query=q7", {.query = "q7"}, 5);
}

}  // namespace
}  // namespace egd

int main(int argc, char** argv) {
  const int64_t events = argc > 1 ? std::stoll(argv[1]) : 1'000'000;
  if (argc > 2) {
    egd::Run(argv[2], events);
    return 0;
  }
  std::string data_dir = std::filesystem::temp_directory_path() / "bench-statistics-XXXXXX";
  if (!mkdtemp(data_dir.data())) return 1;
  egd::Run(data_dir, events);
  std::filesystem::remove_all(data_dir);
}
