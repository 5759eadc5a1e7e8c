#include "daemon/auth/address.h"

#include <catch2/catch.hpp>

namespace egd::auth {

TEST_CASE("two spellings of one address are equal") {
  CHECK(AddressBytes("2001:db8::1") == AddressBytes("2001:0DB8:0:0:0:0:0:1"));
  CHECK(AddressBytes("192.0.2.1") == AddressBytes("::ffff:192.0.2.1"));
  CHECK(AddressBytes("192.0.2.1") != AddressBytes("192.0.2.2"));
}

TEST_CASE("what is no address has no bytes") {
  for (const char* text :
       {"", "unix", "192.0.2.1/24", "192.0.2.256", "2001:db8::1%eth0", "1.2.3", " 192.0.2.1"}) {
    CAPTURE(text);
    CHECK_FALSE(AddressBytes(text));
  }
  CHECK_FALSE(AddressBytes(std::string_view("192.0.2.1\0x", 11)));
}

TEST_CASE("one IPv6 /64 is one client, each IPv4 address its own") {
  CHECK(ClientNetwork("2001:db8:0:1::1") == ClientNetwork("2001:db8:0:1:ffff::2"));
  CHECK(ClientNetwork("2001:db8:0:1::1") != ClientNetwork("2001:db8:0:2::1"));
  CHECK(ClientNetwork("192.0.2.1") != ClientNetwork("192.0.2.2"));
  CHECK(ClientNetwork("unix") == "unix");
}

}  // namespace egd::auth
