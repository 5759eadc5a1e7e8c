// bench_queue: messages a second through the delivery engine on one io thread, from a ledger in
// memory to a mail server in the same process that takes everything: the cost of lanes, sessions
// and the dialogue alone, without signatures and disk. Messages of 2 KiB, one recipient each. One
// JSON line a case; engine CPU is that of all threads but the server's.
#include <atomic>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <future>
#include <string>

#include "daemon/queue/delivery_engine.h"
#include "shared/base/log.h"
#include "tests/bench/mail_server.h"

namespace egd::queue {
namespace {

using Steady = std::chrono::steady_clock;

constexpr size_t kMessages = 60'000;
constexpr size_t kContentBytes = 2048;

class Dns : public core::Resolver {
 public:
  void Resolve(const std::string&, core::DnsType type, Callback done) override {
    core::DnsAnswer answer;
    answer.status = type == core::DnsType::kA ? core::DnsStatus::kFound : core::DnsStatus::kNoData;
    if (type == core::DnsType::kA) answer.values.push_back("127.0.0.1");
    done(answer);
  }
};

// kMessages of one recipient each, evenly over the destinations.
class Ledger : public core::DeliveryLedger {
 public:
  explicit Ledger(size_t destinations) : destinations_(destinations) {
    message_.return_path = "bounce@example.org";
    while (message_.data.size() < kContentBytes) message_.data += std::string(62, 'x') + "\r\n";
  }

  void Claim(size_t most, UnixMillis, std::vector<int64_t>, Claimed done) override {
    std::vector<core::DueRecipient> due;
    for (; due.size() < most && next_ < kMessages; ++next_) {
      core::DueRecipient recipient;
      recipient.id = int64_t(next_) + 1;
      recipient.message_id.bytes[14] = uint8_t(next_ >> 8);
      recipient.message_id.bytes[15] = uint8_t(next_);
      recipient.message_id.bytes[13] = uint8_t(next_ >> 16);
      recipient.destination = "d" + std::to_string(next_ % destinations_) + ".example";
      recipient.address = "someone@" + recipient.destination;
      recipient.expires_at = INT64_MAX;
      due.push_back(std::move(recipient));
    }
    done(std::move(due));
  }
  UnixMillis NextDue() override { return 0; }
  Result<core::OutgoingMessage> Prepare(const Uuid&, const core::DueRecipient&) override {
    return message_;
  }
  void Settle(std::vector<core::DeliveryOutcome> outcomes,
              std::function<void(Result<void>)> done) override {
    for (const auto& outcome : outcomes) {
      if (outcome.disposition != core::Disposition::kDelivered) ++failed_;
    }
    const size_t settled = settled_ += outcomes.size();
    done({});
    if (settled == kMessages) all_settled_.set_value();
  }
  void Renew(std::vector<int64_t>, UnixMillis) override {}
  void Release(std::vector<int64_t>) override {}
  void Postpone(std::vector<int64_t>, UnixMillis) override {}
  void Hold(std::vector<int64_t>) override {}

  void Wait() { all_settled_.get_future().wait(); }
  size_t failed() const { return failed_; }

 private:
  const size_t destinations_;
  core::OutgoingMessage message_;
  size_t next_ = 0;
  std::atomic<size_t> settled_{0}, failed_{0};
  std::promise<void> all_settled_;
};

void Measure(bool pipelining, size_t destinations, int connections) {
  bench::MailServerOptions server_options;
  server_options.pipelining = pipelining;
  bench::MailServer server(server_options);
  Dns dns;
  Ledger ledger(destinations);
  const SystemClock clock;
  EngineOptions options;
  options.hello_name = "bench.example.org";
  options.sign_threads = 1;
  options.delivery.mx_port = server.port();
  options.delivery.allow_networks = {"127.0.0.0/8"};
  options.delivery.connections_per_destination = connections;
  DeliveryEngine engine(options, ledger, dns, clock);

  const auto start = Steady::now();
  const double cpu_before = double(std::clock()) / CLOCKS_PER_SEC;
  engine.Start();
  ledger.Wait();
  const double seconds = std::chrono::duration<double>(Steady::now() - start).count();
  const double cpu = double(std::clock()) / CLOCKS_PER_SEC - cpu_before - server.CpuSeconds();
  std::printf(
      "{\"bench\":\"delivery\",\"pipelining\":%s,\"destinations\":%zu,\"connections_each\":%d,"
      "\"messages_per_second\":%.0f,\"engine_cpu_us_per_message\":%.1f,\"failed\":%zu}\n",
      pipelining ? "true" : "false", destinations, connections, kMessages / seconds,
      1e6 * cpu / kMessages, ledger.failed());
  std::fflush(stdout);
}

}  // namespace
}  // namespace egd::queue

int main() {
  egd::log::Configure(egd::log::Level::kError, egd::log::Format::kText);
  egd::queue::Measure(true, 1, 1);
  egd::queue::Measure(true, 1, 20);
  egd::queue::Measure(false, 1, 20);
  egd::queue::Measure(true, 100, 10);
}
