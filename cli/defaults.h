// What egctl gives in place of what a person leaves out.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "cli/console.h"
#include "cli/words.h"
#include "shared/catalogue/command.h"

namespace egd::cli {

// Fills in the required parameters that have a default: of --follow where that is given, else
// egctl's. Returns whether there were such.
bool AddDefaults(const catalogue::Command& command, Words& words);

// Says on standard error when the answer is a part of what there is, and how to get the next.
void SayHowToGetMore(const Console& console, const catalogue::Command& command,
                     const nlohmann::ordered_json& request, const nlohmann::ordered_json& body);

}  // namespace egd::cli
