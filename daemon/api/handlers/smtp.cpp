#include "daemon/api/handlers/smtp.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "daemon/api/handlers/bind.h"
#include "daemon/service/accounts/smtp_credentials.h"

namespace egd::api {
namespace {

using Json = nlohmann::ordered_json;
using service::SmtpCredentials;
using service::SmtpCredentialService;

// Where applications connect to: a part of what is shown of every credential.
struct Server {
  std::string host;
  std::vector<int64_t> ports;
};

Server ServerOf(const config::Config& config) {
  Server server;
  server.host =
      config.smtp.advertised_host.empty() ? config.gateway.hostname : config.smtp.advertised_host;
  for (const std::string& listen : config.smtp.listen) {
    const auto port = ParseInteger(std::string_view(listen).substr(listen.rfind(':') + 1));
    if (port) server.ports.push_back(*port);
  }
  return server;
}

Json CredentialJson(const SmtpCredentials& credentials) {
  Json json = {{"SMTPID", credentials.id}, {"SMTPUsername", credentials.username}};
  if (!credentials.password.empty()) json["SMTPPassword"] = credentials.password;
  return json;
}

Json CredentialJson(const SmtpCredentials& credentials, const Server& server) {
  Json json = CredentialJson(credentials);
  json["SMTPHost"] = server.host;
  json["SMTPPorts"] = server.ports;
  return json;
}

Failure FailWith(const Call& call, const Error& error) {
  return error.kind == ErrorKind::kNotFound ? Fail(call, 2) : Fail(call, error);
}

Outcome Add(SmtpCredentialService& service, const Server& server, const Call& call) {
  const auto made = service.Add(call.caller.user_id, call.arguments.Integer("DomainID"));
  if (!made) return FailWith(call, made.error());
  return Json{{"NewSMTPID", made->id}, {"SMTP", CredentialJson(*made, server)}};
}

Outcome List(SmtpCredentialService& service, const Server& server, const Call& call) {
  const auto found = service.List(call.caller.user_id, call.arguments.Integer("DomainID"));
  if (!found) return FailWith(call, found.error());
  Json list = Json::array();
  for (const auto& credentials : *found) list.push_back(CredentialJson(credentials, server));
  return Json{{"SMTPs", std::move(list)}};
}

Outcome Delete(SmtpCredentialService& service, const Call& call) {
  const auto deleted = service.Delete(call.caller.user_id, call.arguments.Integer("SMTPID"));
  if (!deleted) return FailWith(call, deleted.error());
  return Json::object();
}

Outcome ResetPassword(SmtpCredentialService& service, const Call& call) {
  const auto reset = service.ResetPassword(call.caller.user_id, call.arguments.Integer("SMTPID"));
  if (!reset) return FailWith(call, reset.error());
  return Json{{"SMTP", CredentialJson(*reset)}};
}

}  // namespace

void AddSmtpHandlers(Handlers& handlers, SmtpCredentialService& credentials,
                     const config::Config& config) {
  const Server server = ServerOf(config);
  handlers.emplace("emailgateway.addsmtp", [&credentials, server](const Call& call) {
    return Add(credentials, server, call);
  });
  handlers.emplace("emailgateway.getsmtps", [&credentials, server](const Call& call) {
    return List(credentials, server, call);
  });
  Bind(handlers, credentials, "emailgateway.deletesmtp", Delete);
  Bind(handlers, credentials, "emailgateway.resetsmtppassword", ResetPassword);
}

}  // namespace egd::api
