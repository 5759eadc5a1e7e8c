#include "daemon/reports/dmarc_report.h"

#include <catch2/catch.hpp>

namespace egd::reports {
namespace {

std::string Record(const std::string& source, const std::string& count = "2",
                   const std::string& evaluated =
                       "<disposition>none</disposition><dkim>pass</dkim>"
                       "<spf>fail</spf>",
                   const std::string& from = "Example.COM") {
  return "<record><row><source_ip>" + source + "</source_ip><count>" + count +
         "</count><policy_evaluated>" + evaluated +
         "</policy_evaluated></row><identifiers><header_from>" + from +
         "</header_from></identifiers><auth_results><dkim><domain>x.example</domain>"
         "<result>fail</result></dkim></auth_results></record>";
}

std::string Report(const std::string& records, const std::string& start = "<feedback>") {
  return "<?xml version=\"1.0\" encoding=\"UTF-8\" ?>\n" + start +
         "\n <version>1.0</version><report_metadata><org_name>receiver.example</org_name>"
         "<email>noreply@receiver.example</email><report_id>12345</report_id><date_range>"
         "<begin>1706659200</begin><end>1706745599</end></date_range></report_metadata>"
         "<policy_published><domain>example.com</domain><adkim>r</adkim><p>reject</p>"
         "<sp>none</sp><pct>100</pct></policy_published>" +
         records + "</feedback>";
}

std::string ProblemOf(const std::string& xml) {
  const auto report = ReadDmarcReport(xml);
  return report ? "" : report.error().public_text;
}

}  // namespace

TEST_CASE("an aggregate report says whose, about whom, of when, and what was seen") {
  const auto report = ReadDmarcReport(Report(Record("192.0.2.1") + Record("2001:DB8::1", "7")));
  REQUIRE(report);
  CHECK(report->organisation == "receiver.example");
  CHECK(report->report_id == "12345");
  CHECK(report->domain == "example.com");
  CHECK(report->policy == "reject");
  CHECK(report->begins_at == 1706659200000);
  CHECK(report->ends_at == 1706745599000);
  REQUIRE(report->rows.size() == 2);
  CHECK(report->rows[0].source == "192.0.2.1");
  CHECK(report->rows[0].header_from == "example.com");
  CHECK(report->rows[0].messages == 2);
  CHECK(report->rows[0].dkim);
  CHECK_FALSE(report->rows[0].spf);
  CHECK(report->rows[1].source == "2001:db8::1");
}

TEST_CASE("what receivers evaluated is read as RFC 7489 has it") {
  struct Case {
    const char* evaluated;
    Disposition disposition;
    bool dkim, spf;
  };
  const Case cases[] = {
      {"<disposition>none</disposition><dkim>pass</dkim><spf>pass</spf>", Disposition::kNone, true,
       true},
      {"<disposition>quarantine</disposition><dkim>fail</dkim><spf>fail</spf>",
       Disposition::kQuarantine, false, false},
      {"<disposition> Reject </disposition><dkim>fail</dkim><spf> PASS </spf>",
       Disposition::kReject, false, true},
      {"<disposition>pass</disposition><dkim>pass</dkim>", Disposition::kNone, true, false},
      {"<reason><type>forwarded</type><comment>dkim</comment></reason>", Disposition::kNone, false,
       false}};
  for (const Case& one : cases) {
    const auto report = ReadDmarcReport(Report(Record("192.0.2.1", "1", one.evaluated)));
    REQUIRE(report);
    CHECK(report->rows[0].disposition == one.disposition);
    CHECK(report->rows[0].dkim == one.dkim);
    CHECK(report->rows[0].spf == one.spf);
  }
}

TEST_CASE("rows that are alike are one, and namespaces do not matter") {
  const auto report =
      ReadDmarcReport(Report(Record("192.0.2.1") + Record("192.0.2.1"),
                             "<feedback xmlns=\"urn:ietf:params:xml:ns:dmarc-2.0\">"));
  REQUIRE(report);
  REQUIRE(report->rows.size() == 1);
  CHECK(report->rows[0].messages == 4);
}

TEST_CASE("of very many sources the last are counted as one") {
  std::string records;
  for (int i = 0; i < 3000; ++i) {
    records += Record("10.0." + std::to_string(i / 256) + "." + std::to_string(i % 256), "1");
  }
  const auto report = ReadDmarcReport(Report(records));
  REQUIRE(report);
  CHECK(report->rows.size() == kMostDmarcRows + 1);
  int64_t messages = 0;
  for (const auto& row : report->rows) messages += row.messages;
  CHECK(messages == 3000);
}

TEST_CASE("a report whose XML could cost more than it says is refused") {
  const std::string bomb =
      "<!DOCTYPE feedback [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;&a;\">]><feedback>&b;</feedback>";
  CHECK(ProblemOf(bomb).find("document type") != std::string::npos);
  const std::string outside =
      "<!DOCTYPE feedback SYSTEM \"file:///etc/passwd\"><feedback></feedback>";
  CHECK(ProblemOf(outside).find("document type") != std::string::npos);
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "<a>";
  CHECK_FALSE(ProblemOf(deep).empty());
  CHECK_FALSE(ProblemOf("<" + std::string(1 << 20, 'a') + ">").empty());
}

TEST_CASE("what is no report says why") {
  CHECK(ProblemOf("").find("is no XML") == 0);
  CHECK(ProblemOf("<feedback>").find("is no XML") == 0);
  CHECK(ProblemOf("<html></html>") == "does not say whose it is");
  CHECK(ProblemOf(Report(Record("a.example"))) == "names a source that is no IP address");
  CHECK(ProblemOf(Report(Record("192.0.2.1", "-1"))) == "has a row without a count");
  CHECK(ProblemOf(Report(Record("192.0.2.1", "99999999999999"))) == "has a row without a count");
}

}  // namespace egd::reports
