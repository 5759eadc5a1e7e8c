#include "daemon/api/handlers/delivery.h"

#include <string>

#include <nlohmann/json.hpp>

#include "daemon/smtp_client/failure_policy.h"
#include "shared/base/strings.h"

namespace egd::api {
namespace {

using Json = nlohmann::ordered_json;
using smtp_client::Stage;

// The catalogue's choices let only these in.
Stage StageNamed(std::string_view name) {
  for (const Stage stage : {Stage::kBanner, Stage::kHello, Stage::kStartTls, Stage::kMail,
                            Stage::kRcpt, Stage::kData}) {
    if (EqualsIgnoreCase(name, smtp_client::Name(stage))) return stage;
  }
  return Stage::kEndOfData;
}

Outcome Classify(const Call& call) {
  auto reply = smtp_client::ParseReply(call.arguments.String("Reply"));
  if (!reply) return Fail(call, 2);
  const int code = reply->code;
  if (code < 400) return Fail(call, 3);
  const smtp_client::Answer answer = {StageNamed(call.arguments.String("Stage")),
                                      *std::move(reply)};
  const smtp_client::Verdict verdict = smtp_client::Judge(answer, 1);
  return Json{{"Event", verdict.permanent ? "bounce" : "deferred"},
              {"BounceClass", verdict.bounce_class},
              {"Scope", smtp_client::Name(verdict.scope)},
              {"Suppress", verdict.suppress},
              {"Lane", smtp_client::Name(verdict.pace)},
              {"Rule", verdict.rule},
              {"Reason", verdict.reason},
              {"Code", code},
              {"EnhancedCode", answer.reply.enhanced}};
}

}  // namespace

void AddDeliveryHandlers(Handlers& handlers) {
  handlers.emplace("classify", Classify);
}

}  // namespace egd::api
