// `egctl batch FILE`: many Commands over one connection, a line of JSON each.
#pragma once

#include <optional>
#include <string>

#include "cli/console.h"
#include "cli/words.h"
#include "shared/catalogue/command.h"

namespace egd::cli {

// The file of Commands that the words name by position; nothing when they hold messages for the
// API's own Command `batch`, or are of another one.
std::optional<std::string> BatchFileOf(const catalogue::Command& command, const Words& words);

// Runs the Commands of the file, in its order, and prints a line of JSON for each. Every line is
// read before the first one runs. Ends at the first that fails, with --keep-going after the last;
// returns the exit status of the first that failed, else 0.
int RunBatch(Console& console, const catalogue::Command& command, const Words& words,
             const std::string& file);

}  // namespace egd::cli
