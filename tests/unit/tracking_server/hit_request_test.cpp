#include "daemon/tracking_server/hit_request.h"

#include <catch2/catch.hpp>

namespace egd::tracking_server {
namespace {

http_server::HttpRequest With(std::vector<http_server::HttpHeader> headers) {
  http_server::HttpRequest request;
  request.method = "GET";
  request.headers = std::move(headers);
  return request;
}

}  // namespace

TEST_CASE("requests say of themselves that they are prefetches, or not to be tracked") {
  CHECK(MethodOf(With({{"Sec-Purpose", "prefetch;prerender"}})) == "GET prefetch");
  CHECK(MethodOf(With({{"Purpose", "prefetch"}})) == "GET prefetch");
  CHECK(MethodOf(With({{"X-Purpose", "preview"}})) == "GET prefetch");
  CHECK(MethodOf(With({{"Accept", "*/*"}})) == "GET");
  CHECK(AsksNotToBeTracked(With({{"DNT", "1"}})));
  CHECK(AsksNotToBeTracked(With({{"Sec-GPC", "1"}})));
  CHECK_FALSE(AsksNotToBeTracked(With({{"DNT", "0"}})));
}

}  // namespace egd::tracking_server
