// Many calls at once that wait for others.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace egd::cli {

// Calls `run(i, thread)` for each i below `count`, on at most `threads` threads, numbered from 0, and
// returns when all have ended. Meanwhile calls `show`, on this thread, ten times a second. `run` must
// not throw.
template <typename Run, typename Show>
void InParallel(size_t count, size_t threads, Run&& run, Show&& show) {
  std::atomic<size_t> next{0};
  std::mutex mutex;
  std::condition_variable ended;
  size_t running = std::min(count, threads);
  std::vector<std::jthread> workers;
  for (size_t thread = running; thread-- > 0;) {
    workers.emplace_back([&, thread] {
      for (size_t i = next++; i < count; i = next++) run(i, thread);
      const std::lock_guard lock(mutex);
      --running;
      ended.notify_one();
    });
  }
  std::unique_lock lock(mutex);
  while (!ended.wait_for(lock, std::chrono::milliseconds(100), [&] { return running == 0; })) {
    show();
  }
}

}  // namespace egd::cli
