// Refused SMTP sessions, for egctl smtpsessions: the last ones of each domain, and of nobody's.
// Kept in memory, since they explain what is going on now: a restart forgets them.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <string>
#include <vector>

#include "daemon/core/smtp_sessions.h"
#include "daemon/store/store.h"
#include "shared/base/guarded.h"

namespace egd::service {

// Owned by Daemon. Thread-safe; only List blocks on the store. Bounded twice, so that neither one
// client that tries again each second nor many domains' clients can take the memory (5 KiB a
// session at most).
class SmtpSessions : public core::SmtpSessionLog {
 public:
  static constexpr size_t kMostOfDomain = 100;
  static constexpr size_t kMost = 5000;

  explicit SmtpSessions(store::Store& store) : store_(store) {}

  void Note(core::SmtpSession session) override;

  // Newest first. A domain of another user is kNotFound, as one that is not there.
  Result<std::vector<core::SmtpSession>> List(int64_t user_id, int64_t domain_id,
                                              size_t most) const;
  std::vector<core::SmtpSession> ListAll(size_t most) const;
  // Those with a text of which `names` is true. Returns how many.
  size_t Forget(const std::function<bool(const std::string& text)>& names);

 private:
  using Sessions = std::list<core::SmtpSession>;  // oldest first
  struct State {
    Sessions all;
    std::map<int64_t, std::list<Sessions::iterator>> by_domain;
  };
  static void Erase(State& state, Sessions::iterator session);
  store::Store& store_;
  Guarded<State> state_;
};

}  // namespace egd::service
