// Parsing JSON (RFC 8259) from outside: bounded, so that a hostile text costs no more than its
// length. Pure, thread-safe.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

namespace egd::catalogue {

struct JsonLimits {
  size_t depth = 32;  // nlohmann's dump() recurses
  // Of one object: ordered_json searches them one by one, so many cost their square.
  size_t members = 1000;
  // Of everything: "[[],[],…" takes thirty times its length in memory.
  size_t values = 250'000;
};

// Where the string ends whose opening quote is at `at`: at its closing quote, or at the text's end.
size_t EndOfString(std::string_view text, size_t at);

// Nothing for a text that is not one JSON value in UTF-8, or is over a limit; then `fault` says why,
// to follow the text's name. Of equal keys the last wins.
std::optional<nlohmann::ordered_json> ParseJson(std::string_view text, JsonLimits limits = {},
                                                std::string* fault = nullptr);

}  // namespace egd::catalogue
