#include "daemon/smtp_client/mx_route.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "daemon/core/host_name.h"
#include "daemon/smtp_client/resolve_all.h"
#include "shared/base/random.h"
#include "shared/base/strings.h"

namespace egd::smtp_client {
namespace {

using core::DnsAnswer;
using core::DnsStatus;
using core::DnsType;

constexpr size_t kMaxExchangers = 10;  // beyond these a domain's MX set is not read
constexpr size_t kMaxTargets = 10;     // with 30 s to connect each, an attempt ends within 5 min

Answer NoRoute(const char* enhanced, const std::string& why) {
  return {Stage::kRoute, smtp::NoReply(enhanced, why)};
}

Route Unroutable(const char* enhanced, const std::string& why) {
  return {{}, NoRoute(enhanced, why)};
}

template <typename T>
void Shuffle(std::vector<T>& items) {
  for (size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[RandomBelow(i)]);
}

bool ComesFirst(const Exchanger& a, const Exchanger& b) {
  return std::tie(a.preference, a.host) < std::tie(b.preference, b.host);
}

// An MX's target in lower case. Underscores make it no host name, and work in the DNS all the same:
// better looked up than bounced.
std::optional<std::string> ExchangerName(const std::string& target) {
  std::string without_underscores = target;
  std::replace(without_underscores.begin(), without_underscores.end(), '_', 'x');
  const auto name = core::NormalizeHostName(target);
  if (name) return name;
  if (!core::NormalizeHostName(without_underscores)) return std::nullopt;
  return Lower(target.ends_with('.') ? target.substr(0, target.size() - 1) : target);
}

// The usable exchangers, best first.
std::vector<Exchanger> Order(const DnsAnswer& mx) {
  std::vector<Exchanger> exchangers;
  for (size_t i = 0; i < mx.values.size() && i < mx.preferences.size(); ++i) {
    auto host = ExchangerName(mx.values[i]);
    if (host) exchangers.push_back({mx.preferences[i], std::move(*host)});
  }
  std::sort(exchangers.begin(), exchangers.end(), ComesFirst);
  return exchangers;
}

bool IsNullMx(const DnsAnswer& mx) {
  return mx.values.size() == 1 && (mx.values[0].empty() || mx.values[0] == ".");
}

// An exchanger at or behind ourselves would send the mail back to us (RFC 5321 section 5.1).
void DropFromOurselvesOn(std::vector<Exchanger>& exchangers, const std::string& own_name) {
  const auto self = std::find_if(exchangers.begin(), exchangers.end(),
                                 [&](const Exchanger& e) { return e.host == own_name; });
  if (self == exchangers.end()) return;
  const uint16_t ours = self->preference;
  std::erase_if(exchangers, [&](const Exchanger& e) { return e.preference >= ours; });
}

std::optional<uint16_t> ParsePort(std::string_view text) {
  const auto port = ParseInteger(text);
  if (!port || *port < 1 || *port > 65535) return std::nullopt;
  return uint16_t(*port);
}

}  // namespace

std::optional<Smarthost> ParseSmarthost(std::string_view text) {
  const bool bracketed = text.starts_with('[');
  const size_t host_end = bracketed ? text.find(']') : text.find(':');
  if (bracketed && host_end == std::string_view::npos) return std::nullopt;
  const std::string_view host = bracketed ? text.substr(1, host_end - 1) : text.substr(0, host_end);
  const std::string_view rest =
      host_end == std::string_view::npos ? "" : text.substr(host_end + (bracketed ? 1 : 0));

  Smarthost smarthost;
  if (!rest.empty()) {
    const auto port = rest.starts_with(':') ? ParsePort(rest.substr(1)) : std::nullopt;
    if (!port) return std::nullopt;
    smarthost.port = *port;
  }
  const auto address = core::IpAddress::Parse(host);
  const auto name = bracketed ? std::nullopt : core::NormalizeHostName(host);
  if (!address && !name) return std::nullopt;
  smarthost.host = address ? address->ToString() : *name;
  return smarthost;
}

MxRouter::MxRouter(RouteOptions options, core::AddressGuard guard, core::Resolver& resolver)
    : options_(std::move(options)), guard_(std::move(guard)), resolver_(resolver) {}

net::Task<Route> MxRouter::Find(std::string destination) const {
  if (options_.smarthost) {
    std::vector<std::string> hosts(1, options_.smarthost->host);
    co_return co_await FindByHosts(std::move(hosts), options_.smarthost->port);
  }
  if (destination.starts_with('[')) co_return ToLiteral(destination);
  Exchangers exchangers = co_await FindExchangers(std::move(destination));
  if (exchangers.hosts.empty()) {
    Route route;
    route.failure = std::move(exchangers.failure);
    co_return route;
  }
  co_return co_await Reach(std::move(exchangers));
}

std::string Exchangers::Name() const {
  std::string name;
  for (const Exchanger& each : hosts) {
    if (!name.empty()) name += ',';
    name += std::to_string(each.preference) + ' ' + each.host;
  }
  return name;
}

bool Exchangers::HasDane() const {
  return std::ranges::any_of(hosts, [](const Exchanger& each) { return each.dane != nullptr; });
}

net::Task<Exchangers> MxRouter::FindExchangers(std::string domain) const {
  std::vector<Question> question(1, Question{domain, DnsType::kMx});
  const Answers answers = co_await ResolveAll(resolver_, std::move(question));
  co_return Judged(answers[0], domain);
}

Exchangers MxRouter::Judged(const DnsAnswer& mx, const std::string& domain) const {
  const auto none = [](const char* enhanced, const std::string& why) {
    return Exchangers{{}, NoRoute(enhanced, why), false};
  };
  switch (mx.status) {
    case DnsStatus::kTempError:
      return none("4.4.3", "looking up the MX of " + domain + " failed: " + mx.detail);
    case DnsStatus::kNxDomain:
      return none("5.1.2", "the domain " + domain + " does not exist");
    case DnsStatus::kNoData:
      return {{{0, domain}}, {}, mx.authenticated};
    case DnsStatus::kFound:
      break;
  }
  if (IsNullMx(mx)) return none("5.1.10", domain + " takes no mail (null MX)");
  auto exchangers = Order(mx);
  if (exchangers.empty()) return none("5.4.4", "no MX of " + domain + " is a host name");
  DropFromOurselvesOn(exchangers, options_.own_name);
  if (exchangers.empty()) return none("5.4.6", "the MX of " + domain + " is this gateway");
  if (exchangers.size() > kMaxExchangers) exchangers.resize(kMaxExchangers);
  return {std::move(exchangers), {}, mx.authenticated};
}

net::Task<Route> MxRouter::Reach(Exchangers exchangers) const {
  std::map<std::string, core::TlsaPtr> dane;
  for (const auto& exchanger : exchangers.hosts) dane[exchanger.host] = exchanger.dane;
  Shuffle(exchangers.hosts);
  std::stable_sort(exchangers.hosts.begin(), exchangers.hosts.end(),
                   [](const auto& a, const auto& b) { return a.preference < b.preference; });
  std::vector<std::string> hosts;
  for (auto& exchanger : exchangers.hosts) hosts.push_back(std::move(exchanger.host));
  Route route = co_await FindByHosts(std::move(hosts), options_.mx_port);
  for (auto& target : route.targets) target.dane = dane[target.host];
  co_return route;
}

// IPv4 comes first: a host's IPv6 more often lacks the PTR and SPF entries that receivers ask for.
net::Task<Route> MxRouter::FindByHosts(std::vector<std::string> hosts, uint16_t port) const {
  std::vector<Target> found;
  std::vector<Question> questions;
  std::string trouble;
  for (const auto& host : hosts) {
    if (const auto address = core::IpAddress::Parse(host)) found.push_back({host, *address, port});
    questions.push_back({host, DnsType::kA});
    questions.push_back({host, DnsType::kAaaa});
  }
  if (!found.empty()) co_return ToAddresses(found, hosts[0]);

  const Answers answers = co_await ResolveAll(resolver_, questions);
  for (size_t i = 0; i < answers.size(); ++i) {
    if (answers[i].status == DnsStatus::kTempError) {
      trouble = "looking up the address of " + questions[i].name + " failed: " + answers[i].detail;
    }
    for (const auto& value : answers[i].values) {
      const auto address = core::IpAddress::Parse(value);
      if (address) found.push_back({questions[i].name, *address, port});
    }
  }
  Route route = ToAddresses(found, hosts[0]);
  if (route.targets.empty() && !trouble.empty()) co_return Unroutable("4.4.3", trouble);
  co_return route;
}

Route MxRouter::ToLiteral(const std::string& literal) const {
  constexpr std::string_view kIpv6Tag = "[ipv6:";  // RFC 5321 section 4.1.3
  const bool tagged = Lower(literal).starts_with(kIpv6Tag);
  const size_t begin = tagged ? kIpv6Tag.size() : 1;
  const auto address = literal.ends_with(']')
                           ? core::IpAddress::Parse(std::string_view(literal).substr(
                                 begin, literal.size() - begin - 1))
                           : std::nullopt;
  if (!address) return Unroutable("5.1.2", literal + " is not an address literal");
  return ToAddresses({{address->ToString(), *address, options_.mx_port}}, literal);
}

Route MxRouter::ToAddresses(const std::vector<Target>& found, const std::string& of) const {
  Route route;
  for (const auto& target : found) {
    if (guard_.Allows(target.address)) route.targets.push_back(target);
  }
  if (route.targets.size() > kMaxTargets) {
    route.targets.erase(route.targets.begin() + kMaxTargets, route.targets.end());
  }
  if (!route.targets.empty()) return route;
  // A wrong smarthost is the operator's mistake: the mail waits until it is put right.
  const char* const status = options_.smarthost ? "4.4.4" : "5.4.4";
  if (found.empty()) return Unroutable(status, "the mail host of " + of + " has no address");
  return Unroutable(status, "the address " + found[0].address.ToString() + " of " + of +
                                " is not public and not in delivery.allow_networks");
}

}  // namespace egd::smtp_client
