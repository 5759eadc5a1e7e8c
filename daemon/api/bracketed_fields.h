// Form fields with bracketed names, gathered into JSON: To[0][email]=a → {"To":[{"email":"a"}]}.
// Internal to request_decode.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "daemon/api/form.h"
#include "shared/base/strings.h"

namespace egd::api {

using Json = nlohmann::ordered_json;
// Parameters by name, without case.
using Parameters = std::map<std::string, Json, LessIgnoreCase>;

// Nothing but false when a name is nested deeper than 8.
bool AddFields(std::vector<FormField> fields, Parameters& parameters);

}  // namespace egd::api
