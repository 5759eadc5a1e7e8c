#include "daemon/api/handlers/bulk.h"

#include <optional>

#include <nlohmann/json.hpp>

#include "daemon/api/handlers/bind.h"
#include "daemon/service/domains/dns_rounds.h"
#include "daemon/service/sending/bulk_check.h"
#include "shared/base/encoding.h"

namespace egd::api {
namespace {

using Json = nlohmann::ordered_json;
using service::BulkStatus;

const char* NameOf(BulkStatus status) {
  switch (status) {
    case BulkStatus::kPass:
      return "pass";
    case BulkStatus::kFail:
      return "fail";
    case BulkStatus::kUnchecked:
      return "unchecked";
  }
  return "";
}

Outcome CheckBulk(service::DnsRounds& rounds, const Call& call) {
  const auto& arguments = call.arguments;
  if (arguments.Has("Message") && arguments.Has("MessageBase64")) {
    return Malformed("Only one of Message and MessageBase64 may be given");
  }
  std::optional<std::string> message = arguments.String("Message");
  if (arguments.Has("MessageBase64")) message = FromBase64(arguments.String("MessageBase64"), true);
  if (!message) {
    return Malformed("MessageBase64 is not valid base64");
  }
  const auto findings = arguments.Boolean("Offline")
                            ? service::CheckBulk(*message, nullptr)
                            : service::CheckBulkOnline(*message, rounds, call.caller.user_id);
  int failed = 0;
  Json rules = Json::array();
  for (const service::BulkFinding& finding : findings) {
    failed += finding.status == BulkStatus::kFail;
    rules.push_back({{"Rule", finding.rule},
                     {"Status", NameOf(finding.status)},
                     {"Found", finding.found},
                     {"Source", finding.source}});
  }
  return Json{{"Findings", failed}, {"Rules", std::move(rules)}};
}

}  // namespace

void AddBulkHandlers(Handlers& handlers, service::DnsRounds& rounds) {
  Bind(handlers, rounds, "checkbulk", CheckBulk);
}

}  // namespace egd::api
