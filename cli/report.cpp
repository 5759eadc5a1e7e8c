#include "cli/report.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <ostream>

#include "cli/output.h"
#include "shared/base/strings.h"
#include "shared/base/version.h"

namespace egd::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kWrong = "dns-record-wrong";
constexpr const char* kSilent = "dns-not-answering";
constexpr const char* kNoVerdict = "no-verdict";
constexpr const char* kTool = "egctl verifydomain";

Result<Report> ReportOf(const std::string& text) {
  if (text == "github") return Report{};
  const size_t equals = text.find('=');
  const std::string kind = text.substr(0, equals);
  if ((kind != "junit" && kind != "sarif") || equals == text.npos || equals + 1 == text.size()) {
    return InvalidArgument("--report must be junit=FILE, sarif=FILE or github");
  }
  Report report{.kind = kind == "junit" ? Report::Kind::kJunit : Report::Kind::kSarif,
                .path = text.substr(equals + 1)};
  return report;
}

// U+FFFE and U+FFFF, which are in no XML 1.0 document (section 2.2), as U+FFFD. Control characters
// are printable already.
std::string OnlyXmlCharacters(std::string text) {
  for (const char* none : {"\xef\xbf\xbe", "\xef\xbf\xbf"}) {
    for (size_t at = 0; (at = text.find(none, at)) != text.npos;) text[at + 2] = '\xbd';
  }
  return text;
}

std::string Xml(const std::string& text) {
  std::string xml;
  for (const char c : OnlyXmlCharacters(text)) {
    switch (c) {
      case '&':
        xml += "&amp;";
        break;
      case '<':
        xml += "&lt;";
        break;
      case '>':
        xml += "&gt;";
        break;
      case '"':
        xml += "&quot;";
        break;
      default:
        xml += c;
    }
  }
  return xml;
}

std::string Seconds(std::chrono::milliseconds taken) {
  const std::string thousandths = std::to_string(1000 + taken.count() % 1000).substr(1);
  return std::to_string(taken.count() / 1000) + "." + thousandths;
}

// name="…" tests="…" failures="…" errors="…"
std::string Counts(const std::string& name, const std::vector<CheckedDomain>& domains,
                   std::chrono::milliseconds taken, size_t unfinished = 0) {
  const size_t passed = CountRecords(domains, "pass"), failed = CountRecords(domains, "fail");
  const size_t tests = CountRecords(domains) + unfinished;
  return " name=\"" + Xml(name) + "\" tests=\"" + std::to_string(tests) + "\" failures=\"" +
         std::to_string(failed) + "\" errors=\"" + std::to_string(tests - passed - failed) +
         "\" time=\"" + Seconds(taken) + "\"";
}

// A run that did not get to its end is a test suite of its own, with one error.
std::string UnfinishedSuite(const std::string& failure) {
  if (failure.empty()) return {};
  const std::string counts = " tests=\"1\" failures=\"0\" errors=\"1\" time=\"0.000\"";
  return "  <testsuite name=\"" + std::string(kTool) + "\"" + counts +
         ">\n    <testcase name=\"verdict\" classname=\"" + kTool +
         "\" time=\"0.000\">\n      <error type=\"" + kNoVerdict + "\" message=\"" + Xml(failure) +
         "\"/>\n    </testcase>\n  </testsuite>\n";
}

std::string TestCase(const CheckedDomain& domain, const CheckedRecord& record) {
  const std::string head = "    <testcase name=\"" + Xml(record.Name()) + "\" classname=\"" +
                           Xml(domain.name) + "\" time=\"0.000\"";
  if (record.Passes()) return head + "/>\n";
  const std::string element = record.status == "fail" ? "failure" : "error";
  return head + ">\n      <" + element + " type=\"" + Xml(record.status) + "\" message=\"" +
         Xml(record.error.empty() ? record.Reason() : record.error) + "\">" +
         "expected: " + Xml(record.expected) + "\nfound: " + Xml(record.found) + "</" + element +
         ">\n    </testcase>\n";
}

Json Rule(const char* id, const char* level, const char* text, const char* help) {
  return {{"id", id},
          {"shortDescription", {{"text", text}}},
          {"fullDescription", {{"text", help}}},
          {"help", {{"text", help}}},
          {"defaultConfiguration", {{"level", level}}}};
}

Json SarifResult(const CheckedDomain& domain, const CheckedRecord& record) {
  const bool fails = record.status == "fail";
  // A place is needed to show a result; the records of a domain are its zone's.
  const Json artifact{{"uri", domain.name + ".zone"}};
  const Json physical{{"artifactLocation", artifact}, {"region", {{"startLine", 1}}}};
  const Json logical{{"fullyQualifiedName", record.host + " " + record.type}, {"kind", "resource"}};
  const Json location{{"physicalLocation", physical}, {"logicalLocations", Json::array({logical})}};
  return {{"ruleId", fails ? kWrong : kSilent},
          {"ruleIndex", fails ? 0 : 1},
          {"level", fails ? "error" : "warning"},
          {"message", {{"text", record.Name() + ": " + record.Reason()}}},
          {"locations", Json::array({location})},
          {"partialFingerprints", {{"dnsRecord/v1", domain.name + " " + record.Name()}}},
          {"properties",
           {{"domain", domain.name},
            {"purpose", record.purpose},
            {"status", record.status},
            {"expected", record.expected},
            {"found", record.found}}}};
}

Json UnfinishedResult(const std::string& failure) {
  const Json artifact{{"uri", "egctl-verifydomain"}};
  const Json physical{{"artifactLocation", artifact}, {"region", {{"startLine", 1}}}};
  return {{"ruleId", kNoVerdict},
          {"ruleIndex", 2},
          {"level", "error"},
          {"message", {{"text", failure}}},
          {"locations", Json::array({Json{{"physicalLocation", physical}}})}};
}

// docs.github.com, "Workflow commands": what ends a command or a property is percent-encoded.
std::string GithubText(const std::string& text, bool is_property) {
  std::string escaped;
  for (const char c : text) {
    if (c == '%') {
      escaped += "%25";
    } else if (is_property && c == ':') {
      escaped += "%3A";
    } else if (is_property && c == ',') {
      escaped += "%2C";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

std::string TextOf(const Report& report, const Verdict& verdict) {
  switch (report.kind) {
    case Report::Kind::kJunit:
      return JunitReport(verdict);
    case Report::Kind::kSarif:
      return SarifReport(verdict);
    case Report::Kind::kGithub:
      return GithubReport(verdict);
  }
  return {};
}

Result<void> WriteFile(const Report& report, const Verdict& verdict) {
  std::ofstream file(report.path, std::ios::binary | std::ios::trunc);
  if (file && (file << TextOf(report, verdict)).flush()) return {};
  return InvalidArgument("cannot write " + report.path + ": " + std::strerror(errno));
}

}  // namespace

Result<Reports> Reports::Open(const Console& console, const Words& words) {
  static const Verdict kCutOff{.failure = "egctl was cut off before it had a verdict"};
  std::vector<Report> reports;
  const auto given = words.options.find("--report");
  if (given == words.options.end()) return Reports(console, {});
  for (const std::string& text : given->second) {
    auto report = ReportOf(text);
    if (!report) return report.error();
    reports.push_back(*std::move(report));
  }
  for (const Report& report : reports) {
    if (report.kind == Report::Kind::kGithub) continue;
    if (auto written = WriteFile(report, kCutOff); !written) return written.error();
  }
  return Reports(console, std::move(reports));
}

bool Reports::Write(const Verdict& verdict) {
  written_ = true;
  bool complete = true;
  for (const Report& report : reports_) {
    if (report.kind == Report::Kind::kGithub) {
      console_.err << GithubReport(verdict) << std::flush;
      continue;
    }
    const auto written = WriteFile(report, verdict);
    if (written) continue;
    Complain(console_, written.error().public_text);
    complete = false;
  }
  return complete;
}

std::string JunitReport(const Verdict& verdict) {
  const auto& [domains, taken, failure] = verdict;
  std::string xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites" +
                    Counts(kTool, domains, taken, failure.empty() ? 0 : 1) + ">\n";
  for (const CheckedDomain& domain : domains) {
    xml += "  <testsuite" + Counts(domain.name, {domain}, taken) + ">\n";
    for (const CheckedRecord& record : domain.records) xml += TestCase(domain, record);
    xml += "  </testsuite>\n";
  }
  return xml + UnfinishedSuite(failure) + "</testsuites>\n";
}

std::string SarifReport(const Verdict& verdict) {
  Json results = Json::array();
  for (const CheckedDomain& domain : verdict.domains) {
    for (const CheckedRecord& record : domain.records) {
      if (!record.Passes()) results.push_back(SarifResult(domain, record));
    }
  }
  const Json rules =
      Json::array({Rule(kWrong, "error", "A DNS record is missing or wrong",
                        "Publish the record as expected, and give the old one's TTL time to pass."),
                   Rule(kSilent, "warning", "The DNS does not answer", "Try again later."),
                   Rule(kNoVerdict, "error", "The run did not get to a verdict",
                        "See what egctl says, and run it again.")});
  Json invocation{{"executionSuccessful", verdict.failure.empty()}};
  if (!verdict.failure.empty()) {
    results.push_back(UnfinishedResult(verdict.failure));
    invocation["toolExecutionNotifications"] =
        Json::array({Json{{"level", "error"}, {"message", {{"text", verdict.failure}}}}});
  }
  const Json driver{{"name", "egctl"}, {"version", Version()}, {"rules", rules}};
  const Json run{{"tool", {{"driver", driver}}},
                 {"invocations", Json::array({invocation})},
                 {"results", results}};
  const Json log{{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
                 {"version", "2.1.0"},
                 {"runs", Json::array({run})}};
  return RenderJson(log, 2) + "\n";
}

std::string GithubReport(const Verdict& verdict) {
  std::string text;
  for (const CheckedDomain& domain : verdict.domains) {
    for (const CheckedRecord& record : domain.records) {
      if (record.Passes()) continue;
      text += std::string("::") + (record.status == "fail" ? "error" : "warning") +
              " title=" + GithubText("DNS of " + domain.name, true) +
              "::" + GithubText(record.Name() + ": " + record.Reason(), false) + "\n";
    }
  }
  if (!verdict.failure.empty()) {
    text +=
        "::error title=" + std::string(kTool) + "::" + GithubText(verdict.failure, false) + "\n";
  }
  if (!text.empty()) return text;
  return "::notice title=egctl verifydomain::All " + std::to_string(CountRecords(verdict.domains)) +
         " DNS records pass\n";
}

}  // namespace egd::cli
