#include "daemon/http_server/shares.h"

#include <catch2/catch.hpp>

namespace egd::http_server {
namespace {

HttpRequest With(const std::string& authorization) {
  HttpRequest request;
  request.headers = {{"Host", "h"}, {"authorization", authorization}};
  return request;
}

}  // namespace

TEST_CASE("an address counts as one holder, of IPv6 its /64, and the Unix socket as none") {
  CHECK(Shares::HolderOf("192.0.2.1") != Shares::HolderOf("192.0.2.2"));
  CHECK(Shares::HolderOf("2001:db8:1:2::1") == Shares::HolderOf("2001:db8:1:2:ffff::9"));
  CHECK(Shares::HolderOf("2001:db8:1:2::1") != Shares::HolderOf("2001:db8:1:3::1"));
  CHECK(Shares::HolderOf("unix").empty());
  CHECK(Shares::HoldersOf("unix", With("Bearer x")).empty());
  CHECK(Shares::HoldersOf("192.0.2.1", With("Bearer x"))[1] ==
        Shares::HoldersOf("192.0.2.9", With("Bearer x"))[1]);
}

TEST_CASE("connections are counted by address") {
  Shares shares({.connections = 2});
  CHECK(shares.Connect("a"));
  CHECK(shares.Connect("a"));
  CHECK_FALSE(shares.Connect("a"));
  CHECK(shares.Connect("b"));
  shares.Disconnect("a");
  CHECK(shares.Connect("a"));
  for (int i = 0; i < 10; ++i) CHECK(shares.Connect(""));
}

TEST_CASE("bytes are bounded for each holder and in all") {
  Shares shares({.bytes = 100, .total = 250});
  CHECK(shares.Take({"a", "key"}, 60));
  CHECK_FALSE(shares.Take({"a"}, 41));
  CHECK_FALSE(shares.Take({"b", "key"}, 41));  // the credential's share, from another address
  CHECK(shares.Take({"b"}, 100));
  CHECK(shares.Take({"c"}, 90));
  CHECK_FALSE(shares.Take({"d"}, 1));
  CHECK(shares.Take({}, 1'000'000));  // the operator
  shares.Return({"a", "key"}, 60);
  CHECK(shares.Take({"d"}, 60));
  shares.Return({}, 1'000'000);
}

}  // namespace egd::http_server
