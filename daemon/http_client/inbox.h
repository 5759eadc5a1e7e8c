// What other threads have for one thread of this room to do.
#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "shared/base/guarded.h"

namespace egd::http_client {

// Thread-safe. Bounded by what its owner has under way, and by commits. Shared with those who will
// answer: what comes after Close is dropped.
class Inbox {
 public:
  using Task = std::function<void()>;

  // `wake` ends the owner's wait.
  explicit Inbox(std::function<void()> wake) : wake_(std::move(wake)) {}

  // False: it is closed, and the task will not run.
  bool Put(Task task) {
    return state_.With([&](State& state) {
      if (state.closed) return false;
      state.tasks.push_back(std::move(task));
      wake_();
      return true;
    });
  }
  // Runs all that is there. On the owner's thread.
  void Run() {
    const auto tasks = state_.With([](State& state) { return std::exchange(state.tasks, {}); });
    for (const Task& task : tasks) task();
  }
  void Close() {
    state_.With([](State& state) { state.closed = true; });
  }

 private:
  struct State {
    std::vector<Task> tasks;
    bool closed = false;
  };
  Guarded<State> state_;
  const std::function<void()> wake_;
};

}  // namespace egd::http_client
