#include "shared/base/ticker.h"

#include <future>
#include <stdexcept>

#include <catch2/catch.hpp>

namespace egd {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

// Counts how often its task ran, and waits for a number.
struct Counter {
  void Add() {
    const std::lock_guard lock(mutex);
    ++count;
    changed.notify_all();
  }
  bool Reaches(int wanted) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, seconds(10), [&] { return count >= wanted; });
  }

  std::mutex mutex;
  std::condition_variable changed;
  int count = 0;
};

}  // namespace

TEST_CASE("a ticker runs its task again after the time that it says") {
  Counter counter;
  Ticker ticker("test", [&] {
    counter.Add();
    return milliseconds(1);
  });
  ticker.Start();
  CHECK(counter.Reaches(3));
}

TEST_CASE("waking a ticker ends its wait, also the first one") {
  Counter counter;
  Ticker ticker("test", [&] {
    counter.Add();
    return hours(1);
  });
  ticker.Start(hours(1));
  ticker.Wake();
  CHECK(counter.Reaches(1));
  ticker.Wake();
  CHECK(counter.Reaches(2));
}

TEST_CASE("a ticker that is woken while it works, works again") {
  Counter counter;
  std::promise<void> woken;
  Ticker ticker("test", [&] {
    counter.Add();
    if (counter.count == 1) woken.get_future().wait();
    return hours(1);
  });
  ticker.Start();
  REQUIRE(counter.Reaches(1));
  ticker.Wake();
  woken.set_value();
  CHECK(counter.Reaches(2));
}

TEST_CASE("an interrupted ticker does not run its task any more") {
  Counter counter;
  Ticker ticker("test", [&] {
    counter.Add();
    return hours(1);
  });
  ticker.Start(hours(1));
  ticker.Interrupt();
  ticker.Wake();
  ticker.Join();
  CHECK(ticker.Interrupted());
  CHECK(counter.count == 0);
}

TEST_CASE("an exception ends one run of a ticker's task, not its thread") {
  Counter counter;
  Ticker ticker("test", [&]() -> milliseconds {
    counter.Add();
    throw std::runtime_error("a bug");
  });
  ticker.Start();
  REQUIRE(counter.Reaches(1));
  ticker.Wake();
  CHECK(counter.Reaches(2));
}

}  // namespace egd
