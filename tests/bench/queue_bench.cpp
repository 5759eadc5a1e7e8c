// bench_queue: messages a second through the delivery engine on one io thread, from a ledger in
// memory to a mail server in the same process that takes everything: the cost of lanes, sessions
// and the dialogue alone, without signatures and disk. Messages of 2 KiB, one recipient each. One
// JSON line a case; engine CPU is that of all threads but the server's.
#include <atomic>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <future>
#include <memory>
#include <string>
#include <thread>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <pthread.h>

#include "daemon/queue/delivery_engine.h"
#include "daemon/queue/spawn.h"
#include "shared/base/log.h"

namespace egd::queue {
namespace {

namespace asio = boost::asio;
using smtp_client::kAwaitTuple;
using smtp_client::Task;
using Steady = std::chrono::steady_clock;

constexpr size_t kMessages = 60'000;
constexpr size_t kContentBytes = 2048;

// Answers as a good server does: to each packet at once.
class Server {
 public:
  explicit Server(bool pipelining)
      : hello_(pipelining ? "250-bench\r\n250 PIPELINING\r\n" : "250 bench\r\n") {
    Spawn(context_.get_executor(), Accept());
    thread_ = std::thread([this] { context_.run(); });
  }
  ~Server() {
    context_.stop();
    thread_.join();
  }
  uint16_t port() const { return acceptor_.local_endpoint().port(); }
  double CpuSeconds() {
    clockid_t clock;
    timespec used{};
    pthread_getcpuclockid(thread_.native_handle(), &clock);
    clock_gettime(clock, &used);
    return double(used.tv_sec) + double(used.tv_nsec) / 1e9;
  }

 private:
  using Socket = asio::basic_stream_socket<asio::ip::tcp, smtp_client::Executor>;

  Task<void> Accept() {
    for (;;) {
      auto [error, socket] = co_await acceptor_.async_accept(kAwaitTuple);
      if (error) co_return;
      Spawn(context_.get_executor(), Serve(std::move(socket)));
    }
  }

  Task<void> Serve(Socket socket) {
    socket.set_option(asio::ip::tcp::no_delay(true));
    std::string input, output = "220 bench\r\n";
    bool in_content = false;
    char bytes[16384];
    for (;;) {
      if (!output.empty()) {
        const auto [error, size] =
            co_await asio::async_write(socket, asio::buffer(output), kAwaitTuple);
        if (error) co_return;
        output.clear();
      }
      const auto [error, size] = co_await socket.async_read_some(asio::buffer(bytes), kAwaitTuple);
      if (error) co_return;
      input.append(bytes, size);
      Consume(input, output, in_content);
    }
  }

  void Consume(std::string& input, std::string& output, bool& in_content) const {
    for (;;) {
      const size_t end = input.find(in_content ? "\r\n.\r\n" : "\r\n");
      if (end == std::string::npos) return;
      if (in_content) {
        output += "250 2.0.0 taken\r\n";
        input.erase(0, end + 5);
        in_content = false;
        continue;
      }
      in_content = input.starts_with("DATA");
      output += in_content ? "354 go\r\n" : input.starts_with("EHLO") ? hello_ : "250 ok\r\n";
      input.erase(0, end + 2);
    }
  }

  const std::string hello_;
  asio::io_context context_{1};
  asio::basic_socket_acceptor<asio::ip::tcp, smtp_client::Executor> acceptor_{
      context_.get_executor(), {asio::ip::address_v4::loopback(), 0}};
  std::thread thread_;
};

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

  void Claim(size_t most, UnixMillis, Claimed done) override {
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
  void Release(std::vector<int64_t>) override {}
  void Postpone(std::vector<int64_t>, UnixMillis) override {}

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
  Server server(pipelining);
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
