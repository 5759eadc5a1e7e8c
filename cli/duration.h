// Times as people write them: 90, 90s, 15m, 1h. Pure.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "cli/words.h"
#include "shared/base/result.h"

namespace egd::cli {

// From one second to a day; nothing for all else.
std::optional<std::chrono::seconds> ParseDuration(std::string_view text);
std::string FormatDuration(std::chrono::seconds duration);  // "14m 20s"

// What `option` says, or `otherwise`. kInvalidArgument names the option.
Result<std::chrono::seconds> DurationOf(const Words& words, const std::string& option,
                                        std::chrono::seconds otherwise);

}  // namespace egd::cli
