// SPF records (RFC 7208): the grammar of sections 4.5, 4.6.1, 5, 6, 7.1 and 12, as receivers apply
// it.
//
// Policy. A record is well-formed as a whole or not at all: one bad term makes receivers answer
// permerror, wherever it stands (section 4.6). What the RFC leaves open is decided as the public
// test suite does: a prefix length has no leading zero; `redirect` and `exp` never pass for unknown
// modifiers; the macro letters c, r and t belong to explanation texts only. Pure, thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "shared/base/result.h"

namespace egd::spf {

enum class Kind { kAll, kInclude, kA, kMx, kPtr, kIp4, kIp6, kExists };

struct Mechanism {
  char qualifier = '+';  // + - ~ ?
  Kind kind = Kind::kAll;
  std::string target;  // domain-spec, lower case, no trailing dot; or the network's address in wire
                       // form; empty: none
  int prefix4 = 32;    // of ip4, a and mx
  int prefix6 = 128;   // of ip6, a and mx
  std::string text;    // as it is written, without the qualifier
};

struct Record {
  std::vector<Mechanism> mechanisms;  // in order, those behind `all` too
  std::string redirect;               // domain-spec, lower case, no trailing dot; empty: none
};

// Receivers take the text for an SPF record, well-formed or not: "v=spf1", then a space or nothing
// (section 4.5).
bool IsSpf(std::string_view text);

// It begins like one, and receivers ignore it: a tab after the version, quotation marks or white
// space before it, "v=spf2".
bool IsMistakenForSpf(std::string_view text);

// kInvalidArgument: why receivers answer permerror, naming the term: "a/33" has a prefix length
// that is not 0 to 32
Result<Record> Parse(std::string_view text);

// It makes receivers ask the DNS, so it counts against their limit (section 4.6.4).
bool NeedsLookup(Kind kind);

// A domain-spec (section 7) as a name to ask for, when it is checked for mail from an address in
// `domain`; the macros d and o are known then. Empty: other macros make it depend on the mail.
std::string Expand(std::string_view domain_spec, std::string_view domain);

}  // namespace egd::spf
