#include "daemon/api/handlers/smtp.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "daemon/api/handlers/bind.h"
#include "daemon/service/accounts/smtp_credentials.h"
#include "daemon/service/sending/smtp_sessions.h"

namespace egd::api {
namespace {

using Json = nlohmann::ordered_json;
using catalogue::Cause;
using service::SmtpCredentials;
using service::SmtpCredentialService;

Json CredentialJson(const SmtpCredentials& credentials) {
  Json json = {{"SMTPID", credentials.id},
               {"Description", credentials.description},
               {"SMTPUsername", credentials.username}};
  if (!credentials.password.empty()) json["SMTPPassword"] = credentials.password;
  if (credentials.is_test) json["Test"] = true;
  return json;
}

Json CredentialJson(const SmtpCredentials& credentials, const SmtpEndpoint& endpoint) {
  Json json = CredentialJson(credentials);
  json["SMTPHost"] = endpoint.host;
  json["SMTPPorts"] = endpoint.ports();
  return json;
}

// `not_found`: what the Command was given the ID of.
Failure FailWith(const Call& call, Cause not_found, const Error& error) {
  return error.kind == ErrorKind::kNotFound ? Fail(call, not_found) : Fail(call, error);
}

Outcome Add(SmtpCredentialService& service, const SmtpEndpoint& endpoint, const Call& call) {
  const auto made =
      service.Add(call.caller.user_id, call.arguments.Integer("DomainID"),
                  call.arguments.String("Description"), call.arguments.Boolean("Test"));
  if (!made) return FailWith(call, Cause::kDomainNotFound, made.error());
  return Json{{"NewSMTPID", made->id}, {"SMTP", CredentialJson(*made, endpoint)}};
}

Outcome List(SmtpCredentialService& service, const SmtpEndpoint& endpoint, const Call& call) {
  const auto found = service.List(call.caller.user_id, call.arguments.Integer("DomainID"));
  if (!found) return FailWith(call, Cause::kDomainNotFound, found.error());
  Json list = Json::array();
  for (const auto& credentials : *found) list.push_back(CredentialJson(credentials, endpoint));
  return Json{{"SMTPs", std::move(list)}};
}

Outcome Delete(SmtpCredentialService& service, const Call& call) {
  const auto deleted = service.Delete(call.caller.user_id, call.arguments.Integer("SMTPID"));
  if (!deleted) return FailWith(call, Cause::kCredentialsNotFound, deleted.error());
  return Json::object();
}

Outcome ResetPassword(SmtpCredentialService& service, const Call& call) {
  const auto reset = service.ResetPassword(call.caller.user_id, call.arguments.Integer("SMTPID"));
  if (!reset) return FailWith(call, Cause::kCredentialsNotFound, reset.error());
  return Json{{"SMTP", CredentialJson(*reset)}};
}

Json SessionJson(const core::SmtpSession& session) {
  Json dialogue = Json::array();
  for (const std::string_view line : Split(session.dialogue, '\n')) {
    if (!line.empty()) dialogue.push_back(line);
  }
  return {{"At", FormatDateTime(session.at)},
          {"DomainID", session.domain_id},
          {"ClientAddress", session.client_address},
          {"ClientName", session.client_name},
          {"Username", session.username},
          {"TLS", session.tls},
          {"Reason", session.reason},
          {"Remedy", session.remedy},
          {"Dialogue", std::move(dialogue)}};
}

Outcome ListSessions(service::SmtpSessions& sessions, const Call& call) {
  const auto most = size_t(call.arguments.Integer("Limit"));
  std::vector<core::SmtpSession> found;
  if (call.arguments.Boolean("All")) {
    if (call.caller.kind != core::PrincipalKind::kAdmin) {
      return Fail(call, Forbidden("All is for admins"));
    }
    found = sessions.ListAll(most);
  } else if (!call.arguments.Has("DomainID")) {
    return Fail(call, Cause::kDomainMissing);
  } else {
    auto own = sessions.List(call.caller.user_id, call.arguments.Integer("DomainID"), most);
    if (!own) return FailWith(call, Cause::kDomainNotFound, own.error());
    found = *std::move(own);
  }
  Json list = Json::array();
  for (const auto& session : found) list.push_back(SessionJson(session));
  return Json{{"Sessions", std::move(list)}};
}

}  // namespace

void AddSmtpHandlers(Handlers& handlers, SmtpCredentialService& credentials,
                     service::SmtpSessions& sessions, SmtpEndpoint endpoint) {
  handlers.emplace("emailgateway.addsmtp", [&credentials, endpoint](const Call& call) {
    return Add(credentials, endpoint, call);
  });
  handlers.emplace("emailgateway.getsmtps", [&credentials, endpoint](const Call& call) {
    return List(credentials, endpoint, call);
  });
  Bind(handlers, sessions, "smtpsessions", ListSessions);
  Bind(handlers, credentials, "emailgateway.deletesmtp", Delete);
  Bind(handlers, credentials, "emailgateway.resetsmtppassword", ResetPassword);
}

}  // namespace egd::api
