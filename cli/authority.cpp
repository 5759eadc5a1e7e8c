#include "cli/authority.h"

#include <algorithm>

#include "shared/base/strings.h"

namespace egd::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kMostServers = 3;  // of a zone: one that answers is enough

std::optional<DnsType> TypeOf(const std::string& name) {
  if (name == "TXT") return DnsType::kTxt;
  if (name == "CNAME") return DnsType::kCname;
  if (name == "MX") return DnsType::kMx;
  if (name == "A") return DnsType::kA;
  if (name == "AAAA") return DnsType::kAaaa;
  return std::nullopt;
}

// Without what says the same in another way: white space, and the case and final dot of names.
std::string Plain(const std::string& type, const std::string& value) {
  std::string plain;
  for (const char c : value) {
    if (c != ' ' && c != '\t') plain += c;
  }
  if (type == "TXT") return plain;
  while (plain.ends_with('.')) plain.pop_back();
  return Lower(plain);
}

std::string SentenceOf(const CheckedRecord& record, const AuthorityReply& reply) {
  const std::string who = "the domain's own server " + Printable(reply.server) + " answers ";
  if (reply.values.empty()) return who + "that there is no such record";
  const bool is_right = std::ranges::any_of(reply.values, [&](const std::string& value) {
    return Plain(record.type, value) == Plain(record.type, record.expected);
  });
  return who + (is_right ? "as expected" : "\"" + Printable(Join(reply.values, ", ")) + "\"") +
         "; resolvers may keep what they have for up to " + std::to_string(reply.ttl) + " s";
}

}  // namespace

Authority::Servers Authority::AddressesOf(const std::vector<std::string>& names) {
  Servers servers;
  for (const std::string& name : names) {
    for (const DnsType type : {DnsType::kA, DnsType::kAaaa}) {
      const auto reply = LookUp(resolver_, name, type);
      if (!reply) continue;
      for (const std::string& address : reply->values) {
        auto server = ParseNameServer(address);
        if (!server || servers.size() == kMostServers) continue;
        server->port = resolver_.port;
        servers.emplace_back(name, *std::move(server));
      }
    }
  }
  return servers;
}

// Those of the nearest name above that has any: a zone begins there.
Result<Authority::Servers> Authority::ServersOf(const std::string& host) {
  for (std::string zone = host; zone.find('.') != zone.npos; zone.erase(0, zone.find('.') + 1)) {
    if (const auto known = known_.find(zone); known != known_.end()) return known->second;
    const auto reply = LookUp(resolver_, zone, DnsType::kNs);
    if (!reply) return reply.error();
    if (reply->values.empty()) continue;
    return known_[zone] = AddressesOf(reply->values);
  }
  return Unavailable("no name server of " + host + " was found");
}

Result<AuthorityReply> Authority::Ask(const std::string& host, DnsType type) {
  const auto servers = ServersOf(host);
  if (!servers) return servers.error();
  for (const auto& [name, server] : *servers) {
    auto reply = LookUp(server, host, type);
    if (reply) return AuthorityReply{name, std::move(reply->values), reply->ttl};
  }
  return Unavailable("no name server of " + host + " answers");
}

void AddAuthority(Authority& authority, CheckedDomain& domain) {
  Json& rows = domain.body["Domain"]["VerificationMeta"]["DNSRecords"];
  for (size_t i = 0; i < domain.records.size(); ++i) {
    CheckedRecord& record = domain.records[i];
    const auto type = TypeOf(record.type);
    if (record.Passes() || !type) continue;
    const auto reply = authority.Ask(record.host, *type);
    if (!reply) continue;  // the resolver's answer is all there is
    const std::string values = Printable(Join(reply->values, ", "));
    if (Plain(record.type, values) == Plain(record.type, record.found)) continue;
    record.authority = SentenceOf(record, *reply);
    rows[i]["AuthoritativeValue"] = values;
    rows[i]["AuthoritativeTTL"] = reply->ttl;
    rows[i]["AuthoritativeServer"] = reply->server;
  }
}

}  // namespace egd::cli
