// The words of an enum whose values count from 0: an array of names, read in both directions.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "shared/base/strings.h"

namespace egd::core {

// The value whose name is `name` in any case.
template <typename Enum, size_t N>
std::optional<Enum> FromName(const std::string_view (&names)[N], std::string_view name) {
  for (size_t i = 0; i < N; ++i) {
    if (EqualsIgnoreCase(names[i], name)) return static_cast<Enum>(i);
  }
  return std::nullopt;
}

}  // namespace egd::core
