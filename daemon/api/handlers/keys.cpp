#include "daemon/api/handlers/keys.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "daemon/api/handlers/bind.h"
#include "daemon/service/accounts/sender_keys.h"

namespace egd::api {
namespace {

using Json = nlohmann::ordered_json;
using catalogue::Cause;
using service::SenderKey;
using service::SenderKeys;

Json KeyJson(const SenderKey& key) {
  Json json = {{"APIKeyID", key.id},
               {"APIKey", key.key},
               {"Description", key.description},
               {"DomainID", key.domain_id}};
  if (key.is_test) json["Test"] = true;
  return json;
}

// `not_found`: what the Command was given the ID of.
Failure FailWith(const Call& call, Cause not_found, const Error& error) {
  return error.kind == ErrorKind::kNotFound ? Fail(call, not_found) : Fail(call, error);
}

Outcome NewKeyReply(const Call& call, const Result<SenderKey>& key) {
  if (!key) return FailWith(call, Cause::kDomainNotFound, key.error());
  return Json{{"NewAPIKeyID", key->id}, {"APIKey", KeyJson(*key)}};
}

Outcome Add(SenderKeys& keys, const Call& call) {
  return NewKeyReply(
      call, keys.Add(call.caller.user_id, call.arguments.Integer("DomainID"),
                     call.arguments.String("Description"), call.arguments.Boolean("Test")));
}

Outcome Replace(SenderKeys& keys, const Call& call) {
  return NewKeyReply(call, keys.Replace(call.caller.user_id, call.arguments.Integer("DomainID"),
                                        call.arguments.String("Description")));
}

Outcome List(SenderKeys& keys, const Call& call) {
  const Result<std::vector<SenderKey>> found =
      keys.List(call.caller.user_id, call.arguments.Integer("DomainID"));
  if (!found) return FailWith(call, Cause::kDomainNotFound, found.error());
  Json list = Json::array();
  for (const SenderKey& key : *found) list.push_back(KeyJson(key));
  return Json{{"APIKeys", std::move(list)}};
}

Outcome Delete(SenderKeys& keys, const Call& call) {
  const Result<void> deleted = keys.Delete(call.caller.user_id, call.arguments.Integer("APIKeyID"));
  if (!deleted) return FailWith(call, Cause::kKeyNotFound, deleted.error());
  return Json::object();
}

}  // namespace

void AddKeyHandlers(Handlers& handlers, SenderKeys& keys) {
  Bind(handlers, keys, "emailgateway.addapi", Add);
  Bind(handlers, keys, "emailgateway.getapis", List);
  Bind(handlers, keys, "emailgateway.deleteapi", Delete);
  Bind(handlers, keys, "emailgateway.replaceapi", Replace);
}

}  // namespace egd::api
