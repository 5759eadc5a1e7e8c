#include "daemon/core/ip_network.h"

#include <catch2/catch.hpp>

namespace egd::core {
namespace {

IpAddress Address(std::string_view text) {
  const auto address = IpAddress::Parse(text);
  INFO(text);
  REQUIRE(address);
  return *address;
}

IpNetwork Network(std::string_view text) {
  const auto network = IpNetwork::Parse(text);
  INFO(text);
  REQUIRE(network);
  return *network;
}

}  // namespace

TEST_CASE("An address has one value and one text however it is spelled") {
  CHECK(Address("192.0.2.1") == Address("::ffff:192.0.2.1"));
  CHECK(Address("192.0.2.1") == Address("::FFFF:C000:0201"));
  CHECK(Address("192.0.2.1").IsV4());
  CHECK_FALSE(Address("::192.0.2.1").IsV4());
  CHECK(Address("::ffff:192.0.2.1").ToString() == "192.0.2.1");
  CHECK(Address("2001:0DB8:0:0:0:0:0:1").ToString() == "2001:db8::1");
}

TEST_CASE("What is not exactly an address is not taken for one") {
  const auto text = GENERATE(as<std::string>{}, "", " 1.2.3.4", "1.2.3.4 ", "1.2.3", "1.2.3.4.5",
                             "256.1.1.1", "01.2.3.4", "0x7f.0.0.1", "2130706433", "127.1", "[::1]",
                             "::1%lo", "fe80::1%1", ":::", "1::2::3", "g::1", "localhost",
                             std::string("127.0.0.1\0x", 11), std::string(400, '1'));
  CHECK_FALSE(IpAddress::Parse(text));
}

TEST_CASE("A network holds the addresses of its prefix and family only") {
  CHECK(Network("10.0.0.0/8").Contains(Address("10.255.255.255")));
  CHECK_FALSE(Network("10.0.0.0/8").Contains(Address("11.0.0.0")));
  CHECK(Network("10.0.0.0/8").Contains(Address("::ffff:10.1.2.3")));
  CHECK(Network("::ffff:10.0.0.0/104").Contains(Address("10.1.2.3")));
  CHECK(Network("100.64.0.0/10").Contains(Address("100.127.255.255")));
  CHECK_FALSE(Network("100.64.0.0/10").Contains(Address("100.128.0.0")));
  CHECK(Network("fd00::/8").Contains(Address("fdff::1")));
  CHECK_FALSE(Network("fd00::/8").Contains(Address("fc00::1")));
  CHECK(Network("192.0.2.1").Contains(Address("192.0.2.1")));
  CHECK_FALSE(Network("192.0.2.1").Contains(Address("192.0.2.0")));
  CHECK(Network("192.0.2.1/32").Contains(Address("192.0.2.1")));
  CHECK(Network("2001:db8::1").Contains(Address("2001:db8::1")));
  CHECK(Network("0.0.0.0/0").Contains(Address("8.8.8.8")));
  CHECK_FALSE(Network("0.0.0.0/0").Contains(Address("2600::1")));
  CHECK(Network("::/0").Contains(Address("2600::1")));
  CHECK_FALSE(Network("::/0").Contains(Address("8.8.8.8")));
}

TEST_CASE("What is not a network is refused, also one with bits beyond its prefix") {
  const auto text = GENERATE(as<std::string>{}, "", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1",
                             "10.0.0.0/8/8", "10.0.0.0/ 8", "10.0.0.1/8", "fd00::1/8", "fd00::/129",
                             "::ffff:10.0.0.0/8", "::ffff:0:0/95", "example.com/8");
  CHECK_FALSE(IpNetwork::Parse(text));
}

TEST_CASE("ParseNetworks names the first text that is no network") {
  const auto good = ParseNetworks({"10.0.0.0/8", "::1"});
  REQUIRE(good);
  CHECK(good->size() == 2);
  const auto bad = ParseNetworks({"10.0.0.0/8", "ten\n/8", "x"});
  REQUIRE_FALSE(bad);
  CHECK(bad.error().public_text == "\"ten\\x0a/8\" is not a network such as 10.0.0.0/8");
}

TEST_CASE("Public addresses are public") {
  const auto text =
      GENERATE(as<std::string>{}, "1.0.0.1", "8.8.8.8", "9.255.255.255", "11.0.0.0",
               "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0", "169.253.255.255",
               "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.0.1.0", "192.0.3.0",
               "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0", "203.0.112.255",
               "203.0.114.0", "223.255.255.255", "::ffff:8.8.8.8", "2000::1", "2001:200::1",
               "2001:4860:4860::8888", "2001:db7::1", "2001:db9::1", "2003::1", "2600::1",
               "2a00:1450::1", "3ffe::1", "3fff:1000::1", "64:ff9b::8.8.8.8");
  INFO(text);
  CHECK(IsPublic(Address(text)));
}

TEST_CASE("Everything else is not public, in every spelling that reaches it") {
  const auto text = GENERATE(
      as<std::string>{}, "0.0.0.0", "0.255.255.255", "10.0.0.0", "10.255.255.255", "100.64.0.0",
      "100.127.255.255", "127.0.0.0", "127.0.0.1", "127.255.255.255", "169.254.0.0",
      "169.254.169.254", "172.16.0.0", "172.31.255.255", "192.0.0.0", "192.0.0.170", "192.0.2.1",
      "192.88.99.1", "192.168.0.0", "192.168.255.255", "198.18.0.0", "198.19.255.255",
      "198.51.100.1", "203.0.113.1", "224.0.0.0", "239.255.255.255", "240.0.0.0", "255.255.255.255",
      // the same through IPv4-mapped, IPv4-compatible, NAT64, 6to4, Teredo and local NAT64
      "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:0:127.0.0.1", "::127.0.0.1", "::8.8.8.8",
      "64:ff9b::127.0.0.1", "64:ff9b::10.0.0.1", "64:ff9b::169.254.169.254", "64:ff9b::0.0.0.0",
      "64:ff9b:1::8.8.8.8", "2002:7f00:1::", "2002:808:808::1", "2001::1", "2001:0:808:808::1",
      "2001:1ff:ffff::1",
      // IPv6's own
      "::", "::1", "::2", "100::1", "2001:2::1", "2001:db8::1", "2001:db8:ffff::1", "3fff::1",
      "3fff:fff::1", "4000::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fe80::1", "febf::1",
      "fec0::1", "ff02::1", "ff0e::1", "ffff::1");
  INFO(text);
  CHECK_FALSE(IsPublic(Address(text)));
}

TEST_CASE(
    "The guard lets through the public, and what the operator allows, but never this machine") {
  const AddressGuard guard(*ParseNetworks({"127.0.0.0/8", "fd00::/8"}),
                           {Address("8.8.4.4"), Address("10.0.0.5")});
  CHECK(guard.Allows(Address("8.8.8.8")));
  CHECK(guard.Allows(Address("127.0.0.1")));
  CHECK(guard.Allows(Address("::ffff:127.0.0.1")));
  CHECK(guard.Allows(Address("fd12::1")));
  CHECK_FALSE(guard.Allows(Address("::1")));
  CHECK_FALSE(guard.Allows(Address("10.0.0.5")));
  CHECK_FALSE(guard.Allows(Address("8.8.4.4")));
  CHECK_FALSE(guard.Allows(Address("64:ff9b::127.0.0.1")));
  CHECK_FALSE(guard.Allows(Address("64:ff9b::8.8.4.4")));
  CHECK(guard.Allows(Address("64:ff9b::8.8.8.8")));

  const AddressGuard own_allowed(*ParseNetworks({"8.8.4.4"}), {Address("8.8.4.4")});
  CHECK(own_allowed.Allows(Address("8.8.4.4")));
  CHECK_FALSE(AddressGuard({}).Allows(Address("127.0.0.1")));
}

}  // namespace egd::core
