// An open or click as the tracking server heard of it. A value.
#pragma once

#include <string>

#include "daemon/tracking/hit_token.h"
#include "shared/base/clock.h"

namespace egd::service {

struct HitReport {
  tracking::HitToken token;  // in the journal without its url and url_digest
  std::string url;           // of a click: where it led
  UnixMillis at = 0;
  std::string method;  // tracking::Hit::method
  std::string user_agent, address;

  bool operator==(const HitReport&) const = default;
};

}  // namespace egd::service
