// What a domain's MTA-STS policy makes of its mail exchangers and of an attempt (RFC 8461 sections
// 4.1, 4.2 and 5). Pure, thread-safe.
#pragma once

#include <string>

#include "daemon/mailauth/mta_sts.h"
#include "daemon/smtp_client/mx_route.h"

namespace egd::queue {

// A policy that is not enforced changes nothing. Else those of `exchangers` that it names, and those
// under DANE, which it has no say in (RFC 8461 section 2); without one, a temporary failure that says so.
smtp_client::Exchangers Permitted(const mailauth::StsPolicy& policy,
                                  smtp_client::Exchangers exchangers);

// For events and explanations: "MTA-STS enforce: matched", or what is wanting. `tls` as
// net::DescribeTls; an empty `host`: none was connected to. Empty for a policy of mode none.
std::string StsNote(const mailauth::StsPolicy& policy, const std::string& host,
                    const std::string& tls);

}  // namespace egd::queue
