#include "daemon/core/test_recipient.h"

#include <catch2/catch.hpp>

namespace egd::core {

TEST_CASE("a test recipient's local part decides, with a tag, in any case, at any domain") {
  CHECK(FateOf("bounced@example.com") == TestFate::kBounced);
  CHECK(FateOf("Deferred+a+b@example.org") == TestFate::kDeferred);
  CHECK(FateOf("complained+@example.org") == TestFate::kComplained);
  CHECK(FateOf("OPENED@[192.0.2.1]") == TestFate::kOpened);
  CHECK(FateOf("clicked@example.com") == TestFate::kClicked);
  CHECK(FateOf("unsubscribed@example.com") == TestFate::kUnsubscribed);
  CHECK(FateOf("suppressed@example.com") == TestFate::kSuppressed);
  for (const char* address : {"delivered@example.com", "jane@example.com", "bounced.x@example.com",
                              "+bounced@example.com", "bounce@bounced.example", ""}) {
    CHECK(FateOf(address) == TestFate::kDelivered);
  }
}

}  // namespace egd::core
