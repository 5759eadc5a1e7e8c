#include "daemon/api/handlers/tracking.h"

#include <nlohmann/json.hpp>

#include "daemon/api/handlers/bind.h"
#include "daemon/service/tracking/hit_verdicts.h"

namespace egd::api {
namespace {

using Json = nlohmann::ordered_json;
using catalogue::Cause;
using service::HitVerdicts;

Json VerdictJson(const tracking::HitVerdict& verdict) {
  return {{"Automated", verdict.automated},
          {"Rule", verdict.rule},
          {"Reason", verdict.automated ? verdict.reason : "No rule says that a machine did it"},
          {"Source", verdict.source}};
}

// As if it came now.
tracking::Hit Described(const catalogue::Arguments& arguments) {
  constexpr UnixMillis kNow = 1'000'000'000'000'000;
  tracking::Hit hit;
  hit.click = arguments.String("Event") == "click";
  hit.at = kNow;
  hit.method = arguments.String("Method");
  hit.user_agent = arguments.String("UserAgent");
  hit.address = arguments.String("IPAddress");
  hit.mx_host = arguments.String("MXHost");
  const auto seconds = arguments.OptionalInteger("SecondsAfterDelivery");
  if (seconds) hit.delivered_at = kNow - *seconds * 1000;
  return hit;
}

Outcome ClassifyHit(HitVerdicts& verdicts, const Call& call) {
  const auto sequence = call.arguments.OptionalInteger("Sequence");
  if (!sequence) {
    if (!call.arguments.Has("UserAgent")) return Fail(call, Cause::kHitUnnamed);
    return VerdictJson(tracking::ClassifyHit(Described(call.arguments)));
  }
  const auto explained = verdicts.Explain(*sequence);
  if (!explained && explained.error().kind == ErrorKind::kNotFound)
    return Fail(call, Cause::kHitNotFound);
  if (!explained) return Fail(call, explained.error());
  const core::Event& event = explained->event;
  Json json = VerdictJson(explained->verdict);
  json["Stored"] = {{"Automated", event.hit.automated},
                    {"Rule", event.hit.rule},
                    {"UserAgent", event.user_agent},
                    {"IPAddress", event.client_address},
                    {"Method", event.hit.method}};
  return json;
}

Outcome Reclassify(HitVerdicts& verdicts, const Call& call) {
  const auto judged = verdicts.Reclassify(call.arguments.OptionalDay("Since").value_or(0));
  if (!judged) return Fail(call, judged.error());
  return Json{{"Examined", judged->examined}, {"Changed", judged->changed}};
}

}  // namespace

void AddTrackingHandlers(Handlers& handlers, HitVerdicts& verdicts) {
  Bind(handlers, verdicts, "classifyhit", ClassifyHit);
  Bind(handlers, verdicts, "reclassify", Reclassify);
}

}  // namespace egd::api
