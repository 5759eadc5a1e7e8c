// From words on the command line to the JSON value of a parameter. The daemon checks again: here
// only what cannot be a value at all is refused, with the option's name.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "cli/input.h"
#include "shared/base/result.h"
#include "shared/catalogue/cli_option.h"

namespace egd::cli {

// `words`: every one given for the option. `name` is what an error calls it. Of a repeatable option
// each word adds to the value; where a word begins with [ or { it is the JSON text of the whole
// value.
Result<nlohmann::ordered_json> ValueOf(const catalogue::Param& param, const std::string& name,
                                       const std::vector<std::string>& words);

// 'Jane <jane@example.com>', '"Smith, Jane" <jane@example.com>' or jane@example.com. Always {name,
// email}.
nlohmann::ordered_json MailboxOf(std::string_view text);

// {filename, content, type, disposition, contentid} of a file; its type by the ending of its name.
Result<nlohmann::ordered_json> AttachmentOf(const std::string& path, bool is_inline, Input& input);

}  // namespace egd::cli
