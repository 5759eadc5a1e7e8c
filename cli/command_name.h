// The name of a command on a command line. Pure.
#pragma once

#include <string>
#include <vector>

#include "shared/catalogue/cli_option.h"

namespace egd::cli {

const catalogue::Command* FindCommand(const std::string& name);  // null when unknown
const catalogue::OwnCommand* FindOwn(const std::string& name);   // null when unknown

// What may follow a word that is no command itself but begins the names of some: "create" and more,
// after "user".
std::vector<std::string> VerbsOf(const std::string& noun);

// Takes the name that begins at `index` out of the arguments: as many words as make a command, or
// a noun with what follows it, for the complaint.
std::string TakeName(std::vector<std::string>& arguments, size_t index);

}  // namespace egd::cli
