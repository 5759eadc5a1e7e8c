#include "daemon/smtp_client/mx_route.h"

#include <future>
#include <set>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <catch2/catch.hpp>

#include "tests/unit/smtp_client/fake_resolver.h"

namespace egd::smtp_client {
namespace {

using core::DnsType;

Route Find(FakeResolver& resolver, const std::string& destination, RouteOptions options = {},
           std::vector<std::string> allow = {}, std::vector<core::IpAddress> own = {}) {
  boost::asio::io_context context;
  const MxRouter router(std::move(options), core::AddressGuard(*core::ParseNetworks(allow), own),
                        resolver);
  auto route = boost::asio::co_spawn(context, router.Find(destination), boost::asio::use_future);
  context.run();
  return route.get();
}

std::string Hosts(const Route& route) {
  std::string text;
  for (const auto& target : route.targets) {
    text += (text.empty() ? "" : " ") + target.host + "=" + target.address.ToString() + ":" +
            std::to_string(target.port);
  }
  return text;
}

std::string Failure(const Route& route) {
  CHECK(route.targets.empty());
  CHECK(route.failure.stage == Stage::kRoute);
  return route.failure.reply.enhanced + " " + smtp::OneLine(route.failure.reply);
}

}  // namespace

TEST_CASE("The exchanger with the lowest preference is first, IPv4 before IPv6") {
  FakeResolver dns;
  dns.Mx("example.com", 20, "mx2.example.com");
  dns.Mx("example.com", 10, "MX1.example.com");
  dns.Address("mx1.example.com", "2600::1");
  dns.Address("mx1.example.com", "8.8.8.1");
  dns.Address("mx1.example.com", "8.8.8.2");
  dns.Address("mx2.example.com", "8.8.8.3");
  CHECK(Hosts(Find(dns, "example.com")) ==
        "mx1.example.com=8.8.8.1:25 mx1.example.com=8.8.8.2:25 mx1.example.com=2600::1:25 "
        "mx2.example.com=8.8.8.3:25");
}

TEST_CASE("Among equals the order is random") {
  FakeResolver dns;
  for (int i = 1; i <= 3; ++i) {
    const std::string host = "mx" + std::to_string(i) + ".example.com";
    dns.Mx("example.com", 10, host);
    dns.Address(host, "8.8.8." + std::to_string(i));
  }
  dns.Mx("example.com", 5, "first.example.com");
  dns.Address("first.example.com", "8.8.4.4");
  std::set<std::string> second;
  for (int i = 0; i < 200;
       ++i) {  // a fair die misses one of three faces in 200 throws once in 10^35
    const Route route = Find(dns, "example.com");
    REQUIRE(route.targets.size() == 4);
    CHECK(route.targets[0].host == "first.example.com");
    second.insert(route.targets[1].host);
  }
  CHECK(second.size() == 3);
}

TEST_CASE("Without MX the domain's own address is the exchanger") {
  FakeResolver dns;
  dns.Address("example.com", "8.8.8.8");
  CHECK(Hosts(Find(dns, "example.com")) == "example.com=8.8.8.8:25");
}

TEST_CASE("A null MX means that nobody is there, for good") {
  FakeResolver dns;
  dns.Mx("example.com", 0, GENERATE("", "."));
  dns.Address("example.com", "8.8.8.8");
  CHECK(Failure(Find(dns, "example.com")) == "5.1.10 example.com takes no mail (null MX)");
}

TEST_CASE("A null MX beside others is only a bad name") {
  FakeResolver dns;
  dns.Mx("example.com", 0, "");
  dns.Mx("example.com", 10, "mx.example.com");
  dns.Address("mx.example.com", "8.8.8.8");
  CHECK(Hosts(Find(dns, "example.com")) == "mx.example.com=8.8.8.8:25");
}

TEST_CASE("Names that fail for now make the mail wait, names that do not exist make it bounce") {
  FakeResolver dns;
  CHECK(Failure(Find(dns, "example.com")) == "5.1.2 the domain example.com does not exist");
  dns.Fail("example.com", DnsType::kMx);
  CHECK(Failure(Find(dns, "example.com")) ==
        "4.4.3 looking up the MX of example.com failed: SERVFAIL");

  dns.Mx("example.org", 10, "mx.example.org");
  CHECK(Failure(Find(dns, "example.org")) ==
        "5.4.4 the mail host of mx.example.org has no address");
  dns.Mx("example.org", 20, "mx2.example.org");
  dns.Fail("mx2.example.org", DnsType::kAaaa);
  CHECK(Failure(Find(dns, "example.org")) ==
        "4.4.3 looking up the address of mx2.example.org failed: SERVFAIL");
  dns.Address("mx2.example.org", "8.8.8.8");
  CHECK(Hosts(Find(dns, "example.org")) == "mx2.example.org=8.8.8.8:25");

  dns.Mx("example.net", 10, "127.0.0.1");
  dns.Mx("example.net", 10, "a b\r\n.example.net");
  CHECK(Failure(Find(dns, "example.net")) == "5.4.4 no MX of example.net is a host name");
}

TEST_CASE("An exchanger does not send to itself or to those behind it") {
  FakeResolver dns;
  RouteOptions options;
  options.own_name = "gw.example.com";
  dns.Mx("example.com", 20, "gw.example.com");
  dns.Mx("example.com", 20, "peer.example.com");
  dns.Mx("example.com", 30, "behind.example.com");
  for (const char* host : {"gw", "peer", "behind", "front"}) {
    dns.Address(host + std::string(".example.com"), "8.8.8.8");
  }
  CHECK(Failure(Find(dns, "example.com", options)) ==
        "5.4.6 the MX of example.com is this gateway");
  dns.Mx("example.com", 10, "front.example.com");
  CHECK(Hosts(Find(dns, "example.com", options)) == "front.example.com=8.8.8.8:25");
}

TEST_CASE("Addresses that are not public are never targets unless the operator allows them") {
  FakeResolver dns;
  dns.Mx("example.com", 10, "evil.example.com");
  for (const char* address :
       {"127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1"}) {
    dns.Address("evil.example.com", address);
  }
  CHECK(Failure(Find(dns, "example.com")) ==
        "5.4.4 the address 127.0.0.1 of evil.example.com is not public and not in "
        "delivery.allow_networks");
  CHECK(Hosts(Find(dns, "example.com", {}, {"10.0.0.0/8"})) == "evil.example.com=10.0.0.1:25");

  dns.Address("evil.example.com", "8.8.4.4");
  CHECK(Hosts(Find(dns, "example.com")) == "evil.example.com=8.8.4.4:25");
  const auto own = core::IpAddress::Parse("8.8.4.4");
  CHECK(Find(dns, "example.com", {}, {}, {*own}).targets.empty());
}

TEST_CASE("Address literals are routed without DNS and under the same guard") {
  FakeResolver dns;
  RouteOptions options;
  options.mx_port = 2525;
  CHECK(Hosts(Find(dns, "[8.8.8.8]", options)) == "8.8.8.8=8.8.8.8:2525");
  CHECK(Hosts(Find(dns, "[ipv6:2600::1]", options)) == "2600::1=2600::1:2525");
  CHECK(Hosts(Find(dns, "[IPv6:2600::1]", options)) == "2600::1=2600::1:2525");
  CHECK(dns.asked() == 0);
  CHECK(Find(dns, "[127.0.0.1]").targets.empty());
  CHECK(Find(dns, "[IPv6:::ffff:127.0.0.1]").targets.empty());
  for (const char* bad : {"[", "[]", "[8.8.8.8", "[8.8.8.8]x", "[x]", "[IPv6:]", "[ipv6"}) {
    CHECK(Failure(Find(dns, bad)).starts_with("5.1.2 "));
  }
}

TEST_CASE("With a smarthost nobody's MX is asked for") {
  FakeResolver dns;
  dns.Mx("example.com", 10, "mx.example.com");
  dns.Address("mx.example.com", "8.8.8.8");
  dns.Address("relay.example.net", "9.9.9.9");
  RouteOptions options;
  options.smarthost = ParseSmarthost("Relay.example.net:587");
  CHECK(Hosts(Find(dns, "example.com", options)) == "relay.example.net=9.9.9.9:587");
  options.smarthost = ParseSmarthost("127.0.0.1:2525");
  CHECK(Hosts(Find(dns, "example.com", options, {"127.0.0.0/8"})) == "127.0.0.1=127.0.0.1:2525");
}

TEST_CASE("A wrong smarthost makes mail wait, never bounce") {
  FakeResolver dns;
  RouteOptions options;
  options.smarthost = ParseSmarthost("127.0.0.1:2525");
  CHECK(
      Failure(Find(dns, "example.com", options)) ==
      "4.4.4 the address 127.0.0.1 of 127.0.0.1 is not public and not in delivery.allow_networks");
  options.smarthost = ParseSmarthost("missing.example.net");
  CHECK(Failure(Find(dns, "example.com", options)) ==
        "4.4.4 the mail host of missing.example.net has no address");
}

TEST_CASE("Smarthosts are a host and perhaps a port") {
  const auto parsed = [](std::string_view text) {
    const auto smarthost = ParseSmarthost(text);
    return smarthost ? smarthost->host + " " + std::to_string(smarthost->port) : "none";
  };
  CHECK(parsed("mail.example.com") == "mail.example.com 25");
  CHECK(parsed("Mail.Example.com:587") == "mail.example.com 587");
  CHECK(parsed("192.0.2.1:2525") == "192.0.2.1 2525");
  CHECK(parsed("[2001:DB8::1]:25") == "2001:db8::1 25");
  CHECK(parsed("[2001:db8::1]") == "2001:db8::1 25");
  CHECK(parsed("localhost:2525") == "localhost 2525");
  for (const char* bad : {"", ":25", "a:", "a:0", "a:65536", "a:x", "a:25:25", "[::1", "[::1]25",
                          "[a.example]:25", "2001:db8::1", "a b", "-a"}) {
    INFO(bad);
    CHECK(parsed(bad) == "none");
  }
}

TEST_CASE("A domain with very many exchangers is not followed to the end") {
  FakeResolver dns;
  for (int i = 0; i < 200; ++i) {
    const std::string host = "mx" + std::to_string(i) + ".example.com";
    dns.Mx("example.com", uint16_t(i), host);
    for (int k = 1; k < 9; ++k)
      dns.Address(host, "8.8." + std::to_string(i) + "." + std::to_string(k));
  }
  const Route route = Find(dns, "example.com");
  CHECK(route.targets.size() == 10);
  CHECK(dns.asked() == 1 + 2 * 10);
}

}  // namespace egd::smtp_client
