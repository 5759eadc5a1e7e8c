#include "shared/base/uuid.h"

#include <algorithm>

#include "shared/base/encoding.h"
#include "shared/base/random.h"

namespace egd {

std::string Uuid::ToString() const {
  std::string text = Hex(AsBytes());
  for (const size_t at : {20, 16, 12, 8}) text.insert(at, 1, '-');
  return text;
}

std::optional<Uuid> Uuid::Parse(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
  std::string digits;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool dash_here = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash_here != (text[i] == '-')) return std::nullopt;
    if (!dash_here) digits += text[i];
  }
  const auto bytes = FromHex(digits);
  return bytes ? FromBytes(*bytes) : std::nullopt;
}

std::optional<Uuid> Uuid::FromBytes(std::string_view bytes) {
  if (bytes.size() != 16) return std::nullopt;
  Uuid uuid;
  std::copy(bytes.begin(), bytes.end(), uuid.bytes.begin());
  return uuid;
}

Uuid NewUuidV7(const Clock& clock) {
  Uuid uuid = *Uuid::FromBytes(RandomBytes(16));
  const uint64_t millis = uint64_t(clock.Now());
  for (size_t i = 0; i < 6; ++i) uuid.bytes[i] = uint8_t(millis >> (40 - 8 * i));
  uuid.bytes[6] = uint8_t((uuid.bytes[6] & 0x0f) | 0x70);
  uuid.bytes[8] = uint8_t((uuid.bytes[8] & 0x3f) | 0x80);
  return uuid;
}

}  // namespace egd
