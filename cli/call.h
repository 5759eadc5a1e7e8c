// One Command, called and printed.
#pragma once

#include <string>
#include <vector>

#include "cli/console.h"
#include "shared/catalogue/command.h"

namespace egd::cli {

// `arguments`: without the command's name. Returns the exit status.
int CallCommand(Console& console, const catalogue::Command& command,
                const std::vector<std::string>& arguments);

}  // namespace egd::cli
