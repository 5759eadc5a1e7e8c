#include "daemon/auth/login_throttle.h"

#include <algorithm>

#include "daemon/auth/address.h"
#include "daemon/auth/digest.h"
#include "shared/base/strings.h"

namespace egd::auth {
namespace {

// A digest keeps a long hostile name from costing long memory.
std::string UserKey(std::string_view user) {
  return "u" + Sha256(Lower(user));
}
std::string ClientKey(std::string_view address) {
  return "c" + ClientNetwork(address);
}
std::string PairKey(std::string_view user, std::string_view address) {
  return "p" + UserKey(user) + ClientKey(address);
}

void OneLess(int& attempts) {
  attempts = std::max(attempts - 1, 0);
}

}  // namespace

// The running count of `key`, after dropping what is out of date or over the bound. Entries never
// move, so the list is in order of their start.
LoginThrottle::Count& LoginThrottle::Find(State& state, const std::string& key, TimePoint now) {
  const auto drop_oldest = [&state] {
    state.by_key.erase(state.oldest_first.front().key);
    state.oldest_first.pop_front();
  };
  while (!state.oldest_first.empty() && now - state.oldest_first.front().since >= kWindow)
    drop_oldest();
  if (const auto found = state.by_key.find(key); found != state.by_key.end()) return *found->second;
  if (state.by_key.size() >= kMaxEntries) drop_oldest();
  state.oldest_first.push_back({key, 0, now, now});
  state.by_key.emplace(key, std::prev(state.oldest_first.end()));
  return state.oldest_first.back();
}

std::optional<std::chrono::seconds> LoginThrottle::Refuse(std::string_view user,
                                                          std::string_view client_address) {
  const std::string pair_key = PairKey(user, client_address);
  const bool local = IsLocal(client_address);
  const auto now = clock_.Steady();
  const auto until = [&](TimePoint end) {
    return std::chrono::ceil<std::chrono::seconds>(end - now);
  };
  // Counts an attempt; over the limit, one each kPace is let through.
  const auto slow = [&](Count& count, int limit) -> std::optional<std::chrono::seconds> {
    if (count.attempts >= limit && now < count.slot) return until(count.slot);
    ++count.attempts;
    count.slot = now + kPace;
    return std::nullopt;
  };
  const auto refuse = [&](Count& count, int limit) -> std::optional<std::chrono::seconds> {
    if (count.attempts >= limit) return until(count.since + kWindow);
    ++count.attempts;
    return std::nullopt;
  };
  return state_.With([&](State& state) -> std::optional<std::chrono::seconds> {
    if (!local) {
      if (auto wait = refuse(Find(state, ClientKey(client_address), now), kPerClient)) return wait;
    }
    Count& pair = Find(state, pair_key, now);
    if (auto wait = local ? slow(pair, kPerPair) : refuse(pair, kPerPair)) return wait;
    if (state.known.contains(pair_key)) return std::nullopt;
    return slow(Find(state, UserKey(user), now), kPerUser);
  });
}

void LoginThrottle::Forgive(std::string_view user, std::string_view client_address) {
  const std::string pair_key = PairKey(user, client_address);
  const auto now = clock_.Steady();
  state_.With([&](State& state) {
    TakeBackShared(state, user, client_address, now);
    Find(state, pair_key, now).attempts = 0;
    Remember(state, pair_key);
  });
}

void LoginThrottle::TakeBack(std::string_view user, std::string_view client_address) {
  const auto now = clock_.Steady();
  state_.With([&](State& state) {
    TakeBackShared(state, user, client_address, now);
    OneLess(Find(state, PairKey(user, client_address), now).attempts);
  });
}

// What the attempt counted for the client and for the user.
void LoginThrottle::TakeBackShared(State& state, std::string_view user,
                                   std::string_view client_address, TimePoint now) {
  if (!IsLocal(client_address)) OneLess(Find(state, ClientKey(client_address), now).attempts);
  if (!state.known.contains(PairKey(user, client_address))) {
    OneLess(Find(state, UserKey(user), now).attempts);
  }
}

void LoginThrottle::Remember(State& state, const std::string& pair) {
  if (state.known.contains(pair)) return;
  if (state.known.size() >= kMaxEntries) {
    state.known.erase(state.known_oldest_first.front());
    state.known_oldest_first.pop_front();
  }
  state.known_oldest_first.push_back(pair);
  state.known.emplace(pair, std::prev(state.known_oldest_first.end()));
}

size_t LoginThrottle::size() const {
  return state_.With([](const State& state) { return state.by_key.size(); });
}

}  // namespace egd::auth
