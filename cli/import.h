// Imports of files of any size: sent in parts, with progress, a bounded memory and one result.
#pragma once

#include "cli/printing.h"
#include "cli/session.h"
#include "cli/words.h"

namespace egd::cli {

// The file that the command line imports in parts; nothing for all other calls.
std::optional<std::string> ImportFileOf(const catalogue::Command& command, const Words& words);

// The words with a short text in place of the file, for checking all else.
Words WithoutImportFile(const catalogue::Command& command, const Words& words);

// Sends the file, skipping what is before --start-line; wrong lines are reported by their number in
// the file. `request`: what all parts have. When stopped or failing half-way, says where to go on.
// Returns the exit status.
int Import(Console& console, Session& session, const catalogue::Command& command,
           const Words& words, nlohmann::ordered_json request, const Printing& printing);

}  // namespace egd::cli
