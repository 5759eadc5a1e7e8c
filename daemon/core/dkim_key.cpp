#include "daemon/core/dkim_key.h"

#include "daemon/core/name_table.h"

namespace egd::core {
namespace {

constexpr std::string_view kAlgorithms[] = {"rsa-sha256", "ed25519-sha256"};
constexpr std::string_view kStates[] = {"pending", "active", "retiring"};

}  // namespace

std::string_view Name(DkimAlgorithm algorithm) {
  return kAlgorithms[static_cast<size_t>(algorithm)];
}
std::optional<DkimAlgorithm> ParseDkimAlgorithm(std::string_view name) {
  return FromName<DkimAlgorithm>(kAlgorithms, name);
}

std::string_view Name(DkimKeyState state) {
  return kStates[static_cast<size_t>(state)];
}
std::optional<DkimKeyState> ParseDkimKeyState(std::string_view name) {
  return FromName<DkimKeyState>(kStates, name);
}

}  // namespace egd::core
