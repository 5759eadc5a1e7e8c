#include "daemon/core/header_field_rules.h"

#include <algorithm>

#include "shared/base/strings.h"

namespace egd::core {
namespace {

using enum HandedIn;
using enum SignedAs;

constexpr HeaderFieldRule kRules[] = {
    {"From", kRewritten, true, kAgainstAdditions},
    {"Sender", kRewritten, true, kAgainstAdditions},
    {"Reply-To", kRewritten, true, kAgainstAdditions},
    {"To", kKept, true, kAgainstAdditions},
    {"Cc", kKept, true, kAgainstAdditions},
    {"Subject", kKept, true, kAgainstAdditions},
    {"Date", kKept, true, kAgainstAdditions},
    {"Message-ID", kKept, true, kAgainstAdditions},
    {"In-Reply-To", kKept, true, kAgainstAdditions},
    {"References", kKept, true, kAgainstAdditions},
    {"MIME-Version", kKept, true, kAgainstAdditions},
    {"Content-Type", kKept, true, kAgainstAdditions},
    {"Content-Transfer-Encoding", kKept, true, kAgainstAdditions},
    {"List-Unsubscribe", kKept, true, kAgainstAdditions},
    {"List-Unsubscribe-Post", kKept, true, kAgainstAdditions},
    {"List-ID", kKept, true, kAsItIs},
    {"Feedback-ID", kKept, true, kAsItIs},
    {"Bcc", kRemoved, true, kNot},
    {"Resent-Bcc", kRemoved, false, kNot},
    {"Return-Path", kRemoved, false, kNot},
    {"Authentication-Results", kRemoved, false, kNot},
    {"Received-SPF", kRemoved, false, kNot},
};

constexpr HeaderFieldRule kAnyOther;

}  // namespace

std::span<const HeaderFieldRule> HeaderFieldRules() {
  return kRules;
}

const HeaderFieldRule& RuleOf(std::string_view field_name) {
  const auto found = std::ranges::find_if(
      kRules, [&](const HeaderFieldRule& rule) { return EqualsIgnoreCase(rule.name, field_name); });
  return found == std::end(kRules) ? kAnyOther : *found;
}

}  // namespace egd::core
