// Complete messages, submitted raw: the same rules, limits and queue as for others.
#include <future>

#include "daemon/service/sending/refusal_reply.h"
#include "daemon/store/message_store.h"
#include "daemon/store/suppression_store.h"
#include "tests/unit/service/gateway.h"

namespace egd::service {
namespace {

using enum SendProblem;

struct RawGateway : Gateway {
  RawSubmission Raw() const {
    RawSubmission submission;
    submission.domain_id = domain.id;
    submission.data =
        "From: Shop <shop@example.com>\r\nTo: Jane <jane@example.net>\r\n"
        "Subject: Hello\r\n\r\nHello Jane\r\n";
    submission.recipients = {"jane@example.net"};
    return submission;
  }
  AcceptOutcome Outcome(RawSubmission submission) {
    auto outcome = acceptance.Accept(std::move(submission));
    REQUIRE(outcome);
    return *std::move(outcome);
  }
  AcceptedMessage Taken(RawSubmission submission) {
    AcceptOutcome outcome = Outcome(std::move(submission));
    if (const auto* refusals = std::get_if<SendRefusals>(&outcome)) FAIL(refusals->front().text);
    return std::get<AcceptedMessage>(outcome);
  }
  SendProblem Refused(RawSubmission submission) {
    AcceptOutcome outcome = Outcome(std::move(submission));
    REQUIRE(std::holds_alternative<SendRefusals>(outcome));
    const auto& refusal = std::get<SendRefusals>(outcome).front();
    const std::string reply = SmtpReply(refusal);
    const bool passes = refusal.problem == kRateLimit || refusal.problem == kMonthlyLimit ||
                        refusal.problem == kTooManyRecipients;
    CHECK(reply[0] == (passes ? '4' : '5'));
    CHECK(reply.size() < 510);
    return refusal.problem;
  }
  SendProblem RefusedWith(const std::string& from, const std::string& to) {
    RawSubmission submission = Raw();
    submission.data = from;
    submission.recipients = {to};
    return Refused(submission);
  }
};

}  // namespace

TEST_CASE("a raw message is queued as it is, completed and signed") {
  RawGateway gateway;
  const Uuid id = gateway.Taken(gateway.Raw()).id;
  CHECK(gateway.wake_ups == 1);
  const auto events = gateway.Events();
  REQUIRE(events.size() == 1);
  CHECK(events[0].from == "Shop <shop@example.com>");
  CHECK(events[0].to == "Jane <jane@example.net>");
  CHECK(events[0].subject == "Hello");
  std::promise<core::DueRecipient> claimed;
  gateway.ledger.Claim(1, gateway.clock.Now() + 60'000, {},
                       [&](std::vector<core::DueRecipient> due) { claimed.set_value(due.at(0)); });
  const auto recipient = claimed.get_future().get();
  const auto outgoing = gateway.ledger.Prepare(id, recipient);
  REQUIRE(outgoing);
  CHECK(outgoing->data.starts_with("DKIM-Signature: "));
  CHECK(outgoing->data.find("\r\nReceived: by localhost with HTTP id " + id.ToString()) !=
        std::string::npos);
  CHECK(outgoing->data.find("Message-ID: <" + id.ToString() + "@sl.example.com>\r\n") !=
        std::string::npos);
  CHECK(outgoing->data.ends_with("\r\n\r\nHello Jane\r\n"));
  CHECK_FALSE(outgoing->personal);
}

TEST_CASE("without an envelope the fields say who gets it, blind copies too") {
  RawGateway gateway;
  RawSubmission submission = gateway.Raw();
  submission.recipients.clear();
  submission.data.insert(0, "Cc: joe@example.net\r\nBcc: jim@example.net, jane@EXAMPLE.net\r\n");
  gateway.Taken(submission);
  CHECK(gateway.Events().size() == 3);
}

TEST_CASE("a subject from outside stands in for a missing one") {
  RawGateway gateway;
  RawSubmission submission = gateway.Raw();
  submission.data = "From: shop@example.com\r\n\r\n";
  submission.subject = "Given";
  gateway.Taken(submission);
  CHECK(gateway.Events()[0].subject == "Given");
}

TEST_CASE("From must be the sender domain's, every address of it") {
  RawGateway gateway;
  const std::string to = "jane@example.net";
  CHECK(gateway.RefusedWith("From: a@example.net\r\n\r\n", to) == kFromOutsideDomain);
  CHECK(gateway.RefusedWith("From: a@example.com, b@example.net\r\n\r\n", to) ==
        kFromOutsideDomain);
  CHECK(gateway.RefusedWith("From: nobody\r\n\r\n", to) == kFromInvalid);
  CHECK(gateway.RefusedWith("From: \r\n\r\n", to) == kFromMissing);
  CHECK(gateway.RefusedWith("To: a@example.com\r\n\r\n", to) == kMalformed);
  CHECK(gateway.RefusedWith("From: a@example.com\r\n\r\n", "nobody") == kToInvalid);
  CHECK(gateway.RefusedWith("From: a@example.com\r\n\r\n",
                            "a@b.example\r\nRCPT TO:<c@d.example>") == kToInvalid);
  CHECK(gateway.Events().empty());
}

TEST_CASE("account, limits and suppression hold for raw messages too") {
  RawGateway gateway;
  RawSubmission nobody = gateway.Raw();
  nobody.recipients.clear();
  nobody.data = "From: a@example.com\r\n\r\n";
  CHECK(gateway.Refused(nobody) == kNoRecipients);
  RawSubmission crowd = gateway.Raw();
  crowd.recipients.assign(1001, "jane@example.net");
  CHECK(gateway.Refused(crowd) == kTooManyRecipients);
  RawSubmission large = gateway.Raw();
  large.data += std::string(size_t{31} * 1024 * 1024, 'x');
  CHECK(gateway.Refused(large) == kTooLarge);

  gateway.user.send_rate_per_minute = 1;
  gateway.SaveUser();
  gateway.Taken(gateway.Raw());
  CHECK(gateway.Refused(gateway.Raw()) == kRateLimit);
  gateway.user.send_rate_per_minute = 0;
  gateway.user.monthly_send_limit = 1;
  gateway.SaveUser();
  CHECK(gateway.Refused(gateway.Raw()) == kMonthlyLimit);
  gateway.user.monthly_send_limit = 0;
  gateway.user.trusted = false;
  gateway.SaveUser();
  CHECK(gateway.Refused(gateway.Raw()) == kUserUntrusted);
  CHECK(gateway.acceptance.Judge(gateway.domain.id, Channel::kApi)->empty());
  CHECK(gateway.acceptance.Judge(gateway.domain.id, Channel::kSmtp)->size() == 1);
  gateway.Accept(gateway.Message());
  gateway.user.trusted = true;
  gateway.SaveUser();
  REQUIRE(gateway.store->Write([&](store::Transaction& tx) {
    store::SuppressionStore(tx).Insert({gateway.user.id, "jane@example.net", "manual", "", 1});
  }));
  CHECK(gateway.Refused(gateway.Raw()) == kAllSuppressed);
}

TEST_CASE("the same submission with the same key is one message") {
  RawGateway gateway;
  RawSubmission submission = gateway.Raw();
  submission.idempotency_key = "smtprelay 1";
  submission.body_digest = "a";
  const Uuid first = gateway.Taken(submission).id;
  CHECK(gateway.Taken(submission).id == first);
  CHECK(gateway.Events().size() == 1);
}

TEST_CASE("an unsubscribe link is refused where no page is served") {
  RawGateway gateway;
  Acceptance acceptance(*gateway.store, gateway.clock, {}, [] {});
  RawSubmission submission = gateway.Raw();
  const std::string mail = submission.data;
  submission.data = "X-Unsubscribe-Link: yes\r\n" + mail;
  const auto refused = acceptance.Accept(submission);
  REQUIRE(refused);
  REQUIRE(std::holds_alternative<SendRefusals>(*refused));
  CHECK(std::get<SendRefusals>(*refused).front().problem == kUnsubscribeUnavailable);
  CHECK(gateway.Taken(submission).id != Uuid());
  submission.data = "X-Unsubscribe-Link: no\r\n" + mail;
  CHECK(std::holds_alternative<AcceptedMessage>(*acceptance.Accept(submission)));
}

}  // namespace egd::service
