// Values of a document: of the type and within the limits that the catalogue has for them. Pure.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "cli/desired/node.h"
#include "cli/desired/schema.h"
#include "shared/base/result.h"

namespace egd::cli {

// In the spelling the gateway answers with. An error says what it must be, to follow the key's name.
Result<nlohmann::ordered_json> ReadValue(const Node& node, const Schema& schema,
                                         const Property& property);

// An address of the suppression list, lower case.
Result<std::string> ReadAddress(const Node& node);

}  // namespace egd::cli
