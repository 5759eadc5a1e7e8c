// What Gmail and Yahoo would miss in a bulk mail, as its recipient got it: each of their published
// rules (in force since February 2024), judged by the mail alone, and DMARC by the DNS. Signatures
// are looked at, not verified: verifying needs the DNS of the day they were made. Policy: a rule
// that a mail does not come under (no Feedback-ID, no HTML) passes.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/mailauth/dns_facts.h"

namespace egd::service {

class DnsRounds;

enum class BulkStatus { kPass, kFail, kUnchecked };

struct BulkFinding {
  std::string rule;  // "one-click"
  BulkStatus status = BulkStatus::kPass;
  std::string found;  // what is wrong, or why it was not checked; may be empty
  std::string source;
};

// Every rule once, in the order they are shown. Pure: wants of `dns` what it does not know; null:
// DMARC is not checked.
std::vector<BulkFinding> CheckBulk(std::string_view message, mailauth::DnsFacts* dns);

// The same with the DNS asked, in the name of `asker`. Blocks up to a round's deadline.
std::vector<BulkFinding> CheckBulkOnline(std::string_view message, DnsRounds& rounds,
                                         int64_t asker);

}  // namespace egd::service
