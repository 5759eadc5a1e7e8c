// The TXT records of a sender domain: SPF, DKIM, DMARC, and texts of the operator's own. See
// check_record.h. Pure, thread-safe.
#pragma once

#include "daemon/core/domain.h"
#include "daemon/mailauth/dns_facts.h"
#include "daemon/mailauth/verdict.h"
#include "shared/spf/evaluate.h"

namespace egd::mailauth {

Verdict CheckTxt(const core::DnsRecord& record, DnsFacts& facts);

// The questions of an SPF evaluation, answered by what is known.
spf::LookUp SpfLookUp(DnsFacts& facts);

}  // namespace egd::mailauth
