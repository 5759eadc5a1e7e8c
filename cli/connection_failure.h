// Why no connection to the gateway came about, in words that tell a wrong name from a gateway that is
// not running. The HTTP library does not say; so the steps are taken again, at most a second each.
#pragma once

#include <string>

#include "cli/target.h"

namespace egd::cli {

std::string WhyNoConnection(const Endpoint& endpoint);

}  // namespace egd::cli
