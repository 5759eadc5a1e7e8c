// Several messages in one commit: each is accepted or refused for itself.
#include "daemon/service/sending/acceptance.h"
#include "daemon/store/queue_store.h"
#include "daemon/store/suppression_store.h"
#include "daemon/store/usage_store.h"
#include "tests/unit/service/gateway.h"

namespace egd::service {
namespace {

using enum SendProblem;

// What became of each, a word each: "sent", or the number of its first problem.
std::string Words(const std::vector<AcceptOutcome>& outcomes) {
  std::string text;
  for (const AcceptOutcome& outcome : outcomes) {
    const auto* refusals = std::get_if<SendRefusals>(&outcome);
    text += refusals ? std::to_string(int(refusals->front().problem)) + " " : "sent ";
  }
  return text;
}

std::string Word(SendProblem problem) {
  return std::to_string(int(problem)) + " ";
}

struct BatchGateway : Gateway {
  Batch Of(std::vector<NewMessage> messages) {
    Batch batch;
    batch.domain_id = domain.id;
    batch.messages = std::move(messages);
    batch.answer = Words;
    return batch;
  }
  std::string Answer(Batch batch) {
    const Result<BatchOutcome> outcome = acceptance.Accept(std::move(batch));
    REQUIRE(outcome);
    REQUIRE(std::holds_alternative<std::string>(*outcome));
    return std::get<std::string>(*outcome);
  }
  SendProblem Refused(Batch batch) {
    const Result<BatchOutcome> outcome = acceptance.Accept(std::move(batch));
    REQUIRE(outcome);
    REQUIRE(std::holds_alternative<SendRefusals>(*outcome));
    return std::get<SendRefusals>(*outcome).front().problem;
  }
  NewMessage To(const std::string& address) {
    NewMessage message = Message();
    message.draft.to = {{"", address}};
    return message;
  }
  int64_t Queued() {
    return Read([](store::Connection& c) { return store::QueueStore(c).Count(); });
  }
  int64_t Sent() {
    return Read([&](store::Connection& c) {
      return store::UsageStore(c).SentInMonth(user.id, clock.Now());
    });
  }
};

}  // namespace

TEST_CASE("the good messages of a batch are sent whatever becomes of the others") {
  BatchGateway gateway;
  REQUIRE(gateway.store->Write([&](store::Transaction& tx) {
    store::SuppressionStore(tx).Insert({gateway.user.id, "gone@example.net", "manual", "", 1});
  }));
  NewMessage foreign = gateway.Message(), bad = gateway.To("nobody"), late = gateway.Message();
  foreign.draft.from.email = "a@example.net";
  late.send_at = gateway.clock.Now() + 31 * kDayMillis;
  const std::string answer = gateway.Answer(
      gateway.Of({gateway.To("a@example.net"), foreign, gateway.To("gone@example.net"), bad, late,
                  gateway.To("b@example.net")}));
  CHECK(answer == "sent " + Word(kFromOutsideDomain) + Word(kAllSuppressed) + Word(kToInvalid) +
                      Word(kSendAtTooLate) + "sent ");
  CHECK(gateway.Queued() == 2);
  CHECK(gateway.Sent() == 2);
  CHECK(gateway.wake_ups == 1);
  CHECK(gateway.Events().size() == 3);  // one of them rejected
}

TEST_CASE("a batch's idempotency key gives its whole first answer, and is sendemail's own") {
  BatchGateway gateway;
  NewMessage foreign = gateway.Message();
  foreign.draft.from.email = "a@example.net";
  Batch batch = gateway.Of({gateway.Message(), foreign});
  batch.idempotency_key = "key";
  batch.body_digest = "digest";
  const std::string first = gateway.Answer(batch);
  batch.answer = [](const auto&) { return std::string("not asked again"); };
  CHECK(gateway.Answer(batch) == first);
  CHECK(gateway.Queued() == 1);
  batch.body_digest = "another";
  CHECK(gateway.Refused(batch) == kIdempotencyKeyReused);
  NewMessage alone = gateway.Message();
  alone.idempotency_key = "key";
  alone.body_digest = "of a single message";
  CHECK(gateway.Refusal(alone) == kIdempotencyKeyReused);
  CHECK(gateway.Queued() == 1);
}

TEST_CASE("a batch of which nothing was accepted may be tried again under its key") {
  BatchGateway gateway;
  gateway.user.monthly_send_limit = 1;
  gateway.SaveUser();
  NewMessage two = gateway.Message();
  two.draft.to.push_back({"", "joe@example.net"});
  Batch batch = gateway.Of({two});
  batch.idempotency_key = "key";
  batch.body_digest = "digest";
  CHECK(gateway.Answer(batch) == Word(kMonthlyLimit));
  gateway.user.monthly_send_limit = 2;
  gateway.SaveUser();
  CHECK(gateway.Answer(batch) == "sent ");
}

TEST_CASE("limits count the messages of a batch one by one") {
  BatchGateway gateway;
  gateway.user.monthly_send_limit = 2;
  gateway.SaveUser();
  CHECK(gateway.Answer(gateway.Of({gateway.Message(), gateway.Message(), gateway.Message()})) ==
        "sent sent " + Word(kMonthlyLimit));
  CHECK(gateway.Sent() == 2);
}

TEST_CASE("what refuses any message of the domain refuses the batch") {
  BatchGateway gateway;
  gateway.domain.status = core::DomainStatus::kSuspended;
  gateway.SaveDomain();
  CHECK(gateway.Refused(gateway.Of({gateway.Message()})) == kDomainNotEnabled);
  Batch nobodys = gateway.Of({gateway.Message()});
  nobodys.domain_id = 4711;
  CHECK(gateway.Refused(nobodys) == kDomainMissing);
  CHECK(gateway.Events().empty());
}

TEST_CASE("the recipients of a batch are bounded together") {
  BatchGateway gateway;
  std::vector<NewMessage> messages;
  for (int i = 0; i < 6; ++i) {
    NewMessage& message = messages.emplace_back(gateway.Message());
    message.draft.to.clear();
    for (int to = 0; to < 199; ++to) {
      message.draft.to.push_back({"", "u" + std::to_string(to) + "@example.net"});
    }
  }
  messages.push_back(gateway.Message());
  CHECK(gateway.Answer(gateway.Of(std::move(messages))) ==
        "sent sent sent sent sent " + Word(kTooManyRecipients) + "sent ");
}

}  // namespace egd::service
