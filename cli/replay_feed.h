// The events that are delivered to a domain's webhooks again, for who follows the domain.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "cli/follow.h"
#include "cli/session.h"

namespace egd::cli {

// New replays of a domain, in their order, event by event; across restarts of the gateway too.
// Refers to its session.
class ReplayFeed {
 public:
  // `request`: what both getevents and webhook.replays take: the domain, resolved, and who asks.
  ReplayFeed(Session& session, nlohmann::ordered_json request)
      : session_(session), request_(std::move(request)) {}

  // The next events, oldest first, as a list under Events; an empty one: none for now. The first
  // call only finds the place. After a failure or refusal it may be called again and goes on where
  // it was.
  Result<Answer> Next();
  // Whether there are more at once.
  bool MayHaveMore() const { return events_.has_value(); }

 private:
  Result<Answer> AskForReplays();
  void Begin(const nlohmann::ordered_json& replay);

  Session& session_;
  const nlohmann::ordered_json request_;
  std::optional<int64_t> place_;     // the last replay taken up
  std::optional<EventFeed> events_;  // of the replay under way
  int64_t last_ = 0, since_ = 0;     // of it: a Sequence, Unix seconds
};

}  // namespace egd::cli
