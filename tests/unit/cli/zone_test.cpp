// Records to publish, in the words of name servers and DNS tools.
#include "cli/zone.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "cli/spf_merge.h"
#include "cli/txt_lookup.h"
#include "shared/base/strings.h"
#include "shared/catalogue/exit_status.h"
#include "tests/unit/cli/fake_gateway.h"

namespace egd::cli {
namespace {

using namespace catalogue;

Zone Small() {
  Zone zone{.domain = "example.com", .name = "example.com"};
  zone.records = {{"MFROM", "sl.example.com", "CNAME", "gw.example.net"},
                  {"DKIM", "s1._domainkey.example.com", "TXT", "k=" + std::string(300, 'A')},
                  {"SPF", "example.com", "TXT", "v=spf1 \"x\\y\" ~all"},
                  {"MX", "example.com", "MX", "20 mx.example.net"},
                  {"DMARC", "_dmarc.example.com", "TXT", "v=DMARC1; p=none ${a} %{b}"}};
  return zone;
}

bool Has(const std::string& text, const std::string& part) {
  UNSCOPED_INFO(text);
  return text.find(part) != text.npos;
}

std::string Merged(const std::vector<std::string>& texts) {
  const auto merged = MergeSpf(texts, "v=spf1 include:gw.example.net ~all");
  return merged ? *merged : merged.error().public_text;
}

}  // namespace

TEST_CASE("texts are split at 255 bytes") {
  CHECK(SplitText("") == std::vector<std::string>{""});
  CHECK(SplitText(std::string(255, 'a')).size() == 1);
  const auto parts = SplitText(std::string(511, 'a'));
  REQUIRE(parts.size() == 3);
  CHECK(parts[1].size() == 255);
  CHECK(parts[2].size() == 1);
  const auto wide = SplitText(std::string(254, 'a') + "\xc3\xbc" + std::string(253, 'b'));
  REQUIRE(wide.size() == 2);
  CHECK(wide[0].size() == 254);
  CHECK(wide[1].starts_with("\xc3\xbc"));
}

TEST_CASE("a zone file gets absolute names and quoted strings") {
  const std::string text = BindText(Small());
  CHECK(Has(text, "sl.example.com. 3600 IN CNAME gw.example.net.\n"));
  CHECK(Has(text, "\"k=" + std::string(253, 'A') + "\" \"" + std::string(47, 'A') + "\"\n"));
  CHECK(Has(text, "IN TXT \"v=spf1 \\\"x\\\\y\\\" ~all\"\n"));
  CHECK(Has(text, "IN MX 20 mx.example.net.\n"));
  Zone odd{.domain = "a.b", .name = "a.b", .records = {{"X", "a.b", "TXT", "\xc3\xbc"}}};
  CHECK(Has(BindText(odd), "\"\\195\\188\""));
}

TEST_CASE("Terraform gets one resource a name and type, with its own escapes") {
  Zone zone = Small();
  zone.records.push_back({"OTHER", "example.com", "TXT", "second"});
  const std::string text = Route53Text(zone);
  CHECK(Has(text, "resource \"aws_route53_record\" \"example_com_txt\" {\n"));
  CHECK(Has(text, "records = [\"v=spf1 \\\\\\\"x\\\\\\\\y\\\\\\\" ~all\", \"second\"]"));
  CHECK(Has(text, std::string(253, 'A') + "\\\"\\\"" + std::string(47, 'A') + "\"]"));
  CHECK(Has(text, "p=none $${a} %%{b}"));
  CHECK(Has(text, "zone_id = var.example_com_zone_id\n"));
  zone.records = {{"X", "a.b", "TXT", "\xc3\xbc"}};
  CHECK(Has(Route53Text(zone), "[\"\\\\303\\\\274\"]"));
}

TEST_CASE("Cloudflare gets one resource a record, never proxied") {
  Zone zone = Small();
  zone.ttl = 30;
  const std::string text = CloudflareText(zone);
  CHECK(Has(text,
            "resource \"cloudflare_dns_record\" \"sl_example_com_cname\" {\n"
            "  zone_id = var.example_com_zone_id\n  name    = \"sl.example.com\"\n"
            "  type    = \"CNAME\"\n  content = \"gw.example.net\"\n  ttl     = 60\n"
            "  proxied = false\n}\n"));
  CHECK(Has(text, "content  = \"mx.example.net\"\n  priority = 20\n"));
  CHECK(Has(text, "content = \"\\\"k=" + std::string(253, 'A') + "\\\" \\\"" +
                      std::string(47, 'A') + "\\\"\"\n"));
}

TEST_CASE("octoDNS gets sorted names, escaped semicolons and whole values") {
  const std::string text = OctodnsText(Small());
  CHECK(
      text.starts_with("---\n\"\":\n  - ttl: 3600\n    type: MX\n    values:\n"
                       "    - exchange: \"mx.example.net.\"\n      preference: 20\n"
                       "  - ttl: 3600\n    type: TXT\n"));
  CHECK(Has(text, "value: \"v=DMARC1\\\\; p=none"));
  CHECK(Has(text, "value: \"k=" + std::string(300, 'A') + "\""));
  Zone odd{.domain = "a.b", .name = "a.b", .records = {{"X", "a.b", "TXT", "\xc3\xbc"}}};
  CHECK(Has(OctodnsText(odd), "value: \"\\\\195\\\\188\""));
  CHECK(text.find("\"_dmarc\":") < text.find("\"s1._domainkey\":"));
  CHECK(text.find("\"s1._domainkey\":") < text.find("\"sl\":"));
  Zone numbers{.domain = "a.b", .name = "a.b"};
  numbers.records = {{"X", "s10.a.b", "A", "192.0.2.1"}, {"X", "s9.a.b", "A", "192.0.2.1"}};
  const std::string natural = OctodnsText(numbers);
  CHECK(natural.find("\"s9\":") < natural.find("\"s10\":"));
}

TEST_CASE("DNSControl gets calls, lists for what is split") {
  const std::string text = DnscontrolText(Small());
  CHECK(Has(text, "D_EXTEND(\"example.com\",\n  CNAME(\"sl\", \"gw.example.net.\", TTL(3600)),\n"));
  CHECK(Has(text, "TXT(\"@\", \"v=spf1 \\\"x\\\\y\\\" ~all\", TTL(3600))"));
  CHECK(Has(text, "MX(\"@\", 20, \"mx.example.net.\", TTL(3600))"));
  CHECK(Has(text, "[\"k="));
  CHECK(text.ends_with("TTL(3600))\n);\n"));
}

TEST_CASE("names are relative to the zone they go to") {
  Zone zone = Small();
  zone.name = "com";
  CHECK(zone.Label(zone.records[0]) == "sl.example");
  CHECK(zone.Label(zone.records[2]) == "example");
  CHECK(ZoneJson(zone)["Records"][1]["Strings"].size() == 2);
}

TEST_CASE("SPF records are joined, not replaced") {
  const std::string ours = "v=spf1 include:gw.example.net ~all";
  CHECK(Merged({}) == ours);
  CHECK(Merged({"unrelated=1", "v=spf10 x"}) == ours);
  CHECK(Merged({"v=spf1 mx -all"}) == "v=spf1 mx include:gw.example.net -all");
  CHECK(Merged({"x", "v=spf1  ip4:192.0.2.1 ?all exp=e.example"}) ==
        "v=spf1 ip4:192.0.2.1 include:gw.example.net ?all exp=e.example");
  CHECK(Merged({"v=spf1 mx redirect=_spf.example.org"}) ==
        "v=spf1 mx include:gw.example.net redirect=_spf.example.org");
  CHECK(Merged({"V=SPF1 +INCLUDE:GW.example.net. -all"}) == "V=SPF1 +INCLUDE:GW.example.net. -all");
  CHECK(Merged({"v=spf1 ?include:gw.example.net -all"}) == "v=spf1 include:gw.example.net -all");
  CHECK(Merged({"v=spf1"}) == "v=spf1 include:gw.example.net");
  CHECK(Merged({"v=spf1 -all", "v=spf1 mx"}).starts_with("there are two SPF records"));
  CHECK(Merged({"v=spf1 a/33 -all"}) ==
        "the SPF record that is there is malformed, mend it first: \"a/33\" has a prefix length "
        "that is not 0 to 32");
}

TEST_CASE("a DNS answer is read with care") {
  const std::string header("\x00\x01\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00", 12);
  const std::string question("\x01x\x00\x00\x10\x00\x01", 7);
  const std::string record(
      "\xc0\x0c\x00\x10\x00\x01\x00\x00\x00\x3c\x00\x07\x03"
      "abc\x02"
      "de",
      19);
  CHECK(TxtValuesOf(header + question + record) == std::vector<std::string>{"abcde"});
  for (size_t size = 0; size < header.size() + question.size() + record.size(); ++size) {
    INFO(size);
    CHECK(!TxtValuesOf((header + question + record).substr(0, size)));
  }
  CHECK(TxtValuesOf(header + question + record.substr(0, 12) +
                    "\xff"
                    "abcdef"));
  CHECK(ParseNameServer("127.0.0.1:5353")->port == 5353);
  CHECK(ParseNameServer("192.0.2.1")->port == 53);
  CHECK(ParseNameServer("::1")->port == 53);
  CHECK(ParseNameServer("[2001:db8::1]:5353")->port == 5353);
  CHECK(ParseNameServer("[::1]")->address == std::string(15, '\0') + "\1");
  for (const char* wrong : {"", "::x", "[::1", "[::1]5", "[::1]:0", "[1.2.3.4]:5", "1.2.3",
                            "1.2.3.4:0", "1.2.3.4:x", "ns.example"}) {
    CHECK(!ParseNameServer(wrong));
  }
}

TEST_CASE("dnsrecords prints what getdomain answers") {
  FakeGateway gateway;
  gateway.replies["emailgateway.getdomain"] = R"({"Success":true,"ErrorCode":0,"Domain":{
      "SenderDomain":"mail.example.com","VerificationMeta":{"DNSRecords":[
        {"Purpose":"SPF","Host":"mail.example.com","Type":"TXT","Value":"v=spf1 include:gw ~all"},
        {"Purpose":"MFROM","Host":"sl.mail.example.com","Type":"CNAME","Value":"gw.example.net"}]}}})";
  const auto egctl = [&](std::vector<std::string> words) {
    words.insert(words.begin(), "dnsrecords");
    return Egctl(words, At(gateway));
  };
  CHECK(Json::parse(egctl({"7"}).out)["Records"][1]["Name"] == "sl");
  CHECK(egctl({"7", "--format", "bind", "--ttl", "60"}).out.find(" 60 IN TXT ") !=
        std::string::npos);
  CHECK(Json::parse(egctl({"7", "--zone", "example.com."}).out)["Records"][1]["Name"] == "sl.mail");
  CHECK(egctl({"7", "--field", "Records[].Type"}).out == "TXT\nCNAME\n");
  CHECK(egctl({"7", "-o", "yaml"}).out.starts_with("Domain: \"mail.example.com\"\n"));
  CHECK(egctl({"7", "--format", "table"}).out.find("Strings") == std::string::npos);
  CHECK(egctl({"7", "--existing-spf", "v=spf1 mx -all", "--field", "Records[0].Value"}).out ==
        "v=spf1 mx include:gw -all\n");
  for (const std::vector<std::string>& wrong : {std::vector<std::string>{},
                                                {"7", "--format", "xml"},
                                                {"7", "--ttl", "x"},
                                                {"7", "--zone", "other.example"},
                                                {"7", "--existing-spf", "mx"},
                                                {"7", "--dns-server", "ns.example"},
                                                {"7", "--formt", "bind"},
                                                {"7", "8"}}) {
    CHECK(egctl(wrong).status == kExitUsage);
  }
  gateway.replies["emailgateway.getdomain"] = R"({"Success":false,"ErrorCode":2,"ErrorText":"no"})";
  CHECK(egctl({"7"}).status == kExitNotFound);
}

}  // namespace egd::cli
