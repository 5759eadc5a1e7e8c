// Responses made piece by piece.
#include "tests/unit/http_server/edge_fixture.h"

namespace egd::http_server {

using namespace test;

namespace {

// Says "one", "", "three"; asked for the fourth piece, it drops its responder.
void AnswerInPieces(int piece, bool whole, Responder respond) {
  static const std::string kPieces[] = {"one", "", "three"};
  if (piece == 3) return;
  HttpResponse response{kPieces[piece], {}, whole && piece == 2};
  if (!response.last) {
    response.more = [=](Responder next) { AnswerInPieces(piece + 1, whole, std::move(next)); };
  }
  respond(std::move(response));
}

Edge::Handler InPieces(bool whole) {
  return [whole](HttpRequest, Responder respond) {
    respond({"HTTP/1.1 200 OK\r\n\r\n",
             [whole](Responder next) { AnswerInPieces(0, whole, std::move(next)); }});
  };
}

}  // namespace

TEST_CASE("a response made piece by piece is sent in chunks, and the connection goes on") {
  TestEdge edge(Loopback(), InPieces(true));
  Client client = edge.Connect();
  client.Send(Get("/") + "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const std::string answers = client.ReadToEnd();
  const std::string body = "\r\n\r\n3\r\none\r\n5\r\nthree\r\n0\r\n\r\n";
  const size_t first = answers.find(body);
  REQUIRE(first != std::string::npos);
  CHECK(answers.find("Transfer-Encoding: chunked\r\n") < first);
  CHECK(answers.find("HTTP/1.1 200", first) == first + body.size());
  CHECK(answers.ends_with(body));
}

TEST_CASE("HTTP/1.0 gets a response made piece by piece as it is, up to the end") {
  TestEdge edge(Loopback(), InPieces(true));
  Client client = edge.Connect();
  client.Send("GET / HTTP/1.0\r\nHost: x\r\nConnection: keep-alive\r\n\r\n");
  const std::string answer = client.ReadToEnd();
  CHECK(answer.find("Transfer-Encoding") == std::string::npos);
  CHECK(answer.find("Connection: close\r\n") != std::string::npos);
  CHECK(answer.ends_with("\r\n\r\nonethree"));
}

TEST_CASE("a response whose next piece never comes ends without its last chunk") {
  TestEdge edge(Loopback(), InPieces(false));
  Client client = edge.Connect();
  client.Send(Get("/"));
  CHECK(client.ReadToEnd().ends_with("5\r\nthree\r\n"));
}

}  // namespace egd::http_server
