#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <catch2/catch.hpp>

#include "daemon/smtp_client/mx_route.h"
#include "tests/unit/smtp_client/fake_resolver.h"

namespace egd::smtp_client {
namespace {

using core::DnsType;

const std::string kRecord = std::string("\3\1\1", 3) + std::string(32, 'd');
const std::string kUnusable = std::string("\1\1\1", 3) + std::string(32, 'd');

// A domain whose only exchanger has an address, all of it secure, and a TLSA record.
struct Zone : FakeResolver {
  Zone() {
    Mx("example.com", 10, "mx.example.net");
    Address("mx.example.net", "8.8.8.1");
    Tlsa("_25._tcp.mx.example.net", kRecord);
    Secure("example.com", DnsType::kMx);
    Secure("mx.example.net", DnsType::kA);
    Secure("_25._tcp.mx.example.net", DnsType::kTlsa);
  }
};

Exchangers Find(core::Resolver& resolver, const std::string& domain = "example.com") {
  boost::asio::io_context context;
  const MxRouter router({}, core::AddressGuard(std::vector<core::IpNetwork>()), resolver);
  const auto find = [&]() -> net::Task<Exchangers> {
    Exchangers exchangers = co_await router.FindExchangers(domain);
    co_return co_await router.FindTlsa(std::move(exchangers));
  };
  auto found = boost::asio::co_spawn(context, find(), boost::asio::use_future);
  context.run();
  return found.get();
}

// "mx.example.net under mx.example.net: 1 usable" for each exchanger.
std::string Text(const Exchangers& exchangers) {
  std::string text;
  for (const Exchanger& each : exchangers.hosts) {
    if (!text.empty()) text += ", ";
    text += each.host;
    if (!each.dane) continue;
    text += " under " + each.dane->base + ": " + std::to_string(each.dane->usable.size());
  }
  return exchangers.hosts.empty() ? smtp::OneLine(exchangers.failure.reply) : text;
}

}  // namespace

TEST_CASE("Secure TLSA records of a secure exchanger count") {
  Zone zone;
  const Exchangers found = Find(zone);
  CHECK(Text(found) == "mx.example.net under mx.example.net: 1");
  CHECK(found.HasDane());
}

TEST_CASE("Without security anywhere on the way there is no DANE") {
  FakeResolver insecure_mx;
  insecure_mx.Mx("example.com", 10, "mx.example.net");
  insecure_mx.Address("mx.example.net", "8.8.8.1");
  insecure_mx.Secure("mx.example.net", DnsType::kA);
  insecure_mx.Tlsa("_25._tcp.mx.example.net", kRecord);
  insecure_mx.Secure("_25._tcp.mx.example.net", DnsType::kTlsa);
  CHECK(Text(Find(insecure_mx)) == "mx.example.net");

  FakeResolver insecure_address;
  insecure_address.Mx("example.com", 10, "mx.example.net");
  insecure_address.Secure("example.com", DnsType::kMx);
  insecure_address.Address("mx.example.net", "8.8.8.1");
  insecure_address.Fail("_25._tcp.mx.example.net", DnsType::kTlsa);  // is not even asked for
  CHECK(Text(Find(insecure_address)) == "mx.example.net");

  FakeResolver insecure_record;
  insecure_record.Mx("example.com", 10, "mx.example.net");
  insecure_record.Secure("example.com", DnsType::kMx);
  insecure_record.Address("mx.example.net", "8.8.8.1");
  insecure_record.Secure("mx.example.net", DnsType::kA);
  insecure_record.Tlsa("_25._tcp.mx.example.net", kRecord);
  CHECK(Text(Find(insecure_record)) == "mx.example.net");
}

TEST_CASE("A domain without MX that is securely without it is its own exchanger") {
  FakeResolver dns;
  dns.Address("example.com", "8.8.8.1");
  dns.Secure("example.com", DnsType::kMx);
  dns.Secure("example.com", DnsType::kA);
  dns.Tlsa("_25._tcp.example.com", kRecord);
  dns.Secure("_25._tcp.example.com", DnsType::kTlsa);
  CHECK(Text(Find(dns)) == "example.com under example.com: 1");
}

TEST_CASE("An exchanger whose TLSA records cannot be looked up is not used") {
  Zone zone;
  zone.Mx("example.com", 20, "other.example.net");
  zone.Address("other.example.net", "8.8.8.2");
  zone.Secure("example.com", DnsType::kMx);
  zone.Fail("_25._tcp.mx.example.net", DnsType::kTlsa);
  CHECK(Text(Find(zone)) == "other.example.net");

  Zone alone;
  alone.Fail("_25._tcp.mx.example.net", DnsType::kTlsa);
  const Exchangers none = Find(alone);
  CHECK(Text(none) == "DANE: looking up the TLSA records of mx.example.net failed: SERVFAIL");
  CHECK(none.failure.stage == Stage::kRoute);
  CHECK(none.failure.reply.enhanced == "4.7.5");
}

TEST_CASE("An exchanger whose addresses cannot be looked up is not used") {
  FakeResolver dns;
  dns.Mx("example.com", 10, "mx.example.net");
  dns.Secure("example.com", DnsType::kMx);
  dns.Fail("mx.example.net", DnsType::kA);
  CHECK(Text(Find(dns)) == "DANE: looking up the addresses of mx.example.net failed: SERVFAIL");
}

TEST_CASE("Records that are all unusable still make TLS mandatory") {
  FakeResolver dns;
  dns.Mx("example.com", 10, "mx.example.net");
  dns.Secure("example.com", DnsType::kMx);
  dns.Address("mx.example.net", "8.8.8.1");
  dns.Secure("mx.example.net", DnsType::kA);
  dns.Tlsa("_25._tcp.mx.example.net", kUnusable);
  dns.Secure("_25._tcp.mx.example.net", DnsType::kTlsa);
  CHECK(Text(Find(dns)) == "mx.example.net under mx.example.net: 0");
}

TEST_CASE("Of an exchanger that is an alias, where it leads counts first, then itself") {
  const auto alias = [](FakeResolver& dns, bool is_target_secure) {
    dns.Mx("example.com", 10, "mx.example.net");
    dns.Secure("example.com", DnsType::kMx);
    dns.Address("host.example.org", "8.8.8.1");
    if (is_target_secure) dns.Secure("host.example.org", DnsType::kA);
    dns.Alias("mx.example.net", "host.example.org");
  };
  FakeResolver both;
  alias(both, true);
  for (const char* base : {"host.example.org", "mx.example.net"}) {
    both.Tlsa("_25._tcp." + std::string(base), kRecord);
    both.Secure("_25._tcp." + std::string(base), DnsType::kTlsa);
  }
  CHECK(Text(Find(both)) == "mx.example.net under host.example.org: 1");

  FakeResolver original;
  alias(original, true);
  original.Tlsa("_25._tcp.mx.example.net", kRecord);
  original.Secure("_25._tcp.mx.example.net", DnsType::kTlsa);
  CHECK(Text(Find(original)) == "mx.example.net under mx.example.net: 1");

  FakeResolver secure_alias;  // to an insecure name
  alias(secure_alias, false);
  secure_alias.Secure("mx.example.net", DnsType::kCname);
  secure_alias.Tlsa("_25._tcp.mx.example.net", kRecord);
  secure_alias.Secure("_25._tcp.mx.example.net", DnsType::kTlsa);
  CHECK(Text(Find(secure_alias)) == "mx.example.net under mx.example.net: 1");

  FakeResolver insecure;
  alias(insecure, false);
  insecure.Tlsa("_25._tcp.mx.example.net", kRecord);
  insecure.Secure("_25._tcp.mx.example.net", DnsType::kTlsa);
  CHECK(Text(Find(insecure)) == "mx.example.net");

  FakeResolver bogus;
  alias(bogus, false);
  bogus.Fail("mx.example.net", DnsType::kCname);
  CHECK(Text(Find(bogus)).starts_with("DANE: looking up the alias mx.example.net failed"));
}

}  // namespace egd::smtp_client
