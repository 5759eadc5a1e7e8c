// What becomes of a recipient of a test key's message: its local part decides, whatever its domain.
// Pure, thread-safe.
#pragma once

#include <string_view>

namespace egd::core {

enum class TestFate {
  kDelivered,
  kBounced,
  kDeferred,  // once, then delivered
  kComplained,
  kOpened,
  kClicked,
  kUnsubscribed,
  kSuppressed,  // refused, as if it were in the suppression list
};

// `address`: "bounced@example.com", "Bounced+any.tag@example.com"; whatever is not the name of a
// fate is delivered.
TestFate FateOf(std::string_view address);

}  // namespace egd::core
