// An SMTP server for benchmarks: takes everything, at once or with a delay before each reply, and
// keeps nothing. Runs on its own thread.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <ctime>
#include <string>
#include <thread>
#include <utility>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <pthread.h>

#include "daemon/net/spawn.h"
#include "daemon/net/task.h"

namespace egd::bench {

struct MailServerOptions {
  boost::asio::ip::tcp::endpoint at{boost::asio::ip::address_v4::loopback(), 0};
  bool pipelining = true;
  std::chrono::milliseconds delay{0};
};

class MailServer {
 public:
  explicit MailServer(MailServerOptions options)
      : options_(options),
        hello_(options.pipelining ? "250-bench\r\n250 PIPELINING\r\n" : "250 bench\r\n"),
        acceptor_(context_.get_executor(), options.at) {
    acceptor_.listen(4096);
    net::Spawn(context_.get_executor(), Accept(), "the mail server threw");
    thread_ = std::thread([this] { context_.run(); });
  }
  ~MailServer() {
    context_.stop();
    thread_.join();
  }

  uint16_t port() const { return acceptor_.local_endpoint().port(); }
  size_t messages() const { return messages_; }
  size_t most_connections() const { return most_connections_; }
  double CpuSeconds() {
    clockid_t clock;
    timespec used{};
    pthread_getcpuclockid(thread_.native_handle(), &clock);
    clock_gettime(clock, &used);
    return double(used.tv_sec) + double(used.tv_nsec) / 1e9;
  }

 private:
  template <typename T>
  using Task = net::Task<T>;
  using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, net::Executor>;

  struct Session {
    std::string input, output = "220 bench\r\n";
    bool in_content = false;
  };

  Task<void> Accept() {
    for (;;) {
      auto [error, socket] = co_await acceptor_.async_accept(net::kAwaitTuple);
      if (error) co_return;
      net::Spawn(context_.get_executor(), Serve(std::move(socket)), "the mail server threw");
    }
  }

  Task<void> Serve(Socket socket) {
    most_connections_ = std::max(most_connections_.load(), ++connections_);
    co_await Talk(socket);
    --connections_;
  }

  Task<void> Talk(Socket& socket) {
    socket.set_option(boost::asio::ip::tcp::no_delay(true));
    Session session;
    net::Timer timer(context_.get_executor());
    char bytes[16384];
    for (;;) {
      if (!session.output.empty()) {
        if (options_.delay.count() > 0) {
          timer.expires_after(options_.delay);
          co_await timer.async_wait(net::kAwaitTuple);
        }
        const auto [error, size] = co_await boost::asio::async_write(
            socket, boost::asio::buffer(session.output), net::kAwaitTuple);
        if (error) co_return;
        session.output.clear();
      }
      const auto [error, size] =
          co_await socket.async_read_some(boost::asio::buffer(bytes), net::kAwaitTuple);
      if (error) co_return;
      session.input.append(bytes, size);
      Consume(session);
    }
  }

  void Consume(Session& session) {
    for (;;) {
      const size_t end = session.input.find(session.in_content ? "\r\n.\r\n" : "\r\n");
      if (end == std::string::npos) return;
      if (session.in_content) {
        ++messages_;
        session.output += "250 2.0.0 taken\r\n";
        session.input.erase(0, end + 5);
        session.in_content = false;
        continue;
      }
      session.in_content = session.input.starts_with("DATA");
      session.output += session.in_content                  ? "354 go\r\n"
                        : session.input.starts_with("EHLO") ? hello_
                                                            : "250 ok\r\n";
      session.input.erase(0, end + 2);
    }
  }

  const MailServerOptions options_;
  const std::string hello_;
  boost::asio::io_context context_{1};
  boost::asio::basic_socket_acceptor<boost::asio::ip::tcp, net::Executor> acceptor_;
  std::atomic<size_t> messages_{0}, most_connections_{0};
  size_t connections_ = 0;
  std::thread thread_;
};

}  // namespace egd::bench
