#include "daemon/api/handlers/statistics.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "daemon/api/handlers/bind.h"
#include "daemon/core/complaint_rate.h"
#include "daemon/core/host_name.h"
#include "daemon/service/events/statistics.h"

namespace egd::api {
namespace {

using Json = nlohmann::ordered_json;
using catalogue::Cause;
using core::DeliveryTimes;
using core::EventCounts;
using core::EventType;
using service::Statistics;

service::Period PeriodOf(const Call& call) {
  return {call.arguments.OptionalDay("StartDate"), call.arguments.OptionalDay("EndDate")};
}

Failure FailWith(const Call& call, const Error& error) {
  return error.kind == ErrorKind::kNotFound ? Fail(call, Cause::kDomainNotFound)
                                            : Fail(call, error);
}

Json CountsJson(const EventCounts& events) {
  return {{"Sent", events.Of(EventType::kAccepted)},
          {"Delivered", events.Of(EventType::kDelivery)},
          {"Bounced", events.Of(EventType::kBounce)},
          {"Opened", events.HumanOpens()},
          {"Clicked", events.HumanClicks()},
          {"OpenedAutomated", events.automated_opens},
          {"ClickedAutomated", events.automated_clicks}};
}

void AddRates(Json& json, const EventCounts& events) {
  const int64_t sent = events.Of(EventType::kAccepted);
  const int64_t delivered = events.Of(EventType::kDelivery);
  json["DeliveredRate"] = Percent(delivered, sent);
  json["BouncedRate"] = Percent(events.Of(EventType::kBounce), sent);
  json["OpenedRate"] = Percent(events.HumanOpens(), delivered);
  json["ClickedRate"] = Percent(events.HumanClicks(), delivered);
}

Json CountsAndRatesJson(const EventCounts& events) {
  Json json = CountsJson(events);
  AddRates(json, events);
  return json;
}

Json CountsAndComplaintsJson(const EventCounts& events) {
  const int64_t complaints = events.Of(EventType::kComplaint);
  const int64_t delivered = events.Of(EventType::kDelivery);
  Json json = CountsJson(events);
  json["Complained"] = complaints;
  json["ComplaintRate"] = Percent(complaints, delivered);
  json["ComplaintLevel"] = core::ComplaintLevel(complaints, delivered);
  return json;
}

Outcome OfDomain(Statistics& statistics, const Call& call) {
  const auto stats =
      statistics.OfDomain(call.caller.user_id, call.arguments.Integer("DomainID"), PeriodOf(call));
  if (!stats) return FailWith(call, stats.error());
  Json tags = Json::object();
  for (const auto& tag : stats->tags) tags[tag.value] = CountsAndComplaintsJson(tag.events);
  return Json{{"Stats", CountsAndComplaintsJson(stats->events)},
              {"ComparisonStats", {{"PreviousPeriod", CountsAndComplaintsJson(stats->before)}}},
              {"TagStats", std::move(tags)}};
}

Outcome OfAccount(Statistics& statistics, const Call& call) {
  const auto ids = IdList(call, "DomainIDs");
  if (!ids) return Malformed("DomainIDs must be integers");
  const auto stats = statistics.OfAccount(call.caller.user_id, *ids, PeriodOf(call));
  if (!stats) return FailWith(call, stats.error());
  Json domains = Json::array();
  for (const auto& [domain, events] : stats->domains) {
    Json json = {{"DomainID", domain.id}, {"SenderDomain", domain.name}};
    json.update(CountsAndRatesJson(events));
    domains.push_back(std::move(json));
  }
  return Json{{"Totals", CountsAndRatesJson(stats->events)},
              {"ComparisonTotals", CountsAndRatesJson(stats->before)},
              {"PerDomain", std::move(domains)}};
}

Outcome Daily(Statistics& statistics, const Call& call) {
  const auto series = statistics.Daily(call.caller.user_id,
                                       call.arguments.OptionalInteger("DomainID"), PeriodOf(call));
  if (!series) return FailWith(call, series.error());
  Json days = Json::object();
  auto& members = days.get_ref<Json::object_t&>();  // its [] would look through all days each time
  for (const auto& [day, events] : *series) {
    Json counts = CountsJson(events);
    counts.erase("Delivered");
    members.emplace_back(FormatDateTime(day).substr(0, 10), std::move(counts));
  }
  return Json{{"Series", std::move(days)}};
}

Outcome Aggregate(Statistics& statistics, const Call& call) {
  const auto buckets =
      statistics.Aggregate(call.caller.user_id, call.arguments.Integer("DomainID"),
                           call.arguments.String("AggregatedField"), PeriodOf(call),
                           size_t(call.arguments.Integer("AggregateSize")));
  if (!buckets) return FailWith(call, buckets.error());
  Json list = Json::array();
  for (const auto& bucket : *buckets) {
    list.push_back({{"key", bucket.key}, {"doc_count", bucket.events}});
  }
  return Json{{"AggBuckets", std::move(list)}};
}

double MeanSeconds(const DeliveryTimes& times) {
  if (times.recipients == 0) return 0;
  return Hundredths(double(times.total_ms) / double(times.recipients) / 1000);
}

Json SummaryJson(const char* status, const DeliveryTimes& times) {
  return {{"Status", status},
          {"TotalEmails", times.recipients},
          {"AvgDeliverySeconds", MeanSeconds(times)},
          {"MinDeliverySeconds", times.least_ms / 1000},
          {"MaxDeliverySeconds", times.most_ms / 1000}};
}

// As the reference: classes without recipients are left out.
Json HistogramJson(const DeliveryTimes& times) {
  Json classes = Json::array();
  for (size_t i = 0; i < core::kSpeedClasses.size(); ++i) {
    const int64_t recipients = times.by_class[i];
    if (recipients == 0) continue;
    classes.push_back({{"DeliveryBucket", core::kSpeedClasses[i].name},
                       {"EmailCount", recipients},
                       {"Percentage", Percent(recipients, times.recipients)}});
  }
  return classes;
}

Outcome OfRecipientDomain(Statistics& statistics, const Call& call) {
  const auto name = core::NormalizeHostName(call.arguments.String("RecipientToDomain"));
  if (!name) return Malformed("RecipientToDomain is not a domain name");
  const auto times = statistics.OfRecipientDomain(
      call.caller.user_id, call.arguments.Integer("DomainID"), *name, PeriodOf(call));
  if (!times) return FailWith(call, times.error());
  return Json{
      {"SummaryStats",
       {SummaryJson("Sent", times->delivered), SummaryJson("Failed", times->bounced)}},
      {"DeliverySpeedHistogram",
       {{"Sent", HistogramJson(times->delivered)}, {"Failed", HistogramJson(times->bounced)}}}};
}

Outcome ListRecipientDomains(Statistics& statistics, const Call& call) {
  const auto rows =
      statistics.ListRecipientDomains(call.caller.user_id, call.arguments.Integer("DomainID"),
                                      PeriodOf(call), size_t(call.arguments.Integer("Limit")));
  if (!rows) return FailWith(call, rows.error());
  Json list = Json::array();
  for (const service::RecipientDomain& row : *rows) {
    list.push_back({{"Domain", row.name},
                    {"Sent", row.delivered.recipients},
                    {"Failed", row.bounced},
                    {"Sending", row.waiting},
                    {"AvgDeliverySec", MeanSeconds(row.delivered)},
                    {"MinDeliverySec", row.delivered.least_ms / 1000},
                    {"MaxDeliverySec", row.delivered.most_ms / 1000}});
  }
  return Json{{"RecipientDomains", std::move(list)}};
}

}  // namespace

void AddStatisticsHandlers(Handlers& handlers, Statistics& statistics) {
  Bind(handlers, statistics, "emailgateway.domainstats", OfDomain);
  Bind(handlers, statistics, "emailgateway.accountstats", OfAccount);
  Bind(handlers, statistics, "emailgateway.dailyseries", Daily);
  Bind(handlers, statistics, "emailgateway.aggrevents", Aggregate);
  Bind(handlers, statistics, "emailgateway.recipientdomainstats", OfRecipientDomain);
  Bind(handlers, statistics, "emailgateway.listrecipientdomains", ListRecipientDomains);
}

}  // namespace egd::api
