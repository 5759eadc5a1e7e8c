#include "daemon/service/sending/smtp_sessions.h"

#include <algorithm>
#include <utility>

#include "daemon/service/domains/own_domain.h"

namespace egd::service {

void SmtpSessions::Erase(State& state, Sessions::iterator session) {
  const auto own = state.by_domain.find(session->domain_id);
  own->second.remove(session);
  if (own->second.empty()) state.by_domain.erase(own);
  state.all.erase(session);
}

void SmtpSessions::Note(core::SmtpSession session) {
  state_.With([&](State& state) {
    auto& known = state.by_domain[session.domain_id];
    const auto same = std::ranges::find_if(
        known, [&](const Sessions::iterator& entry) { return entry->id == session.id; });
    if (same != known.end()) {
      state.all.erase(*same);
      known.erase(same);
    }
    state.all.push_back(std::move(session));
    known.push_back(std::prev(state.all.end()));
    if (known.size() > kMostOfDomain) Erase(state, known.front());
    if (state.all.size() > kMost) Erase(state, state.all.begin());
  });
}

Result<std::vector<core::SmtpSession>> SmtpSessions::List(int64_t user_id, int64_t domain_id,
                                                          size_t most) const {
  const auto own_domain = store_.Read(
      [&](store::Connection& connection) { return FindOwnDomain(connection, user_id, domain_id); });
  if (!own_domain) return own_domain.error();
  return state_.With([&](const State& state) {
    std::vector<core::SmtpSession> found;
    const auto own = state.by_domain.find(domain_id);
    if (own == state.by_domain.end()) return found;
    for (auto entry = own->second.rbegin(); entry != own->second.rend() && found.size() < most;
         ++entry) {
      found.push_back(**entry);
    }
    return found;
  });
}

size_t SmtpSessions::Forget(const std::function<bool(const std::string& text)>& names) {
  return state_.With([&](State& state) {
    size_t forgotten = 0;
    for (auto entry = state.all.begin(); entry != state.all.end();) {
      const auto session = entry++;
      if (!names(session->dialogue) && !names(session->reason)) continue;
      Erase(state, session);
      ++forgotten;
    }
    return forgotten;
  });
}

std::vector<core::SmtpSession> SmtpSessions::ListAll(size_t most) const {
  return state_.With([&](const State& state) {
    std::vector<core::SmtpSession> found;
    for (auto entry = state.all.rbegin(); entry != state.all.rend() && found.size() < most;
         ++entry) {
      found.push_back(*entry);
    }
    return found;
  });
}

}  // namespace egd::service
