// The "relaxed" canonical forms that DKIM signatures cover (RFC 6376 section 3.4). The message has
// CR LF line endings. Pure functions, thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace egd::dkim {

struct HeaderField {
  std::string_view name;
  std::string_view value;  // everything after the colon but the CR LF that ends the field
};

struct MessageParts {
  std::vector<HeaderField> fields;  // in their order
  std::string_view body;
};

// Views into `message`. A line of the head that is neither a field nor its continuation is passed
// over.
MessageParts SplitMessage(std::string_view message);

std::string RelaxedHeader(const HeaderField& field);  // section 3.4.2, without the final CR LF
std::string RelaxedBody(std::string_view body);       // section 3.4.4

}  // namespace egd::dkim
