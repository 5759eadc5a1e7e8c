// From a Command's words to its parameters as JSON, checked against the catalogue before anything
// is sent.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "cli/input.h"
#include "cli/words.h"
#include "shared/base/result.h"
#include "shared/catalogue/command.h"

namespace egd::cli {

// Positionals go, in order, to the required parameters that no option gave. ContentType, when left
// out, is what the bodies given say. A secret that is required and left out is asked for. A
// DomainID may be left as the domain's name: a text in place of a number. kInvalidArgument for
// everything that is wrong.
Result<nlohmann::ordered_json> BuildRequest(const catalogue::Command& command, const Words& words,
                                            Input& input);

// Puts the UserID of --as-user in. kInvalidArgument when it is none.
Result<void> ActForUser(const Words& words, nlohmann::ordered_json& request);

}  // namespace egd::cli
