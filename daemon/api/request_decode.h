// From what a client may send — JSON, urlencoded or multipart forms, a query string — to the one
// object of parameters every Command takes. Bounded in depth, members and fields before anything is
// built. Pure, thread-safe.
//
// Names are compared without case and the last one sent wins; the body wins over the query; null is
// as if it had not been sent. A form field may be bracketed, as PHP clients write them:
// From[email]=…, To[0][email]=…, Tags[]=…, Headers[X-A]=…. Bracketed numbers only tell elements
// apart: a list is as long as the elements sent, in the order sent, whatever the numbers.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include <nlohmann/json_fwd.hpp>

namespace egd::api {

// Why a request never becomes a call: HTTP 400 (malformed) or 415 (a type of body nobody here
// reads).
struct DecodeFailure {
  int status;
  std::string text;
};

// `query` is what follows '?'. `content_type` counts only when there is a body; none, or
// urlencoded, with a body that begins like a JSON object is JSON: `curl -d` sends its default type
// whatever the data.
std::variant<nlohmann::ordered_json, DecodeFailure> DecodeParameters(std::string_view query,
                                                                     std::string_view content_type,
                                                                     std::string_view body);

}  // namespace egd::api
