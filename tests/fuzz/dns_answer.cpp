// Whatever a name server sends, ParseAnswer returns, and what it found has the form it promises.
// The first byte of the input chooses the type asked for.
#include "daemon/dns/dns_answer.h"

#include "daemon/mailauth/dane.h"
#include "tests/fuzz/fuzz.h"

using namespace egd;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const auto type = core::DnsType(data[0] % 6);
  const auto answer = dns::ParseAnswer(fuzz::AsText(data + 1, size - 1), "www.example.com", type);
  fuzz::Require((answer.status == core::DnsStatus::kFound) == !answer.values.empty());
  fuzz::Require(type != core::DnsType::kMx || answer.preferences.size() == answer.values.size());
  if (type == core::DnsType::kTxt) return 0;
  if (type == core::DnsType::kTlsa) {
    auto secure = answer;
    secure.authenticated = true;
    const auto judged = mailauth::JudgeTlsa(secure, "example.com");
    fuzz::Require((judged.verdict == mailauth::TlsaVerdict::kSecure) == (judged.set != nullptr));
    return 0;
  }
  for (const auto& value : answer.values) {
    fuzz::Require(value.size() <= 4 * 255);
    for (const char c : value) fuzz::Require(c > ' ' && c < 0x7f);
  }
  return 0;
}
