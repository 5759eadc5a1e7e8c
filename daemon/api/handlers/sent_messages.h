// emailgateway.getemail, .cancelemail and .rescheduleemail.
#pragma once

#include "daemon/api/handler.h"

namespace egd::service {
class SentMessages;
}

namespace egd::api {

// `messages` must outlive `handlers`.
void AddSentMessageHandlers(Handlers& handlers, service::SentMessages& messages);

}  // namespace egd::api
