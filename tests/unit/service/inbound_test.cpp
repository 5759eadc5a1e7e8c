#include "daemon/service/inbound/inbound.h"

#include <algorithm>
#include <future>

#include "daemon/auth/address.h"
#include "daemon/auth/digest.h"
#include "daemon/service/inbound/inbound_sink.h"
#include "daemon/service/upkeep/retention.h"
#include "daemon/store/query.h"
#include "daemon/store/suppression_store.h"
#include "daemon/tracking/unsubscribe_token.h"
#include "tests/unit/service/gateway.h"

namespace egd::service {
namespace {

config::Config Config() {
  config::Config config;
  config.gateway.hostname = config.gateway.mfrom_host = "gw.example.net";
  config.gateway.tracking_host = config.gateway.spf_host = "gw.example.net";
  config.inbound.complaints = {"fbl@gw.example.net"};
  return config;
}

// A gateway that has delivered mail and takes what comes back.
struct Receiving : Gateway {
  // Delivers all that is due, in one transaction a message. Returns the return-paths used.
  std::vector<std::string> DeliverAll() {
    std::promise<std::vector<core::DueRecipient>> claimed;
    ledger.Claim(100, clock.Now() + 60'000, {},
                 [&](std::vector<core::DueRecipient> due) { claimed.set_value(std::move(due)); });
    const auto due = claimed.get_future().get();
    std::vector<std::string> return_paths;
    std::vector<core::DeliveryOutcome> outcomes;
    for (const auto& recipient : due) {
      const auto message = ledger.Prepare(recipient.message_id, recipient);
      REQUIRE(message);
      return_paths.push_back(message->own_return_path(recipient.id));
      shared = message->return_path_from(recipient.destination);
      sent = message->data;
      core::DeliveryOutcome& outcome = outcomes.emplace_back();
      outcome.recipient_id = recipient.id;
      outcome.message_id = recipient.message_id;
      outcome.address = recipient.address;
      outcome.disposition = core::Disposition::kDelivered;
      outcome.at = clock.Now();
      outcome.smtp_code = 250;
      outcome.mx_host = "mx.example.net";
    }
    std::promise<bool> settled;
    ledger.Settle(std::move(outcomes), [&](Result<void> done) { settled.set_value(bool(done)); });
    REQUIRE(settled.get_future().get());
    clock.Advance(std::chrono::minutes(10));
    return return_paths;
  }

  // Over the sink, as smtp_server does. The reply to RCPT, when it refuses, or to the content.
  core::MailReply Receive(const std::string& recipient, std::string content,
                          const std::string& client = "192.0.2.25") {
    core::MailEnvelope envelope;
    envelope.client_address = client;
    envelope.client_name = "mx.example.net";
    envelope.protocol = "ESMTP";
    auto begun = sink.Begin(envelope);
    if (!begun.transaction) return begun.reply;
    const core::MailReply reply = begun.transaction->AddRecipient(recipient);
    if (!reply.IsPositive()) return reply;
    begun.transaction->Write(content);
    return begun.transaction->Commit();
  }

  std::vector<core::Event> EventsOf(core::EventType type) {
    auto events = Events();
    std::erase_if(events, [type](const core::Event& event) { return event.type != type; });
    return events;
  }
  std::vector<std::string> Suppressed(const std::vector<std::string>& addresses) {
    return Read([&](store::Connection& connection) {
      std::vector<std::string> stopped = addresses;
      std::erase_if(stopped, [&](const std::string& address) {
        return !store::SuppressionStore(connection).Stops(user.id, address, "");
      });
      return stopped;
    });
  }
  std::string UnsubscribeMailbox(const tracking::ReturnPath& token) const {
    const std::string key = vault.Derive("unsubscribe-address");
    const auto mac = [&key](std::string_view text) { return auth::HmacSha256(key, text); };
    return tracking::MakeUnsubscribeLocalPart(token, mac) + "@sl.example.com";
  }
  store::InboundMail Newest() {
    const auto page = inbound.List("", std::nullopt, 0, 1);
    REQUIRE(page);
    REQUIRE(page->mails.size() == 1);
    return page->mails[0];
  }

  InboundAddresses addresses{*store, vault, Config()};
  Inbound inbound{*store, addresses, clock};
  InboundSink sink{inbound, addresses, clock};
  std::string shared;  // return-path of a shared copy of the message delivered last
  std::string sent;    // the message delivered last
};

std::string Dsn(const std::string& recipient, std::string_view status = "5.1.1",
                std::string_view reply = "550 5.1.1 <x@example.net>: user unknown",
                std::string_view action = "failed") {
  return "From: MAILER-DAEMON@mx.example.net\r\nSubject: Undelivered Mail\r\n"
         "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
         "--b\r\n\r\nIt failed.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n"
         "Reporting-MTA: dns; mx.example.net\r\n\r\nFinal-Recipient: rfc822; " +
         recipient + "\r\nAction: " + std::string(action) + "\r\nStatus: " + std::string(status) +
         "\r\nDiagnostic-Code: smtp; " + std::string(reply) + "\r\n\r\n--b--\r\n";
}

std::string Arf(const std::string& original) {
  return "From: fbl@example.org\r\nSubject: FW\r\n"
         "Content-Type: multipart/report; report-type=feedback-report; boundary=f\r\n\r\n"
         "--f\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\n"
         "User-Agent: FBL/1.0\r\nReporting-MTA: dns; fbl.example.org\r\n\r\n--f\r\n"
         "Content-Type: message/rfc822\r\n\r\n" +
         original + "\r\n--f--\r\n";
}

TEST_CASE("a notification to a return-path becomes a bounce event and suppresses", "[inbound]") {
  Receiving gateway;
  gateway.Accept(gateway.Message());
  const auto paths = gateway.DeliverAll();
  REQUIRE(paths.size() == 1);
  CHECK(gateway.Receive(paths[0], Dsn("elsewhere@example.org")).code == 250);

  const auto bounces = gateway.EventsOf(core::EventType::kBounce);
  REQUIRE(bounces.size() == 1);
  CHECK(bounces[0].recipient == "jane@example.net");  // by the token, whatever the mail says
  CHECK(bounces[0].source == "dsn");
  CHECK(bounces[0].reporting_server == "mx.example.net");
  CHECK(bounces[0].bounce_class == "hard");
  CHECK(bounces[0].reason == "userunknown");
  CHECK(bounces[0].enhanced_code == "5.1.1");
  CHECK(bounces[0].smtp_code == 550);
  CHECK(bounces[0].delivery_ms == 600'000);
  CHECK(gateway.Suppressed({"jane@example.net"}).size() == 1);
  CHECK(gateway.Newest().understood);
  CHECK(gateway.Newest().result == "bounce of jane@example.net: userunknown");
}

TEST_CASE("the same notification twice is one event", "[inbound]") {
  Receiving gateway;
  gateway.Accept(gateway.Message());
  const auto path = gateway.DeliverAll()[0];
  CHECK(gateway.Receive(path, Dsn("jane@example.net")).code == 250);
  CHECK(gateway.Receive(path, Dsn("jane@example.net")).code == 250);
  CHECK(gateway.EventsOf(core::EventType::kBounce).size() == 1);
  CHECK(gateway.Newest().result == "already known: bounce of jane@example.net: userunknown");
  CHECK(gateway.inbound.Retry(gateway.Newest().id));
  CHECK(gateway.EventsOf(core::EventType::kBounce).size() == 1);
}

TEST_CASE("a full mailbox bounces and is not suppressed", "[inbound]") {
  Receiving gateway;
  gateway.Accept(gateway.Message());
  const auto path = gateway.DeliverAll()[0];
  gateway.Receive(path, Dsn("jane@example.net", "5.2.2", "552 5.2.2 mailbox is full"));
  const auto bounces = gateway.EventsOf(core::EventType::kBounce);
  REQUIRE(bounces.size() == 1);
  CHECK(bounces[0].bounce_class == "quota");
  CHECK(gateway.Suppressed({"jane@example.net"}).empty());
}

TEST_CASE("delay notices and answers make no event", "[inbound]") {
  Receiving gateway;
  gateway.Accept(gateway.Message());
  const auto path = gateway.DeliverAll()[0];
  const size_t before = gateway.Events().size();
  gateway.Receive(path, Dsn("jane@example.net", "4.4.1", "421 busy", "delayed"));
  CHECK(gateway.Newest().kind == "delay");
  gateway.Receive(path,
                  "From: jane@example.net\r\nSubject: Automatic reply: Hello\r\n\r\nAway.\r\n");
  CHECK(gateway.Newest().kind == "autoreply");
  gateway.Receive(path, "From: jane@example.net\r\nSubject: Re: Hello\r\n\r\nThanks!\r\n");
  CHECK(gateway.Newest().kind == "other");
  CHECK_FALSE(gateway.Newest().understood);
  CHECK(gateway.Events().size() == before);
}

TEST_CASE("a shared token counts for recipients of the message at that destination", "[inbound]") {
  Receiving gateway;
  NewMessage message = gateway.Message();
  message.draft.to = {{"", "jane@example.net"}, {"", "john@example.net"}, {"", "ann@example.org"}};
  gateway.Accept(message);
  gateway.DeliverAll();
  const std::string key = gateway.vault.Derive("return-path");
  const auto mac = [&key](std::string_view text) { return auth::HmacSha256(key, text); };
  const auto events = gateway.EventsOf(core::EventType::kDelivery);
  REQUIRE(events.size() == 3);
  const std::string shared =
      tracking::MakeReturnPath(
          {events[0].message_id, 0, tracking::DestinationTag("example.net", mac)}, mac) +
      "@sl.example.com";

  gateway.Receive(shared, Dsn("stranger@example.net"));
  CHECK_FALSE(gateway.Newest().understood);
  gateway.Receive(shared, Dsn("ann@example.org"));
  CHECK(gateway.EventsOf(core::EventType::kBounce).empty());
  gateway.Receive(shared, Dsn("JOHN@example.net"));
  const auto bounces = gateway.EventsOf(core::EventType::kBounce);
  REQUIRE(bounces.size() == 1);
  CHECK(bounces[0].recipient == "john@example.net");
  CHECK(gateway.Suppressed({"jane@example.net", "john@example.net", "ann@example.org"}) ==
        std::vector<std::string>{"john@example.net"});
}

TEST_CASE("forged and foreign tokens are refused alike, other hosts as relaying", "[inbound]") {
  Receiving gateway;
  gateway.Accept(gateway.Message());
  std::string path = gateway.DeliverAll()[0];
  const std::string foreign = path.substr(0, path.find('@')) + "@sl.example.org";
  path[5] = path[5] == 'a' ? 'b' : 'a';
  const core::MailReply forged = gateway.Receive(path, "");
  CHECK(forged.code == 550);
  CHECK(forged.enhanced == "5.1.1");
  CHECK(gateway.Receive("someone@sl.example.com", "").enhanced == "5.1.1");
  CHECK(gateway.Receive(foreign, "").enhanced == "5.7.1");
  CHECK(gateway.Receive("jane@example.net", "").enhanced == "5.7.1");
  CHECK(gateway.Receive(std::string(900, 'x'), "").enhanced == "5.1.1");
  CHECK(gateway.inbound.List("", std::nullopt, 0, 10)->total == 0);
}

TEST_CASE("a complaint is the recipient's whose token the reported message has", "[inbound]") {
  Receiving gateway;
  gateway.Accept(gateway.Message());
  const auto path = gateway.DeliverAll()[0];
  std::string original;
  SECTION("by the return-path") {
    original = "Return-Path: <" + path + ">\r\nSubject: Hello\r\n\r\n";
  }
  SECTION("by the Message-ID") {
    const auto at = gateway.sent.find("\r\nMessage-ID:") + 2;
    original = gateway.sent.substr(at, gateway.sent.find("\r\n", at) - at) + "\r\n\r\nHello\r\n";
  }
  SECTION("by the unsubscribe link") {
    const std::string key = gateway.vault.Derive("unsubscribe");
    const auto event = gateway.Events()[0];
    original = "List-Unsubscribe: <https://track-sl.example.com/u/" +
               tracking::MakeUnsubscribeToken(
                   {gateway.domain.id, event.message_id, 0, "jane@example.net"},
                   [&key](std::string_view text) { return auth::HmacSha256(key, text); }) +
               ">\r\n\r\n";
  }
  for (const char* to :
       {"fbl@gw.example.net", "ABUSE@sl.example.com", "postmaster@gw.example.net"}) {
    CHECK(gateway.Receive(to, Arf(original)).code == 250);
  }
  const auto complaints = gateway.EventsOf(core::EventType::kComplaint);
  REQUIRE(complaints.size() == 1);
  CHECK(complaints[0].recipient == "jane@example.net");
  CHECK(complaints[0].source == "feedback");
  CHECK(complaints[0].reporting_server == "fbl.example.org");
  CHECK(gateway.Suppressed({"jane@example.net"}).size() == 1);
}

TEST_CASE("a token whose recipient is forgotten is never matched by the mail's own names",
          "[inbound]") {
  Receiving gateway;
  NewMessage message = gateway.Message();
  message.draft.to = {{"", "jane@example.net"}, {"", "john@example.net"}};
  gateway.Accept(message);
  const auto paths = gateway.DeliverAll();
  REQUIRE(paths.size() == 2);
  const auto token = gateway.addresses.Resolve(paths[0])->token;
  REQUIRE(gateway.store->Write([](store::Transaction& transaction) {
    store::Execute(transaction, "DELETE FROM attempts");
  }));
  gateway.Receive(paths[0], Dsn("john@example.net"));
  CHECK_FALSE(gateway.Newest().understood);
  gateway.Receive(paths[0], Arf("Original-Rcpt-To: john@example.net\r\n\r\n"));
  CHECK_FALSE(gateway.Newest().understood);
  gateway.Receive(gateway.UnsubscribeMailbox(token), "Subject: unsubscribe\r\n\r\n");
  CHECK_FALSE(gateway.Newest().understood);
  CHECK(gateway.EventsOf(core::EventType::kBounce).empty());
  CHECK(gateway.EventsOf(core::EventType::kComplaint).empty());
  CHECK(gateway.EventsOf(core::EventType::kUnsubscribe).empty());
}

TEST_CASE("a Message-ID is looked for among those quoted, and counts for an only recipient",
          "[inbound]") {
  Receiving gateway;
  NewMessage message = gateway.Message();
  const bool alone = GENERATE(true, false);
  message.draft.to = {{"", "jane@example.net"}};
  if (!alone) message.draft.to.push_back({"", "john@example.net"});
  gateway.Accept(message);
  gateway.DeliverAll();
  const std::string id = gateway.Events()[0].message_id.ToString();
  const std::string original =
      "References: <01890000-0000-7000-8000-000000000000@example.org>\r\n"
      "Message-ID: <" +
      id + "@example.com>\r\n\r\n";
  std::string report = Arf(original);
  const std::string_view field = "User-Agent: FBL/1.0\r\n";
  report.insert(report.find(field), "Original-Rcpt-To: <jane@example.net>\r\n");
  CHECK(gateway.Receive("fbl@gw.example.net", report).code == 250);
  CHECK(gateway.EventsOf(core::EventType::kComplaint).size() == (alone ? 1 : 0));
  CHECK(gateway.Newest().understood == alone);
}

TEST_CASE("a report about somebody else's message is kept and makes no event", "[inbound]") {
  Receiving gateway;
  gateway.Accept(gateway.Message());
  gateway.DeliverAll();
  CHECK(gateway.Receive("fbl@gw.example.net", Arf("Message-ID: <1@example.org>\r\n\r\n")).code ==
        250);
  CHECK(gateway.EventsOf(core::EventType::kComplaint).empty());
  CHECK_FALSE(gateway.Newest().understood);
}

TEST_CASE("mail to an unsubscribe mailbox unsubscribes", "[inbound]") {
  Receiving gateway;
  gateway.Accept(gateway.Message());
  const auto path = gateway.addresses.Resolve(gateway.DeliverAll()[0]);
  REQUIRE(path);
  const std::string mailbox = gateway.UnsubscribeMailbox(path->token);
  CHECK(gateway.Receive(mailbox, "Subject: unsubscribe\r\n\r\n").code == 250);
  CHECK(gateway.Receive(mailbox, "Subject: unsubscribe\r\n\r\n").code == 250);
  const auto events = gateway.EventsOf(core::EventType::kUnsubscribe);
  REQUIRE(events.size() == 1);
  CHECK(events[0].recipient == "jane@example.net");
  CHECK(gateway.Suppressed({"jane@example.net"}).empty());  // what offers no such link still goes
  CHECK(gateway.Read([&](store::Connection& connection) {
    return store::SuppressionStore(connection).Stops(gateway.user.id, "jane@example.net", "bulk");
  }));
}

TEST_CASE("a recipient's token is good for as long as its message is known", "[inbound]") {
  Receiving gateway;
  NewMessage message = gateway.Message();
  message.draft.to = {{"", "jane@example.net"}, {"", "john@example.net"}};
  gateway.Accept(message);
  const auto paths = gateway.DeliverAll();
  REQUIRE(paths.size() == 2);
  Retention retention(*gateway.store, gateway.clock, {});
  gateway.clock.Advance(std::chrono::hours(8 * 24));
  retention.RunDue();

  gateway.Receive(paths[1], Dsn("elsewhere@example.org"));
  const auto bounces = gateway.EventsOf(core::EventType::kBounce);
  REQUIRE(bounces.size() == 1);
  CHECK(bounces[0].recipient == "john@example.net");

  const auto path = gateway.addresses.Resolve(paths[0]);
  REQUIRE(path);
  gateway.Receive(gateway.UnsubscribeMailbox(path->token), "Subject: unsubscribe\r\n\r\n");
  const auto leaves = gateway.EventsOf(core::EventType::kUnsubscribe);
  REQUIRE(leaves.size() == 1);
  CHECK(leaves[0].recipient == "jane@example.net");
}

TEST_CASE("a taught phrase decides from then on, until it is forgotten", "[inbound]") {
  Receiving gateway;
  gateway.Accept(gateway.Message());
  gateway.Accept(gateway.Message());
  const auto paths = gateway.DeliverAll();
  REQUIRE(paths.size() == 2);
  const std::string strange =
      "From: robot@example.net\r\nSubject: Hm\r\n\r\nNobody of\r\n that Name lives here.\r\n";
  gateway.Receive(paths[0], strange);
  const int64_t id = gateway.Newest().id;
  CHECK(gateway.Newest().kind == "other");
  const auto absent = gateway.inbound.Teach(id, "not in the mail", "userunknown");
  REQUIRE_FALSE(absent);
  CHECK(absent.error().kind == ErrorKind::kInvalidArgument);

  const auto taught = gateway.inbound.Teach(id, "NOBODY of  that name", "userunknown");
  REQUIRE(taught);
  CHECK(taught->kind == "bounce");
  CHECK(gateway.EventsOf(core::EventType::kBounce).size() == 1);
  gateway.Receive(paths[1], strange);
  CHECK(gateway.EventsOf(core::EventType::kBounce).size() == 2);
  CHECK(gateway.EventsOf(core::EventType::kBounce)[0].bounce_class == "hard");

  REQUIRE(gateway.inbound.Teach(id, "nobody of that name", "ignore"));
  CHECK(gateway.inbound.Rules()->size() == 1);
  CHECK(gateway.inbound.Show(id)->reading.kind == "ignored");
  CHECK(gateway.inbound.Unteach("nobody of that name"));
  CHECK_FALSE(gateway.inbound.Unteach("nobody of that name"));
  CHECK(gateway.inbound.Show(id)->reading.kind == "other");
}

TEST_CASE("when there are as many rules as may be, those there can still be changed", "[inbound]") {
  Receiving gateway;
  gateway.Accept(gateway.Message());
  gateway.Receive(gateway.DeliverAll()[0], "Subject: Hm\r\n\r\nNobody of that name.\r\n");
  const int64_t id = gateway.Newest().id;
  REQUIRE(gateway.inbound.Teach(id, "nobody of that name", "ignore"));
  REQUIRE(gateway.store->Write([](store::Transaction& transaction) {
    for (size_t i = 1; i < kMostInboundRules; ++i) {
      store::InboundRule rule = {0, "phrase " + std::to_string(i), "ignore", 1};
      store::InboundStore(transaction).InsertRule(rule);
    }
  }));
  const auto more = gateway.inbound.Teach(id, "nobody", "ignore");
  REQUIRE_FALSE(more);
  CHECK(more.error().kind == ErrorKind::kConflict);
  const auto changed = gateway.inbound.Teach(id, "nobody of that name", "userunknown");
  REQUIRE(changed);
  CHECK(changed->kind == "bounce");
}

TEST_CASE("what was understood is kept for 7 days, the rest for 30", "[inbound]") {
  Receiving gateway;
  gateway.Accept(gateway.Message());
  const auto path = gateway.DeliverAll()[0];
  gateway.Receive(path, Dsn("jane@example.net"));
  gateway.Receive(path, "Subject: Hm\r\n\r\nHm.\r\n");
  const auto count = [&] { return gateway.inbound.List("", std::nullopt, 0, 10)->total; };
  Retention retention(*gateway.store, gateway.clock, {});
  gateway.clock.Advance(std::chrono::hours(7 * 24 - 1));
  retention.RunDue();
  CHECK(count() == 2);
  gateway.clock.Advance(std::chrono::hours(2));
  retention.RunDue();
  CHECK(count() == 1);
  gateway.clock.Advance(std::chrono::hours(23 * 24));
  retention.RunDue();
  CHECK(count() == 0);
}

TEST_CASE("a source that sends too much waits, others don't", "[inbound]") {
  Receiving gateway;
  gateway.Accept(gateway.Message());
  const auto path = gateway.DeliverAll()[0];
  core::MailReply reply;
  for (int i = 0; i <= InboundSink::kUnitsASource && reply.IsPositive(); ++i) {
    core::MailEnvelope envelope;
    envelope.client_address = "192.0.2.66";
    reply = gateway.sink.Begin(envelope).reply;
  }
  CHECK(reply.code == 451);
  CHECK(gateway.Receive(path, Dsn("jane@example.net"), "192.0.2.25").code == 250);
}

TEST_CASE("a mail is kept once for each recipient, and costs as much", "[inbound]") {
  Receiving gateway;
  core::MailEnvelope envelope;
  envelope.client_address = "192.0.2.66";
  const auto spent = [&] {
    int left = 0;
    while (gateway.sink.Spend(auth::ClientNetwork(envelope.client_address))) ++left;
    return InboundSink::kUnitsASource - left;
  };
  auto begun = gateway.sink.Begin(envelope);
  REQUIRE(begun.transaction);
  for (const char* to : {"fbl@gw.example.net", "FBL@GW.example.net", "abuse@gw.example.net"}) {
    CHECK(begun.transaction->AddRecipient(to).code == 250);
  }
  CHECK(begun.transaction->Write(std::string(2 * InboundSink::kUnitBytes, 'x')));
  CHECK(spent() == 4);
  CHECK(begun.transaction->AddRecipient("postmaster@gw.example.net").code == 451);
  CHECK(begun.transaction->Commit().code == 250);
  CHECK(gateway.inbound.List("", std::nullopt, 0, 10)->total == 2);
}

TEST_CASE("of a large mail the beginning is kept", "[inbound]") {
  Receiving gateway;
  gateway.Accept(gateway.Message());
  const auto path = gateway.DeliverAll()[0];
  CHECK(gateway.Receive(path, Dsn("jane@example.net") + std::string(3 << 20, 'x')).code == 250);
  CHECK(gateway.Newest().kind == "bounce");
  CHECK(gateway.Newest().size > 3 << 20);
  CHECK(gateway.inbound.Raw(gateway.Newest().id)->size() <= kMostInboundBytes);
}

}  // namespace
}  // namespace egd::service
