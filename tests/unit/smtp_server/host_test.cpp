#include "daemon/smtp_server/host.h"

#include <list>

#include <catch2/catch.hpp>

namespace egd::smtp_server {
namespace {

using std::chrono::steady_clock;

struct FakeConnection : Connection {
  explicit FakeConnection(std::string from, std::chrono::seconds silent_for = std::chrono::hours(1))
      : from(std::move(from)), since(steady_clock::now() - silent_for) {}
  void End(std::string_view text) override { farewell = text; }
  bool is_stranger() const override { return stranger; }
  bool is_waiting() const override { return farewell.empty(); }
  bool in_transaction() const override { return busy; }
  steady_clock::time_point waiting_since() const override { return since; }
  const std::string& network() const override { return from; }

  std::string from, farewell;
  steady_clock::time_point since;
  bool stranger = true, busy = false;
};

// Connections that leave when they go out of scope.
struct Crowd {
  explicit Crowd(size_t most, size_t most_per_address) : connected(most, most_per_address) {}
  ~Crowd() {
    for (auto& one : all) connected.Remove(one);
  }
  FakeConnection& Add(const std::string& from,
                      std::chrono::seconds silent_for = std::chrono::hours(1)) {
    FakeConnection& one = all.emplace_back(from, silent_for);
    connected.Add(one);
    return one;
  }
  Connected connected;
  std::list<FakeConnection> all;
};

}  // namespace

TEST_CASE("at an address's cap its longest silent stranger makes room") {
  Crowd crowd(100, 2);
  FakeConnection& first = crowd.Add("192.0.2.1");
  FakeConnection& second = crowd.Add("192.0.2.1");
  FakeConnection& other = crowd.Add("192.0.2.2");
  CHECK(crowd.connected.MakeRoom("192.0.2.2"));
  CHECK(first.farewell.empty());
  CHECK(crowd.connected.MakeRoom("192.0.2.1"));
  CHECK(first.farewell.starts_with("421 "));
  CHECK(second.farewell.empty());
  CHECK(other.farewell.empty());
}

TEST_CASE("connections that are being set up are left alone while there is room for all") {
  Crowd crowd(100, 2);
  FakeConnection& first = crowd.Add("192.0.2.1", std::chrono::seconds(0));
  crowd.Add("192.0.2.1", std::chrono::seconds(0));
  CHECK(crowd.connected.MakeRoom("192.0.2.1"));
  CHECK(first.farewell.empty());
}

TEST_CASE("at the cap of all, a stranger makes room and a client that has authenticated does not") {
  Crowd crowd(2, 100);
  FakeConnection& member = crowd.Add("192.0.2.1");
  crowd.connected.Authenticated(member);
  member.stranger = false;
  FakeConnection& stranger = crowd.Add("192.0.2.2", std::chrono::seconds(0));
  CHECK(crowd.connected.MakeRoom("192.0.2.3"));
  CHECK(member.farewell.empty());
  CHECK(stranger.farewell.starts_with("421 "));
  CHECK_FALSE(crowd.connected.MakeRoom("192.0.2.3"));
}

TEST_CASE("a stranger that pauses in a transaction makes room") {
  Crowd crowd(1, 100);
  FakeConnection& pausing = crowd.Add("192.0.2.1");
  pausing.busy = true;
  CHECK(crowd.connected.MakeRoom("192.0.2.2"));
  CHECK(pausing.farewell.starts_with("421 "));
}

TEST_CASE("an address is refused at twice its cap") {
  Crowd crowd(100, 2);
  for (int i = 0; i < 4; ++i) {
    CHECK(crowd.connected.MakeRoom("192.0.2.1"));
    crowd.Add("192.0.2.1", std::chrono::seconds(0));
  }
  CHECK_FALSE(crowd.connected.MakeRoom("192.0.2.1"));
  CHECK(crowd.connected.MakeRoom("192.0.2.2"));
}

TEST_CASE("a client in a transaction makes no room, and is not told to go at once") {
  Crowd crowd(1, 100);
  FakeConnection& busy = crowd.Add("192.0.2.1", std::chrono::seconds(0));
  busy.busy = true;
  CHECK_FALSE(crowd.connected.MakeRoom("192.0.2.2"));
  crowd.connected.Drain();
  CHECK(busy.farewell.empty());
  crowd.connected.CutAll();
  CHECK(busy.farewell.starts_with("421 4.3.2"));
}

TEST_CASE("large messages enter in their order, as many as fit, and one always does") {
  LargeMessages gate(100);
  std::string order;
  const auto enter = [&](char name, uint64_t bytes) {
    gate.Enter(bytes, [&order, name](bool) { order += name; });
  };
  enter('a', 500);
  enter('b', 60);
  enter('c', 60);
  enter('d', 10);
  CHECK(order == "a");
  gate.Leave(500);
  CHECK(order == "ab");
  gate.Leave(60);
  CHECK(order == "abcd");
}

}  // namespace egd::smtp_server
