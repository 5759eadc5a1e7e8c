#include "shared/catalogue/json_text.h"

#include <vector>

#include <nlohmann/json.hpp>

namespace egd::catalogue {
namespace {

// Where the string ends whose opening quote is at `at`: at its closing quote, which is the next one
// behind an even number of backslashes, or at the text's end.
size_t SkipString(std::string_view text, size_t at) {
  const size_t first = at + 1;
  for (at = text.find('"', first); at != std::string_view::npos; at = text.find('"', at + 1)) {
    size_t backslashes = 0;
    while (at - backslashes > first && text[at - backslashes - 1] == '\\') ++backslashes;
    if (backslashes % 2 == 0) return at;
  }
  return text.size();
}

bool WithinLimits(std::string_view text, JsonLimits limits) {
  std::vector<size_t>
      members;  // one counter an open bracket; of a list it is only counted, not limited
  std::vector<bool> is_object;
  size_t values = 1;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"') {
      i = SkipString(text, i);
    } else if (c == '{' || c == '[') {
      if (members.size() == limits.depth) return false;
      members.push_back(1);
      is_object.push_back(c == '{');
      ++values;
    } else if ((c == '}' || c == ']') && !members.empty()) {
      members.pop_back();
      is_object.pop_back();
    } else if (c == ',' && !members.empty()) {
      if (++members.back() > limits.members && is_object.back()) return false;
      ++values;
    }
    if (values > limits.values) return false;
  }
  return true;
}

}  // namespace

std::optional<nlohmann::ordered_json> ParseJson(std::string_view text, JsonLimits limits) {
  if (!WithinLimits(text, limits)) return std::nullopt;
  auto json = nlohmann::ordered_json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) return std::nullopt;
  return json;
}

}  // namespace egd::catalogue
