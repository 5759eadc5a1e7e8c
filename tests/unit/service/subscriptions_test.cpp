// SMTP credentials and webhook subscriptions on a real store.
#include <catch2/catch.hpp>

#include "daemon/service/accounts/smtp_credentials.h"
#include "daemon/service/domains/domain_secrets.h"
#include "daemon/service/hooks/webhook_subscriptions.h"
#include "daemon/store/domain_store.h"
#include "daemon/store/signing_key_store.h"
#include "daemon/store/user_store.h"
#include "shared/base/encoding.h"
#include "tests/unit/service/domains_fixture.h"
#include "tests/unit/temp_dir.h"

namespace egd::service {
namespace {

struct Owners {
  Owners() {
    jane_domain = AddDomain("jane", jane);
    mallory_domain = AddDomain("mallory", mallory);
  }

  int64_t AddDomain(const std::string& name, int64_t& user_id) {
    core::User user;
    user.username = name;
    user.email_address = name + "@example.com";
    core::SenderDomain domain;
    REQUIRE(store->Write([&](store::Transaction& tx) {
      store::UserStore(tx).Insert(user);
      domain.user_id = user_id = user.id;
      domain.name = name + ".example";
      SealSigningKey(domain, std::string(kSigningKeyBytes, 'k'), vault);
      store::DomainStore(tx).Insert(domain);
    }));
    return domain.id;
  }

  core::Webhook Hook(const std::string& url) const {
    core::Webhook webhook;
    webhook.domain_id = jane_domain;
    webhook.event = core::EventType::kDelivery;
    webhook.event_word = "delivered";
    webhook.url = url;
    return webhook;
  }

  TempDir dir;
  FakeClock clock;
  std::unique_ptr<store::Store> store = std::move(*store::Store::Open(dir.path()));
  auth::Vault vault{std::string(32, 'k')};
  SmtpCredentialService credentials{*store, clock};
  PublishedDns dns;
  DnsRounds rounds{dns};
  WebhookSubscriptions webhooks{*store, rounds, vault, clock,
                                core::AddressGuard({*core::IpNetwork::Parse("10.1.0.0/16")})};
  int64_t jane = 0, mallory = 0, jane_domain = 0, mallory_domain = 0;

  // The domain that these credentials are for; nothing when they are wrong.
  std::optional<int64_t> LogIn(const std::string& username, const std::string& password) {
    const auto match = credentials.FindMatch(username, password);
    REQUIRE(match);
    return *match && (*match)->right ? std::optional((*match)->domain_id) : std::nullopt;
  }
};

}  // namespace

TEST_CASE("SMTP credentials open their own domain with their own password alone") {
  Owners o;
  const auto made = o.credentials.Add(o.jane, o.jane_domain);
  REQUIRE(made);
  CHECK(o.LogIn(made->username, made->password) == o.jane_domain);
  CHECK_FALSE(o.LogIn(made->username, made->password + "x"));
  CHECK_FALSE(o.LogIn(made->username, ""));
  CHECK_FALSE(o.LogIn("nobody", made->password));
}

TEST_CASE("a new SMTP password stops the old one, and lists show none") {
  Owners o;
  const auto made = o.credentials.Add(o.jane, o.jane_domain);
  const auto reset = o.credentials.ResetPassword(o.jane, made->id);
  REQUIRE(reset);
  CHECK_FALSE(o.LogIn(made->username, made->password));
  CHECK(o.LogIn(made->username, reset->password));
  const auto list = o.credentials.List(o.jane, o.jane_domain);
  REQUIRE(list);
  CHECK(list->at(0).password.empty());
  REQUIRE(o.credentials.Delete(o.jane, made->id));
  CHECK_FALSE(o.LogIn(made->username, reset->password));
}

TEST_CASE("another user's SMTP credentials and webhooks are not found") {
  Owners o;
  const auto made = o.credentials.Add(o.jane, o.jane_domain);
  CHECK(o.credentials.Add(o.mallory, o.jane_domain).error().kind == ErrorKind::kNotFound);
  CHECK(o.credentials.List(o.mallory, o.jane_domain).error().kind == ErrorKind::kNotFound);
  CHECK(o.credentials.ResetPassword(o.mallory, made->id).error().kind == ErrorKind::kNotFound);
  CHECK(o.credentials.Delete(o.mallory, made->id).error().kind == ErrorKind::kNotFound);
  const auto hook = o.webhooks.Add(o.jane, o.Hook("https://hooks.example.com/"));
  REQUIRE(hook);
  CHECK(o.webhooks.Add(o.mallory, o.Hook("https://x.example/")).error().kind ==
        ErrorKind::kNotFound);
  CHECK(o.webhooks.List(o.mallory, o.jane_domain).error().kind == ErrorKind::kNotFound);
  CHECK(o.webhooks.Delete(o.mallory, o.jane_domain, hook->id).error().kind == ErrorKind::kNotFound);
  CHECK_FALSE(*o.webhooks.Delete(o.mallory, o.mallory_domain, hook->id));
  CHECK(*o.webhooks.Delete(o.jane, o.jane_domain, hook->id));
}

TEST_CASE("a webhook's visible address must be public or allowed") {
  Owners o;
  CHECK(o.webhooks.Add(o.jane, o.Hook("http://127.0.0.1/")).error().kind == ErrorKind::kForbidden);
  CHECK(o.webhooks.Add(o.jane, o.Hook("http://0x7f.1/")).error().kind == ErrorKind::kForbidden);
  CHECK(o.webhooks.Add(o.jane, o.Hook("http://localhost/")).error().kind == ErrorKind::kForbidden);
  CHECK(o.webhooks.Add(o.jane, o.Hook("http://10.2.0.1/")).error().kind == ErrorKind::kForbidden);
  CHECK(o.webhooks.Add(o.jane, o.Hook("gopher://x/")).error().kind == ErrorKind::kInvalidArgument);
  CHECK(o.webhooks.Add(o.jane, o.Hook("http://10.1.0.1/")));
  const auto shown = o.webhooks.List(o.jane, o.jane_domain);
  REQUIRE(shown);
  CHECK(shown->signing_key == "whsec_a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s=");
  REQUIRE(shown->webhooks.size() == 1);
  CHECK(shown->webhooks[0].event_word == "delivered");
}

TEST_CASE("a webhook's host is looked up when it is made") {
  Owners o;
  const auto warning = [&](const std::string& host) {
    const auto added = o.webhooks.Add(o.jane, o.Hook("https://" + host + "/"));
    return added ? added->warning : added.error().public_text;
  };
  core::DnsRecord record;
  record.type = "A";
  record.host = "good.example";
  o.dns.Set(record, "192.0.1.1");
  record.host = "inside.example";
  o.dns.Set(record, "192.168.0.1");
  record.host = "xn--bcher-kva.example";
  o.dns.Set(record, "10.1.0.1");
  CHECK(warning("good.example").empty());
  CHECK(warning("b\xc3\xbc"
                "cher.example")
            .empty());
  CHECK(warning("inside.example") ==
        "WebhookURL points at a forbidden address: inside.example (192.168.0.1)");
  CHECK(warning("none.example") ==
        "The host none.example has no address in the DNS yet. Events are posted once it has one.");
  o.dns.down = true;
  CHECK(warning("good.example") ==
        "The host good.example could not be looked up: the DNS did not answer.");
  CHECK(o.webhooks.List(o.jane, o.jane_domain)->webhooks.size() == 4);
}

TEST_CASE("a new signing key signs at once, the one before as long as it overlaps") {
  Owners o;
  const auto in_force = [&] {
    const auto keys = o.store->Read([&](store::Connection& c) {
      const auto domain = store::DomainStore(c).Find(o.jane_domain);
      return SigningKeysInForce(c, *domain, o.vault, o.clock.Now());
    });
    REQUIRE(keys);
    std::vector<std::string> shown;
    for (const std::string& key : *keys) shown.push_back("whsec_" + Base64(key));
    return shown;
  };
  const auto regenerate = [&](int overlap) {
    const auto key =
        o.webhooks.RegenerateSigningKey(o.jane, o.jane_domain, std::chrono::seconds(overlap));
    REQUIRE(key);
    CHECK(o.webhooks.List(o.jane, o.jane_domain)->signing_key == *key);
    return *key;
  };
  using Keys = std::vector<std::string>;
  const std::string first = in_force().at(0);
  const std::string second = regenerate(60);
  CHECK(in_force() == Keys{second, first});
  const std::string third = regenerate(600);
  CHECK(in_force() == Keys{third, second, first});
  o.clock.Advance(std::chrono::seconds(60));
  CHECK(in_force() == Keys{third, second});
  o.clock.Advance(std::chrono::seconds(540));
  CHECK(in_force() == Keys{third});
  const std::string fourth = regenerate(60);
  const std::string fifth = regenerate(0);  // leaked: whatever overlap there was ends
  CHECK(in_force() == Keys{fifth});
  for (int i = 0; i < 10; ++i) regenerate(60);
  CHECK(in_force().size() == 1 + store::SigningKeyStore::kMostRetired);
  CHECK(o.webhooks.RegenerateSigningKey(o.mallory, o.jane_domain, {}).error().kind ==
        ErrorKind::kNotFound);
}

}  // namespace egd::service
