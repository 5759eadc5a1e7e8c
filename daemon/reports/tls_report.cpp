#include "daemon/reports/tls_report.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <utility>

#include <nlohmann/json.hpp>

#include "daemon/core/host_name.h"
#include "daemon/reports/dmarc_report.h"
#include "shared/base/strings.h"
#include "shared/catalogue/json_text.h"

namespace egd::reports {
namespace {

using Json = nlohmann::ordered_json;

const Json& Member(const Json& object, const char* name) {
  static const Json kNone;
  if (!object.is_object()) return kNone;
  const auto found = object.find(name);
  return found == object.end() ? kNone : *found;
}

std::string Text(const Json& object, const char* name) {
  const Json& value = Member(object, name);
  if (!value.is_string()) return {};
  return Printable(
      std::string_view(value.get_ref<const std::string&>()).substr(0, kMostReportText));
}

// 0: none, or none that can be.
int64_t Count(const Json& object, const char* name) {
  const Json& value = Member(object, name);
  if (value.is_number_unsigned()) {
    return int64_t(std::min<uint64_t>(value.get<uint64_t>(), kMostTlsSessions));
  }
  const auto number = value.is_string() ? ParseInteger(value.get<std::string>()) : std::nullopt;
  return number ? std::clamp<int64_t>(*number, 0, kMostTlsSessions) : 0;
}

std::optional<int64_t> Digits(std::string_view text, size_t at, size_t count) {
  if (at + count > text.size() || text[at] == '-') return std::nullopt;
  return ParseInteger(text.substr(at, count));
}

// "2016-04-01T23:59:59Z", "2016-04-01T23:59:59.5+02:00" (RFC 3339); 0: it is none.
UnixMillis Time(std::string_view text) {
  const auto day = ParseDay(text.substr(0, 10));
  if (!day || text.size() < 19) return 0;
  const auto hour = Digits(text, 11, 2), minute = Digits(text, 14, 2), second = Digits(text, 17, 2);
  if (!hour || !minute || !second || *hour > 23 || *minute > 59 || *second > 60) return 0;
  UnixMillis at = *day + ((*hour * 60 + *minute) * 60 + *second) * 1000;
  const size_t sign = text.find_first_of("+-", 19);
  const auto hours = sign == text.npos ? std::nullopt : Digits(text, sign + 1, 2);
  if (hours) {
    const int64_t minutes = *hours * 60 + Digits(text, sign + 4, 2).value_or(0);
    at -= (text[sign] == '-' ? -minutes : minutes) * 60'000;
  }
  return at;
}

void ReadFailures(const Json& list, TlsPolicy& policy) {
  if (!list.is_array()) return;
  std::map<std::pair<std::string, std::string>, int64_t> alike;
  for (const Json& one : list) {
    std::pair key(Lower(Text(one, "result-type")), Lower(Text(one, "receiving-mx-hostname")));
    const int64_t sessions = Count(one, "failed-session-count");
    if (key.first.empty() || sessions == 0) continue;
    if (alike.size() >= kMostTlsFailures && !alike.contains(key)) key = {"other", ""};
    int64_t& sum = alike[key];
    sum = std::min(sum + sessions, kMostTlsSessions);
  }
  for (const auto& [key, sessions] : alike) {
    policy.details.push_back({key.first, key.second, sessions});
  }
}

TlsPolicy ReadPolicy(const Json& one) {
  const Json& described = Member(one, "policy");
  const Json& summary = Member(one, "summary");
  TlsPolicy policy;
  policy.type = Lower(Text(described, "policy-type"));
  policy.domain = core::NormalizeDomainName(Text(described, "policy-domain")).value_or("");
  policy.successes = Count(summary, "total-successful-session-count");
  policy.failures = Count(summary, "total-failure-session-count");
  ReadFailures(Member(one, "failure-details"), policy);
  return policy;
}

}  // namespace

Result<TlsReport> ReadTlsReport(std::string_view json) {
  std::string fault;
  const auto parsed = catalogue::ParseJson(json, {}, &fault);
  if (!parsed || !parsed->is_object()) return InvalidArgument("is no JSON object");
  TlsReport report;
  report.organisation = Text(*parsed, "organization-name");
  report.report_id = Text(*parsed, "report-id");
  report.contact = Text(*parsed, "contact-info");
  const Json& range = Member(*parsed, "date-range");
  report.begins_at = Time(Text(range, "start-datetime"));
  report.ends_at = Time(Text(range, "end-datetime"));
  if (report.organisation.empty()) return InvalidArgument("does not say whose it is");
  if (report.report_id.empty()) return InvalidArgument("has no report-id");
  if (report.begins_at <= 0 || report.ends_at < report.begins_at) {
    return InvalidArgument("does not say of what time it is");
  }
  const Json& policies = Member(*parsed, "policies");
  for (const Json& one : policies.is_array() ? policies : Json::array()) {
    if (report.policies.size() >= kMostTlsPolicies) return InvalidArgument("has too many policies");
    TlsPolicy policy = ReadPolicy(one);
    if (policy.domain.empty() || policy.type.empty()) {
      return InvalidArgument("has a policy without a domain or a type");
    }
    report.policies.push_back(std::move(policy));
  }
  if (report.policies.empty()) return InvalidArgument("has no policies");
  return report;
}

}  // namespace egd::reports
