// Named threads that run jobs.
#include "daemon/net/worker_pool.h"

#include <atomic>
#include <functional>
#include <future>
#include <stdexcept>
#include <string>

#include <catch2/catch.hpp>
#include <pthread.h>

namespace egd::net {
namespace {

using Jobs = WorkerPool<std::function<void()>>;

const auto kCall = [] { return [](std::function<void()> job) { job(); }; };

std::string NameOfThisThread() {
  char name[16] = "";
  pthread_getname_np(pthread_self(), name, sizeof(name));
  return name;
}

TEST_CASE("jobs run on threads with the pool's name, and all that were taken are run") {
  std::atomic<int> done{0};
  std::promise<std::string> name;
  Jobs pool("egd-try", 2, 100, kCall);
  pool.Start();
  std::function<void()> first = [&] { name.set_value(NameOfThisThread()); };
  REQUIRE(pool.Submit(first));
  CHECK(name.get_future().get().starts_with("egd-try."));
  for (int i = 0; i < 50; ++i) {
    std::function<void()> job = [&] { ++done; };
    REQUIRE(pool.Submit(job));
  }
  pool.Interrupt();
  std::function<void()> late = [] {};
  CHECK_FALSE(pool.Submit(late));
  CHECK(late != nullptr);
  pool.Join();
  CHECK(done == 50);
}

TEST_CASE("what finds no room in the queue is refused") {
  Jobs pool("egd-try", 1, 2, kCall);  // not started: nothing is taken out
  for (int i = 0; i < 2; ++i) {
    std::function<void()> job = [] {};
    REQUIRE(pool.Submit(job));
  }
  std::function<void()> more = [] {};
  CHECK_FALSE(pool.Submit(more));
}

TEST_CASE("a job that throws costs no thread") {
  std::promise<void> after;
  Jobs pool("egd-try", 1, 10, kCall);
  pool.Start();
  std::function<void()> bug = [] { throw std::runtime_error("a bug"); };
  std::function<void()> next = [&] { after.set_value(); };
  REQUIRE(pool.Submit(bug));
  REQUIRE(pool.Submit(next));
  after.get_future().get();
}

}  // namespace
}  // namespace egd::net
