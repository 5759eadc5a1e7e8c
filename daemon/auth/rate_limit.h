// At most so many requests a window and key. A window begins with a key's first request and ends
// `window` later, so what RateLimit-Reset and Retry-After promise is exactly when the whole quota
// is back (draft-ietf-httpapi-ratelimit-headers). Thread-safe; memory is bounded: over `max_keys`
// the oldest window is forgotten, to the key's benefit.
#pragma once

#include <atomic>
#include <chrono>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>

#include "shared/base/clock.h"
#include "shared/base/guarded.h"

namespace egd::auth {

class RateLimit {
 public:
  struct Decision {
    bool allowed = true;
    int limit = 0;          // 0: no limit is in force
    int remaining = 0;      // of this window, after this request
    int reset_seconds = 0;  // until the window ends, at least 1
  };

  // `limit` of 0 allows everything.
  RateLimit(const Clock& clock, int limit, std::chrono::seconds window = std::chrono::seconds(60),
            size_t max_keys = 100'000);

  Decision Take(std::string_view key);
  void SetLimit(int limit) { limit_ = limit; }  // for windows already open, too

 private:
  struct Window {
    std::chrono::steady_clock::time_point ends;
    int used = 0;
  };
  // Windows are all of one length, so the order they began in is the order they end in.
  struct Windows {
    std::unordered_map<std::string, Window> by_key;
    std::deque<std::string> oldest_first;
  };

  void Forget(Windows& windows, std::chrono::steady_clock::time_point now) const;

  const Clock& clock_;
  const std::chrono::seconds window_;
  const size_t max_keys_;
  std::atomic<int> limit_;
  Guarded<Windows> windows_;
};

}  // namespace egd::auth
