#include "daemon/api/handlers/webhooks.h"

#include <chrono>
#include <utility>

#include <nlohmann/json.hpp>

#include "daemon/api/handlers/bind.h"
#include "daemon/service/hooks/webhook_subscriptions.h"

namespace egd::api {
namespace {

using Json = nlohmann::ordered_json;
using catalogue::Cause;
using service::WebhookSubscriptions;

// The user form names events by their own words, the public form echoes what it was given.
enum class Form { kUser, kPublic };

Json WebhookList(const std::vector<core::Webhook>& webhooks, Form form) {
  Json list = Json::array();
  for (const core::Webhook& webhook : webhooks) {
    const std::string_view event =
        form == Form::kPublic ? std::string_view(webhook.event_word) : core::Name(webhook.event);
    const bool enabled = webhook.disabled_at == 0;
    list.push_back({{"WebhookID", webhook.id},
                    {"Event", event},
                    {"WebhookURL", webhook.url},
                    {"Status", enabled ? "Enabled" : "Disabled"}});
    if (enabled) continue;
    list.back()["DisabledReason"] = webhook.disabled_reason;
    list.back()["DisabledAt"] = webhook.disabled_at / 1000;
  }
  return list;
}

core::Webhook Described(const Call& call, int64_t domain_id) {
  core::Webhook webhook;
  webhook.domain_id = domain_id;
  webhook.event_word = call.arguments.String("Event");
  webhook.event = core::ParseEventType(webhook.event_word).value();
  webhook.url = call.arguments.String("WebhookURL");
  return webhook;
}

Json AddedJson(const service::AddedWebhook& added) {
  Json json{{"NewWebhookID", added.id}};
  if (!added.warning.empty()) json["Warning"] = added.warning;
  return json;
}

Failure FailWith(const Call& call, const Error& error) {
  return error.kind == ErrorKind::kNotFound ? Fail(call, Cause::kDomainNotFound)
                                            : Fail(call, error);
}

Outcome Add(WebhookSubscriptions& webhooks, const Call& call) {
  const auto added =
      webhooks.Add(call.caller.user_id, Described(call, call.arguments.Integer("DomainID")));
  if (added) return AddedJson(*added);
  const Error& error = added.error();
  if (error.kind == ErrorKind::kInvalidArgument) {
    return Fail(call, Cause::kWebhookUrlInvalid, error.public_text);
  }
  if (error.kind == ErrorKind::kForbidden) {
    return Fail(call, Cause::kWebhookUrlForbidden, error.public_text);
  }
  if (error.kind == ErrorKind::kUnprocessable) return Fail(call, Forbidden(error.public_text));
  return FailWith(call, error);
}

Outcome List(WebhookSubscriptions& webhooks, const Call& call) {
  const auto found = webhooks.List(call.caller.user_id, call.arguments.Integer("DomainID"));
  if (!found) return FailWith(call, found.error());
  return Json{{"SigningKey", found->signing_key},
              {"Webhooks", WebhookList(found->webhooks, Form::kUser)}};
}

Outcome RegenerateKey(WebhookSubscriptions& webhooks, const Call& call) {
  const auto key =
      webhooks.RegenerateSigningKey(call.caller.user_id, call.arguments.Integer("DomainID"),
                                    std::chrono::seconds(call.arguments.Integer("OverlapSeconds")));
  if (!key) return FailWith(call, key.error());
  return Json{{"SigningKey", *key}};
}

Outcome Delete(WebhookSubscriptions& webhooks, const Call& call) {
  const auto deleted = webhooks.Delete(call.caller.user_id, call.arguments.Integer("DomainID"),
                                       call.arguments.Integer("WebhookID"));
  if (!deleted) return FailWith(call, deleted.error());
  if (!*deleted) return Fail(call, Cause::kWebhookNotFound);
  return Json::object();
}

Outcome AddPublic(WebhookSubscriptions& webhooks, const Call& call) {
  const auto added = webhooks.Add(call.caller.user_id, Described(call, call.caller.domain_id));
  if (added) return AddedJson(*added);
  const Error& error = added.error();
  if (error.kind == ErrorKind::kInvalidArgument || error.kind == ErrorKind::kForbidden) {
    return Fail(call, Cause::kWebhookUrlInvalid, error.public_text);
  }
  if (error.kind == ErrorKind::kUnprocessable) return Fail(call, Forbidden(error.public_text));
  return FailWith(call, error);  // the key's domain may have just gone
}

Outcome ListPublic(WebhookSubscriptions& webhooks, const Call& call) {
  const auto found = webhooks.List(call.caller.user_id, call.caller.domain_id);
  if (!found) return FailWith(call, found.error());
  return Json{{"Webhooks", WebhookList(found->webhooks, Form::kPublic)}};
}

Outcome DeletePublic(WebhookSubscriptions& webhooks, const Call& call) {
  const auto deleted = webhooks.Delete(call.caller.user_id, call.caller.domain_id,
                                       call.arguments.Integer("WebhookID"));
  if (!deleted) return FailWith(call, deleted.error());
  if (!*deleted) return Fail(call, Cause::kWebhookNotFound);
  return Json::object();
}

}  // namespace

void AddWebhookHandlers(Handlers& handlers, WebhookSubscriptions& webhooks) {
  Bind(handlers, webhooks, "emailgateway.addwebhook", Add);
  Bind(handlers, webhooks, "emailgateway.getwebhooks", List);
  Bind(handlers, webhooks, "emailgateway.deletewebhook", Delete);
  Bind(handlers, webhooks, "emailgateway.regeneratesigningkey", RegenerateKey);
  Bind(handlers, webhooks, "emailgateway.addwebhook.public", AddPublic);
  Bind(handlers, webhooks, "emailgateway.getwebhooks.public", ListPublic);
  Bind(handlers, webhooks, "emailgateway.deletewebhook.public", DeletePublic);
}

}  // namespace egd::api
