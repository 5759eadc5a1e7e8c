// What the edge takes for a request, and what it refuses: framing, heads and bodies.
#include "tests/unit/http_server/edge_fixture.h"

namespace egd::http_server {

using namespace test;

TEST_CASE("a request is answered and the connection kept") {
  TestEdge edge;
  Client client = edge.Connect();
  const auto first = client.Ask(Get("/a?b=c"));
  CHECK(first.status == 200);
  CHECK(first.body == "GET /a?b=c @127.0.0.1");
  CHECK(first.head.find("\r\nDate: ") != std::string::npos);
  CHECK(first.head.find("\r\nConnection: keep-alive\r\n") != std::string::npos);
  CHECK(client.Ask(Post("hello")).body == "POST / hello@127.0.0.1");
}

TEST_CASE("the client can ask for the connection to end") {
  TestEdge edge;
  Client client = edge.Connect();
  const auto reply = client.Ask("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  CHECK(reply.status == 200);
  CHECK(reply.head.find("\r\nConnection: close\r\n") != std::string::npos);
  CHECK(client.AtEnd());
}

TEST_CASE("pipelined requests are answered in order") {
  TestEdge edge;
  Client client = edge.Connect();
  std::string requests;
  for (int i = 0; i < 50; ++i)
    requests += i % 2 == 0 ? Get("/" + std::to_string(i)) : Post(std::to_string(i));
  client.Send(requests);
  for (int i = 0; i < 50; ++i) {
    const std::string number = std::to_string(i);
    CHECK(client.Read().body ==
          (i % 2 == 0 ? "GET /" + number + " @127.0.0.1" : "POST / " + number + "@127.0.0.1"));
  }
}

TEST_CASE("the body of a GET or DELETE is not the next request") {
  TestEdge edge;
  Client client = edge.Connect();
  const std::string smuggled = Get("/smuggled");
  for (const std::string method : {"GET", "DELETE"}) {
    const auto reply = client.Ask(method + " / HTTP/1.1\r\nHost: h\r\nContent-Length: " +
                                  std::to_string(smuggled.size()) + "\r\n\r\n" + smuggled);
    CHECK(reply.body == method + " / " + smuggled + "@127.0.0.1");
  }
  CHECK(client.Ask(Get("/next")).body == "GET /next @127.0.0.1");
}

TEST_CASE("a request whose framing is ambiguous is refused and ends the connection") {
  TestEdge edge;
  const std::string post = "POST / HTTP/1.1\r\nHost: h\r\n";
  const std::string tail = "\r\n\r\n0\r\n\r\n" + Get("/smuggled");
  const std::pair<std::string, int> cases[] = {
      {post + "Content-Length: 5\r\nContent-Length: 6" + tail, 400},
      {post + "Content-Length: 5\r\nTransfer-Encoding: chunked" + tail, 400},
      {post + "Transfer-Encoding: chunked\r\nContent-Length: 5" + tail, 400},
      {post + "Transfer-Encoding: xchunked" + tail, 501},
      {post + "X: a\r\n Transfer-Encoding: chunked" + tail, 400},
      {"GET / HTTP/1.1\nHost: h\n\n" + Get("/smuggled"), 400},
  };
  for (const auto& [bytes, status] : cases) {
    CAPTURE(bytes);
    Client client = edge.Connect();
    const auto reply = client.Ask(bytes);
    CHECK(reply.status == status);
    CHECK(reply.head.find("Connection: close") != std::string::npos);
    CHECK(client.AtEnd());
  }
}

TEST_CASE("heads are bounded in bytes and in number of headers") {
  TestEdge edge;
  Client long_head = edge.Connect();
  CHECK(long_head.Ask("GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n")
            .status == 431);
  Client endless = edge.Connect();
  CHECK(endless.Ask("GET /" + std::string(20'000, 'x')).status == 431);
  std::string many = "GET / HTTP/1.1\r\nHost: h\r\n";
  for (int i = 0; i < 100; ++i) many += "X: y\r\n";
  Client client = edge.Connect();
  CHECK(client.Ask(many + "\r\n").status == 431);
}

TEST_CASE("a body that announces too much is refused before it is read") {
  EdgeOptions options = Loopback();
  options.max_body_bytes = 1000;
  TestEdge edge(options);
  Client client = edge.Connect();
  CHECK(client.Ask("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1001\r\n\r\n").status == 413);
  Client chunked = edge.Connect();
  const std::string chunk = "1f4\r\n" + std::string(500, 'x') + "\r\n";
  CHECK(chunked
            .Ask("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk +
                 chunk + chunk)
            .status == 413);
}

TEST_CASE("a client that goes on sending a refused body still reads the refusal") {
  EdgeOptions options = Loopback();
  options.max_body_bytes = 1000;
  options.linger_timeout = 5s;
  TestEdge edge(options);
  Client client = edge.Connect();
  client.Send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4000000\r\n\r\n");
  client.Send(std::string(4'000'000, 'x'));
  CHECK(client.Read().status == 413);
}

TEST_CASE("large and chunked bodies arrive whole") {
  TestEdge edge;
  Client client = edge.Connect();
  const std::string body(3'000'000, 'x');
  CHECK(client.Ask(Post(body)).body == "POST / " + body + "@127.0.0.1");
  CHECK(client
            .Ask("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                 "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n")
            .body == "POST / hello world@127.0.0.1");
  CHECK(client.Ask(Get("/next")).status == 200);
}

TEST_CASE("an endless chunk header or trailer is refused") {
  TestEdge edge;
  const std::string post = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
  Client header = edge.Connect();
  CHECK(header.Ask(post + "5;" + std::string(40'000, 'x')).status == 400);
  Client trailer = edge.Connect();
  CHECK(trailer.Ask(post + "0\r\nX: " + std::string(40'000, 'x')).status == 400);
}

TEST_CASE("all bodies together are bounded") {
  EdgeOptions options = Loopback();
  options.max_held_bytes = 200'000;
  Holder holder;
  TestEdge edge(options, holder.handler());
  Client first = edge.Connect();
  first.Send(Post(std::string(150'000, 'x')));
  holder.AwaitOne();
  Client second = edge.Connect();
  CHECK(second.Ask(Post(std::string(150'000, 'x'))).status == 503);
  holder.AnswerAll();
  CHECK(first.Read().status == 200);
  Client third = edge.Connect();
  third.Send(Post(std::string(150'000, 'x')));
  holder.AwaitOne();
  holder.AnswerAll();
  CHECK(third.Read().status == 200);
}

TEST_CASE("a client that waits for 100 Continue gets it") {
  TestEdge edge;
  Client client = edge.Connect();
  const std::string head =
      "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n";
  CHECK(client.Ask(head).status == 100);
  CHECK(client.Ask("hello").body == "POST / hello@127.0.0.1");
}

TEST_CASE("a request cut off never reaches the handler") {
  std::atomic<int> handled{0};
  TestEdge edge(Loopback(), [&](HttpRequest request, Responder respond) {
    ++handled;
    Echo(std::move(request), std::move(respond));
  });
  for (const std::string bytes :
       {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhalf", "POST / HTTP/1.1\r\nHost",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"}) {
    Client client = edge.Connect();
    client.Send(bytes);
    client.FinishSending();
    CHECK(client.Read().status == 400);
    CHECK(client.AtEnd());
  }
  CHECK(handled == 0);
}

TEST_CASE("a client that has finished sending still gets its answer") {
  TestEdge edge;
  Client client = edge.Connect();
  client.Send(Get("/"));
  client.FinishSending();
  CHECK(client.Read().status == 200);
  CHECK(client.AtEnd());
}

}  // namespace egd::http_server
