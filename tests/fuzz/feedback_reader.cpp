// Whatever comes back, a feedback report is bounded and printable.
#include "daemon/mime/feedback_reader.h"

#include "shared/base/strings.h"
#include "tests/fuzz/fuzz.h"

using namespace egd;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto feedback = mime::ReadFeedback(mime::TakeApart(fuzz::AsText(data, size)));
  if (!feedback) return 0;
  fuzz::Require(!feedback->type.empty());
  for (const auto* text : {&feedback->type, &feedback->user_agent, &feedback->reporter}) {
    fuzz::Require(text->size() <= 4 * 255 && !HasControl(*text));  // \xNN for a byte
  }
  for (const auto& address : feedback->recipients) fuzz::Require(address.size() <= 254);
  return 0;
}
