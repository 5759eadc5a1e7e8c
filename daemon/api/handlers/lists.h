// list.*, lists.*, subscriber.* and subscribers.*.
#pragma once

#include "daemon/api/handler.h"

namespace egd::service {
class Lists;
class Subscribers;
}  // namespace egd::service

namespace egd::api {

// Both must outlive `handlers`.
void AddListHandlers(Handlers& handlers, service::Lists& lists, service::Subscribers& subscribers);

}  // namespace egd::api
