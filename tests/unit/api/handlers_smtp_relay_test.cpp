#include "daemon/api/handlers/smtp_relay.h"
#include "daemon/service/accounts/smtp_credentials.h"
#include "daemon/service/sending/acceptance.h"
#include "daemon/store/suppression_store.h"
#include "tests/unit/api/handlers_desk.h"
#include "tests/unit/domain_status.h"

namespace egd::api {
namespace {

constexpr char kRelay[] = "emailgateway.smtprelay";

struct RelayDesk : Desk {
  RelayDesk() {
    AddSmtpRelayHandlers(handlers, credentials, acceptance);
    SetStatus(core::DomainStatus::kEnabled);
    login = *credentials.Add(user, domain);
  }
  void SetStatus(core::DomainStatus status) {
    REQUIRE(store->Write([&](store::Transaction& tx) { egd::SetStatus(tx, domain, status); }));
  }
  template <typename Change>
  void ChangeUser(Change change) {
    core::User changed =
        **store->Read([&](store::Connection& c) { return store::UserStore(c).Find(user); });
    change(changed);
    REQUIRE(store->Write([&](store::Transaction& tx) { store::UserStore(tx).Update(changed); }));
  }
  Json Login() const {
    return {{"SMTPUsername", login.username}, {"SMTPPassword", login.password}};
  }
  Json Mail() const {
    Json mail = Login();
    mail["RcptTo"] = "jane@example.net, joe@example.net";
    mail["RawEmail"] = "From: a@example.com\nSubject: Hi\n\nHello\n";
    return mail;
  }
  Json With(const std::string& name, Json value) const {
    Json mail = Mail();
    mail[name] = std::move(value);
    return mail;
  }
  Codes Refused(const Json& parameters) { return Refusal(kRelay, parameters); }
  std::string SmtpResponse(const Json& parameters) {
    const Failure failure = Failed(kRelay, parameters);
    REQUIRE(failure.texts.size() == 1);
    CHECK(failure.texts[0].first == "SMTPResponse");
    return failure.texts[0].second;
  }

  int64_t user = AddUser("user");
  int64_t domain = AddDomain(user, "example.com");
  service::SmtpCredentialService credentials{*store, clock};
  service::Acceptance acceptance{*store, clock, {}, [] {}};
  service::SmtpCredentials login;
};

}  // namespace

TEST_CASE("smtprelay without a message checks the credentials alone") {
  RelayDesk desk;
  CHECK(desk.Reply(kRelay, desk.Login()) == desk.Login());
}

TEST_CASE("smtprelay answers with the SMTP reply") {
  RelayDesk desk;
  const Json reply = desk.Reply(kRelay, desk.Mail());
  CHECK(reply["SMTPResponse"] == "250 2.0.0 Ok: queued");
  CHECK(reply["SMTPUsername"] == desk.login.username);
  CHECK(reply["SMTPPassword"] == desk.login.password);
  CHECK(Uuid::Parse(reply["MessageID"].get<std::string>()));
  CHECK_FALSE(reply.contains("Suppressed"));
}

TEST_CASE("each documented code of smtprelay") {
  RelayDesk desk;
  CHECK(desk.Refused(desk.With("SMTPUsername", "")) == Codes{1});
  CHECK(desk.Refused(desk.With("SMTPPassword", nullptr)) == Codes{2});
  CHECK(desk.Refused(desk.With("SMTPPassword", "wrong")) == Codes{3});
  CHECK(desk.Refused(desk.With("SMTPUsername", "smtp_nobody")) == Codes{3});
  CHECK(desk.SmtpResponse(desk.With("SMTPPassword", "wrong")) == "500 5.0.0 AUTH ERROR");
  CHECK(desk.Refused(desk.With("RawEmail", "From: a@example.net\r\n\r\n")) == Codes{4});
  CHECK(desk.SmtpResponse(desk.With("RawEmail", "From: a@example.net\r\n\r\n")) ==
        "550 5.7.1 The From address is not in the domain example.com");
  CHECK(desk.Refused(desk.With("RcptTo", "nobody")) == Codes{19});
  CHECK(desk.Refused(desk.With("RcptTo", "")) == Codes{20});
  CHECK(desk.Refused(desk.With("RawEmail", "no message")) == Codes{99997});

  desk.SetStatus(core::DomainStatus::kSuspended);
  CHECK(desk.Refused(desk.Login()) == Codes{5});
  CHECK(desk.Refused(desk.Mail()) == Codes{5});
  desk.SetStatus(core::DomainStatus::kEnabled);
  desk.ChangeUser([](core::User& user) { user.verified = false; });
  CHECK(desk.Refused(desk.Login()) == Codes{6});
  desk.ChangeUser([](core::User& user) {
    user.verified = true;
    user.trusted = false;
  });
  CHECK(desk.Refused(desk.Mail()) == Codes{7});
  desk.ChangeUser([](core::User& user) {
    user.trusted = true;
    user.enabled = false;
  });
  CHECK(desk.Refused(desk.Mail()) == Codes{7});
  desk.ChangeUser([](core::User& user) {
    user.enabled = true;
    user.monthly_send_limit = 1;
  });
  CHECK(desk.Refused(desk.Mail()) == Codes{17});
  desk.ChangeUser([](core::User& user) {
    user.monthly_send_limit = 0;
    user.send_rate_per_minute = 2;
  });
  desk.Reply(kRelay, desk.Mail());
  CHECK(desk.Refused(desk.Mail()) == Codes{429});
  CHECK(desk.Failed(kRelay, desk.Mail()).retry_after == std::chrono::seconds(60));
  desk.ChangeUser([](core::User& user) { user.send_rate_per_minute = 0; });
  REQUIRE(desk.store->Write([&](store::Transaction& tx) {
    store::SuppressionStore(tx).Insert({desk.user, "jane@example.net", "manual", "", 1});
  }));
  CHECK(desk.Refused(desk.With("RcptTo", "jane@example.net")) == Codes{8});
  CHECK(desk.Reply(kRelay, desk.Mail())["Suppressed"] == Json{"jane@example.net"});
}

TEST_CASE("a message with the UUID of an earlier one is the same only with the same content") {
  RelayDesk desk;
  const Json mail = desk.With("UUID", "550e8400-e29b-41d4-a716-446655440000");
  const Json first = desk.Reply(kRelay, mail)["MessageID"];
  CHECK(desk.Reply(kRelay, mail)["MessageID"] == first);
  Json other = mail;
  other["RcptTo"] = "joe@example.net";
  CHECK(desk.Reply(kRelay, other)["MessageID"] != first);
}

}  // namespace egd::api
