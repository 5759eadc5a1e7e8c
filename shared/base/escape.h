// What makes foreign text harmless to look at, beside Printable (strings.h), which does all of it. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace egd {

// The text with each control character or broken UTF-8 byte as "\xNN", and all else as it is.
std::string EscapeControls(std::string_view text);

// Of a line separator, or what turns the direction of writing (Unicode's bidi embeddings, overrides
// and isolates), at the front of `text`: its length, else 0. Printable escapes these too.
size_t LayoutLength(std::string_view text);

}  // namespace egd
