#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cli/dns_lookup.h"
#include "cli/doctor/gather.h"
#include "shared/base/strings.h"

namespace egd::cli {
namespace {

constexpr int kConnectMillis = 10'000;
constexpr char kProbeDomain[] = "gmail.com";  // whose mail servers everybody must reach

// Asks the first server that answered.
class Resolver {
 public:
  explicit Resolver(std::vector<ResolverFacts>& facts) {
    for (ResolverFacts& one : facts) {
      const auto server = ParseNameServer(one.address);
      if (!server) continue;
      const auto root = LookUp(*server, ".", DnsType::kNs);  // signed, and always there
      one.answers = bool(root);
      one.edns = root && root->edns;
      one.validates = root && root->validated;
      if (root && !server_) server_ = server;
    }
  }

  Names Ask(const std::string& name, DnsType type) const {
    if (!server_) return {.why_not = "no resolver answers"};
    auto reply = LookUp(*server_, name, type);
    if (!reply) return {.why_not = reply.error().public_text};
    return Known(std::move(reply->values));
  }

  Names Addresses(const std::string& name) const {
    Names addresses = Ask(name, DnsType::kA);
    if (!addresses) return addresses;
    const Names more = Ask(name, DnsType::kAaaa);
    if (!more) return more;
    addresses.value->insert(addresses.value->end(), more->begin(), more->end());
    return addresses;
  }

 private:
  std::optional<NameServer> server_;
};

bool IsPublic(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    const uint32_t ip = ntohl(reinterpret_cast<const sockaddr_in&>(address).sin_addr.s_addr);
    const auto in = [ip](uint32_t network, int bits) { return (ip ^ network) >> (32 - bits) == 0; };
    return !(in(0x0a000000, 8) || in(0x7f000000, 8) || in(0xac100000, 12) || in(0xc0a80000, 16) ||
             in(0xa9fe0000, 16) || in(0x64400000, 10) || in(0, 8));
  }
  if (address.sa_family != AF_INET6) return false;
  const auto& ip = reinterpret_cast<const sockaddr_in6&>(address).sin6_addr;
  return (ip.s6_addr[0] & 0xe0) == 0x20;  // global unicast, 2000::/3
}

std::vector<std::string> OwnPublicAddresses() {
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return {};
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owner(list, &::freeifaddrs);
  std::vector<std::string> addresses;
  for (const ifaddrs* one = list; one; one = one->ifa_next) {
    if (!one->ifa_addr || !IsPublic(*one->ifa_addr)) continue;
    const int family = one->ifa_addr->sa_family;
    const void* bytes =
        family == AF_INET
            ? static_cast<const void*>(&reinterpret_cast<sockaddr_in*>(one->ifa_addr)->sin_addr)
            : &reinterpret_cast<sockaddr_in6*>(one->ifa_addr)->sin6_addr;
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (::inet_ntop(family, bytes, text.data(), text.size())) addresses.emplace_back(text.data());
  }
  return addresses;
}

std::vector<std::string> ServersOf(const config::Config& config) {
  if (!config.dns.servers.empty()) return config.dns.servers;
  std::ifstream in("/etc/resolv.conf");
  return SystemNameServers(std::string{std::istreambuf_iterator<char>(in), {}});
}

SendingAddress Sending(const std::string& address, const Resolver& resolver, bool blocklists) {
  SendingAddress one{.address = address};
  one.names = resolver.Ask(PtrName(address), DnsType::kPtr);
  if (one.names) {
    for (const std::string& name : *one.names) one.forward[name] = resolver.Addresses(name);
  }
  one.listings.why_not = "only with --blocklists";
  if (blocklists) {
    one.listings = resolver.Ask(ReversedAddress(address) + ".zen.spamhaus.org", DnsType::kA);
  }
  return one;
}

// Connects and waits for the greeting: empty, or what went wrong.
std::string Greeted(const std::string& address, uint16_t port) {
  const auto server = ParseNameServer(address);  // an address is an address
  if (!server) return address + " is no address";
  sockaddr_storage storage{};
  socklen_t size = 0;
  if (server->address.size() == sizeof(in_addr)) {
    auto& ip = reinterpret_cast<sockaddr_in&>(storage);
    ip.sin_family = AF_INET;
    ip.sin_port = htons(port);
    std::memcpy(&ip.sin_addr, server->address.data(), sizeof ip.sin_addr);
    size = sizeof ip;
  } else {
    auto& ip = reinterpret_cast<sockaddr_in6&>(storage);
    ip.sin6_family = AF_INET6;
    ip.sin6_port = htons(port);
    std::memcpy(&ip.sin6_addr, server->address.data(), sizeof ip.sin6_addr);
    size = sizeof ip;
  }
  const std::string where = address + " port " + std::to_string(port);
  const int socket =
      ::socket(storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
  if (socket < 0) return where + ": " + std::strerror(errno);
  const auto wait = [&](short events) {
    pollfd waiting{socket, events, 0};
    return ::poll(&waiting, 1, kConnectMillis) == 1;
  };
  std::string problem;
  int error = 0;
  socklen_t length = sizeof error;
  std::array<char, 4> greeting{};
  if (::connect(socket, reinterpret_cast<sockaddr*>(&storage), size) != 0 && errno != EINPROGRESS) {
    problem = std::strerror(errno);
  } else if (!wait(POLLOUT)) {
    problem = "no answer: a firewall or the provider drops the connection";
  } else if (::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &length) != 0 || error != 0) {
    problem = std::strerror(error);
  } else if (!wait(POLLIN) || ::recv(socket, greeting.data(), greeting.size(), 0) < 3) {
    problem = "no greeting";
  } else if (std::string_view(greeting.data(), 3) != "220") {
    problem = "it greets with " + Printable(std::string_view(greeting.data(), 3));
  }
  ::close(socket);
  return problem.empty() ? "" : where + ": " + problem;
}

Fact<std::string> ReachMail(const config::Config& config, const Resolver& resolver) {
  std::string host;
  int64_t port = config.delivery.mx_port;
  if (config.delivery.route == "smarthost") {
    const size_t colon = config.delivery.smarthost.rfind(':');
    host = config.delivery.smarthost.substr(0, colon);
    if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
    port = ParseInteger(config.delivery.smarthost.substr(colon + 1)).value_or(25);
  } else {
    const Names hosts = resolver.Ask(kProbeDomain, DnsType::kMx);
    if (!hosts) return {.why_not = hosts.why_not};
    if (hosts->empty()) return {.why_not = std::string(kProbeDomain) + " has no MX record here"};
    host = hosts->front();
  }
  if (ParseNameServer(host)) return Known(Greeted(host, uint16_t(port)));
  const Names addresses = resolver.Addresses(host);
  if (!addresses) return {.why_not = addresses.why_not};
  if (addresses->empty()) return Known(host + " has no address");
  return Known(Greeted(addresses->front(), uint16_t(port)));
}

}  // namespace

void GatherDns(const GatherOptions& options, Facts& facts) {
  const auto& config = facts.loaded.config;
  for (const std::string& server : ServersOf(config))
    facts.resolvers.push_back({.address = server});
  const Resolver resolver(facts.resolvers);
  facts.own_addresses = OwnPublicAddresses();
  facts.address_option = options.address;
  facts.hello_addresses = resolver.Addresses(config.gateway.hostname);
  std::vector<std::string> sending;
  if (!options.address.empty())
    sending = {options.address};
  else if (facts.hello_addresses)
    sending = *facts.hello_addresses;
  for (const std::string& address : sending) {
    facts.sending.push_back(Sending(address, resolver, options.blocklists));
  }
  facts.spf_texts = resolver.Ask(config.gateway.spf_host, DnsType::kTxt);
  facts.mfrom_mx = resolver.Ask(config.gateway.mfrom_host, DnsType::kMx);
  facts.mfrom_addresses = resolver.Addresses(config.gateway.mfrom_host);
  facts.tracking_addresses = resolver.Addresses(config.gateway.tracking_host);
  facts.smtp_out.why_not = "only with --online";
  if (options.online) facts.smtp_out = ReachMail(config, resolver);
}

}  // namespace egd::cli
