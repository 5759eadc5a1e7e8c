// UUIDs (RFC 9562). Version 7 starts with the time in milliseconds, so message IDs sort by age and
// index well.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "shared/base/clock.h"

namespace egd {

struct Uuid {
  std::array<uint8_t, 16> bytes{};

  std::string ToString() const;  // "0190c2f0-7b9e-7d4c-8a53-2f6f1e0d9b11"
  std::string_view AsBytes() const {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  static std::optional<Uuid> Parse(std::string_view text);       // any version, any case
  static std::optional<Uuid> FromBytes(std::string_view bytes);  // exactly 16

  auto operator<=>(const Uuid&) const = default;
};

// Thread-safe. 74 random bits: collision-free for any queue that fits on a disk.
Uuid NewUuidV7(const Clock& clock);

}  // namespace egd
