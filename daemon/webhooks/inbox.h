// What other threads have for the sender's thread to do.
#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "shared/base/guarded.h"

namespace egd::webhooks {

// Thread-safe. Bounded by what the sender itself has under way, and by commits. Shared with those
// who will answer: what comes after Close is dropped.
class Inbox {
 public:
  using Task = std::function<void()>;

  // `wake` ends the sender's wait.
  explicit Inbox(std::function<void()> wake) : wake_(std::move(wake)) {}

  void Put(Task task) {
    state_.With([&](State& state) {
      if (state.closed) return;
      state.tasks.push_back(std::move(task));
      wake_();
    });
  }
  // Runs all that is there. On the sender's thread.
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

}  // namespace egd::webhooks
