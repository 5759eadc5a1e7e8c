// The one door through which events come into being, wherever they come from: acceptance, delivery,
// notifications that return, opens and clicks.
#pragma once

#include "daemon/core/event.h"
#include "daemon/store/connection.h"

namespace egd::store::events {

// Records what happened, and everything that follows from it, in the caller's commit: the event
// with its sequence, which is set in `event`; its part in the statistics; a job for each webhook
// that is told of such events (of opens and clicks HitStore makes them, later); the suppression of
// the recipient where the event says so. An event of a test message is in no statistics, and
// suppresses nobody. After the commit the search index and the webhook sender are woken.
//
// The message must be there (std::logic_error otherwise): its user, domain, from, to, subject,
// tags, journey and action are those the event shows, whatever `event` says. Otherwise throws on
// database failure only.
void Record(Transaction& transaction, core::Event& event);

}  // namespace egd::store::events
