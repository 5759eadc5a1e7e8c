// One option's value: from a TOML node, or from the text of an environment variable. Private to the
// room.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <toml++/toml.h>

#include "shared/config/options.h"

namespace egd::config {

using Problem =
    std::optional<std::string>;  // the end of a sentence that starts with the option's name

// Stores the checked value in `config`. The wrong value may stay there when a Problem is returned.
Problem ReadValue(const toml::node& node, const Option& option, Config& config);

// Lists are comma-separated; dns_records is a TOML list of tables. What does not parse becomes a
// string, so that ReadValue says what it wants instead.
std::unique_ptr<toml::node> NodeFromText(const Option& option, std::string_view text);

std::string Quoted(std::string_view text);  // printable, in double quotes
// `; did you mean "x"?`, or nothing.
std::string DidYouMean(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace egd::config
