#include <sstream>

#include "daemon/service/inbound/inbound.h"
#include "daemon/service/inbound/inbound_sink.h"
#include "daemon/service/reports/report_book.h"
#include "daemon/service/upkeep/retention.h"
#include "daemon/store/query.h"
#include "shared/base/encoding.h"
#include "tests/unit/reports/packed.h"
#include "tests/unit/service/gateway.h"

namespace egd::service {
namespace {

constexpr int64_t kDay = 1'700'000'000'000 / kDayMillis;  // the clock's

struct DmarcText {
  std::string organisation = "receiver.example", id = "1", domain = "example.com";
  int64_t day = kDay;

  std::string Of(const std::string& records) const {
    const int64_t begin = day * kDayMillis / 1000;
    return "<feedback><report_metadata><org_name>" + organisation + "</org_name><report_id>" + id +
           "</report_id><date_range><begin>" + std::to_string(begin) + "</begin><end>" +
           std::to_string(begin + 86399) + "</end></date_range></report_metadata>" +
           "<policy_published><domain>" + domain + "</domain><p>none</p></policy_published>" +
           records + "</feedback>";
  }
};

std::string Row(const std::string& source, int count, const std::string& disposition, bool dkim,
                bool spf, const std::string& from = "example.com") {
  const auto word = [](bool passed) { return passed ? "pass" : "fail"; };
  std::ostringstream xml;
  xml << "<record><row><source_ip>" << source << "</source_ip><count>" << count
      << "</count><policy_evaluated><disposition>" << disposition << "</disposition><dkim>"
      << word(dkim) << "</dkim><spf>" << word(spf)
      << "</spf></policy_evaluated></row><identifiers><header_from>" << from
      << "</header_from></identifiers></record>";
  return xml.str();
}

std::string TlsText(const std::string& domain) {
  return R"({"organization-name": "Company-X", "report-id": "7", "date-range": {"start-datetime":
"2023-11-14T00:00:00Z", "end-datetime": "2023-11-14T23:59:59Z"}, "policies": [{"policy":
{"policy-type": "sts", "policy-domain": ")" +
         domain + R"("}, "summary": {"total-successful-session-count": 5,
"total-failure-session-count": 3}, "failure-details": [{"result-type": "certificate-expired",
"receiving-mx-hostname": "mx.example.com", "failed-session-count": 2}]}]})";
}

std::string Mail(const std::string& file, const std::string& type = "application/gzip") {
  return "From: noreply@receiver.example\r\nSubject: Report domain: example.com\r\n"
         "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n"
         "A report.\r\n--b\r\nContent-Type: " +
         type + "\r\nContent-Transfer-Encoding: base64\r\n\r\n" + Base64(file) + "\r\n--b--\r\n";
}

std::string Gzip(const std::string& text) {
  return reports::Packed(text, reports::Packing::kGzip);
}

config::Config Config() {
  config::Config config;
  config.gateway.hostname = "gw.example.net";
  config.inbound.reports = {"dmarc@gw.example.net"};
  return config;
}

struct Reported : Gateway {
  store::InboundMail Receive(const std::string& content) {
    core::MailEnvelope envelope;
    envelope.client_address = "192.0.2.25";
    auto begun = sink.Begin(envelope);
    REQUIRE(begun.transaction);
    REQUIRE(begun.transaction->AddRecipient("DMARC@gw.example.net").IsPositive());
    begun.transaction->Write(content);
    REQUIRE(begun.transaction->Commit().IsPositive());
    const auto page = inbound.List("", std::nullopt, 0, 1);
    REQUIRE(page);
    return page->mails.at(0);
  }
  ReportSummary Summary(const std::string& of = "", const std::string& kind = "") {
    auto summary = book.Summarise(of, kind, std::nullopt);
    REQUIRE(summary);
    return *summary;
  }

  InboundAddresses addresses{*store, vault, Config()};
  Inbound inbound{*store, addresses, clock};
  InboundSink sink{inbound, addresses, clock};
  ReportBook book{*store, clock,
                  [](const core::IpAddress& address) { return address.ToString() == "192.0.2.1"; }};
};

}  // namespace

TEST_CASE("a DMARC report counts for our sender domain and its day", "[reports]") {
  Reported gateway;
  const auto mail = gateway.Receive(
      Mail(Gzip(DmarcText{}.Of(Row("192.0.2.1", 10, "none", true, true) +
                               Row("192.0.2.1", 2, "none", false, true, "News.Example.com") +
                               Row("203.0.113.9", 5, "reject", false, false)))));
  CHECK(mail.kind == "dmarc");
  CHECK(mail.understood);
  CHECK(mail.result == "DMARC report 1 of receiver.example about example.com: 17 messages");
  const auto summary = gateway.Summary();
  REQUIRE(summary.dmarc.size() == 1);
  const DmarcDay& day = summary.dmarc[0];
  CHECK(day.domain == "example.com");
  CHECK(day.day == kDay);
  CHECK(day.reports == 1);
  CHECK(day.messages == 17);
  CHECK(day.passed == 12);
  CHECK(day.dkim == 10);
  CHECK(day.spf == 12);
  CHECK(day.rejected == 5);
  CHECK(day.quarantined == 0);
  CHECK(day.from_us == 12);
  REQUIRE(summary.sources.size() == 2);
  CHECK(summary.sources[0].source == "192.0.2.1");
  CHECK(summary.sources[0].is_ours);
  CHECK_FALSE(summary.sources[1].is_ours);
  CHECK(summary.sources[1].rejected == 5);
}

TEST_CASE("rows of names outside the reported domain do not count", "[reports]") {
  Reported gateway;
  core::SenderDomain other;
  other.user_id = gateway.domain.user_id;
  other.name = "other.example";
  other.status = core::DomainStatus::kEnabled;
  REQUIRE(
      gateway.store->Write([&](store::Transaction& tx) { store::DomainStore(tx).Insert(other); }));
  gateway.Receive(
      Mail(Gzip(DmarcText{}.Of(Row("192.0.2.1", 10, "none", true, true) +
                               Row("192.0.2.1", 5, "none", true, true, "notexample.com") +
                               Row("192.0.2.1", 5, "none", true, true, "other.example")))));
  const auto summary = gateway.Summary();
  REQUIRE(summary.dmarc.size() == 1);
  CHECK(summary.dmarc[0].messages == 10);
}

TEST_CASE("many names in a report count together for the reported domain", "[reports]") {
  Reported gateway;
  std::string rows;
  for (int i = 0; i < 200; ++i) {
    rows += Row("192.0.2.1", 1, "none", true, true, "n" + std::to_string(i) + ".example.com");
  }
  gateway.Receive(Mail(Gzip(DmarcText{}.Of(rows))));
  CHECK(gateway.Summary().dmarc.at(0).messages == 200);
}

TEST_CASE("a report is recorded once, whoever brings it again", "[reports]") {
  Reported gateway;
  const std::string text = DmarcText{}.Of(Row("192.0.2.1", 10, "none", true, true));
  gateway.Receive(Mail(Gzip(text)));
  const auto again =
      gateway.Receive(Mail(reports::Packed(text, reports::Packing::kZip), "application/zip"));
  CHECK(again.understood);
  CHECK(again.result.starts_with("already known: "));
  REQUIRE(gateway.inbound.Retry(again.id));
  CHECK(gateway.Summary().dmarc.at(0).messages == 10);

  gateway.Receive(Mail(Gzip(
      DmarcText{.organisation = "other.example"}.Of(Row("192.0.2.1", 1, "none", true, true)))));
  const auto summary = gateway.Summary();
  CHECK(summary.dmarc.at(0).messages == 11);
  CHECK(summary.dmarc.at(0).reports == 2);
  REQUIRE(summary.reports.size() == 2);
  CHECK(summary.reports[0].organisation == "other.example");
}

TEST_CASE("a report about a domain that is not ours is ignored, and says so", "[reports]") {
  Reported gateway;
  const auto mail = gateway.Receive(Mail(Gzip(DmarcText{.domain = "foreign.example"}.Of(
      Row("192.0.2.1", 10, "none", true, true, "foreign.example")))));
  CHECK_FALSE(mail.understood);
  CHECK(mail.kind == "dmarc");
  CHECK(mail.result == "ignored: about foreign.example, which is no domain of ours");
  CHECK(gateway.inbound.Show(mail.id)->mail.result == mail.result);
  CHECK(gateway.Summary().reports.empty());
  CHECK_FALSE(gateway.Receive(Mail(Gzip(TlsText("foreign.example")))).understood);
}

TEST_CASE("of an organisation's report only the part about ours counts", "[reports]") {
  Reported gateway;
  gateway.domain.name = "mail.example.org";
  gateway.domain.id = 0;
  REQUIRE(gateway.store->Write(
      [&](store::Transaction& tx) { store::DomainStore(tx).Insert(gateway.domain); }));
  gateway.Receive(Mail(Gzip(DmarcText{.domain = "example.org"}.Of(
      Row("192.0.2.1", 10, "none", true, true, "mail.example.org") +
      Row("192.0.2.1", 20, "none", true, true, "www.example.org")))));
  const auto summary = gateway.Summary("example.org");
  REQUIRE(summary.dmarc.size() == 1);
  CHECK(summary.dmarc[0].domain == "mail.example.org");
  CHECK(summary.dmarc[0].messages == 10);
}

TEST_CASE("a TLS report counts for the domain that mail was sent to", "[reports]") {
  Reported gateway;
  const auto mail =
      gateway.Receive(Mail(Gzip(TlsText("sl.example.com")), "application/tlsrpt+gzip"));
  CHECK(mail.kind == "tlsrpt");
  CHECK(mail.understood);
  CHECK(gateway.Receive(Mail(TlsText("gw.example.net"), "application/tlsrpt+json")).understood);
  const auto summary = gateway.Summary("example.com");
  REQUIRE(summary.tls.size() == 1);
  CHECK(summary.tls[0].policy == "sts");
  CHECK(summary.tls[0].successes == 5);
  CHECK(summary.tls[0].failures == 3);
  REQUIRE(summary.tls[0].results.size() == 2);
  CHECK(summary.tls[0].results[0].result == "certificate-expired");
  CHECK(summary.tls[0].results[0].host == "mx.example.com");
  CHECK(summary.tls[0].results[1].result == "other");
  CHECK(gateway.Summary("", "dmarc").tls.empty());
  CHECK(gateway.Summary("", "tls").tls.size() == 2);
}

TEST_CASE("a hostile report is not understood, and says why", "[reports]") {
  Reported gateway;
  const auto result_of = [&](const std::string& content) {
    const auto mail = gateway.Receive(content);
    CHECK_FALSE(mail.understood);
    CHECK(mail.kind == "other");
    return mail.result;
  };
  CHECK(result_of(Mail(Gzip(std::string(30 << 20, ' ')))) ==
        "not understood: the report unpacks to more than a report can have");
  CHECK(result_of(Mail("<!DOCTYPE a [<!ENTITY b \"b\">]><a>&b;</a>", "text/xml")) ==
        "not understood: the report has a document type, which no report needs");
  CHECK(result_of("Subject: x\r\n\r\nx\r\n") == "not understood: no report is attached");
  const auto future = gateway.Receive(
      Mail(Gzip(DmarcText{.day = kDay + 4}.Of(Row("192.0.2.1", 1, "none", true, true)))));
  CHECK(future.result == "ignored: the report is about the future");
}

TEST_CASE("what we delivered stands beside what was reported", "[reports]") {
  Reported gateway;
  REQUIRE(gateway.store->Write([&](store::Transaction& tx) {
    store::Query(tx, "INSERT INTO day_counts VALUES (?, ?, 0, 0, 0, 42, 0, 0, 0, 0, 0)")
        .Bind(gateway.domain.id, kDay)
        .Run();
  }));
  gateway.Receive(Mail(Gzip(DmarcText{}.Of(Row("192.0.2.1", 10, "none", true, true)))));
  CHECK(gateway.Summary().dmarc.at(0).delivered == 42);
}

TEST_CASE("reports are kept as long as events, and only so many", "[reports]") {
  Reported gateway;
  gateway.Receive(Mail(Gzip(DmarcText{}.Of(Row("192.0.2.1", 10, "none", true, true)))));
  gateway.Receive(Mail(Gzip(DmarcText{.id = "2"}.Of(Row("192.0.2.1", 5, "none", true, true)))));
  REQUIRE(gateway.store->Write([](store::Transaction& tx) {
    CHECK(store::ReportStore(tx).Purge(0, 3, 500) == 1);
    CHECK(store::ReportStore(tx).Purge(0, 3, 500) == 0);
  }));
  CHECK(gateway.Summary().dmarc.at(0).messages == 5);
  Retention retention(*gateway.store, gateway.clock, {.events_days = 10});
  gateway.clock.Advance(std::chrono::hours(12 * 24));
  retention.RunDue();
  CHECK(gateway.Summary().dmarc.empty());
  CHECK(gateway.Summary().reports.empty());
}

}  // namespace egd::service
