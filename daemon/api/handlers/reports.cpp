#include "daemon/api/handlers/reports.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "daemon/api/handlers/bind.h"
#include "daemon/core/host_name.h"
#include "daemon/service/reports/report_book.h"

namespace egd::api {
namespace {

using Json = nlohmann::ordered_json;
using service::ReportBook;

std::string DayText(int64_t day) {
  return FormatDateTime(day * kDayMillis).substr(0, 10);
}

void AddSums(Json& json, const service::DmarcSums& sums) {
  json["Messages"] = sums.messages;
  json["Passed"] = sums.passed;
  json["Failed"] = sums.messages - sums.passed;
  json["DKIMAligned"] = sums.dkim;
  json["SPFAligned"] = sums.spf;
  json["Quarantined"] = sums.quarantined;
  json["Rejected"] = sums.rejected;
}

Json DmarcJson(const service::DmarcDay& day) {
  Json json = {{"Domain", day.domain},
               {"Day", DayText(day.day)},
               {"Reports", day.reports},
               {"Delivered", day.delivered}};
  AddSums(json, day);
  json["FromUs"] = day.from_us;
  json["FromOthers"] = day.messages - day.from_us;
  return json;
}

Json SourceJson(const service::DmarcSource& source) {
  Json json = {{"Domain", source.domain}, {"Source", source.source}, {"Ours", source.is_ours}};
  AddSums(json, source);
  return json;
}

Json SeenJson(const service::TlsDay& day) {
  Json results = Json::array();
  for (const auto& result : day.results) {
    results.push_back(
        {{"Result", result.result}, {"Host", result.host}, {"Sessions", result.sessions}});
  }
  return {{"Domain", day.domain},   {"Day", DayText(day.day)},
          {"Policy", day.policy},   {"Successful", day.successes},
          {"Failed", day.failures}, {"Results", std::move(results)}};
}

Json TlsJson(const service::TlsDay& day) {
  Json json = SeenJson(day);
  json["Reports"] = day.reports;
  return json;
}

Json ReportJson(const store::ReceivedReport& report) {
  return {{"Kind", report.kind},
          {"Organisation", report.organisation},
          {"ReportID", report.report_id},
          {"Domain", report.domain},
          {"BeginsAt", FormatDateTime(report.begins_at)},
          {"EndsAt", FormatDateTime(report.ends_at)},
          {"ReceivedAt", FormatDateTime(report.received_at)},
          {"Messages", report.messages}};
}

template <typename Items, typename ToJson>
Json ListOf(const Items& items, ToJson to_json) {
  Json list = Json::array();
  for (const auto& item : items) list.push_back(to_json(item));
  return list;
}

Outcome Reports(ReportBook& reports, const Call& call) {
  const std::string named = call.arguments.String("Domain");
  const auto domain = core::NormalizeDomainName(named);
  if (!named.empty() && !domain) return Malformed("Domain is not a domain name");
  const auto summary = reports.Summarise(domain.value_or(""), call.arguments.String("Kind"),
                                         call.arguments.OptionalDay("Since"));
  if (!summary) return Fail(call, summary.error());
  return Json{{"Since", DayText(summary->first_day)},
              {"DMARC", ListOf(summary->dmarc, DmarcJson)},
              {"Sources", ListOf(summary->sources, SourceJson)},
              {"TLS", ListOf(summary->tls, TlsJson)},
              {"TLSSeen", ListOf(summary->tls_seen, SeenJson)},
              {"Received", ListOf(summary->reports, ReportJson)}};
}

}  // namespace

void AddReportHandlers(Handlers& handlers, ReportBook& reports) {
  Bind(handlers, reports, "reports", Reports);
}

}  // namespace egd::api
