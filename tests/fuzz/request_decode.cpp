// The first line is the Content-Type, the second the query, the rest the body. Whatever is decoded
// is an object of valid UTF-8 whose names differ without case, and no deeper than it may be;
// whatever is refused has a reason.
#include "daemon/api/request_decode.h"

#include <set>

#include <nlohmann/json.hpp>

#include "shared/base/strings.h"
#include "tests/fuzz/fuzz.h"

using namespace egd;
using Json = nlohmann::ordered_json;

namespace {

std::string_view TakeLine(std::string_view& text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(line.size() + 1, text.size()));
  return line;
}

size_t DepthOf(const Json& json) {
  size_t deepest = 0;
  if (json.is_structured()) {
    for (const auto& child : json) deepest = std::max(deepest, DepthOf(child));
  }
  return deepest + 1;
}

void CheckParameters(const Json& parameters) {
  fuzz::Require(parameters.is_object());
  fuzz::Require(DepthOf(parameters) <= 65);  // 64 brackets and the innermost value
  parameters.dump();                         // throws on anything but UTF-8
  std::set<std::string, LessIgnoreCase> names;
  for (const auto& [name, value] : parameters.items()) {
    fuzz::Require(names.insert(name).second);
    fuzz::Require(!value.is_null());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view body = fuzz::AsText(data, size);
  const std::string_view content_type = TakeLine(body);
  const std::string_view query = TakeLine(body);
  const auto decoded = api::DecodeParameters(query, content_type, body);
  if (const auto* parameters = std::get_if<Json>(&decoded)) {
    CheckParameters(*parameters);
  } else {
    const auto& failure = std::get<api::DecodeFailure>(decoded);
    fuzz::Require((failure.status == 400 || failure.status == 415) && !failure.text.empty());
  }
  return 0;
}
