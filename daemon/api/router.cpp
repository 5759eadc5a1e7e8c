#include "daemon/api/router.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <nlohmann/json.hpp>
#include <unistd.h>

#include "daemon/api/request_decode.h"
#include "daemon/core/host_name.h"

namespace egd::api {
namespace {

using http_server::HeaderOf;
using Json = nlohmann::ordered_json;

size_t CountHeaders(const http_server::HttpRequest& http, std::string_view name) {
  return size_t(std::ranges::count_if(
      http.headers, [&](const auto& header) { return EqualsIgnoreCase(header.name, name); }));
}

// The key of `Authorization: Bearer <key>` (RFC 6750 section 2.1); empty for anything else.
std::string_view KeyIn(std::string_view authorization) {
  constexpr std::string_view kScheme = "Bearer ";
  if (!EqualsIgnoreCase(authorization.substr(0, kScheme.size()), kScheme)) return {};
  return Trim(authorization.substr(kScheme.size()));
}

// "Bearer" and nothing behind.
bool IsEmptyBearer(const http_server::HttpRequest& http) {
  return EqualsIgnoreCase(Trim(HeaderOf(http, "Authorization")), "Bearer");
}

bool IsLocalAdmin(const http_server::HttpRequest& http) {
  return http.peer_uid && (*http.peer_uid == 0 || *http.peer_uid == ::geteuid());
}

bool Names(const Json& parameters, std::string_view name) {
  for (const auto& member : parameters.items()) {
    if (EqualsIgnoreCase(member.key(), name) && member.value() != "") return true;
  }
  return false;
}

// Up to the last slash.
std::string_view FolderOf(std::string_view path) {
  return path.substr(0, path.rfind('/') + 1);
}

// The parameter that the last segment of the path stands for, whatever the body says of it.
void SetPathParameter(std::string_view pattern, std::string_view path, Json& parameters) {
  if (!pattern.ends_with('}')) return;
  const std::string_view braced = pattern.substr(FolderOf(pattern).size());
  const std::string name(braced.substr(1, braced.size() - 2));
  const std::string_view value = path.substr(FolderOf(path).size());
  for (auto member = parameters.begin(); member != parameters.end(); ++member) {
    if (EqualsIgnoreCase(member.key(), name)) {
      *member = value;
      return;
    }
  }
  parameters[name] = value;
}

Reply NotAllowed(const std::string& allowed) {
  Reply reply = TransportFailure(405);
  reply.headers.emplace_back("Allow", allowed);
  return reply;
}

}  // namespace

Router::Router(const Dispatcher& dispatcher, const std::vector<catalogue::Command>& commands,
               std::string openapi, std::function<Result<void>()> ready, ServesHost serves_host)
    : dispatcher_(dispatcher),
      openapi_(std::move(openapi)),
      ready_(std::move(ready)),
      serves_host_(std::move(serves_host)) {
  const Route legacy = [this](const Incoming& incoming) { return RunCommand(incoming, nullptr); };
  Add("GET", "/api.php", legacy);
  Add("POST", "/api.php", legacy);
  for (const auto& command : commands) {
    if (command.alias.path.empty()) continue;
    aliases_.emplace(std::string(command.alias.method) + " " + std::string(command.alias.path),
                     &command);
    Add(command.alias.method, command.alias.path,
        [this, &command](const Incoming& incoming) { return RunCommand(incoming, &command); });
  }
  AddPage("/healthz", [](const Incoming&) { return Reply{200, R"({"Status":"ok"})"}; });
  AddPage("/readyz", [this](const Incoming&) {
    const auto ready = ready_();
    return ready ? Reply{200, R"({"Status":"ready"})"}
                 : TransportFailure(503, ready.error().public_text);
  });
  AddPage("/internal/tls-check", [this](const Incoming& incoming) { return CheckTls(incoming); });
  AddPage("/openapi.json", [this](const Incoming&) { return Reply{200, openapi_}; });
}

void Router::Add(std::string_view method, std::string_view path, Route route) {
  routes_[std::string(path)].emplace(method, std::move(route));
  if (path.ends_with('}')) patterns_.emplace(FolderOf(path), path);
}

void Router::AddPage(std::string_view path, Route route) {
  Add("GET", path, route);
  Add("HEAD", path, std::move(route));
}

Reply Router::Answer(const Incoming& incoming) const {
  constexpr std::string_view kLegacy = "/api.php/";
  if (incoming.path.starts_with(kLegacy)) {
    Incoming named = incoming;
    named.path = kLegacy.substr(0, kLegacy.size() - 1);
    named.command = incoming.path.substr(kLegacy.size());
    if (named.command.ends_with('/')) named.command.remove_suffix(1);
    return AnswerAt(named);
  }
  return AnswerAt(incoming);
}

// The pattern that stands for the path, else the path itself.
std::string_view Router::RoutedPath(std::string_view path) const {
  if (routes_.contains(path) || path.ends_with('/')) return path;
  const auto pattern = patterns_.find(FolderOf(path));
  return pattern == patterns_.end() ? path : pattern->second;
}

Reply Router::AnswerAt(const Incoming& incoming) const {
  const auto methods = routes_.find(RoutedPath(incoming.path));
  if (methods == routes_.end()) return TransportFailure(404);
  const auto route = methods->second.find(incoming.http.method);
  if (route != methods->second.end()) return route->second(incoming);
  std::string allowed;
  for (const auto& method : methods->second)
    allowed += (allowed.empty() ? "" : ", ") + method.first;
  return NotAllowed(allowed);
}

std::optional<Reply> Router::RefuseUnknown(const Incoming& incoming) const {
  const auto alias =
      aliases_.find(incoming.http.method + " " + std::string(RoutedPath(incoming.path)));
  return dispatcher_.RefuseUnknown(alias == aliases_.end() ? nullptr : alias->second,
                                   KeyIn(HeaderOf(incoming.http, "Authorization")),
                                   incoming.http.peer_address, incoming.request_id);
}

// 200: a certificate for ?domain= may be obtained.
Reply Router::CheckTls(const Incoming& incoming) const {
  const auto decoded = DecodeParameters(incoming.query, {}, {});
  const auto* parameters = std::get_if<Json>(&decoded);
  const auto domain = parameters ? parameters->find("domain") : Json::const_iterator();
  if (!parameters || domain == parameters->end() || !domain->is_string()) {
    return TransportFailure(404, "?domain= names no host");
  }
  const auto host = core::NormalizeHostName(domain->get<std::string>());
  if (!host) return TransportFailure(404, "?domain= names no host");
  const Result<bool> serves = serves_host_(*host);
  if (!serves) return TransportFailure(503, serves.error().public_text);
  if (!*serves) return TransportFailure(404, "No enabled domain has this tracking host");
  return {200, R"({"Status":"ok"})"};
}

Reply Router::RunCommand(const Incoming& incoming, const catalogue::Command* alias) const {
  const http_server::HttpRequest& http = incoming.http;
  const std::string_view coding = HeaderOf(http, "Content-Encoding");
  if (!coding.empty() && !EqualsIgnoreCase(coding, "identity")) {
    return TransportFailure(415, "The body must not be compressed");
  }
  // Two would be read differently here and by a proxy in front (RFC 9110 section 11.6.2).
  const size_t authorizations = CountHeaders(http, "Authorization");
  if (authorizations > 1) return TransportFailure(400, "There are two Authorization fields");
  std::optional<std::string_view> bearer;
  // An empty one is a missing key; where nobody needs one, it is malformed.
  const bool counts = !IsEmptyBearer(http) || IsLocalAdmin(http);
  if (authorizations == 1 && counts) bearer = KeyIn(HeaderOf(http, "Authorization"));
  auto decoded = DecodeParameters(incoming.query, HeaderOf(http, "Content-Type"), http.body);
  if (const auto* failure = std::get_if<DecodeFailure>(&decoded)) {
    return TransportFailure(failure->status, failure->text);
  }
  auto& parameters = std::get<Json>(decoded);
  if (alias) SetPathParameter(alias->alias.path, incoming.path, parameters);
  if (!incoming.command.empty() && !Names(parameters, "Command")) {
    parameters["Command"] = incoming.command;
  }
  return dispatcher_.Dispatch({.alias = alias,
                               .parameters = std::move(parameters),
                               .bearer = bearer,
                               .idempotency_key = HeaderOf(http, "Idempotency-Key"),
                               .client_address = http.peer_address,
                               .local_admin = IsLocalAdmin(http) && authorizations == 0,
                               .request_id = incoming.request_id,
                               .received_at = incoming.received_at,
                               .may_wait = incoming.may_wait,
                               .may_be_large = incoming.may_be_large});
}

}  // namespace egd::api
