// Character references in an attribute's value (HTML standard, section 13.2.5.72 and after): named
// ones, the longest first, some also without their semicolon unless a letter, a digit or = follows;
// numbers, with the windows-1252 rule for 0x80 to 0x9f. Whatever is no reference stays. Decoded
// once: "&amp;lt;" is "&lt;". Pure functions, thread-safe.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace egd::tracking {

struct NamedReference {
  std::string_view name;  // without &; with its semicolon where it needs one
  std::string_view text;  // UTF-8
};
constexpr size_t kNamedReferenceCount = 2231;
extern const NamedReference kNamedReferences[kNamedReferenceCount];

// `value` as it stands in the source, in UTF-8. A NUL becomes U+FFFD.
std::string DecodeAttribute(std::string_view value);

}  // namespace egd::tracking
