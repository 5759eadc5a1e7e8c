#include "daemon/core/bounce_class.h"

#include <algorithm>

#include <catch2/catch.hpp>

#include "daemon/core/reply_rules.h"

namespace egd::core {
namespace {

bool IsListed(std::string_view name) {
  return std::ranges::find(kBounceClasses, name) != kBounceClasses.end();
}

}  // namespace

TEST_CASE("every rule's refusals have a class that is counted") {
  for (const PhraseRule& rule : PhraseRules()) {
    CAPTURE(rule.name);
    CHECK(IsListed(BounceClassOf(rule.refused, rule.cause)));
    CHECK(IsListed(BounceClassOf(rule.cause, true)));
  }
  for (const CodeRule& rule : CodeRules()) {
    CAPTURE(rule.name);
    CHECK(IsListed(BounceClassOf(rule.refused, rule.cause)));
    CHECK(IsListed(BounceClassOf(rule.cause, true)));
  }
}

TEST_CASE("what is refused decides before the cause does") {
  CHECK(BounceClassOf(Refused::kMailboxForNow, "mailboxfull") == "quota");
  CHECK(BounceClassOf(Refused::kMailboxForNow, "suspend") == "disabled");
  CHECK(BounceClassOf(Refused::kUs, "speeding") == "other");
  CHECK(BounceClassOf(Refused::kContent, "mesgtoobig") == "size");
  CHECK(BounceClassOf(Refused::kContent, "securityerror") == "content");
  CHECK(BounceClassOf(Refused::kProtocol, "networkerror") == "domain");
  CHECK(BounceClassOf(Refused::kProtocol, "syntaxerror") == "protocol");
}

TEST_CASE("a bounce mail is classed by its cause, and hard only when it says for good") {
  CHECK(BounceClassOf("userunknown", true) == "hard");
  CHECK(BounceClassOf("userunknown", false) == "other");
  CHECK(BounceClassOf("suspend", true) == "disabled");
  CHECK(BounceClassOf("expired", false) == "expired");
  CHECK(BounceClassOf("of tomorrow", true) == "other");
}

}  // namespace egd::core
