// Reads a DNS message as it came from the network: hostile (RFC 1035 section 4). c-ares 1.18 has no
// parser for CNAME answers and one with its own conventions for each other type; this is one for
// all. Pure, thread-safe.
//
// Every offset and length is checked. A compression pointer must point before the name it ends, so
// a name cannot loop; a CNAME chain is followed for at most 16 steps, in whatever order its records
// stand.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "daemon/core/resolver.h"

namespace egd::dns {

uint16_t TypeCode(core::DnsType type);  // of a question or record on the wire

// Why the message says nothing about the name, whatever its records are: it is no response, cut
// short, of another kind, or points at other servers (a referral, which no resolver gives). Empty:
// it may be believed.
std::string AnswerProblem(std::string_view message);

// Whether it says that it was validated (AD, RFC 4035 section 3.2.3).
bool SaysAuthenticated(std::string_view message);

// The records of `type` that answer section of `message` has for `name`, through its CNAMEs unless
// they are what is asked for. kTempError ("malformed answer") when any record is broken. The
// response code is the caller's business.
core::DnsAnswer ParseAnswer(std::string_view message, std::string_view name, core::DnsType type);

}  // namespace egd::dns
