#include "daemon/api/handlers/relaying.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "daemon/api/handlers/bind.h"
#include "daemon/service/domains/relay_domains.h"

namespace egd::api {
namespace {

using Json = nlohmann::ordered_json;
using catalogue::Cause;
using Hosts = std::vector<store::SendingHosts>;
using service::RelayDomains;

Json Names(const Hosts& all) {
  Json names = Json::array();
  for (const auto& hosts : all) names.push_back(hosts.domain);
  return {{"Domains", std::move(names)}};
}

TextReply Lines(const Hosts& all, std::string_view directive) {
  std::string text;
  for (const auto& hosts : all) {
    for (const std::string& name : {hosts.domain, hosts.mfrom_host}) {
      text.append(directive).append(" ").append(name).append("\n");
    }
  }
  return {"text/plain; charset=utf-8", [text = std::move(text)]() -> Result<TextPiece> {
            return TextPiece{text, true};
          }};
}

Outcome List(RelayDomains& domains, const Call& call) {
  const Result<Hosts> all = domains.List();
  if (!all) return Fail(call, all.error());
  const std::string format = call.arguments.String("DomainsResponseFormat");
  if (format == "powermta-bounce-domains") return Lines(*all, "domain");
  if (format == "powermta-relay-domains") return Lines(*all, "relay-domain");
  return Names(*all);
}

Outcome Check(RelayDomains& domains, const Call& call) {
  const auto domain = domains.Find(call.arguments.String("Domain"));
  if (!domain) return Fail(call, domain.error());
  if (!*domain) return Fail(call, Cause::kRelayDenied);
  return Json{{"RelayDomain", **domain}};
}

}  // namespace

void AddRelayHandlers(Handlers& handlers, RelayDomains& domains) {
  Bind(handlers, domains, "sender.domains", List);
  Bind(handlers, domains, "inbound-relay-domain-check", Check);
}

}  // namespace egd::api
