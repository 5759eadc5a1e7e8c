// Form bodies and query strings: application/x-www-form-urlencoded (WHATWG URL, section 5.1) and
// multipart/form-data (RFC 7578), taken apart into fields in the order sent. httplib's own parsers
// sort fields, stop at 8 KiB and match headers with std::regex, which overflows the stack on long
// lines. Pure, thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace egd::api {

struct FormField {
  std::string name;
  std::string value;  // any bytes
};

constexpr size_t kMaxFormFields = 10'000;

// A stray '%' stands for itself, as in PHP. Nothing when there are too many fields.
std::optional<std::vector<FormField>> ParseUrlEncoded(std::string_view text);

// Nothing for a body that is malformed, cut off or has too many parts. File names and types are of
// no use here.
std::optional<std::vector<FormField>> ParseMultipart(std::string_view body,
                                                     std::string_view boundary);

// The value of `; name=value` or `; name="value"` in a header's value; nothing when it is not
// there.
std::optional<std::string> HeaderParameter(std::string_view header, std::string_view name);

}  // namespace egd::api
