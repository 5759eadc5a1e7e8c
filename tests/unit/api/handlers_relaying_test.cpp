#include "daemon/api/handlers/relaying.h"
#include "daemon/service/domains/relay_domains.h"
#include "tests/unit/api/handlers_desk.h"

namespace egd::api {
namespace {

struct RelayDesk : Desk {
  RelayDesk() { AddRelayHandlers(handlers, domains); }

  void Add(const std::string& name, core::DomainStatus status) {
    core::SenderDomain domain;
    domain.user_id = jane;
    domain.name = name;
    domain.mfrom_host = "sl." + name;
    domain.status = status;
    REQUIRE(store->Write([&](store::Transaction& tx) { store::DomainStore(tx).Insert(domain); }));
  }
  Json Check(const std::string& domain) {
    return Reply("inbound-relay-domain-check", {{"Domain", domain}});
  }

  service::RelayDomains domains{*store};
  int64_t jane = AddUser("jane");
};

}  // namespace

TEST_CASE("sender.domains lists what is Enabled, as JSON or as lines for PowerMTA") {
  RelayDesk desk;
  CHECK(desk.Reply("sender.domains", Json::object()) == Json{{"Domains", Json::array()}});
  desk.Add("b.example", core::DomainStatus::kEnabled);
  desk.Add("a.example", core::DomainStatus::kEnabled);
  desk.Add("pending.example", core::DomainStatus::kApprovalPending);
  desk.Add("suspended.example", core::DomainStatus::kSuspended);
  for (const Json& format : {Json::object(), Json{{"DomainsResponseFormat", "JSON"}}}) {
    CHECK(desk.Reply("sender.domains", format) == Json{{"Domains", {"a.example", "b.example"}}});
  }
  const auto lines = [&](const char* format) {
    return desk.Text("sender.domains", {{"DomainsResponseFormat", format}}, {});
  };
  CHECK(lines("powermta-bounce-domains") ==
        "domain a.example\ndomain sl.a.example\ndomain b.example\ndomain sl.b.example\n");
  CHECK(lines("powermta-relay-domains") ==
        "relay-domain a.example\nrelay-domain sl.a.example\n"
        "relay-domain b.example\nrelay-domain sl.b.example\n");
  CHECK(desk.Refusal("sender.domains", {{"DomainsResponseFormat", "xml"}}) == Codes{1});
}

TEST_CASE("inbound mail is taken for Enabled domains and their return-path hosts alone") {
  RelayDesk desk;
  desk.Add("example.com", core::DomainStatus::kEnabled);
  desk.Add("pending.example", core::DomainStatus::kApprovalPending);
  for (const char* asked :
       {"example.com", "EXAMPLE.com.", "jane@example.com", "\"a@b\"@example.com"}) {
    CHECK(desk.Check(asked) == Json{{"RelayDomain", "example.com"}});
  }
  CHECK(desk.Check("bounces@sl.example.com") == Json{{"RelayDomain", "sl.example.com"}});
  for (const char* asked : {"x.example.com", "com", "pending.example", "sl.pending.example", "@",
                            "example.com@", "not a domain", "192.0.2.1", "exämple"}) {
    CHECK(desk.Refusal("inbound-relay-domain-check", {{"Domain", asked}}) ==
          Codes{catalogue::kCodeDenied});
  }
  CHECK(desk.Refusal("inbound-relay-domain-check", Json::object()) ==
        Codes{catalogue::kCodeMalformed});
}

}  // namespace egd::api
