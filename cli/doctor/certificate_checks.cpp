// Certificates: RFC 5280 for dates, RFC 6125 for names.
#include <algorithm>

#include "cli/doctor/checks.h"
#include "shared/base/clock.h"
#include "shared/base/strings.h"

namespace egd::cli {
namespace {

constexpr int64_t kSoon = 14 * 86'400;  // a renewal that fails leaves time for a person

// The certificates that could be read, each judged by `judge`.
template <typename Judge>
CheckResult JudgeEach(const Facts& facts, Judge judge) {
  if (const auto why = WithoutConfig(facts); !why.empty()) return Unchecked(why);
  CheckResult outcome;
  for (const CertificateFacts& one : facts.certificates) {
    if (!one.unreadable.empty()) {
      outcome.unchecked = one.unreadable;
    } else if (!one.problem.empty()) {
      outcome.unchecked = "the certificate of [" + one.section + "] cannot be used";
    } else if (const std::string problem = judge(one); !problem.empty()) {
      outcome.problems.push_back(one.file + " " + problem);
    }
  }
  if (facts.certificates.empty()) outcome.unchecked = "no certificate is configured";
  return outcome;
}

CheckResult Files(const Facts& facts) {
  if (const auto why = WithoutConfig(facts); !why.empty()) return Unchecked(why);
  CheckResult outcome;
  for (const CertificateFacts& one : facts.certificates) {
    if (!one.unreadable.empty()) outcome.unchecked = one.unreadable;
    if (!one.problem.empty()) outcome.problems.push_back(one.problem);
  }
  if (facts.certificates.empty()) outcome.unchecked = "no certificate is configured";
  return outcome;
}

CheckResult Key(const Facts& facts) {
  return JudgeEach(facts, [](const CertificateFacts& one) -> std::string {
    return one.key_fits ? "" : "does not fit the key in " + one.key_file;
  });
}

CheckResult Dates(const Facts& facts) {
  return JudgeEach(facts, [&](const CertificateFacts& one) -> std::string {
    const auto day = [](int64_t seconds) { return FormatDateTime(seconds * 1000) + " UTC"; };
    if (one.not_before > facts.now) return "is valid only from " + day(one.not_before);
    if (one.not_after <= facts.now) return "expired at " + day(one.not_after);
    if (one.not_after <= facts.now + kSoon) return "expires at " + day(one.not_after);
    return "";
  });
}

// "*.example.com" stands for one label.
bool Names(const std::string& pattern, const std::string& host) {
  if (EqualsIgnoreCase(pattern, host)) return true;
  const size_t dot = host.find('.');
  return pattern.starts_with("*.") && dot != host.npos && dot > 0 &&
         EqualsIgnoreCase(std::string_view(pattern).substr(1), std::string_view(host).substr(dot));
}

CheckResult HostNames(const Facts& facts) {
  return JudgeEach(facts, [](const CertificateFacts& one) -> std::string {
    const bool named = std::ranges::any_of(
        one.names, [&](const std::string& name) { return Names(name, one.host); });
    if (one.host.empty() || named) return "";
    return "does not name " + one.host + " but " + Join(one.names, ", ");
  });
}

CheckResult CaBundle(const Facts& facts) {
  if (const auto why = WithoutConfig(facts); !why.empty()) return Unchecked(why);
  if (facts.ca_files.empty()) return Unchecked("no file was looked for");
  CheckResult outcome;
  for (const auto& [path, there] : facts.ca_files) {
    if (!there) outcome.problems.push_back(path + " is not there");
  }
  return outcome;
}

}  // namespace

std::vector<Check> CertificateChecks() {
  return {{"certificate-files", Files},
          {"certificate-key", Key},
          {"certificate-dates", Dates},
          {"certificate-names", HostNames},
          {"ca-bundle", CaBundle}};
}

}  // namespace egd::cli
