#include "daemon/api/handlers/operation.h"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "daemon/api/handlers/bind.h"
#include "daemon/api/handlers/delivery.h"
#include "daemon/core/complaint_rate.h"
#include "shared/base/version.h"

namespace egd::api {
namespace {

using service::Backups;
using Json = nlohmann::ordered_json;

int64_t SecondsSince(UnixMillis then, UnixMillis now) {
  return then == 0 ? 0 : std::max<int64_t>(0, (now - then) / 1000);
}

Json LaneJson(const service::LaneView& lane) {
  return {{"Destination", lane.depth.destination},
          {"State", LaneStateOf(lane)},
          {"Depth", lane.depth.recipients},
          {"WaitsFor", lane.status.down_until > lane.at ? lane.status.waits_for : ""},
          {"LastReply", lane.status.last_reply}};
}

Json WebhookJson(const core::Webhook& webhook) {
  return {{"WebhookID", webhook.id},
          {"DomainID", webhook.domain_id},
          {"URL", webhook.url},
          {"State", webhook.disabled_at != 0 ? "disabled" : "failing"},
          {"Since",
           TimeOrEmpty(webhook.disabled_at != 0 ? webhook.disabled_at : webhook.failing_since)},
          {"Reason", webhook.disabled_reason}};
}

Json DomainJson(const store::TroubledDomain& domain) {
  return {{"DomainID", domain.id},
          {"DomainName", domain.name},
          {"Status", core::Name(domain.status)},
          {"FailedChecks", domain.consecutive_failures},
          {"Complained", domain.complaints},
          {"ComplaintRate", Percent(domain.complaints, domain.delivered)},
          {"ComplaintLevel", core::ComplaintLevel(domain.complaints, domain.delivered)}};
}

template <typename Things, typename ToJson>
Json ListOf(const Things& things, ToJson to_json) {
  Json list = Json::array();
  for (const auto& thing : things) list.push_back(to_json(thing));
  return list;
}

Outcome Status(service::Status& reader, const Call& call) {
  const auto status = reader.Read();
  if (!status) return Fail(call, status.error());
  return Json{{"Version", Version()},
              {"StartedAt", FormatDateTime(status->started_at)},
              {"Ready", status->not_ready.empty()},
              {"NotReadyReason", status->not_ready},
              {"Queue",
               {{"Recipients", status->queued},
                {"OldestAgeSeconds", SecondsSince(status->oldest_at, status->at)},
                {"ReadyLagSeconds", SecondsSince(status->due_since, status->at)},
                {"InFlight", status->in_flight},
                {"WaitingWrites", status->waiting_writes}}},
              {"SinceStart",
               {{"Accepted", status->accepted},
                {"Delivered", status->delivered},
                {"Deferred", status->deferred},
                {"Bounced", status->bounced}}},
              {"Disk",
               {{"FreeBytes", status->disk_free},
                {"SizeBytes", status->disk_size},
                {"DatabaseBytes", status->database_size}}},
              {"Schema", {{"Database", status->schema}, {"Program", status->newest_schema}}},
              {"Lanes", ListOf(status->lanes, LaneJson)},
              {"Webhooks", ListOf(status->webhooks, WebhookJson)},
              {"Domains", ListOf(status->domains, DomainJson)}};
}

Json ExpiredJson(const service::Expired& expired) {
  return {{"Kind", expired.kind},   {"Detail", expired.detail},
          {"Rule", expired.rule},   {"Entries", expired.entries},
          {"Bytes", expired.bytes}, {"OldestAt", TimeOrEmpty(expired.oldest_at)}};
}

Outcome Retention(service::Retention& retention, const Call& call) {
  const bool tries = call.arguments.Boolean(catalogue::kDryRun);
  const auto report = tries ? retention.Measure() : retention.RunNow();
  if (!report) return Fail(call, report.error());
  return Json{{"DryRun", tries},
              {"Deleted", ListOf(report->expired, ExpiredJson)},
              {"ContentBytes", report->content_bytes}};
}

Outcome Backup(Backups& backups, const Call& call) {
  const auto begun = backups.Begin();
  if (!begun && begun.error().kind == ErrorKind::kConflict)
    return Fail(call, catalogue::Cause::kBackupRunning);
  if (!begun) return Fail(call, begun.error());
  return TextReply{"application/zstd", [backup = *begun]() -> Result<TextPiece> {
                     auto piece = backup->Next();
                     if (!piece) return piece.error();
                     return TextPiece{std::move(piece->bytes), piece->last};
                   }};
}

}  // namespace

void AddOperationHandlers(Handlers& handlers, service::Status& status, Backups& backups,
                          service::Retention& retention) {
  Bind(handlers, retention, "retention", Retention);
  Bind(handlers, status, "status", Status);
  // The copy of the database may take long: nobody else's thread.
  Bind(handlers, backups, "backup", Backup);
}

}  // namespace egd::api
