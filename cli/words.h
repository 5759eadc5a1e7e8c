// A command line taken apart: which options were given with which words, and what stands by
// position. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "shared/base/result.h"
#include "shared/catalogue/cli_option.h"

namespace egd::cli {

struct Words {
  std::map<std::string, std::vector<std::string>> options;  // by the first of an option's names
  std::vector<std::string> positionals;

  bool Has(const std::string& option) const { return options.count(option) > 0; }
  std::optional<std::string> One(const std::string& option) const;  // the first word
};

// A switch gets the word "true", "false" or what follows its "=". kInvalidArgument names the
// unknown option, with the nearest known one, or the one without its word.
Result<Words> ParseWords(const std::vector<catalogue::CliOption>& options,
                         const std::vector<std::string>& arguments);

// The index of the command's name: the first argument that is neither an option nor a global
// option's word; the size when there is none.
size_t CommandIndex(const std::vector<std::string>& arguments);

}  // namespace egd::cli
