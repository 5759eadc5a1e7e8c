#include "daemon/smtp_client/failure_policy.h"

#include <catch2/catch.hpp>

namespace egd::smtp_client {
namespace {

Answer Said(Stage stage, const std::string& text) {
  const auto reply = smtp::ParseReply(text);
  REQUIRE(reply);
  return {stage, *reply};
}

struct Case {
  Stage stage;
  std::string reply;
  bool permanent;
  Scope scope;
  std::string bounce_class;
};

}  // namespace

TEST_CASE("Real replies get the verdict an operator would give") {
  const auto [stage, reply, permanent, scope, bounce_class] = GENERATE(values<Case>({
      // Mailbox gone: Gmail, Outlook, Postfix, Yahoo's disabled account, null MX at the server.
      {Stage::kRcpt, "550 5.1.1 The email account that you tried to reach does not exist.", true,
       Scope::kRecipient, "hard"},
      {Stage::kRcpt, "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found", true,
       Scope::kRecipient, "hard"},
      {Stage::kRcpt, "551 5.1.6 User has moved", true, Scope::kRecipient, "hard"},
      {Stage::kRcpt, "550 5.2.1 The email account that you tried to reach is disabled.", true,
       Scope::kRecipient, "disabled"},
      {Stage::kRcpt, "554 5.1.1 <x@example.com>: Recipient address rejected", true,
       Scope::kRecipient, "hard"},
      {Stage::kRcpt, "550 5.1.0 Address rejected.", true, Scope::kRecipient, "hard"},
      {Stage::kRcpt, "550 5.1.3 Bad destination mailbox address", true, Scope::kRecipient, "hard"},
      {Stage::kEndOfData, "550 5.1.1 No such user", true, Scope::kRecipient, "hard"},
      // The same in words: no status code, or Exchange Online's own.
      {Stage::kRcpt, "550 <x@example.com>: User unknown", true, Scope::kRecipient, "hard"},
      {Stage::kRcpt, "550 5.0.0 No such recipient here", true, Scope::kRecipient, "hard"},
      {Stage::kRcpt,
       "550 5.4.1 [x@example.com]: Recipient address rejected: Access denied. AS(201806281)", true,
       Scope::kRecipient, "hard"},
      {Stage::kRcpt, "552 x@example.com's mailbox is full", true, Scope::kRecipient, "quota"},
      // About us, not about the mailbox.
      {Stage::kRcpt,
       "550 5.7.1 Service unavailable, client host [192.0.2.1] blocked using Spamhaus", false,
       Scope::kDestination, ""},
      {Stage::kMail,
       "550 5.7.1 Unfortunately, messages from [192.0.2.1] weren't sent. Please contact your "
       "Internet service provider since part of their network is on our block list (S3140).",
       false, Scope::kDestination, ""},
      {Stage::kEndOfData,
       "550-5.7.1 [192.0.2.1      12] Our system has detected an unusual rate of unsolicited mail",
       false, Scope::kDestination, ""},
      {Stage::kRcpt, "550 5.1.1 rejected: your address has a poor reputation", false,
       Scope::kDestination, ""},
      {Stage::kRcpt, "550 5.1.1 <blacklist@example.com>: no such user", true, Scope::kRecipient,
       "hard"},
      {Stage::kRcpt, "554 5.7.1 Relay access denied", true, Scope::kRecipient, "policy"},
      {Stage::kMail, "550 5.7.1 [TSS04] Messages from 192.0.2.1 permanently deferred", false,
       Scope::kDestination, ""},
      {Stage::kEndOfData,
       "550 5.7.26 This mail has been blocked because the sender is unauthenticated.", true,
       Scope::kMessage, "policy"},
      {Stage::kRcpt, "550 5.4.5 Daily user sending limit exceeded", false, Scope::kDestination, ""},
      {Stage::kEndOfData, "554 5.7.9 Message not accepted for policy reasons", true,
       Scope::kMessage, "policy"},
      {Stage::kEndOfData, "550 This message looks like spam", true, Scope::kMessage, "content"},
      {Stage::kRcpt, "550 5.1.8 <a@b.example>: Sender address rejected: Domain not found", true,
       Scope::kRecipient, "sender"},
      {Stage::kRcpt, "550 5.1.7 Bad sender", true, Scope::kRecipient, "sender"},
      {Stage::kMail, "550 5.1.1 who are you", true, Scope::kMessage, "sender"},
      // The rest of what is permanent.
      {Stage::kRcpt, "552 5.2.2 Mailbox full", true, Scope::kRecipient, "quota"},
      {Stage::kEndOfData, "552 5.2.2 Over quota", true, Scope::kRecipient, "quota"},
      {Stage::kMail, "552 5.3.4 Message size exceeds fixed limit", true, Scope::kMessage, "size"},
      {Stage::kEndOfData, "552 Message exceeds maximum fixed size", true, Scope::kMessage, "size"},
      {Stage::kRcpt, "550 5.4.4 Unable to route", true, Scope::kRecipient, "domain"},
      {Stage::kRcpt, "553 5.1.2 Host unknown", true, Scope::kRecipient, "domain"},
      {Stage::kEndOfData, "554 5.6.0 Bad content", true, Scope::kMessage, "content"},
      {Stage::kMail, "501 5.5.4 Syntax error", true, Scope::kMessage, "protocol"},
      {Stage::kData, "503 Bad sequence of commands", true, Scope::kMessage, "protocol"},
      // A plain 5yz does not say what for: it bounces, and suppresses nobody.
      {Stage::kRcpt, "550 Requested action not taken: mailbox unavailable", true, Scope::kRecipient,
       "other"},
      {Stage::kEndOfData, "554 Transaction failed", true, Scope::kMessage, "other"},
      {Stage::kRcpt, "599 5.9.9 ?", true, Scope::kRecipient, "other"},
      // Temporary.
      {Stage::kRcpt, "450 4.2.0 Greylisted", false, Scope::kRecipient, ""},
      {Stage::kRcpt, "452 4.2.2 The email account that you tried to reach is over quota", false,
       Scope::kRecipient, ""},
      {Stage::kRcpt, "450 4.1.1 Unverified address", false, Scope::kRecipient, ""},
      {Stage::kRcpt, "552 Too many recipients", false, Scope::kRecipient, ""},
      {Stage::kRcpt, "554 5.5.3 Too many recipients", false, Scope::kRecipient, ""},
      {Stage::kMail, "451 4.3.0 Try later", false, Scope::kMessage, ""},
      {Stage::kMail, "450 4.7.0 Rate limit", false, Scope::kDestination, ""},
      {Stage::kEndOfData, "451 4.7.1 Try again later", false, Scope::kMessage, ""},
      {Stage::kRcpt, "421 4.7.0 [TSS04] Messages temporarily deferred", false, Scope::kDestination,
       ""},
      {Stage::kMail, "421 Too many messages in this session", false, Scope::kSession, ""},
      {Stage::kEndOfData, "421 4.3.2 Shutting down", false, Scope::kSession, ""},
      // Nobody's fault yet: the server talks nonsense.
      {Stage::kData, "250 What?", false, Scope::kSession, ""},
      {Stage::kEndOfData, "354 Go on", false, Scope::kSession, ""},
      // Before MAIL nothing is about a recipient.
      {Stage::kBanner, "554 5.7.1 Go away", false, Scope::kHost, ""},
      {Stage::kBanner, "421 Busy", false, Scope::kHost, ""},
      {Stage::kHello, "550 5.1.1 No", false, Scope::kHost, ""},
      {Stage::kStartTls, "454 TLS not available", false, Scope::kHost, ""},
  }));
  INFO(Name(stage) << " " << reply);
  const Verdict verdict = ClassifyFailure(Said(stage, reply), 1);
  CHECK(verdict.permanent == permanent);
  CHECK(Name(verdict.scope) == Name(scope));
  CHECK(verdict.bounce_class == bounce_class);
  CHECK(verdict.suppress == (bounce_class == "hard"));
  CHECK_FALSE(verdict.reason.empty());
  CHECK_FALSE(verdict.rule.empty());
}

TEST_CASE("Only what is about us has a pace") {
  const auto pace = [](Stage stage, const std::string& reply) {
    return Name(ClassifyFailure(Said(stage, reply), 1).pace);
  };
  CHECK(pace(Stage::kRcpt, "550 5.7.1 client host listed by Spamhaus") == "pause");
  CHECK(pace(Stage::kMail, "421 4.7.0 too many connections") == "slow");
  CHECK(pace(Stage::kMail, "450 4.7.0 rate limit") == "pause");
  CHECK(pace(Stage::kRcpt, "550 5.1.1 no such user") == "keep");
  CHECK(pace(Stage::kRcpt, "450 4.2.0 greylisted") == "keep");
  CHECK(pace(Stage::kEndOfData, "550 5.7.26 unauthenticated") == "keep");
  CHECK(pace(Stage::kEndOfData, "550 5.7.1 a link in it is listed by Spamhaus DBL") == "keep");
  CHECK(pace(Stage::kEndOfData, "421 4.7.0 very low reputation of the sending domain") == "keep");
  CHECK(pace(Stage::kRcpt, "550 5.7.1 No such user!") == "keep");
  CHECK(pace(Stage::kRcpt, "550 5.7.1 refused by policy") == "keep");
}

TEST_CASE("A tenant's domain waits alone where a server defers it") {
  const auto answer =
      Said(Stage::kEndOfData, "421 4.7.0 very low reputation of the sending domain");
  CHECK(ClassifyFailure(answer, 1).scope == Scope::kSenderDomain);
  CHECK_FALSE(ClassifyFailure(answer, 1).permanent);
}

TEST_CASE("Every line of a reply counts") {
  const auto verdict = ClassifyFailure(
      Said(Stage::kRcpt,
           "550-Verification failed for <b-1@sl.example.org>\n550-No Such User Here\n550 Sender "
           "verify failed"),
      1);
  CHECK(verdict.bounce_class == "sender");
  CHECK_FALSE(verdict.suppress);
}

TEST_CASE("A mailbox full, busy or disabled bounces or waits, and is never suppressed") {
  const auto verdict = [](const std::string& reply) {
    return ClassifyFailure(Said(Stage::kRcpt, reply), 1);
  };
  CHECK(verdict("552 5.1.1 Boite du destinataire pleine OFR_417").bounce_class == "quota");
  CHECK(verdict("552 5.1.1 rejected - extended quota violation").bounce_class == "quota");
  CHECK(verdict("550 account is disabled").bounce_class == "disabled");
  CHECK_FALSE(verdict("550 5.2.1 receiving mail at a rate that prevents delivery").permanent);
  CHECK_FALSE(verdict("550 5.1.90 daily limit for message recipients").permanent);
}

TEST_CASE("What we found out ourselves is judged by its enhanced code") {
  const auto judge = [](Stage stage, const std::string& enhanced) {
    return ClassifyFailure({stage, smtp::NoReply(enhanced, "because")}, 1);
  };
  CHECK(judge(Stage::kRoute, "5.1.10").suppress);
  CHECK(judge(Stage::kRoute, "5.1.10").bounce_class == "hard");
  CHECK(judge(Stage::kRoute, "5.1.2").bounce_class == "domain");
  CHECK_FALSE(judge(Stage::kRoute, "5.1.2").suppress);
  CHECK(judge(Stage::kRoute, "5.4.6").permanent);
  CHECK_FALSE(judge(Stage::kRoute, "4.4.3").permanent);
  CHECK(judge(Stage::kRoute, "4.4.3").scope == Scope::kDestination);
  CHECK_FALSE(judge(Stage::kConnect, "4.4.1").permanent);
  CHECK(judge(Stage::kConnect, "4.4.1").scope == Scope::kHost);
  CHECK(judge(Stage::kRcpt, "4.4.2").scope == Scope::kSession);
  CHECK_FALSE(judge(Stage::kEndOfData, "4.4.2").permanent);
  CHECK(judge(Stage::kCompose, "5.6.0").bounce_class == "content");
  CHECK_FALSE(judge(Stage::kCompose, "4.3.0").permanent);
  CHECK(judge(Stage::kMail, "5.6.7").bounce_class == "content");
  CHECK(judge(Stage::kMail, "5.3.4").bounce_class == "size");
}

TEST_CASE("A reply to the content of several recipients is not held against their mailboxes") {
  const Answer answer = Said(Stage::kEndOfData, "550 5.1.1 No such user");
  CHECK(ClassifyFailure(answer, 1).suppress);
  CHECK_FALSE(ClassifyFailure(answer, 2).suppress);
  CHECK(ClassifyFailure(answer, 2).permanent);
  CHECK(ClassifyFailure(answer, 2).bounce_class == "other");
}

TEST_CASE("No temporary verdict has a class or suppresses, whatever the reply") {
  for (int stage = 0; stage <= static_cast<int>(Stage::kEndOfData); ++stage) {
    for (int code = 200; code < 600; ++code) {
      for (const char* detail : {"", " .1.1", " .2.1", " .7.1", " .9.9"}) {
        std::string text = std::to_string(code) + detail;
        if (*detail != 0) text.insert(4, 1, text[0]);
        const Answer answer = Said(static_cast<Stage>(stage), text);
        if (answer.Delivered()) continue;
        const Verdict verdict = ClassifyFailure(answer, 1);
        if (verdict.permanent != (verdict.bounce_class != "") ||
            (verdict.suppress && !verdict.permanent) ||
            (verdict.permanent && answer.reply.code < 500)) {
          FAIL(Name(answer.stage) << " " << text);
        }
      }
    }
  }
  SUCCEED();
}

}  // namespace egd::smtp_client
