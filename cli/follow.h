// The event log as it grows: `egctl getevents --follow`, and the feed behind it.
#pragma once

#include <cstdint>
#include <optional>
#include <set>

#include <nlohmann/json.hpp>

#include "cli/printing.h"
#include "cli/session.h"
#include "cli/words.h"

namespace egd::cli {

// New events of a domain, polled by their Sequence: none is missed and none comes twice, across
// restarts of the gateway too. Refers to its session.
class EventFeed {
 public:
  // `request`: of getevents or getevents.public, the domain resolved. With `after`, begins behind
  // the event with that Sequence, else with the newest events, as many as RetrieveCount says.
  EventFeed(Session& session, const catalogue::Command& command, nlohmann::ordered_json request,
            std::optional<int64_t> after);

  // The next events, oldest first, as a list under Events; an empty one: none for now. After a
  // failure or refusal it may be called again and goes on where it was.
  Result<Answer> Next();
  // Whether there may be more at once: ask again without a pause.
  bool MayHaveMore() const { return may_have_more_; }
  // All events up to this Sequence have been returned; `after` of the feed that goes on from here.
  std::optional<int64_t> after() const { return after_; }

 private:
  Result<Answer> AskForNewest();
  Result<Answer> AskForMore();

  Session& session_;
  const catalogue::Command& command_;
  nlohmann::ordered_json request_;
  std::optional<int64_t> after_;
  std::set<int64_t> seen_;  // newer than after_, and returned already
  bool may_have_more_ = false;
};

// Prints events until a signal, a reader that goes away, or a refusal; a gateway that is away for a
// while is waited for. Returns the exit status: 0 when told to stop.
int Follow(Console& console, Session& session, const catalogue::Command& command,
           const Words& words, const nlohmann::ordered_json& request, const Printing& printing);

}  // namespace egd::cli
