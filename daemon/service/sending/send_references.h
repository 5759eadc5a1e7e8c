// What a message to send names by ID: a template, lists, a subscriber, a journey and its action.
// All belong to the user who sends; somebody else's is answered exactly as a missing one. Pure over
// the connection; use within one job.
#pragma once

#include <cstdint>
#include <optional>

#include "daemon/core/audience.h"
#include "daemon/service/sending/send_problem.h"
#include "daemon/store/connection.h"
#include "daemon/store/list_send_store.h"

namespace egd::service {

struct SendIds {
  std::optional<int64_t> template_id, target_list_id;
  std::optional<int64_t> list_id, subscriber_id;  // for personalisation
  std::optional<int64_t> journey_id, action_id;   // for the events
};

struct SendReferences {
  std::optional<core::EmailTemplate> email_template;
  std::optional<store::ListExtent> target;     // of target_list_id
  std::optional<core::Subscriber> subscriber;  // whose fields every copy gets
  int64_t journey_id = 0;                      // also when only the action was named
};

// Adds what it finds to `references`; returns what it does not find.
SendRefusals FindReferences(store::Connection& connection, int64_t user_id, const SendIds& ids,
                            SendReferences& references);

}  // namespace egd::service
