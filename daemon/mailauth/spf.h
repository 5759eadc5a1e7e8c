// SPF records (RFC 7208), as far as a gateway needs them: does a domain's record let our hosts
// send, and will receivers be able to evaluate it? Mail is not checked here.
//
// Policy. Every mechanism of our record but `all` must stand in theirs, with a pass qualifier and
// before any `all`. Terms that make receivers look names up are counted through includes and
// redirect, as if none matched, and more than ten fail (section 4.6.4). A branch that the DNS does
// not answer counts as the one look-up that leads to it: what we cannot see is no reason to refuse.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/resolver.h"

namespace egd::mailauth {

constexpr int kMaxSpfLookups = 10;

struct SpfMechanism {
  char qualifier = '+';  // + - ~ ?
  std::string name;      // "include", lower case
  std::string argument;  // after ":" or from "/" on; lower case, no trailing dot
  bool operator==(const SpfMechanism&) const = default;
};

struct SpfRecord {
  std::vector<SpfMechanism> mechanisms;  // those after `all` are dropped: they never match
  std::string redirect;                  // empty: none, or made void by `all`
};

// The text is an SPF record: "v=spf1", then a space or nothing (section 4.5). It may be malformed.
bool IsSpf(std::string_view text);

// Nothing for a text that receivers treat as a permanent error (section 4.6).
std::optional<SpfRecord> ParseSpf(std::string_view text);

// The first mechanism of `required` that `found` lacks, as text ("include:spf.example.net"); empty:
// none.
std::string MissingMechanism(const SpfRecord& found, const SpfRecord& required);

// TXT records of a name; may block.
using FetchTxt = std::function<core::DnsAnswer(const std::string& name)>;

// Receivers need more than kMaxSpfLookups look-ups. Fetches at most that many names, loops
// included.
bool NeedsTooManyLookups(const SpfRecord& record, const FetchTxt& fetch);

}  // namespace egd::mailauth
