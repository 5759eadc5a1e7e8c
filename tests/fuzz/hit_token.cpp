// No text is a token unless it was made here, and what is made is read back.
#include "daemon/tracking/hit_token.h"

#include "daemon/tracking/unsubscribe_token.h"
#include "tests/fuzz/fuzz.h"

using namespace egd;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = fuzz::AsText(data, size);
  const tracking::Mac never = [](std::string_view) { return std::string(32, '\x5a'); };
  // With a constant MAC every payload that ends in it passes, so that what is behind is tried too.
  if (const auto token = tracking::ReadHitToken(text, never)) {
    fuzz::Require(tracking::ReadHitToken(tracking::MakeHitToken(*token, never), never) == token);
  }
  if (const auto token = tracking::ReadUnsubscribeToken(text, never)) {
    fuzz::Require(tracking::MakeUnsubscribeToken(*token, never) == text);
  }
  return 0;
}
