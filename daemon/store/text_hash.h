// Looks up texts in a hash map by a view of them: map<std::string, T, TextHash, std::equal_to<>>.
#pragma once

#include <functional>
#include <string_view>

namespace egd::store {

struct TextHash {
  using is_transparent = void;
  size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
};

}  // namespace egd::store
