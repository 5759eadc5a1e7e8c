// Whatever ParseEmailAddress accepts is short, printable, in normal form, and parses to itself.
#include "daemon/core/email_address.h"

#include "daemon/core/host_name.h"
#include "shared/base/strings.h"
#include "tests/fuzz/fuzz.h"

using namespace egd;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto address = core::ParseEmailAddress(fuzz::AsText(data, size));
  if (!address) return 0;
  const std::string text = address->Text();
  fuzz::Require(text.size() <= core::kMaxEmailAddressBytes);
  fuzz::Require(IsUtf8(text) && !HasControl(text));
  fuzz::Require(core::NormalizeDomainName(address->domain) == address->domain);
  const auto again = core::ParseEmailAddress(text);
  fuzz::Require(again && *again == *address);
  return 0;
}
