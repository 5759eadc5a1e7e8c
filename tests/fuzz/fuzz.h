// What every fuzz target includes. A target defines LLVMFuzzerTestOneInput: feed the bytes to one
// parser and Require what must hold for any input.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace egd::fuzz {

inline std::string_view AsText(const uint8_t* data, size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

inline void Require(bool holds) {
  if (!holds) std::abort();  // libFuzzer keeps the input that did this
}

}  // namespace egd::fuzz
