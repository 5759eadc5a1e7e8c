// Human or machine: what tells a person's open or click from that of a scanner, a proxy that loads
// everything, or a preview. The table is in hit_rules.cpp, a source for each rule; the first that
// fits decides. Applied to one hit when it comes (ClassifyHit), and once more to all hits of a
// recipient when their window closes (ClassifyWindow), when it is known what came beside them.
//
// A proxy that loads a picture because its reader opens the mail (Gmail, Yahoo) is no machine.
// Policy on doubt: human, so that statistics never lose a person for a guess. Pure, thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "shared/base/clock.h"

namespace egd::tracking {

// How long hits of one recipient are looked at together: the longest that public scanners took to
// follow every link of a mail.
constexpr UnixMillis kHitWindow = 10'000;

constexpr std::string_view kScannerNetworkRule = "scanner-network";

struct Hit {
  bool click = false;  // else an open
  UnixMillis at = 0;
  std::string method;  // "GET", "HEAD"; with " prefetch" where the request said so
  std::string user_agent;
  std::string address;          // may be cut to its network, or empty
  bool was_scanner = false;     // kScannerNetworkRule fitted the address, which is no longer known
  std::string mx_host;          // that took the message; empty: not known
  UnixMillis delivered_at = 0;  // 0: not known
  size_t link_index = 0;        // of a click
  size_t links = 0;             // that the message has; 0: not known
};

struct HitVerdict {
  bool automated = false;
  std::string_view rule;    // "apple-prefetch"; empty of a human
  std::string_view reason;  // a sentence
  std::string_view source;  // where that is known from
};

HitVerdict ClassifyHit(const Hit& hit);
// One verdict a hit, in their order. `hits` are one recipient's of one message, in any order.
std::vector<HitVerdict> ClassifyWindow(const std::vector<Hit>& hits);

struct HitRule {
  std::string_view name, reason, source;
};
// All rules, in the order in which they are tried.
std::vector<HitRule> HitRules();

}  // namespace egd::tracking
