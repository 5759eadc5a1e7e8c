#include "daemon/core/trusted_proxies.h"

#include <catch2/catch.hpp>

namespace egd::core {
namespace {

const TrustedProxies kProxies({*IpNetwork::Parse("10.0.0.0/8"), *IpNetwork::Parse("::1")});

}  // namespace

TEST_CASE("only a trusted proxy is believed") {
  CHECK(kProxies.ClientOf("192.0.2.1", "198.51.100.7") == "192.0.2.1");
  CHECK(kProxies.ClientOf("10.0.0.1", "198.51.100.7") == "198.51.100.7");
  CHECK(kProxies.ClientOf("::1", "2001:db8::7") == "2001:db8::7");
  CHECK(kProxies.ClientOf("unix", "198.51.100.7") == "unix");
  CHECK(TrustedProxies().ClientOf("10.0.0.1", "198.51.100.7") == "10.0.0.1");
}

TEST_CASE("what a client wrote itself is not believed") {
  CHECK(kProxies.ClientOf("10.0.0.1", "127.0.0.1, 198.51.100.7") == "198.51.100.7");
  CHECK(kProxies.ClientOf("10.0.0.1", "127.0.0.1,198.51.100.7 , 10.0.0.2") == "198.51.100.7");
}

TEST_CASE("a field that ends early leaves the last proxy") {
  CHECK(kProxies.ClientOf("10.0.0.1", "") == "10.0.0.1");
  CHECK(kProxies.ClientOf("10.0.0.1", "10.0.0.2") == "10.0.0.2");
  for (const char* bad : {"unknown", "198.51.100.7:80", "198.51.100.7, _hidden", ",", " ", "x,"}) {
    CAPTURE(bad);
    CHECK(kProxies.ClientOf("10.0.0.1", bad) == "10.0.0.1");
  }
}

}  // namespace egd::core
