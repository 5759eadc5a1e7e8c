// Looks TXT records up with the C library's resolver (resolver(3)): the ones of /etc/resolv.conf,
// or one name server. Blocks until its time-outs are over.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shared/base/result.h"

struct __res_state;

namespace egd::cli {

struct NameServer {
  std::string address;  // in wire form: 4 bytes of IPv4, 16 of IPv6
  uint16_t port = 53;
};
// "192.0.2.1", "192.0.2.1:5353", "2001:db8::1" or "[2001:db8::1]:5353"; nothing for any other text.
std::optional<NameServer> ParseNameServer(std::string_view text);

// Makes `state`, which res_ninit has filled, ask this server and no other.
void AskOnly(const NameServer& server, struct __res_state& state);

// The values of a name, their strings joined; none when there are none. kUnavailable when the DNS
// does not answer.
Result<std::vector<std::string>> LookUpTxt(const std::string& name,
                                           const std::optional<NameServer>& server);

// The TXT values of a DNS message (RFC 1035 section 4). Pure; nothing for what is no answer.
std::optional<std::vector<std::string>> TxtValuesOf(std::string_view message);

}  // namespace egd::cli
