#include "daemon/tracking_server/hit_request.h"

#include <catch2/catch.hpp>

namespace egd::tracking_server {
namespace {

http_server::HttpRequest From(const std::string& peer,
                              std::vector<http_server::HttpHeader> headers) {
  http_server::HttpRequest request;
  request.method = "GET";
  request.peer_address = peer;
  request.headers = std::move(headers);
  return request;
}

std::string Client(const std::string& peer, std::vector<http_server::HttpHeader> headers) {
  return ClientOf(From(peer, std::move(headers)), *core::ParseNetworks({"10.0.0.0/8", "fd00::/8"}));
}

}  // namespace

TEST_CASE("only what trusted proxies wrote into X-Forwarded-For is believed") {
  CHECK(Client("192.0.2.1", {{"X-Forwarded-For", "203.0.113.9"}}) == "192.0.2.1");
  CHECK(Client("10.0.0.1", {{"x-forwarded-for", "203.0.113.9, 198.51.100.7"}}) == "198.51.100.7");
  CHECK(Client("10.0.0.1", {{"X-Forwarded-For", "203.0.113.9, 10.1.1.1"}}) == "203.0.113.9");
  CHECK(Client("10.0.0.1", {{"X-Forwarded-For", "203.0.113.9"}, {"X-Forwarded-For", "10.2.2.2"}}) ==
        "203.0.113.9");
  CHECK(Client("10.0.0.1", {}) == "10.0.0.1");
  CHECK(Client("10.0.0.1", {{"X-Forwarded-For", "nonsense"}}) == "10.0.0.1");
  CHECK(Client("fd00::1", {{"X-Forwarded-For", "2001:DB8::1"}}) == "2001:db8::1");
}

TEST_CASE("requests say of themselves that they are prefetches, or not to be tracked") {
  CHECK(MethodOf(From("", {{"Sec-Purpose", "prefetch;prerender"}})) == "GET prefetch");
  CHECK(MethodOf(From("", {{"Purpose", "prefetch"}})) == "GET prefetch");
  CHECK(MethodOf(From("", {{"X-Purpose", "preview"}})) == "GET prefetch");
  CHECK(MethodOf(From("", {{"Accept", "*/*"}})) == "GET");
  CHECK(AsksNotToBeTracked(From("", {{"DNT", "1"}})));
  CHECK(AsksNotToBeTracked(From("", {{"Sec-GPC", "1"}})));
  CHECK_FALSE(AsksNotToBeTracked(From("", {{"DNT", "0"}})));
}

}  // namespace egd::tracking_server
