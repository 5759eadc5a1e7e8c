// Zone files: reading them, and whether they have what a domain has to publish.
#include "cli/zone_check.h"

#include <catch2/catch.hpp>

namespace egd::cli {
namespace {

std::vector<ZoneFileRecord> Parsed(const std::string& text) {
  auto records = ParseZoneFile(text, "example.com");
  if (!records) FAIL(records.error().public_text);
  return *std::move(records);
}

std::string Fault(const std::string& text) {
  const auto records = ParseZoneFile(text, "example.com");
  return records ? "" : records.error().public_text;
}

const std::string kKey(360, 'A');

Zone Needed() {
  return {.domain = "example.com",
          .name = "example.com",
          .records = {{"MFROM", "sl.example.com", "CNAME", "gw.example.net"},
                      {"DKIM", "eg1._domainkey.example.com", "TXT", "v=DKIM1; k=rsa; p=" + kKey},
                      {"SPF", "example.com", "TXT", "v=spf1 include:gw.example.net ~all"},
                      {"DMARC", "_dmarc.example.com", "TXT", "v=DMARC1; p=none"}}};
}

const std::string kMfrom = "sl CNAME gw.example.net.\n";
const std::string kDkim =
    "eg1._domainkey TXT ( \"v=DKIM1; k=rsa; \"\n  \"p=" + kKey.substr(0, 200) +
    "\" ; a comment\n  \"" + kKey.substr(200) + "\" )\n";
const std::string kSpf = "@ TXT \"v=spf1 mx include:gw.example.net -all\"\n";
const std::string kDmarc = "_dmarc.example.com. 300 IN TXT \"v=DMARC1\\; p=reject\"\n";

// The errors of the records that fail, by purpose.
std::string Errors(const std::string& text) {
  const auto records = Parsed(text);
  std::string errors;
  for (const CheckedRecord& record : CheckZoneFile(Needed(), records)) {
    if (!record.Passes()) errors += record.purpose + ": " + record.error + "\n";
  }
  return errors;
}

bool Holds(const std::string& text, const std::string& part) {
  CAPTURE(text);
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a zone file is read as name servers read it") {
  const auto records = Parsed(R"($TTL 1h30m
@ IN SOA ns1 hostmaster (
  2026010101 ; serial
  3600 600 86400 300 )
 IN NS ns1            ; the owner of the line before
www 300 IN A 192.0.2.1
 IN 300 AAAA 2001:db8::1
$ORIGIN mail.example.com.
@ MX 10 mx
MX A 192.0.2.2
txt TXT "a" "b;c" d\;e "\"\\\065\000"
$ORIGIN sub
deep CNAME @
* TXT x
$ORIGIN .
other.example.net TXT y
)"
                              "tab.example.net.\t300\tIN\tTXT\tz\n");
  const auto find = [&](const std::string& owner, const std::string& type) -> std::string {
    for (const ZoneFileRecord& record : records) {
      if (record.owner == owner && record.type == type) return record.value;
    }
    return "none";
  };
  CHECK(records.size() == 11);
  CHECK(find("tab.example.net", "TXT") == "z");
  CHECK(records[1].line == 5);
  CHECK(find("example.com", "NS") == "ns1.example.com");
  CHECK(find("www.example.com", "A") == "192.0.2.1");
  CHECK(find("www.example.com", "AAAA") == "2001:db8::1");
  CHECK(find("mail.example.com", "MX") == "10 mx.mail.example.com");
  CHECK(find("mx.mail.example.com", "A") == "192.0.2.2");
  CHECK(find("txt.mail.example.com", "TXT") == std::string("ab;cd;e\"\\A\0", 11));
  CHECK(find("deep.sub.mail.example.com", "CNAME") == "sub.mail.example.com");
  CHECK(find("*.sub.mail.example.com", "TXT") == "x");
  CHECK(find("other.example.net", "TXT") == "y");
  CHECK(Parsed("").empty());
  CHECK(Parsed("; only a comment").empty());
  CHECK(Parsed("$GENERATE 1-9 host$ A 192.0.2.$\r\na A 192.0.2.1\r\n").size() == 1);
}

TEST_CASE("what no name server would load is named with its line") {
  const std::string good = "a A 192.0.2.1\n";
  CHECK(Fault(good + "b TXTT \"x\"\n") == "line 2 has the unknown record type TXTT");
  CHECK(Fault(good + "b TXT \"x\n") == "line 2 has a quotation mark that is never closed");
  CHECK(Fault(good + "b TXT ( \"x\"\n\n") == "line 2 opens a ( that is never closed");
  CHECK(Fault(good + "b A 192.0.2.1 )\n") == "line 2 has a ) without a (");
  CHECK(Holds(Fault(good + "b TXT \"" + std::string(256, 'x') + "\"\n"),
              "line 2 has a string of 256"));
  CHECK(Fault(good + "b 300 IN\n") == "line 2 has no record type");
  CHECK(Fault(good + "b TXT\n") == "line 2 has a TXT record without data");
  CHECK(Holds(Fault(good + "b CNAME c d\n"), "line 2 has a CNAME record with more than one"));
  CHECK(Holds(Fault(good + "b MX mx\n"), "line 2 has an MX record"));
  CHECK(Holds(Fault(good + "b..c A 192.0.2.1\n"), "line 2 has the name b..c with an empty label"));
  CHECK(Holds(Fault(good + std::string(64, 'x') + " A 192.0.2.1\n"), "line 2 has a label"));
  CHECK(Holds(Fault(good + "$INCLUDE other\n"), "line 2 includes another file"));
  CHECK(Holds(Fault(good + "$TTL x\n"), "line 2 has a TTL"));
  CHECK(Holds(Fault(good + "$ORIGIN\n"), "line 2 must be like $ORIGIN"));
  CHECK(Holds(Fault(good + "$NOTHING x\n"), "line 2 has an unknown"));
  CHECK(Holds(Fault(good + "b TXT \"\\256\"\n"), "line 2 has \\256"));
  CHECK(Holds(Fault(" A 192.0.2.1\n"), "line 1 has a record without a name"));
}

TEST_CASE("a zone file that has everything passes") {
  CHECK(Errors(kMfrom + kDkim + kSpf + kDmarc) == "");
  CHECK(Errors("sl CNAME alias\nalias CNAME GW.example.NET.\n" + kDkim + kSpf + kDmarc) == "");
}

TEST_CASE("what a zone file lacks or has wrong is said of each record") {
  CHECK(Holds(Errors(kDkim + kSpf + kDmarc), "MFROM: the file has no such record\n"));
  CHECK(Holds(Errors("sl CNAME gw.example.net\n" + kDkim + kSpf + kDmarc),
              "MFROM: line 1 leads elsewhere"));
  CHECK(Holds(Errors("sl.example.com CNAME gw.example.net.\n" + kDkim + kSpf + kDmarc),
              "it at sl.example.com.example.com: the name lacks its final dot"));
  CHECK(Holds(Errors(kMfrom + "sl A 192.0.2.1\n" + kDkim + kSpf + kDmarc),
              "beside other records (line 2)"));
  CHECK(Holds(Errors("sl A 192.0.2.1\n" + kDkim + kSpf + kDmarc),
              "sl.example.com has only A (line 1)"));
  CHECK(Holds(Errors(kMfrom + kDkim + kSpf + kSpf + kDmarc),
              "SPF: there is more than one SPF record"));
  CHECK(Holds(Errors(kMfrom + kDkim + "@ TXT \"v=spf1 -all\"\n" + kDmarc), "SPF: line 5: "));
  CHECK(Holds(Errors(kMfrom + "eg1._domainkey TXT \"v=DKIM1; p=QUJD\"\n" + kSpf + kDmarc),
              "DKIM: line 2 holds another key"));
  CHECK(
      Holds(Errors(kMfrom + kDkim + kSpf + "_dmarc TXT \"v=DMARC1; p=all\"\n"), "DMARC: line 6 "));
  CHECK(Holds(Errors(kMfrom + kDkim + kSpf + "_dmarc CNAME x.example.net.\n"),
              "an alias of x.example.net"));
}

TEST_CASE("the organisational domain's policy counts, and names in the file are followed") {
  Zone zone = Needed();
  zone.records = {{"DMARC", "_dmarc.news.example.com", "TXT", "v=DMARC1; p=none"},
                  {"SPF", "news.example.com", "TXT", "v=spf1 include:gw.example.net ~all"}};
  const auto records = Parsed(kDmarc +
                              "news TXT \"v=spf1 redirect=_spf.example.com\"\n"
                              "_spf TXT \"v=spf1 include:gw.example.net -all\"\n");
  for (const CheckedRecord& record : CheckZoneFile(zone, records)) {
    CHECK(record.error == "");
  }
}

}  // namespace egd::cli
