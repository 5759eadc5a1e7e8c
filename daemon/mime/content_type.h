// The media type a client names for an attachment (RFC 2045 section 5.1). Pure functions,
// thread-safe.
#pragma once

#include <string_view>

namespace egd::mime {

// Whether `text` is "type/subtype", with or without parameters, in printable ASCII of at most 255
// octets.
bool IsMediaType(std::string_view text);

// Whether it says multipart/… or message/…: types that must not be encoded (RFC 2045 section 6.4).
bool IsCompositeType(std::string_view media_type);

}  // namespace egd::mime
