// doctor's checks over facts that a test writes down.
#include <algorithm>
#include <map>

#include <catch2/catch.hpp>

#include "cli/dns_lookup.h"
#include "cli/doctor/checks.h"
#include "cli/doctor/gather.h"
#include "cli/doctor/unit_file.h"
#include "shared/base/version.h"
#include "shared/catalogue/doctor_checks.h"

namespace egd::cli {
namespace {

using Texts = std::vector<std::string>;
using Json = nlohmann::ordered_json;

constexpr int64_t kNow = 1'700'000'000, kDay = 86'400;

Names List(Texts values) {
  return Known(std::move(values));
}

// A machine with nothing to find.
Facts Healthy() {
  Facts facts{.config_path = "/etc/egd/egd.toml"};
  auto& config = facts.loaded.config;
  config.gateway.hostname = config.gateway.mfrom_host = config.gateway.spf_host =
      config.gateway.tracking_host = "mail.example.com";
  config.smtp.listen = {"0.0.0.0:25"};
  config.tracking.listen = {"127.0.0.1:8080"};
  facts.config_file = Known(FileFacts{.path = facts.config_path, .mode = 0644});
  facts.data_dir = Known(FileFacts{.path = "/data", .directory = true, .mode = 0700, .owner = 9});
  facts.data_files = Known(std::vector<FileFacts>{{.path = "/data/egd.db", .owner = 9}});
  facts.secrets = {{.path = "/data/admin.key",
                    .file = Known(FileFacts{.path = "/data/admin.key", .mode = 0600})},
                   {.path = "/etc/key.pem",
                    .group_may_read = true,
                    .file = Known(FileFacts{.path = "/etc/key.pem", .mode = 0640})}};
  facts.certificates = {{.section = "smtp",
                         .file = "/etc/cert.pem",
                         .key_file = "/etc/key.pem",
                         .host = "mail.example.com",
                         .key_fits = true,
                         .not_before = kNow - kDay,
                         .not_after = kNow + 60 * kDay,
                         .names = {"*.example.com"}}};
  facts.ca_files = {{"/etc/ssl/certs/ca-certificates.crt", true}};
  facts.listeners = {
      {.option = "smtp.listen", .address = "0.0.0.0:25", .taken = Known(true), .program = "egd"}};
  facts.status = Known(Json{{"Version", Version()},
                            {"Ready", true},
                            {"NotReadyReason", ""},
                            {"Queue", {{"ReadyLagSeconds", 0}}},
                            {"Schema", {{"Database", 23}, {"Program", 23}}},
                            {"Lanes", Json::array()},
                            {"Webhooks", Json::array()},
                            {"Domains", Json::array()}});
  facts.daemon_away = false;
  facts.open_files = Known(uint64_t(65'536));
  facts.disk = Known(DiskFacts{
      .free_bytes = 50ull << 30, .bytes = 100ull << 30, .free_files = 900, .files = 1000});
  facts.memory_bytes = Known(uint64_t(4) << 30);
  facts.clock_synchronised = Known(true);
  facts.now = kNow;
  facts.resolvers = {{.address = "127.0.0.1:53", .answers = true, .edns = true, .validates = true}};
  facts.hello_addresses = facts.tracking_addresses = List({"192.0.2.1"});
  facts.own_addresses = {"192.0.2.1"};
  facts.sending = {{.address = "192.0.2.1",
                    .names = List({"mail.example.com"}),
                    .forward = {{"mail.example.com", List({"192.0.2.1"})}},
                    .listings = List({})}};
  facts.spf_texts = List({"v=spf1 ip4:192.0.2.1 -all"});
  facts.mfrom_mx = List({"mail.example.com"});
  facts.mfrom_addresses = List({"192.0.2.1"});
  facts.tls_check_status = Known(404);
  facts.backup_at = Known(kNow - kDay / 2);
  facts.unit = Known(std::string(ShippedUnit()));
  facts.smtp_out = Known(std::string());
  return facts;
}

CheckResult Look(const Facts& facts, std::string_view name) {
  for (const Check& check : Checks()) {
    if (check.name == name) return check.look(facts);
  }
  FAIL("no check " << name);
  return {};
}

// The names of the checks that find something.
Texts Found(const Facts& facts) {
  Texts names;
  for (const Check& check : Checks()) {
    if (!check.look(facts).problems.empty()) names.emplace_back(check.name);
  }
  return names;
}

}  // namespace

TEST_CASE(
    "doctor's table and its functions name the same checks, at least 25, each with a remedy") {
  const auto& table = catalogue::DoctorChecks();
  CHECK(table.size() >= 25);
  REQUIRE(Checks().size() == table.size());
  size_t functions = 0;
  for (const auto& part :
       {FileChecks(), CertificateChecks(), DaemonChecks(), MachineChecks(), DnsChecks()}) {
    functions += part.size();
  }
  CHECK(functions == table.size());
  for (size_t i = 0; i < table.size(); ++i) {
    CHECK(Checks()[i].name == table[i].name);
    CHECK(!table[i].looks_at.empty());
    CHECK(!table[i].remedy.empty());
  }
}

TEST_CASE("on a healthy machine doctor finds nothing, and has checked everything") {
  const Facts facts = Healthy();
  for (const Check& check : Checks()) {
    INFO(check.name);
    const CheckResult outcome = check.look(facts);
    CHECK(outcome.problems == Texts{});
    CHECK(outcome.unchecked == "");
    CHECK(outcome.fixes.empty());
  }
}

TEST_CASE("each fault is found by its check and no other") {
  using Plant = void (*)(Facts&);
  const std::multimap<std::string, Plant> faults = {
      {"config", [](Facts& f) { f.loaded.warnings = {"EGD_HTTP_LISEN is not an option"}; }},
      {"config-mode", [](Facts& f) { f.config_file.value->mode = 0664; }},
      {"data-dir", [](Facts& f) { f.data_dir.value->directory = false; }},
      {"data-mode", [](Facts& f) { f.data_dir.value->mode = 0750; }},
      {"data-owner", [](Facts& f) { f.data_files.value->front().owner = 0; }},
      {"key-files", [](Facts& f) { f.secrets[0].file.value->mode = 0640; }},
      {"key-files", [](Facts& f) { f.secrets[1].file.value->mode = 0644; }},
      {"certificate-files",
       [](Facts& f) { f.certificates[0].problem = "/x holds no certificate"; }},
      {"certificate-key", [](Facts& f) { f.certificates[0].key_fits = false; }},
      {"certificate-dates", [](Facts& f) { f.certificates[0].not_after = kNow; }},
      {"certificate-dates", [](Facts& f) { f.certificates[0].not_after = kNow + 13 * kDay; }},
      {"certificate-dates", [](Facts& f) { f.certificates[0].not_before = kNow + 1; }},
      {"certificate-names", [](Facts& f) { f.certificates[0].host = "a.mail.example.com"; }},
      {"certificate-names", [](Facts& f) { f.certificates[0].host = "example.com"; }},
      {"ca-bundle", [](Facts& f) { f.ca_files["/x"] = false; }},
      {"listeners", [](Facts& f) { f.listeners[0].program = "master"; }},
      {"listeners", [](Facts& f) { f.listeners[0].taken = Known(false); }},
      {"bounces", [](Facts& f) { f.loaded.config.smtp.listen.clear(); }},
      {"plaintext-auth", [](Facts& f) { f.loaded.config.smtp.allow_plaintext_auth = true; }},
      {"api-exposed",
       [](Facts& f) {
         f.loaded.config.http.listen = {"[::1]:1", "[::]:8025"};
       }},
      {"ready", [](Facts& f) { (*f.status.value)["Ready"] = false; }},
      {"version", [](Facts& f) { (*f.status.value)["Version"] = "0.0.1"; }},
      {"schema", [](Facts& f) { (*f.status.value)["Schema"]["Database"] = 22; }},
      {"queue", [](Facts& f) { (*f.status.value)["Queue"]["ReadyLagSeconds"] = 61; }},
      {"queue",
       [](Facts& f) {
         (*f.status.value)["Lanes"] = {{{"Destination", "example.org"}, {"State", "down"}}};
       }},
      {"webhooks",
       [](Facts& f) {
         (*f.status.value)["Webhooks"] = {{{"WebhookID", 7}}};
       }},
      {"domains",
       [](Facts& f) {
         (*f.status.value)["Domains"] = {{{"DomainName", "a.example"}}};
       }},
      {"disk-space", [](Facts& f) { f.disk.value->free_bytes = 4ull << 30; }},
      {"inodes", [](Facts& f) { f.disk.value->free_files = 49; }},
      {"open-files", [](Facts& f) { f.open_files = Known(uint64_t(1024)); }},
      {"memory", [](Facts& f) { f.loaded.config.limits.memory_bytes = int64_t(5) << 30; }},
      {"clock", [](Facts& f) { f.clock_synchronised = Known(false); }},
      {"resolvers", [](Facts& f) { f.resolvers.push_back({.address = "192.0.2.53"}); }},
      {"resolver-edns", [](Facts& f) { f.resolvers[0].edns = false; }},
      {"resolver-dnssec", [](Facts& f) { f.resolvers[0].validates = false; }},
      {"resolver-dnssec",
       [](Facts& f) {
         f.loaded.config.delivery.dane = true;
         f.resolvers[0].address = "192.0.2.53:53";
       }},
      {"hello-name", [](Facts& f) { f.loaded.config.gateway.hostname = "localhost"; }},
      {"hello-name", [](Facts& f) { f.loaded.config.gateway.hostname = "mail"; }},
      {"hello-name", [](Facts& f) { f.loaded.config.gateway.hostname = "mail.local"; }},
      {"hello-address", [](Facts& f) { f.address_option = "192.0.2.2"; }},
      {"hello-address", [](Facts& f) { f.own_addresses = {"192.0.2.2"}; }},
      {"ptr", [](Facts& f) { f.sending[0].names = List({}); }},
      {"ptr-forward", [](Facts& f) { f.sending[0].forward["mail.example.com"] = List({}); }},
      {"spf", [](Facts& f) { f.spf_texts = List({"other"}); }},
      {"spf",
       [](Facts& f) {
         f.spf_texts = List({"v=spf1 a -all", "v=spf1 mx -all"});
       }},
      {"spf", [](Facts& f) { f.spf_texts = List({"v=spf1 +all"}); }},
      {"mfrom-host", [](Facts& f) { f.mfrom_mx = f.mfrom_addresses = List({}); }},
      {"mfrom-host", [](Facts& f) { f.mfrom_mx = List({"."}); }},
      {"tracking-host", [](Facts& f) { f.tracking_addresses = List({"192.0.2.9"}); }},
      {"tracking-proxy", [](Facts& f) { f.tls_check_status = Known(502); }},
      {"backup", [](Facts& f) { f.backup_at = Known(kNow - 26 * 3600); }},
      {"unit", [](Facts& f) { f.unit = Known(std::string("[Service]\nUser=egd\n")); }},
      {"smtp-out",
       [](Facts& f) { f.smtp_out = Known(std::string("192.0.2.1 port 25: no answer")); }},
      {"blocklists", [](Facts& f) { f.sending[0].listings = List({"127.0.0.2"}); }},
  };
  for (const auto& [name, plant] : faults) {
    Facts facts = Healthy();
    plant(facts);
    INFO(name);
    CHECK(Found(facts) == Texts{name});
  }
  Facts away = Healthy();
  away.status = {.why_not = "cannot reach unix:/x"};
  away.daemon_away = true;
  CHECK(Found(away) == Texts{"daemon"});
  CHECK(Look(away, "queue").unchecked == "egd does not answer");
  away.listeners[0].program.clear();  // somebody has the port, and cannot be seen
  CHECK(Found(away) == Texts{"listeners", "daemon"});
}

TEST_CASE("what could not be looked at is not checked, with the reason, and never passes") {
  const Facts blind{};  // nothing was gathered
  constexpr std::string_view of_config[] = {"config", "bounces",    "plaintext-auth", "api-exposed",
                                            "daemon", "hello-name", "resolvers",      "ca-bundle"};
  for (const Check& check : Checks()) {
    INFO(check.name);
    const CheckResult outcome = check.look(blind);
    const bool needs_facts = std::ranges::count(of_config, check.name) == 0;
    if (needs_facts) CHECK(!outcome.unchecked.empty());
  }
}

TEST_CASE("with a configuration that is not valid, nothing that depends on it is judged") {
  Facts facts = Healthy();
  facts.loaded.problems = {"egd.toml:1:1: unknown option \"x\""};
  CHECK(Found(facts) == Texts{"config"});
  CHECK(Look(facts, "hello-name").unchecked == "the configuration is not valid");
}

TEST_CASE(
    "a blocklist that does not answer this resolver has not said that the address is listed") {
  Facts facts = Healthy();
  facts.sending[0].listings = List({"127.255.255.254"});
  CHECK(Look(facts, "blocklists").problems.empty());
  CHECK(!Look(facts, "blocklists").unchecked.empty());
}

TEST_CASE("fixes take permissions away, and give files to the owner of the directory") {
  Facts facts = Healthy();
  facts.data_dir.value->mode = 0755;
  facts.data_dir.value->group = 8;
  facts.secrets[1].file.value->mode = 0664;
  facts.data_files.value->front().owner = 0;
  using Kind = Fix::Kind;
  CHECK(Look(facts, "data-mode").fixes ==
        std::vector<Fix>{{.kind = Kind::kMode, .path = "/data", .mode = 0700}});
  CHECK(Look(facts, "key-files").fixes ==
        std::vector<Fix>{{.kind = Kind::kMode, .path = "/etc/key.pem", .mode = 0640}});
  CHECK(Look(facts, "data-owner").fixes ==
        std::vector<Fix>{{.kind = Kind::kOwner, .path = "/data/egd.db", .owner = 9, .group = 8}});
}

TEST_CASE("hardening is compared as systemd reads it") {
  const std::string shipped =
      "[Service]\nType=notify\nNoNewPrivileges=yes\nSystemCallFilter=@system-service\n"
      "SystemCallFilter=~@privileged\nProtectSystem=strict\n[Install]\nWantedBy=x\n";
  const auto missing = [&](const std::string& unit) { return MissingHardening(shipped, unit); };
  CHECK(missing(shipped + "[Service]\nUser=egd\n") == Texts{});
  CHECK(missing("[Service]\nUser=egd\nNoNewPrivileges = true\nSystemCallFilter=@system-service\n"
                "# a comment\nSystemCallFilter=~@privileged\nProtectSystem=strict\n") == Texts{});
  CHECK(missing(shipped) == Texts{"User=egd"});
  CHECK(missing(shipped + "[Service]\nUser=egd\nProtectSystem=no\n") ==
        Texts{"ProtectSystem=strict"});  // a drop-in's line comes later
  CHECK(missing(shipped + "[Service]\nUser=egd\nSystemCallFilter=\n") ==
        Texts{"SystemCallFilter=@system-service", "SystemCallFilter=~@privileged"});
  CHECK(missing("[Service]\nUser=root\n").size() == 5);
  CHECK(MissingHardening(ShippedUnit(), ShippedUnit()) == Texts{});
}

TEST_CASE("listening sockets are read from /proc/net/tcp") {
  const std::string table =
      "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout "
      "inode\n"
      "   0: 0100007F:1F59 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 "
      "4711 1\n"
      "   1: 0100007F:1F5A 0100007F:9C40 01 00000000:00000000 00:00000000 00000000     0        0 "
      "4712 1\n"
      "   2: 00000000000000000000000001000000:0019 00000000000000000000000000000000:0000 0A "
      "00000000:00000000 00:00000000 00000000     0        0 4713 1\n"
      "broken\n";
  const auto sockets = ListeningSockets(table);
  REQUIRE(sockets.size() == 2);
  CHECK(sockets[0].address == "127.0.0.1:8025");
  CHECK(sockets[0].inode == "4711");
  CHECK(sockets[1].address == "[::1]:25");
  CHECK(Collides("0.0.0.0:25", "127.0.0.1:25"));
  CHECK(Collides("127.0.0.1:25", "0.0.0.0:25"));
  CHECK(Collides("[::1]:25", "[::1]:25"));
  CHECK_FALSE(Collides("127.0.0.1:25", "127.0.0.2:25"));
  CHECK_FALSE(Collides("0.0.0.0:25", "127.0.0.1:26"));
}

TEST_CASE("PTR names and resolv.conf") {
  CHECK(PtrName("192.0.2.1") == "1.2.0.192.in-addr.arpa");
  CHECK(PtrName("2001:db8::1") ==
        "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa");
  CHECK(PtrName("mail.example.com").empty());
  CHECK(SystemNameServers("# x\nsearch example.com\nnameserver 192.0.2.1\n nameserver\t::1\n") ==
        Texts{"192.0.2.1", "::1"});
  CHECK(SystemNameServers("nameserver\nnameserver nonsense\n") == Texts{"127.0.0.1"});
}

TEST_CASE("a DNS answer that is none is not taken for one") {
  CHECK_FALSE(DnsReplyOf("", DnsType::kA));
  CHECK_FALSE(DnsReplyOf(std::string(11, '\0'), DnsType::kA));
  const std::string header("\x12\x34\x81\xa0\0\0\0\x01\0\0\0\0", 12);  // one answer, AD
  CHECK_FALSE(DnsReplyOf(header, DnsType::kA));
  const std::string record("\0\0\x01\0\x01\0\0\0\x05\0\x04\xc0\0\x02\x01", 15);
  const auto reply = DnsReplyOf(header + record, DnsType::kA);
  REQUIRE(reply);
  CHECK(reply->values == Texts{"192.0.2.1"});
  CHECK(reply->validated);
  CHECK_FALSE(reply->edns);
}

}  // namespace egd::cli
