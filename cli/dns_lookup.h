// Questions to one name server, with the C library's resolver (resolver(3)). Blocks until its
// time-outs are over.
#pragma once

#include <string>
#include <vector>

#include "cli/txt_lookup.h"
#include "shared/base/result.h"

namespace egd::cli {

enum class DnsType { kA = 1, kNs = 2, kCname = 5, kPtr = 12, kMx = 15, kTxt = 16, kAaaa = 28 };

struct DnsReply {
  // As text: an address, a name in lower case without its last dot, a TXT value; for MX the host.
  std::vector<std::string> values;
  uint32_t ttl = 0;        // seconds; the least of the values'
  bool edns = false;       // the server speaks EDNS (RFC 6891)
  bool validated = false;  // it says that it validated the answer (AD, RFC 4035 section 3.2.3)
};

// Asks with EDNS, DO and AD. A name or type that does not exist is a reply without values;
// kUnavailable when the server does not answer, or refuses.
Result<DnsReply> LookUp(const NameServer& server, const std::string& name, DnsType type);

// What a DNS message holds of this type. Pure; kUnavailable for what is no answer.
Result<DnsReply> DnsReplyOf(std::string_view message, DnsType type);

// "1.2.0.192" and "1.0.0.…" of an IPv6 address: what PTR names and blocklists begin with. Empty for
// what is no address.
std::string ReversedAddress(const std::string& address);
// "1.2.0.192.in-addr.arpa"
std::string PtrName(const std::string& address);

// The servers that resolv.conf(5) names; 127.0.0.1 when it names none.
std::vector<std::string> SystemNameServers(std::string_view resolv_conf);

}  // namespace egd::cli
