#include "daemon/http_server/http_message.h"

#include <catch2/catch.hpp>

namespace egd::http_server {

TEST_CASE("fields are found in any case, the first of a name first") {
  HttpRequest request;
  request.headers = {{"accept", "a"}, {"Accept", "b"}};
  CHECK(HeaderOf(request, "ACCEPT") == "a");
  CHECK(HeaderOf(request, "Host").empty());
}

TEST_CASE("all X-Forwarded-For fields are one list, in the order sent") {
  HttpRequest request;
  CHECK(ForwardedFor(request).empty());
  request.headers = {
      {"X-Forwarded-For", "203.0.113.9"}, {"Host", "x"}, {"x-forwarded-for", "10.2.2.2, 10.1.1.1"}};
  CHECK(ForwardedFor(request) == "203.0.113.9,10.2.2.2, 10.1.1.1");
}

}  // namespace egd::http_server
