#include "daemon/auth/rate_limit.h"

#include <algorithm>

namespace egd::auth {

RateLimit::RateLimit(const Clock& clock, int limit, std::chrono::seconds window, size_t max_keys)
    : clock_(clock), window_(window), max_keys_(max_keys), limit_(limit) {}

RateLimit::Decision RateLimit::Take(std::string_view key) {
  const int limit = limit_;
  if (limit <= 0) return {};
  const auto now = clock_.Steady();
  return windows_.With([&](Windows& windows) -> Decision {
    Forget(windows, now);
    const auto [at, is_new] = windows.by_key.try_emplace(std::string(key));
    Window& window = at->second;
    if (is_new) {
      window.ends = now + window_;
      windows.oldest_first.push_back(at->first);
    }
    const bool allowed = window.used < limit;
    if (allowed) ++window.used;
    const auto left = std::chrono::ceil<std::chrono::seconds>(window.ends - now);
    return {allowed, limit, std::max(limit - window.used, 0), static_cast<int>(left.count())};
  });
}

void RateLimit::Forget(Windows& windows, std::chrono::steady_clock::time_point now) const {
  while (!windows.oldest_first.empty()) {
    const auto oldest = windows.by_key.find(windows.oldest_first.front());
    if (oldest->second.ends > now && windows.by_key.size() < max_keys_) return;
    windows.by_key.erase(oldest);
    windows.oldest_first.pop_front();
  }
}

}  // namespace egd::auth
