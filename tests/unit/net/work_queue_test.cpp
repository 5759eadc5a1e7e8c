#include "daemon/net/work_queue.h"

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

namespace egd::net {

TEST_CASE("jobs come out in order, and a full queue takes no more") {
  WorkQueue<std::unique_ptr<int>> queue(2);
  auto one = std::make_unique<int>(1), two = std::make_unique<int>(2),
       three = std::make_unique<int>(3);
  CHECK(queue.Push(one));
  CHECK(queue.Push(two));
  CHECK_FALSE(queue.Push(three));
  CHECK(*three == 3);
  CHECK(**queue.Pop() == 1);
  CHECK(queue.Push(three));
  CHECK(**queue.Pop() == 2);
  CHECK(**queue.Pop() == 3);
}

TEST_CASE("a closed queue hands out what it has, then nothing") {
  WorkQueue<int> queue(10);
  int job = 1;
  CHECK(queue.Push(job));
  queue.Close();
  CHECK_FALSE(queue.Push(job));
  CHECK(queue.Pop() == 1);
  CHECK_FALSE(queue.Pop());
}

TEST_CASE("closing wakes everyone") {
  WorkQueue<int> queue(10);
  std::atomic<int> woken{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      if (!queue.Pop()) ++woken;  // Catch's assertions are for one thread
    });
  }
  queue.Close();
  for (auto& thread : threads) thread.join();
  CHECK(woken == 8);
}

TEST_CASE("no job is lost, and threads that wait do not keep others from working") {
  WorkQueue<int> queue(100'000);
  std::atomic<int> done{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      while (queue.Pop()) ++done;
    });
  }
  for (int job = 0; job < 50'000; ++job) {
    int copy = job;
    REQUIRE(queue.Push(copy));
    if (job % 100 == 0) std::this_thread::yield();
  }
  queue.Close();
  for (auto& thread : threads) thread.join();
  CHECK(done == 50'000);
}

TEST_CASE("a blocked thread is no reason for a job to wait") {
  WorkQueue<int> queue(10);
  std::atomic<int> inside{0};
  std::atomic<bool> released{false};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      while (queue.Pop()) {
        ++inside;
        while (!released) std::this_thread::yield();
      }
    });
  }
  for (int job = 0; job < 4; ++job) REQUIRE(queue.Push(job));
  while (inside < 4) std::this_thread::yield();  // hangs if a job waited for a blocked thread
  released = true;
  queue.Close();
  for (auto& thread : threads) thread.join();
  CHECK(inside == 4);
}

}  // namespace egd::net
