#include "daemon/reports/tls_report.h"

#include <catch2/catch.hpp>

namespace egd::reports {
namespace {

// RFC 8460 appendix B, shortened.
const std::string kReport = R"({
  "organization-name": "Company-X",
  "date-range": {"start-datetime": "2016-04-01T00:00:00Z", "end-datetime": "2016-04-01T23:59:59Z"},
  "contact-info": "sts-reporting@company-x.example",
  "report-id": "5065427c-23d3-47ca-b6e0-946ea0e8c4be",
  "policies": [{
    "policy": {
      "policy-type": "sts", "policy-string": ["version: STSv1", "mode: testing"],
      "policy-domain": "company-y.example", "mx-host": ["*.mail.company-y.example"]
    },
    "summary": {"total-successful-session-count": 5326, "total-failure-session-count": 303},
    "failure-details": [
      {"result-type": "certificate-expired", "sending-mta-ip": "2001:db8:abcd:0012::1",
       "receiving-mx-hostname": "mx1.mail.company-y.example", "failed-session-count": 100},
      {"result-type": "starttls-not-supported", "sending-mta-ip": "2001:db8:abcd:0013::1",
       "receiving-mx-hostname": "mx2.mail.company-y.example", "failed-session-count": 200},
      {"result-type": "starttls-not-supported", "sending-mta-ip": "2001:db8:abcd:0014::1",
       "receiving-mx-hostname": "MX2.mail.company-y.example", "failed-session-count": 3}]
  }]
})";

std::string With(std::string what, const std::string& by) {
  std::string report = kReport;
  return report.replace(report.find(what), what.size(), by);
}

std::string ProblemOf(const std::string& json) {
  const auto report = ReadTlsReport(json);
  return report ? "" : report.error().public_text;
}

}  // namespace

TEST_CASE("a TLS report is read, and failures that are alike are one") {
  const auto report = ReadTlsReport(kReport);
  REQUIRE(report);
  CHECK(report->organisation == "Company-X");
  CHECK(report->contact == "sts-reporting@company-x.example");
  CHECK(report->begins_at == 1459468800000);
  CHECK(report->ends_at == 1459555199000);
  REQUIRE(report->policies.size() == 1);
  const TlsPolicy& policy = report->policies[0];
  CHECK(policy.type == "sts");
  CHECK(policy.domain == "company-y.example");
  CHECK(policy.successes == 5326);
  CHECK(policy.failures == 303);
  REQUIRE(policy.details.size() == 2);
  CHECK(policy.details[0].result == "certificate-expired");
  CHECK(policy.details[1].host == "mx2.mail.company-y.example");
  CHECK(policy.details[1].sessions == 203);
}

TEST_CASE("a TLS report's times may have an offset") {
  const auto report = ReadTlsReport(With("T00:00:00Z", "T02:30:00.5+02:30"));
  REQUIRE(report);
  CHECK(report->begins_at == 1459468800000);
}

TEST_CASE("counts that are none count for nothing") {
  for (const char* count : {"-5", "1e400", "\"x\"", "null", "[]", "1.5"}) {
    const auto report = ReadTlsReport(With("5326", count));
    CHECK((!report || report->policies[0].successes == 0));
  }
  const auto huge = ReadTlsReport(With("5326", "18446744073709551615"));
  REQUIRE(huge);
  CHECK(huge->policies[0].successes == kMostTlsSessions);
}

TEST_CASE("of very many failures the last are counted as one") {
  std::string many;
  for (int i = 0; i < 1000; ++i) {
    many += R"({"result-type": "validation-failure", "receiving-mx-hostname": "mx)" +
            std::to_string(i) + R"(.example", "failed-session-count": 1},)";
  }
  const auto report = ReadTlsReport(With("{\"result-type\": \"certificate-expired\"",
                                         many + "{\"result-type\": \"certificate-expired\""));
  REQUIRE(report);
  CHECK(report->policies[0].details.size() == kMostTlsFailures + 1);
}

TEST_CASE("what is no TLS report says why") {
  CHECK(ProblemOf("") == "is no JSON object");
  CHECK(ProblemOf("[]") == "is no JSON object");
  CHECK(ProblemOf("{}") == "does not say whose it is");
  CHECK(ProblemOf(With("\"report-id\"", "\"id\"")) == "has no report-id");
  CHECK(ProblemOf(With("2016-04-01T00:00:00Z", "yesterday")) == "does not say of what time it is");
  CHECK(ProblemOf(With("company-y.example", "..")) == "has a policy without a domain or a type");
  CHECK(ProblemOf(With("\"policies\"", "\"policy\"")) == "has no policies");
  CHECK(ProblemOf(std::string(100'000, '[')) == "is no JSON object");
}

}  // namespace egd::reports
