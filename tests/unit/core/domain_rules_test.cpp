#include "daemon/core/domain_rules.h"

#include <catch2/catch.hpp>

namespace egd::core {
namespace {

config::Config::Gateway Gateway() {
  config::Config::Gateway gateway;
  gateway.mfrom_host = "mfrom.gw.example";
  gateway.tracking_host = "click.gw.example";
  gateway.spf_host = "spf.gw.example";
  return gateway;
}

SenderDomain Domain(const std::string& name = "example.com") {
  SenderDomain domain;
  domain.name = name;
  domain.dkim_keys = {{"eg202611", {}, DkimKeyState::kActive, {}, "MIIB", 0, 0}};
  DeriveHosts(domain, Gateway());
  return domain;
}

std::vector<std::string> Lines(const std::vector<DnsRecord>& records) {
  std::vector<std::string> lines;
  for (const auto& record : records) {
    lines.push_back(record.purpose + " " + record.host + " " + record.type + " " + record.value);
  }
  return lines;
}

}  // namespace

TEST_CASE("Sender domains are names that somebody can own") {
  CHECK(NormalizeSenderDomain("Example.COM") == "example.com");
  CHECK(NormalizeSenderDomain("bücher.de") == "xn--bcher-kva.de");
  CHECK(NormalizeSenderDomain("example.co.uk") == "example.co.uk");
  CHECK(NormalizeSenderDomain("example.test") == "example.test");
  for (const auto* bad : {"", "localhost", "com", "co.uk", "CO.UK", "github.io", "192.0.2.1",
                          "[::1]", "::1", "a b.com", "https://example.com", "jane@example.com"}) {
    CAPTURE(bad);
    CHECK_FALSE(NormalizeSenderDomain(bad));
  }
}

TEST_CASE("Subdomains and track prefixes are 1 to 32 letters, digits and inner hyphens") {
  for (const auto& good :
       {std::string("a"), std::string("sl"), std::string("Out-Bound-7"), std::string(32, 'x')}) {
    CHECK(IsHostPart(good));
  }
  for (const auto& bad : {std::string(), std::string("-a"), std::string("a-"), std::string("a.b"),
                          std::string("a_b"), std::string("ä"), std::string(33, 'x')}) {
    CHECK_FALSE(IsHostPart(bad));
  }
  CHECK(IsTrackMerge("-"));
  CHECK(IsTrackMerge("."));
  CHECK_FALSE(IsTrackMerge(""));
  CHECK_FALSE(IsTrackMerge("--"));
  CHECK_FALSE(IsTrackMerge("_"));
}

TEST_CASE("Hosts come from the domain's settings, else from the gateway's") {
  SenderDomain domain = Domain();
  CHECK(domain.mfrom_host == "sl.example.com");
  CHECK(domain.tracking_host == "track-sl.example.com");
  domain.custom_subdomain = "Outbound";
  domain.custom_track_prefix = "links";
  domain.custom_track_merge = ".";
  DeriveHosts(domain, Gateway());
  CHECK(domain.mfrom_host == "outbound.example.com");
  CHECK(domain.tracking_host == "links.outbound.example.com");
  domain.track_prefix_disabled = true;
  DeriveHosts(domain, Gateway());
  CHECK(domain.tracking_host == "outbound.example.com");
}

TEST_CASE("The default template asks for five records") {
  CHECK(Lines(RecordsToPublish(Domain(), config::DefaultDnsRecords(), Gateway())) ==
        std::vector<std::string>{"MFROM sl.example.com CNAME mfrom.gw.example",
                                 "DKIM eg202611._domainkey.example.com TXT v=DKIM1; k=rsa; p=MIIB",
                                 "SPF example.com TXT v=spf1 include:spf.gw.example ~all",
                                 "DMARC _dmarc.example.com TXT v=DMARC1; p=none",
                                 "TRACKING track-sl.example.com CNAME click.gw.example"});
}

TEST_CASE("Without a tracking host of its own the tracking record is left out") {
  SenderDomain domain = Domain();
  domain.track_prefix_disabled = true;
  DeriveHosts(domain, Gateway());
  const auto records = RecordsToPublish(domain, config::DefaultDnsRecords(), Gateway());
  REQUIRE(records.size() == 4);
  CHECK(records.back().purpose == "DMARC");
}

TEST_CASE("An operator's rows may put several TXT records at one host") {
  const std::vector<config::DnsRecordTemplate> rows = {
      {"SPF", "{domain}", "TXT", "v=spf1 include:{spf_host} ~all"},
      {"OWNER", "{domain}", "TXT", "owner={mfrom}/{tracking}/{unknown}{"},
      {"MX", "{mfrom}", "MX", "10 {mfrom_host}"}};
  CHECK(Lines(RecordsToPublish(Domain(), rows, Gateway())) ==
        std::vector<std::string>{
            "SPF example.com TXT v=spf1 include:spf.gw.example ~all",
            "OWNER example.com TXT owner=sl.example.com/track-sl.example.com/{unknown}{",
            "MX sl.example.com MX 10 mfrom.gw.example"});
  CHECK(RecordsToPublish(Domain(), {}, Gateway()).empty());
}

TEST_CASE("Each further key has the rows that name one, after all others") {
  SenderDomain domain = Domain();
  domain.dkim_keys.push_back({"eg202612", {}, DkimKeyState::kPending, {}, "MIIC", 0, 0});
  domain.dkim_keys.push_back(
      {"ed202612", DkimAlgorithm::kEd25519Sha256, DkimKeyState::kPending, {}, "AAAA", 0, 0});
  const std::vector<config::DnsRecordTemplate> rows = {
      {"KEY", "{selector}._domainkey.{domain}", "TXT", "v=DKIM1; t=s; p={dkim_public_key}"},
      {"OWNER", "{domain}", "TXT", "owner=me"},
      {"ALIAS", "{selector}.keys.{domain}", "CNAME", "{selector}.example.net"}};
  const auto records = RecordsToPublish(domain, rows, Gateway());
  CHECK(Lines(records) ==
        std::vector<std::string>{
            "KEY eg202611._domainkey.example.com TXT v=DKIM1; t=s; p=MIIB",
            "OWNER example.com TXT owner=me",
            "ALIAS eg202611.keys.example.com CNAME eg202611.example.net",
            "KEY eg202612._domainkey.example.com TXT v=DKIM1; t=s; p=MIIC",
            "ALIAS eg202612.keys.example.com CNAME eg202612.example.net",
            "KEY ed202612._domainkey.example.com TXT v=DKIM1; t=s; k=ed25519; p=AAAA",
            "ALIAS ed202612.keys.example.com CNAME ed202612.example.net"});
  CHECK(records[0].selector == "eg202611");
  CHECK(records[1].selector.empty());
  CHECK(records[6].selector == "ed202612");
}

TEST_CASE("A further key has a record even when no row names keys") {
  SenderDomain domain = Domain();
  domain.dkim_keys.push_back(
      {"ed202612", DkimAlgorithm::kEd25519Sha256, DkimKeyState::kPending, {}, "AAAA", 0, 0});
  CHECK(Lines(RecordsToPublish(domain, {}, Gateway())) ==
        std::vector<std::string>{
            "DKIM ed202612._domainkey.example.com TXT v=DKIM1; k=ed25519; p=AAAA"});
}

TEST_CASE("Hosts too long for the DNS are found") {
  SenderDomain domain = Domain();
  CHECK(HostsFit(domain));
  domain.custom_subdomain = std::string(32, 's');
  domain.custom_track_prefix = std::string(31, 't');
  DeriveHosts(domain, Gateway());
  CHECK_FALSE(HostsFit(domain));  // 31 + "-" + 32 is a label of 64
  domain.custom_track_merge = ".";
  DeriveHosts(domain, Gateway());
  CHECK(HostsFit(domain));
  const std::string label(61, 'b');
  SenderDomain longest = Domain(label + "." + label + "." + label + "." + label + ".co");  // 250
  CHECK_FALSE(HostsFit(longest));
}

namespace {

// A round in which the records turned out like this.
void Round(SenderDomain& domain, const std::vector<RecordStatus>& statuses, UnixMillis now = 7) {
  domain.records.resize(statuses.size());
  for (size_t i = 0; i < statuses.size(); ++i) domain.records[i].status = statuses[i];
  ApplyRound(domain, now);
}

constexpr auto kPass = RecordStatus::kPass;
constexpr auto kFail = RecordStatus::kFail;
constexpr auto kTemp = RecordStatus::kTempError;

}  // namespace

TEST_CASE("A domain is enabled when every record passes, and only then") {
  SenderDomain domain = Domain();
  Round(domain, {kPass, kFail});
  CHECK(domain.status == DomainStatus::kApprovalPending);
  Round(domain, {kPass, kTemp});
  CHECK(domain.status == DomainStatus::kApprovalPending);
  Round(domain, {kPass, kPass}, 8);
  CHECK(domain.status == DomainStatus::kEnabled);
  CHECK(domain.consecutive_failures == 0);
  CHECK(domain.last_checked_at == 8);
}

TEST_CASE("The third failed round in a row demotes, a temporary error never does") {
  SenderDomain domain = Domain();
  Round(domain, {kPass});
  Round(domain, {kFail});
  Round(domain, {kFail});
  CHECK(domain.status == DomainStatus::kEnabled);
  Round(domain, {kPass});
  Round(domain, {kFail, kTemp});
  Round(domain, {kFail});
  for (int i = 0; i < 10; ++i) Round(domain, {kTemp, kPass});
  CHECK(domain.status == DomainStatus::kEnabled);
  Round(domain, {kFail});
  CHECK(domain.status == DomainStatus::kApprovalPending);
}

TEST_CASE("Verification does not overrule Disabled and Suspended") {
  for (const auto status : {DomainStatus::kDisabled, DomainStatus::kSuspended}) {
    SenderDomain domain = Domain();
    domain.status = status;
    Round(domain, {kPass});
    CHECK(domain.status == status);
    for (int i = 0; i < 4; ++i) Round(domain, {kFail});
    CHECK(domain.status == status);
    ResetVerification(domain, DomainStatus::kEnabled);
    CHECK(domain.status == status);
    CHECK(domain.consecutive_failures == 0);
  }
}

TEST_CASE("Records are the same whatever their verdicts") {
  const auto records = RecordsToPublish(Domain(), config::DefaultDnsRecords(), Gateway());
  auto judged = records;
  judged[0].status = kPass;
  CHECK(SameRecords(records, judged));
  judged[1].value += "x";
  CHECK_FALSE(SameRecords(records, judged));
  judged = records;
  judged.pop_back();
  CHECK_FALSE(SameRecords(records, judged));
}

}  // namespace egd::core
