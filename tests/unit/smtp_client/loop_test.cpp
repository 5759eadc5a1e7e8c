#include "daemon/smtp_client/loop.h"

#include <catch2/catch.hpp>

namespace egd::smtp_client {
namespace {

std::string Hops(size_t count, const std::string& by) {
  std::string header;
  for (size_t i = 0; i < count; ++i) {
    header +=
        "Received: from a.example (a [192.0.2.1])\r\n\tby " + by + " with ESMTP;\r\n\tnow\r\n";
  }
  return header;
}

}  // namespace

TEST_CASE("A message that passed us too often, or made too many hops, loops") {
  const std::string body = "Subject: x\r\n\r\n" + Hops(200, "gw.example.org");
  CHECK_FALSE(WhyLooping(body, "gw.example.org"));  // it is content
  CHECK_FALSE(WhyLooping(Hops(kMostOwnHops, "gw.example.org") + body, "gw.example.org"));
  CHECK(WhyLooping(Hops(kMostOwnHops + 1, "GW.example.org") + body, "gw.example.org"));
  CHECK_FALSE(WhyLooping(Hops(kMostHops, "mx.example") + body, "gw.example.org"));
  CHECK(WhyLooping(Hops(kMostHops + 1, "mx.example") + body, "gw.example.org"));
  for (const char* odd : {"", "\r\n", "Received:", "Received: by", "Received: x\n y", "\n\n"}) {
    CHECK_FALSE(WhyLooping(odd, "gw.example.org"));
  }
}

}  // namespace egd::smtp_client
