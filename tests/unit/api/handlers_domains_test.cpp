#include "daemon/api/handlers/domains.h"
#include "daemon/store/events.h"
#include "daemon/store/message_store.h"
#include "daemon/store/webhook_store.h"
#include "tests/unit/api/handlers_desk.h"
#include "tests/unit/service/domains_fixture.h"

namespace egd::api {
namespace {

struct DomainsDesk : Desk {
  DomainsDesk() { AddDomainHandlers(handlers, domains, verify, rotation); }
  Json Add(const std::string& name, Json parameters = Json::object()) {
    parameters["DomainName"] = name;
    return Reply("emailgateway.adddomain", parameters, As(jane));
  }

  auth::Vault vault{std::string(32, 'k')};
  config::Config config = service::DomainHouse::Settings();
  service::PublishedDns dns;
  service::Domains domains{*store, vault, clock, config};
  service::DnsRounds rounds{dns};
  service::VerifyDomain verify{*store, rounds, clock, config};
  service::DkimRotation rotation{*store, vault, clock, config};
  int64_t jane = AddUser("jane"), mallory = AddUser("mallory");
};

}  // namespace

TEST_CASE("adddomain answers as the reference does, with what has to be published") {
  DomainsDesk desk;
  const Json reply = desk.Add("example.com", {{"Subdomain", "outbound"}, {"TrackPrefix", "links"}});
  const Json& domain = reply["Domain"];
  CHECK(reply["NewSenderDomainID"] == domain["DomainID"]);
  CHECK(domain["SenderDomain"] == "example.com");
  CHECK(domain["Status"] == "Approval Pending");
  CHECK(domain["Options"] == Json{{"LinkTracking", 1},
                                  {"OpenTracking", 1},
                                  {"UnsubscribeLink", 0},
                                  {"CustomSubdomain", "outbound"},
                                  {"CustomTrackPrefix", "links"},
                                  {"TrackPrefixDisabled", false}});
  CHECK(domain["CreatedAt"] == "2023-11-14 22:13:20");
  CHECK(domain["MFROMDomain"] == "outbound.example.com");
  CHECK(domain["TrackingDomain"] == "links-outbound.example.com");
  CHECK(domain["VerificationMeta"]["DNSRecords"].size() == 5);
  CHECK(domain["VerificationMeta"]["DNSRecords"][0] == Json{{"Purpose", "MFROM"},
                                                            {"Host", "outbound.example.com"},
                                                            {"Type", "CNAME"},
                                                            {"Value", "mfrom.gw.example"},
                                                            {"Status", "unchecked"},
                                                            {"Found", ""},
                                                            {"Error", ""},
                                                            {"LastCheckedAt", ""},
                                                            {"Required", true}});
  CHECK(desk.Reply("emailgateway.getdomain", {{"DomainID", domain["DomainID"]}},
                   As(desk.jane))["Domain"] == domain);
  CHECK(desk.Reply("emailgateway.getdomains", Json::object(), As(desk.jane))["Domains"] ==
        Json::array({domain}));
}

TEST_CASE("adddomain answers the reference's codes, all that apply") {
  DomainsDesk desk;
  const auto refusal = [&](const Json& parameters) {
    return desk.Refusal("emailgateway.adddomain", parameters, As(desk.jane));
  };
  CHECK(refusal(Json::object()) == Codes{1});
  CHECK(refusal({{"DomainName", ""}}) == Codes{1});
  CHECK(refusal({{"DomainName", nullptr}}) == Codes{1});
  CHECK(refusal({{"DomainName", "co.uk"}}) == Codes{2});
  CHECK(refusal({{"DomainName", 7}}) == Codes{2});
  CHECK(refusal({{"DomainName", "example.com\r\n"}}) == Codes{2});
  CHECK(refusal({{"DomainName", std::string(5000, 'a')}}) == Codes{2});
  CHECK(refusal({{"DomainName", "example.com"}, {"Subdomain", "a.b"}}) == Codes{4});
  CHECK(refusal({{"DomainName", "example.com"}, {"Subdomain", std::string(33, 'a')}}) == Codes{4});
  CHECK(refusal({{"DomainName", "example.com"}, {"TrackMerge", "+"}}) == Codes{4});
  CHECK(refusal({{"DomainName", "localhost"}, {"TrackPrefix", "-"}}) == Codes{2, 4});
  desk.Add("example.com");
  CHECK(refusal({{"DomainName", "Example.com"}}) == Codes{5});
}

TEST_CASE("getdomains counts what belongs to each domain when asked to") {
  DomainsDesk desk;
  const int64_t id = desk.Add("example.com")["NewSenderDomainID"];
  desk.Add("example.net");
  core::Message message;
  message.id = NewUuidV7(desk.clock);
  message.user_id = desk.jane;
  message.domain_id = id;
  REQUIRE(desk.store->Write([&](store::Transaction& tx) {
    core::Webhook webhook;
    webhook.domain_id = id;
    store::WebhookStore(tx).Insert(webhook);
    store::MessageStore(tx).Insert(message, "x", {});
    for (const auto& [type, days_ago] : {std::pair{core::EventType::kAccepted, 7},
                                         {core::EventType::kAccepted, 6},
                                         {core::EventType::kAccepted, 0},
                                         {core::EventType::kAccepted, 0},
                                         {core::EventType::kBounce, 0}}) {
      core::Event event;
      event.type = type;
      event.at = desk.clock.Now() - days_ago * kDayMillis;
      event.message_id = message.id;
      store::events::Record(tx, event);
    }
  }));
  const Json plain = desk.Reply("emailgateway.getdomains", Json::object(), As(desk.jane));
  CHECK_FALSE(plain["Domains"][0].contains("Sent7d"));
  const Json counted =
      desk.Reply("emailgateway.getdomains", {{"WithCounts", 1}}, As(desk.jane))["Domains"];
  REQUIRE(counted.size() == 2);
  CHECK(counted[0]["APIKeyCount"] == 0);
  CHECK(counted[0]["SMTPCount"] == 0);
  CHECK(counted[0]["WebhookCount"] == 1);
  CHECK(counted[0]["Sent7d"] == 3);
  CHECK(counted[0]["BounceRate7d"] == 33.33);
  CHECK(counted[0]["LastActivityAt"] == "2023-11-14 22:13:20");
  CHECK(counted[1]["Sent7d"] == 0);
  CHECK(counted[1]["BounceRate7d"] == 0);
  CHECK(counted[1]["LastActivityAt"] == "");
}

TEST_CASE("cleardomainqueue says how many recipients it dropped") {
  DomainsDesk desk;
  const Json id = desk.Add("example.com")["NewSenderDomainID"];
  core::Message message;
  message.id = NewUuidV7(desk.clock);
  message.user_id = desk.jane;
  message.domain_id = id;
  REQUIRE(desk.store->Write([&](store::Transaction& tx) {
    store::MessageStore(tx).Insert(message, "x", {{"a@b.example", "b.example"}});
  }));
  const auto clear = [&](int64_t user) {
    return desk.Reply("emailgateway.cleardomainqueue", {{"DomainID", id}}, As(user));
  };
  CHECK(clear(desk.jane) == Json{{"ClearedCount", 1}});
  CHECK(clear(desk.jane) == Json{{"ClearedCount", 0}});
  CHECK(desk.Refusal("emailgateway.cleardomainqueue", {{"DomainID", id}}, As(desk.mallory)) ==
        Codes{2});
}

TEST_CASE("adddomain adds what it finds to what the parser found") {
  DomainsDesk desk;
  const auto refusal = [&](const Json& parameters) {
    return desk.Refusal("emailgateway.adddomain", parameters, As(desk.jane));
  };
  const std::string too_long(33, 'a');
  CHECK(refusal({{"DomainName", "co.uk"}, {"Subdomain", too_long}}) == Codes{2, 4});
  CHECK(refusal({{"DomainName", 7}, {"Subdomain", "-"}}) == Codes{2, 4});
  CHECK(refusal({{"Subdomain", "-"}}) == Codes{1, 4});
  CHECK(refusal({{"Subdomain", too_long}, {"TrackPrefix", "-"}}) == Codes{1, 4});
  desk.Add("example.com");
  CHECK(refusal({{"DomainName", "example.com"}, {"Subdomain", too_long}}) == Codes{4, 5});
  core::User user =
      **desk.store->Read([&](store::Connection& c) { return store::UserStore(c).Find(desk.jane); });
  user.max_sender_domains = 1;
  REQUIRE(desk.store->Write([&](store::Transaction& tx) { store::UserStore(tx).Update(user); }));
  CHECK(refusal({{"DomainName", "co.uk"}, {"TrackPrefix", too_long}}) == Codes{2, 3, 4});
}

TEST_CASE("updatedomain says whether there is something new to publish") {
  DomainsDesk desk;
  const Json id = desk.Add("example.com")["NewSenderDomainID"];
  const auto update = [&](Json parameters) {
    parameters["DomainID"] = id;
    return desk.Reply("emailgateway.updatedomain", parameters, As(desk.jane));
  };
  const Json changed = update({{"Subdomain", "outbound"}, {"TrackPrefixDisabled", 1}});
  CHECK(changed["SubdomainChanged"] == true);
  CHECK(changed["Domain"]["Options"]["TrackPrefixDisabled"] == true);
  CHECK(changed["Domain"]["TrackingDomain"] == "outbound.example.com");
  const Json same = update({{"Subdomain", "outbound"}, {"HostingProvider", "x"}});
  CHECK(same["SubdomainChanged"] == false);
  CHECK(same["Domain"]["Options"]["HostingProvider"] == "x");
  const Json reset =
      update({{"Subdomain", ""}, {"TrackPrefixDisabled", "0"}, {"HostingProvider", ""}});
  CHECK(reset["SubdomainChanged"] == true);
  CHECK(reset["Domain"]["MFROMDomain"] == "sl.example.com");
  CHECK_FALSE(reset["Domain"]["Options"].contains("CustomSubdomain"));
  CHECK_FALSE(reset["Domain"]["Options"].contains("HostingProvider"));
}

TEST_CASE("verifydomain lists what passed by host") {
  DomainsDesk desk;
  const Json id = desk.Add("example.com")["NewSenderDomainID"];
  const auto stored = desk.domains.Find(desk.jane, id.get<int64_t>());
  REQUIRE(stored);
  desk.dns.Publish(stored->records);
  desk.dns.Set(stored->records[0], "elsewhere.example");
  const Json reply = desk.Reply("emailgateway.verifydomain", {{"DomainID", id}}, As(desk.jane));
  CHECK(reply["Domain"]["Status"] == "Approval Pending");
  CHECK(reply["DNSVerificationResults"]["sl.example.com"] ==
        Json::array({"CNAME", "mfrom.gw.example", false}));
  CHECK(reply["DNSVerificationResults"]["example.com"] ==
        Json::array({"TXT", "v=spf1 include:spf.gw.example ~all", true}));
  const Json& record = reply["Domain"]["VerificationMeta"]["DNSRecords"][0];
  CHECK(record["Status"] == "fail");
  CHECK(record["Found"] == "elsewhere.example");
  CHECK(record["LastCheckedAt"] == "2023-11-14 22:13:20");
  desk.dns.Publish(stored->records);
  CHECK(desk.Reply("emailgateway.verifydomain", {{"DomainID", id}},
                   As(desk.jane))["Domain"]["Status"] == "Enabled");
}

TEST_CASE("rotatedkim answers with what to publish, and the domain shows how far it is") {
  DomainsDesk desk;
  const Json id = desk.Add("example.com")["NewSenderDomainID"];
  const auto call = [&](const std::string& command) {
    return desk.Reply("emailgateway." + command, {{"DomainID", id}}, As(desk.jane));
  };
  const Json rotated = call("rotatedkim");
  CHECK(rotated["Selector"] == "eg202311-2");
  CHECK(rotated["State"] == "pending");
  CHECK(rotated["AlreadyPending"] == false);
  CHECK(rotated["GraceSeconds"] == 7 * 86'400);
  REQUIRE(rotated["DNSRecords"].size() == 1);
  CHECK(rotated["DNSRecords"][0]["Host"] == "eg202311-2._domainkey.example.com");
  CHECK(rotated["DNSRecords"][0]["Required"] == false);
  CHECK(rotated["DKIMKeys"][1] == Json{{"Selector", "eg202311-2"},
                                       {"Algorithm", "rsa-sha256"},
                                       {"State", "pending"},
                                       {"Since", "2023-11-14 22:13:20"},
                                       {"GraceEndsAt", ""}});
  CHECK(call("rotatedkim")["AlreadyPending"] == true);
  const Json meta = call("getdomain")["Domain"]["VerificationMeta"];
  CHECK(meta["DKIMKeys"] == rotated["DKIMKeys"]);
  CHECK(meta["DNSRecords"].back() == rotated["DNSRecords"][0]);

  desk.dns.Publish(desk.domains.Find(desk.jane, id.get<int64_t>())->records);
  const Json verified = call("verifydomain");
  CHECK(verified["DNSVerificationResults"]["eg202311-2._domainkey.example.com"][2] == true);
  const Json keys = verified["Domain"]["VerificationMeta"]["DKIMKeys"];
  CHECK(keys[0]["State"] == "retiring");
  CHECK(keys[0]["GraceEndsAt"] == "2023-11-21 22:13:20");
  CHECK(keys[1]["State"] == "active");
  CHECK(call("rotatedkim").dump().find("PRIVATE") == std::string::npos);
  CHECK(call("rotatedkim")["Selector"] == "eg202311-3");
}

TEST_CASE("rotatedkim refuses a domain whose name leaves no room") {
  DomainsDesk desk;
  const std::string label(60, 'b');
  const std::string name = label + "." + label + "." + label + "." + std::string(46, 'c') + ".co";
  const Json id = desk.Add(name, {{"Subdomain", "s"}, {"TrackPrefix", "t"}})["NewSenderDomainID"];
  CHECK(desk.Refusal("emailgateway.rotatedkim", {{"DomainID", id}}, As(desk.jane)) == Codes{3});
}

TEST_CASE("no verification result is lost when a host has several records") {
  core::SenderDomain domain;
  for (const char* value : {"v=spf1 -all", "owner=1", "owner=2"}) {
    core::DnsRecord record;
    record.host = "example.com";
    record.type = "TXT";
    record.value = value;
    domain.records.push_back(record);
  }
  domain.records[1].status = core::RecordStatus::kPass;
  CHECK(VerificationJson(domain) == Json{{"example.com", {"TXT", "v=spf1 -all", false}},
                                         {"example.com#2", {"TXT", "owner=1", true}},
                                         {"example.com#3", {"TXT", "owner=2", false}}});
  CHECK(VerificationJson(core::SenderDomain()) == Json::object());
}

TEST_CASE("somebody else's domain answers exactly as a missing one") {
  DomainsDesk desk;
  const Json id = desk.Add("example.com")["NewSenderDomainID"];
  for (const Json& wrong : {id, Json(999'999)}) {
    const auto refusal = [&](const char* command) {
      return desk.Refusal(command, {{"DomainID", wrong}}, As(desk.mallory));
    };
    CHECK(refusal("emailgateway.getdomain") == Codes{2});
    CHECK(refusal("emailgateway.updatedomain") == Codes{5});
    CHECK(refusal("emailgateway.verifydomain") == Codes{2});
    CHECK(refusal("emailgateway.rotatedkim") == Codes{2});
    CHECK(refusal("emailgateway.deletedomain") == Codes{2});
  }
  CHECK(desk.Refusal("emailgateway.updatedomain", {{"DomainID", id}, {"Subdomain", "a_b"}},
                     As(desk.jane)) == Codes{6});
  CHECK(desk.Reply("emailgateway.deletedomain", {{"DomainID", id}}, As(desk.jane)) ==
        Json::object());
  CHECK(desk.Refusal("emailgateway.getdomain", {{"DomainID", id}}, As(desk.jane)) == Codes{2});
}

}  // namespace egd::api
