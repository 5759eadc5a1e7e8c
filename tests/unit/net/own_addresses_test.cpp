#include "daemon/net/own_addresses.h"

#include <algorithm>

#include <catch2/catch.hpp>

namespace egd::net {

TEST_CASE("Loopback is one of this machine's addresses") {
  const auto own = OwnAddresses();
  CHECK(std::count(own.begin(), own.end(), *core::IpAddress::Parse("127.0.0.1")) == 1);
}

}  // namespace egd::net
