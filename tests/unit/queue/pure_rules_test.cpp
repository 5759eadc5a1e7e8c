#include <catch2/catch.hpp>

#include "daemon/queue/envelope.h"
#include "daemon/queue/outcome.h"
#include "daemon/queue/retry_policy.h"
#include "daemon/queue/sts_rules.h"
#include "tests/unit/queue/fake_ledger.h"

namespace egd::queue {
namespace {

using core::Disposition;
using smtp::NoReply;
using smtp_client::Answer;
using smtp_client::Stage;
using std::chrono::seconds;

constexpr UnixMillis kNow = 1'700'000'000'000;

core::DueRecipient Due(int message, const std::string& address, int64_t id = 1) {
  core::DueRecipient due;
  due.id = id;
  due.message_id = MessageId(message);
  due.address = address;
  due.destination = address.substr(address.find('@') + 1);
  due.expires_at = kNow + kDayMillis;
  return due;
}

Answer Said(Stage stage, int code, const std::string& enhanced, const std::string& text) {
  smtp::SmtpReply reply;
  reply.code = code;
  reply.enhanced = enhanced;
  reply.lines = {enhanced + " " + text};
  return {stage, reply};
}

core::DeliveryOutcome Outcome(const core::DueRecipient& due, const Answer& answer) {
  const Circumstances where = {kNow, "mx.example.com", "192.0.2.1", "TLSv1.3 X verified", ""};
  return MakeOutcome(due, answer, ClassifyFailure(answer, 1), where,
                     RetryPolicy({seconds(60), seconds(300)}), 0);
}

}  // namespace

TEST_CASE("Waits follow the schedule, the last one for ever") {
  const RetryPolicy retry({seconds(60), seconds(300), seconds(900)});
  const UnixMillis far = kNow + 100 * kDayMillis;
  CHECK(retry.NextAttempt(1, kNow, far, 0) == kNow + 60'000);
  CHECK(retry.NextAttempt(2, kNow, far, 0) == kNow + 300'000);
  CHECK(retry.NextAttempt(3, kNow, far, 0) == kNow + 900'000);
  CHECK(retry.NextAttempt(4, kNow, far, 0) == kNow + 900'000);
  CHECK(retry.NextAttempt(1'000'000, kNow, far, 0) == kNow + 900'000);
  CHECK(RetryPolicy({}).NextAttempt(1, kNow, far, 0) == kNow + 3'600'000);
}

TEST_CASE("Jitter is ten percent either way") {
  const RetryPolicy retry({seconds(1000)});
  const UnixMillis far = kNow + 100 * kDayMillis;
  CHECK(retry.NextAttempt(1, kNow, far, -1) == kNow + 900'000);
  CHECK(retry.NextAttempt(1, kNow, far, 1) == kNow + 1'100'000);
  double lowest = 1, highest = -1;
  for (int i = 0; i < 2000; ++i) {
    const double jitter = JitterOf(MessageId(i), "10 mx.example.com");
    lowest = std::min(lowest, jitter);
    highest = std::max(highest, jitter);
  }
  CHECK((lowest >= -1 && lowest < -0.9));
  CHECK((highest <= 1 && highest > 0.9));
}

TEST_CASE("A message's recipients at one destination come back together, others do not") {
  CHECK(JitterOf(MessageId(1), "a") == JitterOf(MessageId(1), "a"));
  CHECK(JitterOf(MessageId(1), "a") != JitterOf(MessageId(2), "a"));
  CHECK(JitterOf(MessageId(1), "a") != JitterOf(MessageId(1), "b"));
}

TEST_CASE("The last attempt is at the end of the message's time, and none after it") {
  const RetryPolicy retry({seconds(60)});
  CHECK(retry.NextAttempt(1, kNow, kNow + 10'000, 0) == kNow + 10'000);
  CHECK(retry.NextAttempt(1, kNow, kNow + 1, 0) == kNow + 1);
  CHECK_FALSE(retry.NextAttempt(1, kNow, kNow, 0));
  CHECK_FALSE(retry.NextAttempt(1, kNow, kNow - 1, 0));
}

TEST_CASE("Recipients are grouped by message and destination, in order, up to a bound") {
  const auto groups =
      Group({Due(1, "a@x.example", 1), Due(2, "b@x.example", 2), Due(1, "c@y.example", 3),
             Due(1, "d@x.example", 4), Due(1, "e@x.example", 5), Due(2, "f@x.example", 6)},
            2, "");
  std::vector<std::string> texts;
  for (const auto& group : groups) {
    texts.push_back(group.lane + ":");
    for (const auto& recipient : group.recipients) texts.back() += " " + recipient.address;
  }
  CHECK(texts == std::vector<std::string>{"x.example: a@x.example d@x.example",
                                          "x.example: b@x.example f@x.example",
                                          "y.example: c@y.example", "x.example: e@x.example"});
}

TEST_CASE("With a common lane a message is one transaction whatever its destinations") {
  const auto groups = Group({Due(1, "a@x.example"), Due(1, "b@y.example"), Due(2, "c@y.example")},
                            100, "smarthost");
  REQUIRE(groups.size() == 2);
  CHECK(groups[0].lane == "smarthost");
  CHECK(groups[0].recipients.size() == 2);
  CHECK(Group({}, 100, "").empty());
}

TEST_CASE("A delivery is recorded with all that is known of it") {
  auto due = Due(1, "a@x.example", 7);
  due.attempts = 2;
  const auto outcome = Outcome(due, Said(Stage::kEndOfData, 250, "2.0.0", "queued"));
  CHECK(outcome.disposition == Disposition::kDelivered);
  CHECK(outcome.recipient_id == 7);
  CHECK(outcome.message_id == MessageId(1));
  CHECK(outcome.address == "a@x.example");
  CHECK(outcome.at == kNow);
  CHECK(outcome.attempt == 3);
  CHECK(outcome.smtp_code == 250);
  CHECK(outcome.enhanced_code == "2.0.0");
  CHECK(outcome.smtp_response == "250 2.0.0 queued");
  CHECK(outcome.mx_host == "mx.example.com");
  CHECK(outcome.mx_address == "192.0.2.1");
  CHECK(outcome.tls == "TLSv1.3 X verified");
  CHECK(outcome.next_attempt_at == 0);
  CHECK(outcome.bounce_class.empty());
}

TEST_CASE("A missing mailbox bounces and is suppressed, a policy refusal only bounces") {
  const auto gone =
      Outcome(Due(1, "a@x.example"), Said(Stage::kRcpt, 550, "5.1.1", "no such user"));
  CHECK(gone.disposition == Disposition::kBounced);
  CHECK(gone.bounce_class == "hard");
  CHECK(gone.suppress);
  const auto policy = Outcome(Due(1, "a@x.example"), Said(Stage::kRcpt, 550, "5.7.1", "blocked"));
  CHECK(policy.disposition == Disposition::kBounced);
  CHECK(policy.bounce_class == "policy");
  CHECK_FALSE(policy.suppress);
}

TEST_CASE("What may pass is deferred until the message expires") {
  auto due = Due(1, "a@x.example");
  const Answer busy = Said(Stage::kRcpt, 450, "4.2.0", "busy");
  const auto deferred = Outcome(due, busy);
  CHECK(deferred.disposition == Disposition::kDeferred);
  CHECK(deferred.next_attempt_at == kNow + 60'000);
  CHECK(deferred.bounce_class.empty());
  due.attempts = 1;
  CHECK(Outcome(due, busy).next_attempt_at == kNow + 300'000);
  due.expires_at = kNow;
  const auto expired = Outcome(due, busy);
  CHECK(expired.disposition == Disposition::kBounced);
  CHECK(expired.bounce_class == "expired");
  CHECK(expired.smtp_response == "450 4.2.0 busy");
  CHECK_FALSE(expired.suppress);
}

TEST_CASE(
    "Trouble with making a message waits or bounces by its kind, and never shows its detail") {
  const auto bug = Outcome(Due(1, "a@x.example"), CannotCompose(Internal("key of /secret/path")));
  CHECK(bug.disposition == Disposition::kDeferred);
  CHECK(bug.smtp_response == "the message cannot be made: try later");
  const auto gone =
      Outcome(Due(1, "a@x.example"), CannotCompose(NotFound("there is no such message")));
  CHECK(gone.disposition == Disposition::kBounced);
  CHECK(gone.bounce_class == "content");
  CHECK_FALSE(gone.suppress);
  CHECK(gone.smtp_response == "the message cannot be made: there is no such message");
}

TEST_CASE("An enforced policy permits the exchangers it names, any other policy all") {
  mailauth::StsPolicy policy;
  policy.mx = {"mx1.example", "*.example.net"};
  const smtp_client::Exchangers all = {
      {{10, "mx1.example"}, {20, "mx2.example"}, {30, "a.example.net"}}, {}};
  for (const auto mode : {mailauth::StsMode::kNone, mailauth::StsMode::kTesting}) {
    policy.mode = mode;
    CHECK(Permitted(policy, all).Name() == all.Name());
  }
  policy.mode = mailauth::StsMode::kEnforce;
  CHECK(Permitted(policy, all).Name() == "10 mx1.example,30 a.example.net");
  const auto none = Permitted(policy, {{{10, "mx2.example"}, {20, "mx3.example"}}, {}});
  CHECK(none.hosts.empty());
  CHECK(smtp::OneLine(none.failure.reply) == "MTA-STS: mx2.example does not match the policy");
  CHECK_FALSE(ClassifyFailure(none.failure, 1).permanent);
}

TEST_CASE("What a policy makes of an attempt is said in a few words") {
  mailauth::StsPolicy policy;
  policy.mx = {"mx.example"};
  CHECK(StsNote(policy, "mx.example", "TLSv1.3 X verified").empty());
  policy.mode = mailauth::StsMode::kEnforce;
  CHECK(StsNote(policy, "mx.example", "TLSv1.3 X verified") == "MTA-STS enforce: matched");
  CHECK(StsNote(policy, "mx.example", "TLSv1.3 X unverified (self-signed certificate)") ==
        "MTA-STS enforce: no valid certificate");
  CHECK(StsNote(policy, "", "") == "MTA-STS enforce: no server tried");
  policy.mode = mailauth::StsMode::kTesting;
  CHECK(StsNote(policy, "mx.example", "") == "MTA-STS testing: no TLS");
  CHECK(StsNote(policy, "mx2.example", "TLSv1.3 X verified") ==
        "MTA-STS testing: mx2.example does not match");
}

}  // namespace egd::queue
