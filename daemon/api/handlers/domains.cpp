#include "daemon/api/handlers/domains.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include <nlohmann/json.hpp>

#include "daemon/api/handlers/bind.h"
#include "daemon/core/dkim_rotation.h"
#include "daemon/service/domains/dkim_rotation.h"
#include "daemon/service/domains/domains.h"
#include "daemon/service/domains/verify_domain.h"

namespace egd::api {
namespace {

using Json = nlohmann::ordered_json;
using catalogue::Cause;
using service::DkimRotation;
using service::DomainProblem;
using service::Domains;
using service::VerifyDomain;

Json OptionsJson(const core::SenderDomain& domain) {
  Json options{{"LinkTracking", int(domain.link_tracking)},
               {"OpenTracking", int(domain.open_tracking)},
               {"UnsubscribeLink", int(domain.unsubscribe_link)}};
  if (!domain.hosting_provider.empty()) options["HostingProvider"] = domain.hosting_provider;
  if (domain.custom_subdomain) options["CustomSubdomain"] = *domain.custom_subdomain;
  if (domain.custom_track_prefix) options["CustomTrackPrefix"] = *domain.custom_track_prefix;
  if (domain.custom_track_merge) options["CustomTrackMerge"] = *domain.custom_track_merge;
  options["TrackPrefixDisabled"] = domain.track_prefix_disabled;
  return options;
}

Json RecordJson(const core::SenderDomain& domain, const core::DnsRecord& record) {
  return {{"Purpose", record.purpose},
          {"Host", record.host},
          {"Type", record.type},
          {"Value", record.value},
          {"Status", core::Name(record.status)},
          {"Found", record.found},
          {"Error", record.error},
          {"LastCheckedAt", TimeOrEmpty(record.last_checked_at)},
          {"Required", core::IsRequired(domain, record)}};
}

Json KeyJson(const core::DkimKey& key) {
  const bool retiring = key.state == core::DkimKeyState::kRetiring;
  return {{"Selector", key.selector},
          {"Algorithm", core::Name(key.algorithm)},
          {"State", core::Name(key.state)},
          {"Since", FormatDateTime(key.since)},
          {"GraceEndsAt", TimeOrEmpty(retiring ? key.due_at : 0)}};
}

Json KeysJson(const core::SenderDomain& domain) {
  Json keys = Json::array();
  for (const auto& key : domain.dkim_keys) keys.push_back(KeyJson(key));
  return keys;
}

Cause CauseOf(DomainProblem problem) {
  switch (problem) {
    case DomainProblem::kNameInvalid:
      return Cause::kDomainNameInvalid;
    case DomainProblem::kLimitReached:
      return Cause::kDomainLimitReached;
    case DomainProblem::kHostsInvalid:
      return Cause::kHostsInvalid;
    case DomainProblem::kAlreadyThere:
      return Cause::kDomainTaken;
  }
  throw std::logic_error("a domain problem of an unknown kind");
}

service::HostSettings HostsOf(const catalogue::Arguments& arguments) {
  return {arguments.OptionalString("Subdomain"), arguments.OptionalString("TrackPrefix"),
          arguments.OptionalString("TrackMerge"), arguments.OptionalBoolean("TrackPrefixDisabled")};
}

// With the parser's problems; a code comes once.
Failure FailAll(const Domains& domains, const Call& call,
                const std::vector<DomainProblem>& problems) {
  Failure failure{call.problems};
  auto& all = failure.problems;
  for (const DomainProblem problem : problems) {
    std::string text;
    if (problem == DomainProblem::kHostsInvalid) {
      text = domains.ExplainHosts(call.arguments.String("DomainName"), HostsOf(call.arguments));
    }
    catalogue::Problem found = Fail(call, CauseOf(problem), std::move(text)).problems.front();
    if (std::ranges::find(all, found.code, &catalogue::Problem::code) == all.end()) {
      all.push_back(std::move(found));
    }
  }
  std::ranges::stable_sort(all, {}, &catalogue::Problem::code);
  return failure;
}

Failure FailById(const Call& call, const Error& error) {
  return error.kind == ErrorKind::kNotFound ? Fail(call, Cause::kDomainNotFound)
                                            : Fail(call, error);
}

// What the parser refused is missing here, and is not judged a second time.
Outcome RefuseToAdd(Domains& domains, const Call& call) {
  const auto problems = domains.FindProblems(
      call.caller.user_id, call.arguments.OptionalString("DomainName"), HostsOf(call.arguments));
  if (!problems) return Fail(call, problems.error());
  return FailAll(domains, call, *problems);
}

Outcome Add(Domains& domains, const Call& call) {
  if (!call.problems.empty()) return RefuseToAdd(domains, call);
  const auto added = domains.Add(call.caller.user_id, call.arguments.String("DomainName"),
                                 HostsOf(call.arguments));
  if (!added) return Fail(call, added.error());
  const auto* problems = std::get_if<std::vector<DomainProblem>>(&*added);
  if (problems) return FailAll(domains, call, *problems);
  const auto& domain = std::get<core::SenderDomain>(*added);
  return Json{{"NewSenderDomainID", domain.id}, {"Domain", DomainJson(domain)}};
}

Outcome Get(Domains& domains, const Call& call) {
  const auto& arguments = call.arguments;
  const int64_t user = call.caller.user_id;
  const auto domain = arguments.Has("DomainID")
                          ? domains.Find(user, arguments.Integer("DomainID"))
                          : domains.FindByName(user, arguments.String("DomainName"));
  if (!domain) return FailById(call, domain.error());
  return Json{{"Domain", DomainJson(*domain)}};
}

Json CountedJson(const service::CountedDomain& counted) {
  const int64_t sent = counted.last_days.Of(core::EventType::kAccepted);
  const int64_t bounced = counted.last_days.Of(core::EventType::kBounce);
  Json json = DomainJson(counted.domain);
  json["APIKeyCount"] = counted.belongings.sender_keys;
  json["SMTPCount"] = counted.belongings.smtp_credentials;
  json["WebhookCount"] = counted.belongings.webhooks;
  json["Sent7d"] = sent;
  json["BounceRate7d"] = Percent(bounced, sent);
  json["LastActivityAt"] = TimeOrEmpty(counted.belongings.last_event_at);
  return json;
}

Outcome ListCounted(Domains& domains, const Call& call) {
  const auto found = domains.ListCounted(call.caller.user_id);
  if (!found) return Fail(call, found.error());
  Json list = Json::array();
  for (const auto& counted : *found) list.push_back(CountedJson(counted));
  return Json{{"Domains", std::move(list)}};
}

Outcome List(Domains& domains, const Call& call) {
  if (call.arguments.Boolean("WithCounts")) return ListCounted(domains, call);
  const auto found = domains.List(call.caller.user_id);
  if (!found) return Fail(call, found.error());
  Json list = Json::array();
  for (const auto& domain : *found) list.push_back(DomainJson(domain));
  return Json{{"Domains", std::move(list)}};
}

Outcome Update(Domains& domains, const Call& call) {
  const auto& arguments = call.arguments;
  if ((arguments.Has("Status") || arguments.Has("StatusReason")) &&
      call.caller.kind != core::PrincipalKind::kAdmin) {
    return Fail(call, Forbidden("Only the admin may change a domain's Status"));
  }
  const service::DomainSettings settings{arguments.OptionalBoolean("LinkTracking"),
                                         arguments.OptionalBoolean("OpenTracking"),
                                         arguments.OptionalBoolean("UnsubscribeLink"),
                                         arguments.OptionalString("HostingProvider"),
                                         HostsOf(arguments),
                                         core::ParseDomainStatus(arguments.String("Status")),
                                         arguments.OptionalString("StatusReason")};
  const auto updated = domains.Update(call.caller.user_id, arguments.Integer("DomainID"), settings);
  if (!updated && updated.error().kind == ErrorKind::kInvalidArgument) {
    return Fail(call, Cause::kHostsInvalid, updated.error().public_text);
  }
  if (!updated && updated.error().kind == ErrorKind::kConflict) {
    return Fail(call, Cause::kDomainTaken);
  }
  if (!updated) return FailById(call, updated.error());
  return Json{{"Domain", DomainJson(updated->domain)},
              {"SubdomainChanged", updated->hosts_changed}};
}

Outcome Verify(VerifyDomain& verify, const Call& call) {
  const auto verified =
      verify.Verify(call.caller.user_id, call.arguments.Integer("DomainID"), call.received_at);
  if (!verified) return FailById(call, verified.error());
  return Json{{"Domain", DomainJson(verified->domain)},
              {"DNSVerificationResults", VerificationJson(verified->domain)},
              {"Warnings", verified->warnings}};
}

Json PendingRecordsJson(const core::SenderDomain& domain) {
  Json records = Json::array();
  for (const auto& key : domain.dkim_keys) {
    if (key.state != core::DkimKeyState::kPending) continue;
    for (const auto& record : domain.records) {
      if (record.selector == key.selector) records.push_back(RecordJson(domain, record));
    }
  }
  return records;
}

Outcome RotateDkim(DkimRotation& rotation, const Call& call) {
  const auto started = rotation.Start(call.caller.user_id, call.arguments.Integer("DomainID"));
  if (!started && started.error().kind == ErrorKind::kUnprocessable) {
    return Fail(call, Cause::kRotationImpossible);
  }
  if (!started) return FailById(call, started.error());
  const core::SenderDomain& domain = started->domain;
  const auto* pending = core::PendingDkimKey(domain, core::DkimAlgorithm::kRsaSha256);
  const core::DkimKey& key = pending ? *pending : *core::MainDkimKey(domain);
  return Json{{"Selector", key.selector},
              {"State", core::Name(key.state)},
              {"AlreadyPending", started->already_pending},
              {"GraceSeconds", started->grace.count()},
              {"DNSRecords", PendingRecordsJson(domain)},
              {"DKIMKeys", KeysJson(domain)}};
}

Outcome ClearQueue(Domains& domains, const Call& call) {
  const auto cleared = domains.ClearQueue(call.caller.user_id, call.arguments.Integer("DomainID"));
  if (!cleared) return FailById(call, cleared.error());
  return Json{{"ClearedCount", *cleared}};
}

Outcome Delete(Domains& domains, const Call& call) {
  const auto deleted = domains.Delete(call.caller.user_id, call.arguments.Integer("DomainID"));
  if (!deleted) return FailById(call, deleted.error());
  return Json::object();
}

}  // namespace

nlohmann::ordered_json DomainJson(const core::SenderDomain& domain) {
  Json records = Json::array();
  for (const auto& record : domain.records) records.push_back(RecordJson(domain, record));
  return {
      {"DomainID", domain.id},
      {"SenderDomain", domain.name},
      {"Status", core::Name(domain.status)},
      {"StatusReason", domain.status_reason},
      {"Options", OptionsJson(domain)},
      {"CreatedAt", FormatDateTime(domain.created_at)},
      {"MFROMDomain", domain.mfrom_host},
      {"TrackingDomain", domain.tracking_host},
      {"VerificationMeta", {{"DNSRecords", std::move(records)}, {"DKIMKeys", KeysJson(domain)}}}};
}

nlohmann::ordered_json VerificationJson(const core::SenderDomain& domain) {
  Json results = Json::object();
  for (const auto& record : domain.records) {
    std::string key = record.host;
    for (int n = 2; results.contains(key); ++n) key = record.host + "#" + std::to_string(n);
    results[key] = {record.type, record.value, record.status == core::RecordStatus::kPass};
  }
  return results;
}

void AddDomainHandlers(Handlers& handlers, Domains& domains, VerifyDomain& verify,
                       DkimRotation& rotation) {
  Bind(handlers, domains, "emailgateway.adddomain", Add);
  Bind(handlers, domains, "emailgateway.getdomain", Get);
  Bind(handlers, domains, "emailgateway.getdomains", List);
  Bind(handlers, domains, "emailgateway.updatedomain", Update);
  Bind(handlers, domains, "emailgateway.cleardomainqueue", ClearQueue);
  Bind(handlers, domains, "emailgateway.deletedomain", Delete);
  Bind(handlers, verify, "emailgateway.verifydomain", Verify);
  Bind(handlers, rotation, "emailgateway.rotatedkim", RotateDkim);
}

}  // namespace egd::api
