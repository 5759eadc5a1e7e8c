// A reply that goes into a file.
#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "cli/console.h"
#include "cli/printing.h"
#include "cli/words.h"

namespace egd::cli {

// Calls the Command and writes its text to `file`, for its owner alone: whole and on the disk, or
// not at all. Prints the name and the size. Returns the exit status.
int SaveReply(Console& console, const catalogue::Command& command, const Words& words,
              const nlohmann::ordered_json& request, const std::string& file,
              const Printing& printing);

}  // namespace egd::cli
