// Guarded<T>: shared state that can be reached only while its mutex is held.
//
//   Guarded<std::map<Key, Value>> map;
//   map.With([&](auto& m) { m[key] = value; });
#pragma once

#include <mutex>
#include <utility>

namespace egd {

template <typename T>
class Guarded {
 public:
  template <typename... Args>
  explicit Guarded(Args&&... args) : value_(std::forward<Args>(args)...) {}

  // Runs `use(T&)` under the lock and returns what it returns. Never call With from inside `use`.
  template <typename Use>
  auto With(Use&& use) {
    const std::lock_guard lock(mutex_);
    return std::forward<Use>(use)(value_);
  }
  template <typename Use>
  auto With(Use&& use) const {
    const std::lock_guard lock(mutex_);
    return std::forward<Use>(use)(value_);
  }

 private:
  mutable std::mutex mutex_;
  T value_;
};

}  // namespace egd
