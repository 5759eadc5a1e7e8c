// smtp_load PORT SESSIONS MESSAGES BYTES PER_CONNECTION [USER PASSWORD [FIELD]]: what smtp-source(1) does, with a login
// and one more field in the header where they are given: so many sessions at once hand over so many messages altogether, each command after the reply to the
// one before; a connection ends after PER_CONNECTION messages. Prints one JSON line: messages a second, and how long
// one took from MAIL to the reply to its end. Ends with 1 at the first reply that is not as it should be.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

#include "daemon/net/spawn.h"
#include "daemon/net/task.h"
#include "shared/base/encoding.h"

namespace {

namespace asio = boost::asio;
namespace net = egd::net;
using Clock = std::chrono::steady_clock;
using Socket = asio::basic_stream_socket<asio::ip::tcp, net::Executor>;

struct Load {
  uint16_t port = 0;
  int sessions = 0, messages = 0, per_connection = 0;
  std::string login, content;  // login: the argument of AUTH PLAIN; empty: none
  int begun = 0;
  std::vector<double> milliseconds = {};
};

[[noreturn]] void Fail(std::string_view what, std::string_view reply) {
  std::fprintf(stderr, "smtp_load: %.*s: %.*s\n", int(what.size()), what.data(), int(reply.size()),
               reply.data());
  std::exit(1);
}

class Connection {
 public:
  explicit Connection(net::Executor executor) : socket_(executor) {}

  net::Task<void> Open(const Load& load) {
    const asio::ip::tcp::endpoint at(asio::ip::address_v4::loopback(), load.port);
    const auto [error] = co_await socket_.async_connect(at, net::kAwaitTuple);
    if (error) Fail("connect", error.message());
    socket_.set_option(asio::ip::tcp::no_delay(true));
    co_await Expect("220", "greeting");
    co_await Ask("EHLO load.example\r\n", "250");
    if (!load.login.empty()) co_await Ask("AUTH PLAIN " + load.login + "\r\n", "235");
  }

  net::Task<void> Submit(const Load& load) {
    co_await Ask("MAIL FROM:<a@bench.example.com>\r\n", "250");
    co_await Ask("RCPT TO:<b@example.net>\r\n", "250");
    co_await Ask("DATA\r\n", "354");
    co_await Ask(load.content, "250");
  }

  net::Task<void> Ask(std::string text, std::string_view code) {
    const auto [error, size] =
        co_await asio::async_write(socket_, asio::buffer(text), net::kAwaitTuple);
    if (error) Fail("send", error.message());
    co_await Expect(code, std::string_view(text).substr(0, 30));
  }

 private:
  net::Task<void> Expect(std::string_view code, std::string_view what) {
    std::string reply;
    for (;;) {
      char bytes[4096];
      const auto [error, size] =
          co_await socket_.async_read_some(asio::buffer(bytes), net::kAwaitTuple);
      if (error) Fail(what, error.message());
      reply.append(bytes, size);
      if (IsWhole(reply)) break;
    }
    if (!reply.starts_with(code)) Fail(what, reply);
  }

  // Whether its last line is one "250 text", not "250-text".
  static bool IsWhole(std::string_view reply) {
    if (!reply.ends_with("\r\n")) return false;
    reply.remove_suffix(2);
    const size_t last = reply.rfind('\n') + 1;  // npos + 1 is 0
    return reply.size() < last + 4 || reply[last + 3] == ' ';
  }

  Socket socket_;
};

net::Task<void> Run(net::Executor executor, Load& load) {
  while (load.begun < load.messages) {
    Connection connection(executor);
    co_await connection.Open(load);
    for (int count = 0; count < load.per_connection && load.begun < load.messages; ++count) {
      ++load.begun;
      const auto begin = Clock::now();
      co_await connection.Submit(load);
      load.milliseconds.push_back(
          std::chrono::duration<double, std::milli>(Clock::now() - begin).count());
    }
    co_await connection.Ask("QUIT\r\n", "221");
  }
}

std::string ContentOf(size_t bytes, const std::string& field) {
  std::string content =
      "From: a@bench.example.com\r\nTo: b@example.net\r\nSubject: A bench\r\n"
      "Date: Thu, 26 Nov 2026 01:00:00 +0000\r\nMessage-ID: <1@bench.example.com>\r\n";
  content += (field.empty() ? "" : field + "\r\n") + "\r\n";
  while (content.size() + 72 <= bytes) content += std::string(70, 'x') + "\r\n";
  return content + ".\r\n";
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6 && argc != 8 && argc != 9) return 2;
  Load load;
  load.port = uint16_t(std::atoi(argv[1]));
  load.sessions = std::atoi(argv[2]);
  load.messages = std::atoi(argv[3]);
  load.content = ContentOf(std::strtoul(argv[4], nullptr, 10), argc == 9 ? argv[8] : "");
  load.per_connection = std::atoi(argv[5]);
  if (argc >= 8)
    load.login = egd::Base64(std::string(1, '\0') + argv[6] + std::string(1, '\0') + argv[7]);
  asio::io_context context(1);
  const auto begin = Clock::now();
  for (int n = 0; n < load.sessions; ++n) {
    net::Spawn(context.get_executor(), Run(context.get_executor(), load), "a session threw");
  }
  context.run();
  const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  std::vector<double>& took = load.milliseconds;
  std::sort(took.begin(), took.end());
  std::printf("{\"rate\":%.0f,\"p50_ms\":%.2f,\"p99_ms\":%.2f}\n", double(took.size()) / seconds,
              took[took.size() / 2], took[took.size() * 99 / 100]);
}
