// Compares what the DNS has with what a sender domain has to publish: by meaning, not by bytes.
//
// CNAME    the target, without case and trailing dot
// TXT      SPF (RFC 7208): the one v=spf1 record at the name has our mechanisms and is evaluable
//          DKIM (RFC 6376): the one key record holds our key, however it is written and split
//          DMARC (RFC 7489): the one policy is valid, whichever it is
//          any other: some record is the same text
// MX       some record has our exchange, and our preference when we name one
// A, AAAA  some record is our address
//
// What kind a TXT record is follows from its value and host; `purpose` is the operator's own word.
// Missing and wrong records fail; a DNS that does not answer is a temperror. Pure but for `fetch`.
#pragma once

#include <optional>

#include "daemon/core/domain.h"
#include "daemon/core/resolver.h"
#include "daemon/mailauth/spf.h"

namespace egd::mailauth {

// The question whose answer JudgeRecord wants. Nothing for a type that cannot be checked.
std::optional<core::DnsType> QuestionType(const core::DnsRecord& record);

// Sets status, found (printable, at most 1,000 bytes), error and last_checked_at. `fetch` is asked
// for the includes of an SPF record only.
void CheckRecord(core::DnsRecord& record, const core::DnsAnswer& answer, const FetchTxt& fetch,
                 UnixMillis now);

}  // namespace egd::mailauth
