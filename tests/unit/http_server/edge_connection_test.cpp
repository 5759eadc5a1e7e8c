// How long the edge keeps a connection, how many, and how it ends them.
#include "tests/unit/http_server/edge_fixture.h"

namespace egd::http_server {

using namespace test;

TEST_CASE("slow and silent clients are cut") {
  EdgeOptions options = Loopback();
  options.head_timeout = 60ms;
  options.idle_timeout = 60ms;
  options.progress_window = 60ms;
  TestEdge edge(options);
  Client silent = edge.Connect();
  CHECK(silent.AtEnd());
  Client idle = edge.Connect();
  CHECK(idle.Ask(Get("/")).status == 200);
  CHECK(idle.AtEnd());
  Client slow_head = edge.Connect();
  CHECK(slow_head.Ask("GET / HTTP/1.1\r\nHost").status == 408);
  CHECK(slow_head.AtEnd());
  Client slow_body = edge.Connect();
  CHECK(slow_body.Ask("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhalf").status ==
        408);
}

TEST_CASE("a client that never reads its reply is cut") {
  EdgeOptions options = Loopback();
  options.progress_window = 60ms;
  std::atomic<int> handled{0};
  TestEdge edge(options, [&](HttpRequest, Responder respond) {
    ++handled;
    respond(Text(200, std::string(32'000'000, 'x')));
  });
  Client client = edge.Connect();
  client.Send(Get("/"));
  edge.edge.Interrupt();
  const auto started = std::chrono::steady_clock::now();
  edge.edge.Join();  // would take drain_timeout, 10 s, if the write had no end of its own
  CHECK(std::chrono::steady_clock::now() - started < 5s);
}

TEST_CASE("what was fast at first is cut when it becomes slow") {
  EdgeOptions options = Loopback();
  options.progress_window = 100ms;
  options.min_bytes_per_second = 100'000;  // 10,000 bytes in each window
  TestEdge edge(options);
  Client client = edge.Connect();
  // On average since its start this would be fast enough for an hour.
  const auto started = std::chrono::steady_clock::now();
  CHECK(client
            .Ask("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 30000000\r\n\r\n" +
                 std::string(20'000'000, 'x'))
            .status == 408);
  CHECK(std::chrono::steady_clock::now() - started < 20s);
}

TEST_CASE("a caller whose key is in the head is known before a large body is read") {
  EdgeOptions options = Loopback();
  options.max_unknown_bytes = 1000;
  std::atomic<int> asked{0};
  TestEdge edge(options, Echo, [&](HttpRequest head, Responder respond) {
    ++asked;
    CHECK(head.body.empty());
    const bool known = head.headers.back().value == "Bearer good";
    respond(known ? HttpResponse() : Text(401, "who?"));
  });
  const auto post = [&](const std::string& key, size_t size) {
    Client client = edge.Connect();
    std::string head = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(size);
    if (!key.empty()) head += "\r\nAuthorization: " + key;
    return client.Ask(head + "\r\n\r\n" + std::string(key == "Bearer bad" ? 0 : size, 'x')).status;
  };
  CHECK(post("Bearer bad", 2000) == 401);  // though no byte of the body was sent
  CHECK(post("Bearer good", 2000) == 200);
  CHECK(asked == 2);
  CHECK(post("Bearer good", 1000) == 200);
  CHECK(post("", 2000) == 200);
  CHECK(asked == 2);
}

TEST_CASE("replies that are not read are bounded") {
  EdgeOptions options = Loopback();
  options.max_held_bytes = 50'000'000;
  options.max_body_bytes = 1000;  // and so an address holds a quarter of that
  TestEdge edge(options, [](HttpRequest, Responder respond) {
    respond(Text(200, std::string(10'000'000, 'x')));
  });
  Client first = edge.Connect();
  first.Send(Get("/"));
  int status = 0;
  for (int i = 0; i < 100 && status != 503; ++i) {
    Client other = edge.Connect();
    status = other.Ask(Get("/")).status;  // 200 until the first one's reply was made
  }
  CHECK(status == 503);
}

TEST_CASE("200 idle connections leave the edge answering") {
  TestEdge edge;
  std::vector<Client> idle;
  for (int i = 0; i < 200; ++i) {
    idle.push_back(edge.Connect());
    REQUIRE(idle.back().Ask(Get("/")).status == 200);
  }
  Client client = edge.Connect();
  for (int i = 0; i < 100; ++i) REQUIRE(client.Ask(Get("/")).status == 200);
  for (auto& connection : idle) REQUIRE(connection.Ask(Get("/")).status == 200);
}

TEST_CASE("when all connections are taken an idle one makes room") {
  EdgeOptions options = Loopback();
  options.max_connections = 2;
  TestEdge edge(options);
  Client first = edge.Connect(), second = edge.Connect();
  REQUIRE(first.Ask(Get("/")).status == 200);
  REQUIRE(second.Ask(Get("/")).status == 200);
  Client third = edge.Connect();
  CHECK(third.Ask(Get("/")).status == 200);
  CHECK(first.AtEnd());
  CHECK(second.Ask(Get("/")).status == 200);
}

TEST_CASE("when all connections are busy a newcomer is told so") {
  EdgeOptions options = Loopback();
  options.max_connections = 1;
  Holder holder;
  TestEdge edge(options, holder.handler());
  Client busy = edge.Connect();
  busy.Send(Get("/"));
  holder.AwaitOne();
  Client refused = edge.Connect();
  CHECK(refused.Ask(Get("/")).status == 503);
  CHECK(refused.AtEnd());
  holder.AnswerAll();
  CHECK(busy.Read().status == 200);
}

TEST_CASE("a responder may answer late and from any thread, and if dropped answers 500") {
  Holder holder;
  TestEdge edge(Loopback(), holder.handler());
  Client client = edge.Connect();
  client.Send(Get("/"));
  holder.AwaitOne();
  holder.AnswerAll();
  CHECK(client.Read().body == "late");
  client.Send(Get("/"));
  holder.AwaitOne();
  holder.DropAll();
  CHECK(client.Read().status == 500);
}

TEST_CASE("shutting down lets requests in flight finish") {
  Holder holder;
  TestEdge edge(Loopback(), holder.handler());
  Client busy = edge.Connect(), idle = edge.Connect();
  busy.Send(Get("/"));
  holder.AwaitOne();
  edge.edge.Interrupt();
  CHECK(idle.AtEnd());
  CHECK_THROWS(edge.Connect().Ask(Get("/")).status == 0);
  holder.AnswerAll();
  const auto reply = busy.Read();
  CHECK(reply.status == 200);
  CHECK(reply.head.find("Connection: close") != std::string::npos);
  edge.edge.Join();
}

TEST_CASE("shutting down waits for requests in flight until the deadline, then cuts them") {
  EdgeOptions options = Loopback();
  options.drain_timeout = 300ms;
  Holder holder;
  TestEdge edge(options, holder.handler());
  Client busy = edge.Connect();
  busy.Send(Get("/"));
  holder.AwaitOne();
  const auto started = std::chrono::steady_clock::now();
  edge.edge.Interrupt();
  edge.edge.Join();
  const auto took = std::chrono::steady_clock::now() - started;
  CHECK(took >= options.drain_timeout);
  CHECK(took < 5s);
  holder.AnswerAll();  // too late, and harmless
}

TEST_CASE("a byte before each time-out is not enough: a body has a least speed") {
  EdgeOptions options = Loopback();
  options.progress_window = 200ms;
  options.min_bytes_per_second = 1'000'000;
  TestEdge edge(options);
  Client client = edge.Connect();
  constexpr int kBodyBytes = 1000;
  client.Send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(kBodyBytes) +
              "\r\n\r\n");
  int sent = 0;
  while (sent < kBodyBytes && !client.Readable(20ms) && client.Send("x")) ++sent;
  CHECK(sent < kBodyBytes);
  CHECK(client.Read().status == 408);
}

}  // namespace egd::http_server
