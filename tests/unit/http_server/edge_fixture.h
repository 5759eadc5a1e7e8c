// The edge over real loopback sockets, in one process, for its tests. Time-outs are shortened,
// never slept through.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "daemon/http_server/edge.h"
#include "tests/unit/http_server/client.h"

namespace egd::http_server::test {

using namespace std::chrono_literals;

inline HttpResponse Text(int status, const std::string& body) {
  return {"HTTP/1.1 " + std::to_string(status) +
          " X\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body};
}

// Says what arrived: "METHOD target body@peer".
inline void Echo(HttpRequest request, Responder respond) {
  respond(Text(200, request.method + " " + request.target + " " + request.body + "@" +
                        request.peer_address));
}

inline HttpResponse Refusal(int status, const std::string&) {
  return Text(status, "refused");
}

inline EdgeOptions Loopback() {
  EdgeOptions options;
  options.listen = {"127.0.0.1:0"};
  options.linger_timeout = 200ms;
  return options;
}

// A started edge on a free port.
struct TestEdge {
  explicit TestEdge(EdgeOptions options = Loopback(), Edge::Handler handler = Echo,
                    Edge::Admitter admitter = {})
      : edge(std::move(options), std::move(handler), Refusal, std::move(admitter)) {
    const auto started = edge.Start();
    if (!started) throw std::runtime_error(started.error().public_text);
  }
  Client Connect() { return Client(edge.addresses().front()); }

  Edge edge;
};

// A handler that keeps its responders until told.
class Holder {
 public:
  Edge::Handler handler() {
    return [this](HttpRequest, Responder respond) {
      const std::lock_guard lock(mutex_);
      held_.push_back(std::move(respond));
      arrived_.notify_all();
    };
  }
  void AwaitOne() {
    std::unique_lock lock(mutex_);
    REQUIRE(arrived_.wait_for(lock, 5s, [&] { return !held_.empty(); }));
  }
  void AnswerAll() {
    const std::lock_guard lock(mutex_);
    for (auto& respond : held_) respond(Text(200, "late"));
    held_.clear();
  }
  void DropAll() {
    const std::lock_guard lock(mutex_);
    held_.clear();
  }

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<Responder> held_;
};

inline std::string Get(const std::string& target) {
  return "GET " + target + " HTTP/1.1\r\nHost: h\r\n\r\n";
}
inline std::string Post(const std::string& body) {
  return "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

}  // namespace egd::http_server::test
