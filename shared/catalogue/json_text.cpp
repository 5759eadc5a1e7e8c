#include "shared/catalogue/json_text.h"

#include <vector>

#include <nlohmann/json.hpp>

namespace egd::catalogue {
namespace {

// The index behind the string whose opening quote is at `at`, or the text's end.
size_t SkipString(std::string_view text, size_t at) {
  for (++at; at < text.size() && text[at] != '"'; ++at) {
    if (text[at] == '\\') ++at;
  }
  return at;
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
