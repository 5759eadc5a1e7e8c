#include "daemon/core/test_recipient.h"

#include <utility>

#include "shared/base/strings.h"

namespace egd::core {

TestFate FateOf(std::string_view address) {
  constexpr std::pair<std::string_view, TestFate> kFates[] = {
      {"bounced", TestFate::kBounced},       {"deferred", TestFate::kDeferred},
      {"complained", TestFate::kComplained}, {"opened", TestFate::kOpened},
      {"clicked", TestFate::kClicked},       {"unsubscribed", TestFate::kUnsubscribed},
      {"suppressed", TestFate::kSuppressed},
  };
  const std::string_view local = address.substr(0, address.rfind('@'));
  const std::string_view name = local.substr(0, local.find('+'));
  for (const auto& [word, fate] : kFates) {
    if (EqualsIgnoreCase(name, word)) return fate;
  }
  return TestFate::kDelivered;
}

}  // namespace egd::core
