#include "daemon/service/delivery/stored_delivery_ledger.h"

#include <future>

#include "daemon/auth/digest.h"
#include "daemon/service/delivery/explanation.h"
#include "daemon/service/upkeep/retention.h"
#include "daemon/store/attempt_store.h"
#include "daemon/store/message_store.h"
#include "daemon/store/queue_store.h"
#include "daemon/store/suppression_store.h"
#include "daemon/tracking/return_path.h"
#include "daemon/tracking/unsubscribe_token.h"
#include "tests/unit/service/gateway.h"

namespace egd::service {
namespace {

using core::DeliveryOutcome;
using core::Disposition;
using core::DueRecipient;
using core::EventType;

std::vector<DueRecipient> Claim(Gateway& gateway, size_t most = 100) {
  std::promise<std::vector<DueRecipient>> due;
  gateway.ledger.Claim(
      most, gateway.clock.Now() + 60'000, {},
      [&](std::vector<DueRecipient> claimed) { due.set_value(std::move(claimed)); });
  return due.get_future().get();
}

void Settle(Gateway& gateway, std::vector<DeliveryOutcome> outcomes) {
  std::promise<bool> settled;
  gateway.ledger.Settle(std::move(outcomes),
                        [&](Result<void> result) { settled.set_value(bool(result)); });
  REQUIRE(settled.get_future().get());
}

DeliveryOutcome OutcomeOf(Gateway& gateway, const DueRecipient& recipient,
                          Disposition disposition) {
  DeliveryOutcome outcome;
  outcome.recipient_id = recipient.id;
  outcome.message_id = recipient.message_id;
  outcome.address = recipient.address;
  outcome.disposition = disposition;
  outcome.at = gateway.clock.Now();
  outcome.attempt = recipient.attempts + 1;
  outcome.smtp_code = 250;
  outcome.smtp_response = "250 2.0.0 Ok";
  outcome.mx_host = "mx.example.net";
  return outcome;
}

core::OutgoingMessage Prepared(Gateway& gateway, const DueRecipient& recipient) {
  auto message = gateway.ledger.Prepare(recipient.message_id, recipient);
  REQUIRE(message);
  return *message;
}

}  // namespace

TEST_CASE("a due recipient's message is composed and signed, the same at each attempt") {
  Gateway gateway;
  const Uuid id = gateway.Accept(gateway.Message()).id;
  const auto due = Claim(gateway);
  REQUIRE(due.size() == 1);
  CHECK(due[0].message_id == id);
  CHECK(due[0].address == "jane@example.net");
  CHECK(due[0].destination == "example.net");
  CHECK(Claim(gateway).empty());

  const core::OutgoingMessage message = Prepared(gateway, due[0]);
  const std::string key = gateway.vault.Derive("return-path");
  const auto read = [&](const std::string& address) {
    REQUIRE(address.ends_with("@sl.example.com"));
    return tracking::ReadReturnPath(
        address.substr(0, address.find('@')),
        [&](std::string_view text) { return auth::HmacSha256(key, text); });
  };
  CHECK(read(message.return_path) == tracking::ReturnPath{id, 0});
  CHECK(read(message.own_return_path(due[0].id)) == tracking::ReturnPath{id, due[0].id});
  CHECK(message.data.starts_with("DKIM-Signature: v=1; a=rsa-sha256;"));
  CHECK(message.data.find("d=example.com;\r\n\ts=egd; t=1700000000;") != std::string::npos);
  CHECK(message.data.find("Message-ID: <" + id.ToString() + "@sl.example.com>\r\n") !=
        std::string::npos);
  CHECK(message.data.find("Date: Tue, 14 Nov 2023 22:13:20 +0000\r\n") != std::string::npos);
  CHECK(message.data.ends_with("\r\n\r\nHello Jane\r\n"));
  CHECK_FALSE(message.smtputf8);
  CHECK_FALSE(message.eight_bit);
  CHECK_FALSE(message.personal);
  gateway.clock.Advance(std::chrono::hours(5));
  CHECK(Prepared(gateway, due[0]).data == message.data);
}

TEST_CASE("a message of later is dated when it was to be sent") {
  Gateway gateway;
  NewMessage message = gateway.Message();
  message.send_at = gateway.clock.Now() + kDayMillis;
  gateway.Accept(message);
  CHECK(Claim(gateway).empty());
  gateway.clock.Advance(std::chrono::hours(24));
  const auto due = Claim(gateway);
  REQUIRE(due.size() == 1);
  CHECK(Prepared(gateway, due[0]).data.find("Date: Wed, 15 Nov 2023 22:13:20 +0000\r\n") !=
        std::string::npos);
  gateway.clock.Advance(std::chrono::seconds(2));
  Settle(gateway, {OutcomeOf(gateway, due[0], Disposition::kDelivered)});
  CHECK(gateway.Events()[0].delivery_ms == 2000);
}

TEST_CASE("each recipient's unsubscribe link is its own and tells who it is") {
  Gateway gateway;
  NewMessage message = gateway.Message();
  message.draft.cc = {{"", "joe@example.net"}};
  message.unsubscribe_link = true;
  const Uuid id = gateway.Accept(message).id;
  const auto due = Claim(gateway);
  REQUIRE(due.size() == 2);
  const std::string key = gateway.vault.Derive("unsubscribe");
  for (const auto& recipient : due) {
    const core::OutgoingMessage outgoing = Prepared(gateway, recipient);
    CHECK(outgoing.personal);
    CHECK(outgoing.data.find("List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n") !=
          std::string::npos);
    const std::string before = "<https://track-sl.example.com/u/";
    const size_t at = outgoing.data.find(before) + before.size();
    const std::string token = outgoing.data.substr(at, outgoing.data.find('>', at) - at);
    const auto read = tracking::ReadUnsubscribeToken(
        token, [&](std::string_view text) { return auth::HmacSha256(key, text); });
    CHECK(read == tracking::Unsubscribe{gateway.domain.id, id, 0, recipient.address});
  }
}

TEST_CASE("a UTF-8 local part asks for SMTPUTF8") {
  Gateway gateway;
  NewMessage message = gateway.Message();
  message.draft.to = {{"", "jörg@example.net"}};
  gateway.Accept(message);
  const core::OutgoingMessage outgoing = Prepared(gateway, Claim(gateway).at(0));
  CHECK(outgoing.smtputf8);
  CHECK(outgoing.eight_bit);
}

TEST_CASE("a replaced key signs from the next message on") {
  Gateway gateway;
  gateway.Accept(gateway.Message());
  const auto due = Claim(gateway);
  const std::string before = Prepared(gateway, due[0]).data;
  gateway.domain.dkim_keys[0].selector = "egd2";
  gateway.SaveDomain();
  CHECK(Prepared(gateway, due[0]).data.find("s=egd2;") != std::string::npos);
  SealDkimKey(gateway.domain, gateway.domain.dkim_keys[0], "no key", gateway.vault);
  gateway.SaveDomain();
  const auto refused = gateway.ledger.Prepare(due[0].message_id, due[0]);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::kInternal);
}

TEST_CASE("a message has a signature by each active key, and by no other") {
  Gateway gateway;
  gateway.Accept(gateway.Message());
  const auto due = Claim(gateway);
  const auto signatures = [&] {
    const std::string data = Prepared(gateway, due[0]).data;
    std::vector<std::string> selectors;
    for (size_t at = data.find("\ts="); at != data.npos; at = data.find("\ts=", at + 1)) {
      selectors.push_back(data.substr(at + 3, data.find(';', at) - at - 3));
    }
    CHECK(data.substr(0, data.find("\r\nFrom:")).find("PRIVATE") == data.npos);
    return selectors;
  };
  auto& keys = gateway.domain.dkim_keys;
  const auto add = [&](const std::string& selector, core::DkimAlgorithm algorithm) {
    keys.push_back({selector, algorithm, core::DkimKeyState::kPending, {}, {}, 0, 0});
    SealDkimKey(gateway.domain, keys.back(), dkim::GenerateKey(algorithm).private_key,
                gateway.vault);
  };
  add("ed", core::DkimAlgorithm::kEd25519Sha256);
  add("next", core::DkimAlgorithm::kRsaSha256);
  gateway.SaveDomain();
  CHECK(signatures() == std::vector<std::string>{"egd"});
  keys[1].state = core::DkimKeyState::kActive;
  gateway.SaveDomain();
  CHECK(signatures() == std::vector<std::string>{"egd", "ed"});
  keys[0].state = core::DkimKeyState::kRetiring;
  keys[2].state = core::DkimKeyState::kActive;
  gateway.SaveDomain();
  CHECK(signatures() == std::vector<std::string>{"next", "ed"});
  keys.erase(keys.begin(), keys.begin() + 2);
  gateway.SaveDomain();
  CHECK(signatures() == std::vector<std::string>{"next"});
}

TEST_CASE("what is gone cannot be prepared") {
  Gateway gateway;
  gateway.Accept(gateway.Message());
  const auto due = Claim(gateway);
  REQUIRE(gateway.store->Write(
      [&](store::Transaction& tx) { store::DomainStore(tx).Delete(gateway.domain.id); }));
  const auto refused = gateway.ledger.Prepare(due[0].message_id, due[0]);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::kNotFound);
}

TEST_CASE("outcomes become events with all their facts") {
  Gateway gateway;
  NewMessage message = gateway.Message();
  message.draft.cc = {{"", "joe@example.net"}, {"", "jim@example.net"}};
  gateway.Accept(message);
  const auto due = Claim(gateway);
  REQUIRE(due.size() == 3);
  gateway.clock.Advance(std::chrono::milliseconds(1500));

  DeliveryOutcome delivered = OutcomeOf(gateway, due[0], Disposition::kDelivered);
  delivered.enhanced_code = "2.0.0";
  delivered.mx_address = "192.0.2.7";
  delivered.tls = "TLSv1.3";
  DeliveryOutcome deferred = OutcomeOf(gateway, due[1], Disposition::kDeferred);
  deferred.next_attempt_at = gateway.clock.Now() + 300'000;
  DeliveryOutcome bounced = OutcomeOf(gateway, due[2], Disposition::kBounced);
  bounced.smtp_code = 550;
  bounced.smtp_response = "550 5.1.1 no \x1b[31m such user\xff";
  bounced.bounce_class = "hard";
  bounced.suppress = true;
  Settle(gateway, {delivered, deferred, bounced});

  const auto events = gateway.Events();  // newest first, then three accepted
  REQUIRE(events.size() == 6);
  CHECK(events[2].type == EventType::kDelivery);
  CHECK(events[2].recipient == due[0].address);
  CHECK(events[2].smtp_code == 250);
  CHECK(events[2].enhanced_code == "2.0.0");
  CHECK(events[2].smtp_response == "250 2.0.0 Ok");
  CHECK(events[2].mx_host == "mx.example.net");
  CHECK(events[2].mx_address == "192.0.2.7");
  CHECK(events[2].tls == "TLSv1.3");
  CHECK(events[2].attempt == 1);
  CHECK(events[2].delivery_ms == 1500);
  CHECK(events[1].type == EventType::kDeferred);
  CHECK(events[0].type == EventType::kBounce);
  CHECK(events[0].bounce_class == "hard");
  CHECK(events[0].smtp_response == "550 5.1.1 no \\x1b[31m such user\\xff");
  CHECK(gateway.ledger.NextDue() == deferred.next_attempt_at);
  CHECK(gateway.Read([](store::Connection& c) { return store::QueueStore(c).Count(); }) == 1);

  NewMessage again = gateway.Message();
  again.draft.to = {{"", due[2].address}};
  CHECK(gateway.Refusal(again) == SendProblem::kAllSuppressed);
}

TEST_CASE("an outcome that comes twice or too late leaves one event or none") {
  Gateway gateway;
  gateway.Accept(gateway.Message());
  const auto due = Claim(gateway);
  const DeliveryOutcome outcome = OutcomeOf(gateway, due[0], Disposition::kDelivered);
  Settle(gateway, {outcome, outcome});
  Settle(gateway, {outcome});
  CHECK(gateway.Events().size() == 2);
}

TEST_CASE("a long answer is cut between characters") {
  Gateway gateway;
  gateway.Accept(gateway.Message());
  DeliveryOutcome outcome = OutcomeOf(gateway, Claim(gateway).at(0), Disposition::kBounced);
  outcome.smtp_response = "550 ";
  for (int i = 0; i < 1000; ++i) outcome.smtp_response += "é";
  Settle(gateway, {outcome});
  const std::string shown = gateway.Events()[0].smtp_response;
  CHECK(shown.size() == 1000);
  CHECK(shown.substr(shown.size() - 2) == "é");
}

TEST_CASE("a released recipient is due again at once") {
  Gateway gateway;
  gateway.Accept(gateway.Message());
  const auto due = Claim(gateway);
  CHECK(gateway.ledger.NextDue() > gateway.clock.Now());
  gateway.ledger.Release({due[0].id});
  CHECK(Claim(gateway).size() == 1);
}

TEST_CASE("the cache keeps the signers last used, one for each domain") {
  Gateway gateway;
  SignerCache cache(gateway.vault, 2);
  std::vector<core::SenderDomain> domains(3, gateway.domain);
  for (size_t i = 0; i < domains.size(); ++i) {
    domains[i].id = int64_t(i) + 1;
    domains[i].name = "d" + std::to_string(i) + ".example";
    SealDkimKey(domains[i], domains[i].dkim_keys[0], dkim::kTestPrivateKey, gateway.vault);
  }
  const auto first = *cache.For(domains[0]);
  const auto second = *cache.For(domains[1]);
  CHECK(*cache.For(domains[0]) == first);
  const auto third = *cache.For(domains[2]);  // drops the second, used longest ago
  CHECK(*cache.For(domains[0]) == first);
  CHECK(*cache.For(domains[2]) == third);
  CHECK(*cache.For(domains[1]) != second);
}

TEST_CASE("what was cleared from the queue after it was claimed is not composed any more") {
  Gateway gateway;
  gateway.Accept(gateway.Message());
  const auto due = Claim(gateway);
  REQUIRE(gateway.store->Write(
      [&](store::Transaction& tx) { store::QueueStore(tx).Close(gateway.domain.id); }));
  const auto message = gateway.ledger.Prepare(due[0].message_id, due[0]);
  REQUIRE_FALSE(message);
  CHECK(message.error().kind == ErrorKind::kNotFound);
}

TEST_CASE("a message is explained by its events, its last attempts and its place in the queue") {
  Gateway gateway;
  Explanations explanations(*gateway.store, gateway.clock);
  const Uuid id = gateway.Accept(gateway.Message()).id;
  const auto due = Claim(gateway);
  auto outcome = OutcomeOf(gateway, due.at(0), Disposition::kDeferred);
  outcome.smtp_response = "450 4.2.0 Greylisted";
  outcome.next_attempt_at = gateway.clock.Now() + 60'000;
  outcome.rule = "refused-now";
  outcome.dialogue = "> RCPT TO:<jane@example.net>\n< 450 4.2.0 Grey\x01listed\n";
  Settle(gateway, {outcome});

  CHECK_FALSE(explanations.Explain(gateway.user.id + 1, id, ""));
  const auto told = explanations.Explain(gateway.user.id, id, "");
  REQUIRE(told);
  CHECK(told->timeline.size() == 2);
  CHECK(told->timeline[0].type == EventType::kAccepted);
  REQUIRE(told->recipients.size() == 1);
  const RecipientStory& story = told->recipients[0];
  CHECK(story.address == "jane@example.net");
  CHECK(story.waits);
  CHECK(story.attempts == 1);
  CHECK(story.next_attempt_at == outcome.next_attempt_at);
  CHECK(story.last.smtp_response == "450 4.2.0 Greylisted");
  CHECK(story.rule == "refused-now");
  CHECK(story.dialogue == "> RCPT TO:<jane@example.net>\n< 450 4.2.0 Grey\\x01listed\n");
  CHECK(explanations.Explain(std::nullopt, id, "JANE@example.net")->recipients.size() == 1);
  CHECK(explanations.Explain(std::nullopt, id, "bob@example.net")->recipients.empty());
}

TEST_CASE(
    "the dialogue is that of the last attempt and goes after 7 days, the rest with the message") {
  Gateway gateway;
  gateway.Accept(gateway.Message());
  auto due = Claim(gateway);
  auto outcome = OutcomeOf(gateway, due.at(0), Disposition::kDeferred);
  outcome.next_attempt_at = gateway.clock.Now();
  outcome.dialogue = "< 450 no\n";
  Settle(gateway, {outcome});
  const auto dialogue = [&](int64_t id) {
    return gateway.Read([&](store::Connection& connection) -> std::string {
      const auto attempt = store::AttemptStore(connection).Find(id);
      return attempt ? attempt->dialogue : "gone";
    });
  };
  CHECK(dialogue(due[0].id) == "< 450 no\n");
  due = Claim(gateway);
  outcome = OutcomeOf(gateway, due.at(0), Disposition::kDelivered);
  outcome.dialogue = "< 250 ok\n";
  Settle(gateway, {outcome});
  CHECK(dialogue(due[0].id) == "< 250 ok\n");

  gateway.clock.Advance(std::chrono::hours(7 * 24 + 1));
  Retention retention(*gateway.store, gateway.clock, {});
  retention.RunDue();
  CHECK(dialogue(due[0].id).empty());
  gateway.clock.Advance(std::chrono::hours(24 * 365));
  retention.RunDue();
  CHECK(dialogue(due[0].id) == "gone");
}

}  // namespace egd::service
