// Compares what the DNS has with what a sender domain has to publish: by meaning, not exact text.
//
// CNAME    the target, without case and trailing dot, also at the end of a chain of aliases
// TXT      SPF (RFC 7208): a receiver that evaluates the one v=spf1 record gets to our terms
//          (shared/spf/evaluate.h)
//          DKIM (RFC 6376): the one key record holds our key, however it is written and split
//          DMARC (RFC 7489): the one policy is valid, whichever it is; where the name has none, the
//          organisational domain's (section 6.6.3)
//          any other: some record is the same text
// MX       some record has our exchange, and our preference when we name one
// A, AAAA  some record is our address
//
// What kind a TXT record is follows from its value and host; `purpose` is the operator's own word.
// Missing and wrong records fail, and usual mistakes are named: the zone's name added twice,
// addresses in place of a CNAME (a proxying provider), quotation marks in the value, two records, a
// key cut short. A DNS that does not answer is a temperror. Pure, thread-safe.
#pragma once

#include <string>
#include <vector>

#include "daemon/core/domain.h"
#include "daemon/mailauth/dns_facts.h"
#include "shared/base/clock.h"

namespace egd::mailauth {

// Sets status, found (printable, at most 1,000 bytes), error and last_checked_at of a record of
// `domain`.
void CheckRecord(core::DnsRecord& record, const std::string& domain, DnsFacts& facts,
                 UnixMillis now);

// What is wrong with the operator's own set-up, a sentence each: the gateway's SPF record, which
// sender domains include, and the mail host that takes what comes back. Empty names are left out.
std::vector<std::string> CheckGateway(const std::string& spf_host, const std::string& mfrom_host,
                                      DnsFacts& facts);

}  // namespace egd::mailauth
