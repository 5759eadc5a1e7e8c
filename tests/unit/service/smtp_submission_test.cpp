// Mail that an application submits over SMTP: log-in, statuses of recipients, and what Acceptance
// makes of the message.
#include "daemon/service/sending/smtp_submission.h"

#include "daemon/service/sending/smtp_sessions.h"
#include "daemon/store/query.h"
#include "daemon/store/suppression_store.h"
#include "tests/unit/service/gateway.h"

namespace egd::service {
namespace {

using Verdict = core::MailLogin::Verdict;

struct SmtpGateway : Gateway {
  SmtpGateway() {
    auto made = credentials.Add(user.id, domain.id);
    REQUIRE(made);
    account = *made;
  }
  core::MailLogin::Outcome LogIn(const std::string& password,
                                 const std::string& from = "192.0.2.1") {
    return submission.LogIn(account.username, password, from);
  }
  // "250 2.0.0" and the like.
  static std::string Code(const core::MailReply& reply) {
    return std::to_string(reply.code) + " " + reply.enhanced;
  }
  std::string Submit(core::MailSink& sink, const std::string& text) {
    core::MailEnvelope envelope;
    envelope.client_name = "app.example";
    envelope.client_address = "192.0.2.1";
    envelope.protocol = "ESMTPSA";
    auto begun = sink.Begin(envelope);
    if (!begun.transaction) return Code(begun.reply);
    CHECK(Code(begun.transaction->AddRecipient("Jane@Example.NET")) == "250 2.1.5");
    for (const char c : text) REQUIRE(begun.transaction->Write(std::string(1, c)));
    const core::MailReply reply = begun.transaction->Commit();
    if (reply.IsPositive()) CHECK(reply.text.starts_with("Ok: queued as "));
    return Code(reply);
  }

  SmtpCredentialService credentials{*store, clock};
  auth::LoginThrottle throttle{clock};
  SmtpSubmission submission{*store, credentials, acceptance, throttle};
  SmtpCredentials account;
};

const std::string kMail =
    "From: Shop <shop@example.com>\r\nX-Tags: a, b\r\nSubject: Hello\r\n\r\nHello Jane\r\n";

}  // namespace

TEST_CASE("credentials open their domain's submission, wrong ones say whose they are") {
  SmtpGateway gateway;
  const auto right = gateway.LogIn(gateway.account.password);
  CHECK(right.verdict == Verdict::kRight);
  CHECK(right.domain_id == gateway.domain.id);
  const auto wrong = gateway.LogIn("wrong");
  CHECK(wrong.verdict == Verdict::kWrong);
  CHECK(wrong.domain_id == gateway.domain.id);
  CHECK_FALSE(wrong.sink);
  CHECK(gateway.submission.LogIn("nobody", "x", "192.0.2.1").domain_id == 0);
}

TEST_CASE("a client's guessing is throttled, and locks no other client out") {
  SmtpGateway gateway;
  for (int i = 0; i < auth::LoginThrottle::kPerPair; ++i) gateway.LogIn("wrong", "192.0.2.2");
  CHECK(gateway.LogIn(gateway.account.password, "192.0.2.2").verdict == Verdict::kThrottled);
  CHECK(gateway.LogIn(gateway.account.password).verdict == Verdict::kRight);
  gateway.clock.Advance(auth::LoginThrottle::kWindow);
  CHECK(gateway.LogIn(gateway.account.password).verdict == Verdict::kRight);
}

TEST_CASE("a login that could not be checked is no attempt") {
  SmtpGateway gateway;
  const auto run = [&](const char* sql) {
    REQUIRE(gateway.store->Write([sql](store::Transaction& tx) { store::Execute(tx, sql); }));
  };
  run("ALTER TABLE smtp_credentials RENAME TO elsewhere");
  for (int i = 0; i < auth::LoginThrottle::kPerPair; ++i) {
    CHECK(gateway.LogIn(gateway.account.password).verdict == Verdict::kUnavailable);
  }
  run("ALTER TABLE elsewhere RENAME TO smtp_credentials");
  CHECK(gateway.LogIn(gateway.account.password).verdict == Verdict::kRight);
}

TEST_CASE("a submitted message is accepted with its tags, and named in the reply") {
  SmtpGateway gateway;
  const auto sink = gateway.LogIn(gateway.account.password).sink;
  CHECK(gateway.Submit(*sink, kMail) == "250 2.0.0");
  const auto events = gateway.Events();
  REQUIRE(events.size() == 1);
  CHECK(events[0].tags == std::vector<std::string>{"a", "b"});
  CHECK(events[0].recipient == "Jane@example.net");
}

TEST_CASE(
    "an Idempotency-Key in the header sends once, whatever its Date, and refuses another text") {
  SmtpGateway gateway;
  const auto sink = gateway.LogIn(gateway.account.password).sink;
  const std::string mail = "Idempotency-Key: 1\r\n" + kMail;
  CHECK(gateway.Submit(*sink, mail) == "250 2.0.0");
  CHECK(gateway.Submit(*sink, "Date: Thu, 27 Nov 2025 12:00:00 +0000\r\n" + mail) == "250 2.0.0");
  CHECK(gateway.Events().size() == 1);
  CHECK(gateway.Submit(*sink, mail + "More\r\n") == "554 5.6.0");
}

TEST_CASE("refusals have the contract's codes") {
  SmtpGateway gateway;
  const auto sink = gateway.LogIn(gateway.account.password).sink;
  CHECK(gateway.Submit(*sink, "From: ceo@victim.example\r\n\r\n") == "550 5.7.1");
  CHECK(gateway.Submit(*sink, "X-Send-At: soon\r\n" + kMail) == "554 5.6.0");
  gateway.user.monthly_send_limit = 1;
  gateway.SaveUser();
  CHECK(gateway.Submit(*sink, kMail) == "250 2.0.0");
  CHECK(gateway.Submit(*sink, kMail) == "451 4.7.1");
  gateway.domain.status = core::DomainStatus::kSuspended;
  gateway.SaveDomain();
  CHECK(gateway.Submit(*sink, kMail) == "550 5.7.1");
}

TEST_CASE("a suppressed recipient is refused when it is named") {
  SmtpGateway gateway;
  REQUIRE(gateway.store->Write([&](store::Transaction& tx) {
    store::SuppressionStore(tx).Insert({gateway.user.id, "gone@example.net", "manual", "", 1});
  }));
  auto begun = gateway.LogIn(gateway.account.password).sink->Begin({});
  REQUIRE(begun.transaction);
  CHECK(SmtpGateway::Code(begun.transaction->AddRecipient("Gone@example.net")) == "550 5.1.1");
  CHECK(SmtpGateway::Code(begun.transaction->AddRecipient("no address")) == "553 5.1.3");
}

TEST_CASE("suppressed recipients take no place of others, and get their events") {
  SmtpGateway gateway;
  REQUIRE(gateway.store->Write([&](store::Transaction& tx) {
    for (const char* gone : {"gone@example.net", "left@example.net"}) {
      store::SuppressionStore(tx).Insert({gateway.user.id, gone, "manual", "", 1});
    }
  }));
  AcceptanceOptions options;
  options.limits.max_recipients = 1;
  Acceptance acceptance(*gateway.store, gateway.clock, options, [] {});
  SmtpSubmission submission(*gateway.store, gateway.credentials, acceptance, gateway.throttle);
  const auto& account = gateway.account;
  auto begun = submission.LogIn(account.username, account.password, "192.0.2.1").sink->Begin({});
  REQUIRE(begun.transaction);
  CHECK(begun.transaction->AddRecipient("gone@example.net").code == 550);
  CHECK(begun.transaction->AddRecipient("jane@example.net").code == 250);
  CHECK(begun.transaction->AddRecipient("left@example.net").code == 550);
  REQUIRE(begun.transaction->Write(kMail));
  CHECK(begun.transaction->Commit().code == 250);
  std::vector<std::string> rejected;
  for (const auto& event : gateway.Events()) {
    if (event.type == core::EventType::kRejected) rejected.push_back(event.recipient);
  }
  std::ranges::sort(rejected);
  CHECK(rejected == std::vector<std::string>{"gone@example.net", "left@example.net"});
}

TEST_CASE("credentials that were deleted or reset stop on open sessions") {
  SmtpGateway gateway;
  const auto sink = gateway.LogIn(gateway.account.password).sink;
  REQUIRE(gateway.credentials.ResetPassword(gateway.user.id, gateway.account.id));
  CHECK(gateway.Submit(*sink, kMail) == "550 5.7.1");
  REQUIRE(gateway.credentials.Delete(gateway.user.id, gateway.account.id));
  CHECK(gateway.Submit(*sink, kMail) == "550 5.7.1");
}

TEST_CASE("refused sessions are listed by domain, the latest first, one a session, bounded") {
  Gateway gateway;
  SmtpSessions sessions(*gateway.store);
  const auto note = [&](uint64_t id, int64_t domain_id, const std::string& reason) {
    core::SmtpSession session;
    session.id = id;
    session.domain_id = domain_id;
    session.reason = reason;
    sessions.Note(std::move(session));
  };
  const int64_t own = gateway.domain.id;
  note(1, own, "first");
  note(2, 0, "stranger");
  note(3, own, "third");
  note(1, own, "first again");
  const auto listed = sessions.List(gateway.user.id, own, 10);
  REQUIRE(listed);
  REQUIRE(listed->size() == 2);
  CHECK((*listed)[0].reason == "first again");
  CHECK((*listed)[1].reason == "third");
  CHECK(sessions.ListAll(2).size() == 2);
  CHECK(sessions.ListAll(10).size() == 3);
  CHECK(sessions.List(gateway.user.id + 1, own, 10).error().kind == ErrorKind::kNotFound);
  for (uint64_t id = 10; id < 10 + 2 * SmtpSessions::kMostOfDomain; ++id) note(id, own, "more");
  CHECK(sessions.List(gateway.user.id, own, 1000)->size() == SmtpSessions::kMostOfDomain);
  CHECK(sessions.ListAll(1000).size() == SmtpSessions::kMostOfDomain + 1);
}

}  // namespace egd::service
