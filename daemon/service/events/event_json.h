// An event as clients see it (contract section 6), in one place for getevents and webhooks. Pure,
// thread-safe.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "daemon/core/event.h"

namespace egd::service {

enum class EventForm {
  kUser,  // {"event", "timestamp", "Sequence", "message": {"id", …}, …}: getevents, and the body of
          // a webhook
  kPublic,  // {"Event", "LoggedAt", "Sequence", "Message": {"ID", …}, …}: getevents.public
};

// Which event, when (Unix seconds), of which message and recipient: always there. The facts of its
// delivery or of the reader: only where the event has them.
nlohmann::ordered_json EventJson(const core::Event& event, EventForm form);

}  // namespace egd::service
