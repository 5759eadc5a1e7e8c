// A text made to fit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace egd {

// The beginning of a UTF-8 text: as many whole characters as `most` bytes hold.
inline std::string_view CutText(std::string_view text, size_t most) {
  if (text.size() <= most) return text;
  while (most > 0 && (uint8_t(text[most]) & 0xc0) == 0x80) --most;
  return text.substr(0, most);
}

}  // namespace egd
