// Where mail for a destination goes: the addresses of its mail exchangers, best first.
//
// RFC 5321 section 5.1: lowest preference first, random among equals, the domain itself when it has
// no MX, and, when we are an exchanger ourselves, only those before us. RFC 7505: a null MX takes
// no mail. CNAMEs are followed by the resolver. A smarthost replaces all of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/ip_network.h"
#include "daemon/core/resolver.h"
#include "daemon/core/tlsa.h"
#include "daemon/mailauth/dane.h"
#include "daemon/net/task.h"
#include "daemon/smtp_client/answer.h"

namespace egd::smtp_client {

// Its address has passed the guard; nothing after this looks a name up.
struct Target {
  std::string host;  // as the MX record names it, or the address in text; for events and TLS
  core::IpAddress address;
  uint16_t port = 25;
  core::TlsaPtr dane = {};
};

struct Route {
  std::vector<Target> targets;  // best first
  Answer failure;               // kRoute, when there are none
};

struct Exchanger {
  uint16_t preference = 0;
  std::string host;  // lower case
  core::TlsaPtr dane = {};
};

// A domain's mail exchangers, best first; those of equal preference in the order of their names, so
// that equal sets are equal.
struct Exchangers {
  std::vector<Exchanger> hosts;
  Answer failure;       // kRoute, when there are none
  bool secure = false;  // so said a validating resolver

  std::string Name() const;  // "10 a.example,20 b.example"; names the set
  bool HasDane() const;      // at least one of them
};

struct Smarthost {
  std::string host;  // a name, or an address
  uint16_t port = 25;
};
// "mail.example.com:587", "192.0.2.1", "[2001:db8::1]:25". Nothing for any other text.
std::optional<Smarthost> ParseSmarthost(std::string_view text);

struct RouteOptions {
  std::optional<Smarthost> smarthost;
  uint16_t mx_port = 25;
  std::string own_name;  // our host name, lower case: as an exchanger it means us
};

// Immutable; thread-safe as the resolver is, which must outlive it.
class MxRouter {
 public:
  MxRouter(RouteOptions options, core::AddressGuard guard, core::Resolver& resolver);

  // `destination`: a domain, or an address literal ("[192.0.2.1]", "[IPv6:2001:db8::1]", any case).
  // Takes as long as the resolver's time-outs.
  net::Task<Route> Find(std::string destination) const;
  // The two halves of it, for a domain: whose mail goes where, and the addresses there, shuffled
  // again among equals.
  net::Task<Exchangers> FindExchangers(std::string domain) const;
  // What DANE asks of each of them (mailauth/dane.h), without those that it says nothing certain of.
  // Where an exchanger is an alias, the name that it leads to counts first, if the way there is
  // secure, then its own (RFC 7672 section 2.2.3). None are left: `failure` says why.
  net::Task<Exchangers> FindTlsa(Exchangers exchangers) const;
  net::Task<Route> Reach(Exchangers exchangers) const;
  bool has_smarthost() const { return options_.smarthost.has_value(); }
  const std::optional<Smarthost>& smarthost() const { return options_.smarthost; }

 private:
  net::Task<mailauth::TlsaJudgement> TlsaOf(std::string host) const;
  net::Task<mailauth::TlsaJudgement> TlsaAt(std::string base) const;
  Exchangers Judged(const core::DnsAnswer& mx, const std::string& domain) const;
  net::Task<Route> FindByHosts(std::vector<std::string> hosts, uint16_t port) const;
  Route ToLiteral(const std::string& literal) const;
  Route ToAddresses(const std::vector<Target>& found, const std::string& of) const;

  RouteOptions options_;
  core::AddressGuard guard_;
  core::Resolver& resolver_;
};

}  // namespace egd::smtp_client
