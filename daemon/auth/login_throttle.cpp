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

}  // namespace

// The running count of `key`, after dropping what is out of date or over the bound. Entries never
// move, so the list is in order of their start.
LoginThrottle::Count& LoginThrottle::Find(State& state, const std::string& key,
                                          std::chrono::steady_clock::time_point now) {
  const auto drop_oldest = [&state] {
    state.by_key.erase(state.oldest_first.front().key);
    state.oldest_first.pop_front();
  };
  while (!state.oldest_first.empty() && now - state.oldest_first.front().since >= kWindow)
    drop_oldest();
  if (const auto found = state.by_key.find(key); found != state.by_key.end()) return *found->second;
  if (state.by_key.size() >= kMaxEntries) drop_oldest();
  state.oldest_first.push_back({key, 0, now});
  state.by_key.emplace(key, std::prev(state.oldest_first.end()));
  return state.oldest_first.back();
}

bool LoginThrottle::Admit(std::string_view user, std::string_view client_address) {
  const std::string user_key = UserKey(user), client_key = ClientKey(client_address);
  const auto now = clock_.Steady();
  return state_.With([&](State& state) {
    Count& client = Find(state, client_key, now);
    if (client.attempts >= kPerClient) return false;
    ++client.attempts;
    Count& by_user = Find(state, user_key, now);
    if (by_user.attempts >= kPerUser) return false;
    ++by_user.attempts;
    return true;
  });
}

void LoginThrottle::Forgive(std::string_view user, std::string_view client_address) {
  const std::string user_key = UserKey(user), client_key = ClientKey(client_address);
  const auto now = clock_.Steady();
  state_.With([&](State& state) {
    Count& client = Find(state, client_key, now);
    client.attempts = std::max(client.attempts - 1, 0);
    Find(state, user_key, now).attempts = 0;
  });
}

size_t LoginThrottle::size() const {
  return state_.With([](const State& state) { return state.by_key.size(); });
}

}  // namespace egd::auth
