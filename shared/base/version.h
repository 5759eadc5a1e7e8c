// The product's version, from CMakeLists.txt.
#pragma once

#include <string_view>

namespace egd {
std::string_view Version();
}
