// One Command, called and printed.
#pragma once

#include <string>
#include <vector>

#include "cli/answer.h"
#include "cli/console.h"
#include "shared/catalogue/command.h"

namespace egd::cli {

// `arguments`: without the command's name. Returns the exit status.
int CallCommand(Console& console, const catalogue::Command& command,
                const std::vector<std::string>& arguments);

// --timeout, or the default. kInvalidArgument when it is no number of seconds.
Result<std::chrono::seconds> TimeoutOf(const Words& words);

// Prints what the gateway refused, with its codes.
void PrintRefusals(const Console& console, const Answer& answer, bool had_credentials);

}  // namespace egd::cli
