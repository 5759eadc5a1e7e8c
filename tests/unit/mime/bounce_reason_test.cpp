#include "daemon/mime/bounce_reason.h"

#include <catch2/catch.hpp>

namespace egd::mime {
namespace {

struct Case {
  int code;
  const char* status;
  BounceStage stage;
  const char* words;
  const char* reason;
  bool hard;
};

TEST_CASE("A reason follows from the words before the codes", "[bounce_reason]") {
  constexpr auto kRcpt = BounceStage::kRcpt;
  constexpr auto kData = BounceStage::kData;
  constexpr auto kMail = BounceStage::kMail;
  constexpr auto kNone = BounceStage::kUnknown;
  const Case cases[] = {
      {550, "5.1.1", kRcpt, "User unknown", "userunknown", true},
      {550, "5.1.1", kNone, "", "userunknown", true},
      {450, "4.1.1", kRcpt, "User unknown", "userunknown", false},
      {552, "5.1.1", kRcpt, "sorry, mailbox is over quota", "mailboxfull", false},
      {550, "5.2.1", kRcpt, "The email account that you tried to reach is disabled", "suspend",
       false},
      {550, "5.2.1", kRcpt, "is receiving mail at a rate that prevents more", "speeding", false},
      {550, "5.7.1", kRcpt, "No such user", "userunknown", true},
      {550, "5.7.1", kMail, "No such user here: a@example.com", "filtered", false},
      {550, "5.1.8", kMail, "Domain of sender address does not exist", "rejected", false},
      {550, "5.7.1", kRcpt, "Relay access denied", "norelaying", false},
      {550, "5.7.26", kData, "Unauthenticated email is not accepted: DMARC", "authfailure", false},
      {550, "5.7.1", kRcpt, "client blocked using zen.example.org", "blocked", false},
      {550, "5.4.4", kNone, "Host or domain name not found", "hostunknown", true},
      {451, "4.4.3", kNone, "Host not found, try again", "networkerror", false},
      {556, "5.1.10", kRcpt, "the domain does not accept mail (null MX)", "notaccept", true},
      {550, "5.1.6", kRcpt, "recipient no longer on server", "hasmoved", true},
      {550, "", kData, "user unknown", "filtered", false},
      {554, "5.7.1", kData, "message content rejected as spam", "spamdetected", false},
      {421, "4.4.2", kNone, "Connection timed out", "expired", false},
      {550, "5.0.0", kNone, "frobnicated", "undefined", false},
  };
  for (const Case& each : cases) {
    INFO(each.code << ' ' << each.status << ' ' << each.words);
    const BounceReason reason = ReasonFor({each.code, each.status, each.stage, each.words});
    CHECK(reason.reason == each.reason);
    CHECK(reason.hard == each.hard);
  }
}

TEST_CASE("Addresses, host names and URLs are no words", "[bounce_reason]") {
  CHECK(PlainWords("550-5.1.1 <spam-full@quota.example.org>: see\n https://over.quota/full "
                   "mx.spamhaus.example.com[192.0.2.1]") == ": see []");
  const BounceReason reason = ReasonFor(
      {550, "5.1.1", BounceStage::kRcpt, "550 5.1.1 <spam@blocked-by.example>: unknown user"});
  CHECK(reason.reason == "userunknown");
}

}  // namespace
}  // namespace egd::mime
