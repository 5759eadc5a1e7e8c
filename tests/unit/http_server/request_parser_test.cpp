#include "daemon/http_server/request_parser.h"

#include <catch2/catch.hpp>

namespace egd::http_server {
namespace {

int StatusOfHead(const std::string& head) {
  RequestParser parser({10, 1000});
  return parser.ParseHead(head);
}

HeadScan Scan(std::string_view data) {
  size_t checked = 0;
  return ScanHead(data, checked);
}

}  // namespace

TEST_CASE("a head ends at its empty line") {
  CHECK(Scan("GET / HTTP/1.1\r\nHost: a\r\n\r\nrest").state == HeadScan::State::kComplete);
  CHECK(Scan("GET / HTTP/1.1\r\nHost: a\r\n\r\nrest").size == 27);
  CHECK(Scan("\r\n\r\nGET / HTTP/1.1\r\n\r\n").size == 22);
  CHECK(Scan("GET / HTTP/1.1\r\nHost: a\r\n\r").state == HeadScan::State::kIncomplete);
  CHECK(Scan("\r\n").state == HeadScan::State::kIncomplete);
  CHECK(Scan("").state == HeadScan::State::kIncomplete);
}

TEST_CASE("a head that arrives byte by byte is found all the same") {
  const std::string head = "\r\nGET / HTTP/1.1\r\nHost: a\r\nX: y\r\n\r\n";
  size_t checked = 0;
  for (size_t size = 0; size < head.size(); ++size) {
    REQUIRE(ScanHead(std::string_view(head).substr(0, size), checked).state ==
            HeadScan::State::kIncomplete);
  }
  CHECK(ScanHead(head, checked).size == head.size());
}

TEST_CASE("bare LF and folded lines are malformed") {
  CHECK(Scan("GET / HTTP/1.1\nHost: a\n\n").state == HeadScan::State::kMalformed);
  CHECK(Scan("\n").state == HeadScan::State::kMalformed);
  CHECK(Scan("GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n").state == HeadScan::State::kMalformed);
  CHECK(Scan("GET / HTTP/1.1\r\nX: a\r\n\tContent-Length: 5\r\n\r\n").state ==
        HeadScan::State::kMalformed);
}

TEST_CASE("a well-formed request is taken apart") {
  RequestParser parser({10, 1000});
  REQUIRE(parser.ParseHead("POST /api.php?a=b HTTP/1.1\r\nHost: h\r\nX-Thing:  spaced "
                           "\r\nContent-Length: 5\r\n\r\n") == 0);
  CHECK(parser.request().method == "POST");
  CHECK(parser.request().target == "/api.php?a=b");
  REQUIRE(parser.request().headers.size() == 3);
  CHECK(parser.request().headers[1].name == "X-Thing");
  CHECK(parser.request().headers[1].value == "spaced");
  CHECK(parser.content_length() == 5);
  CHECK(parser.keep_alive());
  CHECK_FALSE(parser.chunked());
}

TEST_CASE("connection reuse follows version and Connection") {
  const auto keeps = [](const std::string& head) {
    RequestParser parser({10, 1000});
    REQUIRE(parser.ParseHead(head) == 0);
    return parser.keep_alive();
  };
  CHECK(keeps("GET / HTTP/1.1\r\nHost: h\r\n\r\n"));
  CHECK_FALSE(keeps("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"));
  CHECK_FALSE(keeps("GET / HTTP/1.0\r\n\r\n"));
  CHECK(keeps("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
}

TEST_CASE("ambiguous framing is refused") {
  const std::string post = "POST / HTTP/1.1\r\nHost: h\r\n";
  CHECK(StatusOfHead(post + "Content-Length: 5\r\nContent-Length: 6\r\n\r\n") == 400);
  CHECK(StatusOfHead(post + "Content-Length: 5\r\nContent-Length: 5\r\n\r\n") == 400);
  CHECK(StatusOfHead(post + "Content-Length: 5, 5\r\n\r\n") == 400);
  CHECK(StatusOfHead(post + "Content-Length: +5\r\n\r\n") == 400);
  CHECK(StatusOfHead(post + "Content-Length: -1\r\n\r\n") == 400);
  CHECK(StatusOfHead(post + "Content-Length: 5 5\r\n\r\n") == 400);
  CHECK(StatusOfHead(post + "Content-Length:\r\n\r\n") == 400);
  CHECK(StatusOfHead(post + "Content-Length: 18446744073709551616\r\n\r\n") == 400);
  CHECK(StatusOfHead(post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n") == 400);
  CHECK(StatusOfHead(post + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n") == 400);
  CHECK(StatusOfHead(post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n") ==
        400);
  CHECK(StatusOfHead("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n") == 400);
}

TEST_CASE("an unknown Transfer-Encoding is refused") {
  const std::string post = "POST / HTTP/1.1\r\nHost: h\r\n";
  for (const char* coding :
       {"gzip, chunked", "identity", "xchunked", "chunked, identity", "\"chunked\""}) {
    CAPTURE(coding);
    CHECK(StatusOfHead(post + "Transfer-Encoding: " + coding + "\r\n\r\n") == 501);
  }
  CHECK(StatusOfHead(post + "Transfer-Encoding: Chunked\r\n\r\n") == 0);
}

TEST_CASE("a request names exactly one host") {
  CHECK(StatusOfHead("GET / HTTP/1.1\r\n\r\n") == 400);
  CHECK(StatusOfHead("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n") == 400);
  CHECK(StatusOfHead("GET / HTTP/1.0\r\n\r\n") == 0);
}

TEST_CASE("malformed lines are refused") {
  CHECK(StatusOfHead("GET / HTTP/2.0\r\nHost: h\r\n\r\n") == 505);
  CHECK(StatusOfHead("GET /a b HTTP/1.1\r\nHost: h\r\n\r\n") != 0);
  CHECK(StatusOfHead("GET\r\n\r\n") == 400);
  CHECK(StatusOfHead("\r\r\n\r\n") == 400);
  CHECK(StatusOfHead("G@T / HTTP/1.1\r\nHost: h\r\n\r\n") == 400);
  CHECK(StatusOfHead("GET / HTTP/1.1\r\nHost : h\r\n\r\n") == 400);
  CHECK(StatusOfHead(std::string("GET / HTTP/1.1\r\nHost: h\r\nX: a\0b\r\n\r\n", 35)) == 400);
  CHECK(StatusOfHead("GET / HTTP/1.1\r\nHost: h\r\nX: a\rb\r\n\r\n") == 400);
  CHECK(StatusOfHead("GET / HTTP/1.1\r\nHost: h\r\nExpect: magic\r\n\r\n") == 417);
}

TEST_CASE("headers and bodies are bounded") {
  std::string head = "GET / HTTP/1.1\r\nHost: h\r\n";
  for (int i = 0; i < 9; ++i) head += "X: y\r\n";
  CHECK(StatusOfHead(head + "\r\n") == 0);
  CHECK(StatusOfHead(head + "X: y\r\n\r\n") == 431);
  CHECK(StatusOfHead("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n") == 0);
  CHECK(StatusOfHead("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1001\r\n\r\n") == 413);
}

}  // namespace egd::http_server
