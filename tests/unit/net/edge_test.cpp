// The edge over real loopback sockets, in one process. Time-outs are shortened, never slept
// through.
#include "daemon/net/edge.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <mutex>

#include <catch2/catch.hpp>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/unit/net/client.h"

namespace egd::net {
namespace {

using namespace std::chrono_literals;
using test::Client;

HttpResponse Text(int status, const std::string& body) {
  return {"HTTP/1.1 " + std::to_string(status) +
          " X\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body};
}

// Says what arrived: "METHOD target body@peer".
void Echo(HttpRequest request, Responder respond) {
  respond(Text(200, request.method + " " + request.target + " " + request.body + "@" +
                        request.peer_address));
}

HttpResponse Refusal(int status, const std::string&) {
  return Text(status, "refused");
}

EdgeOptions Loopback() {
  EdgeOptions options;
  options.listen = {"127.0.0.1:0"};
  options.linger_timeout = 200ms;
  return options;
}

// A started edge on a free port.
struct TestEdge {
  explicit TestEdge(EdgeOptions options = Loopback(), Edge::Handler handler = Echo)
      : edge(std::move(options), std::move(handler), Refusal) {
    const auto started = edge.Start();
    if (!started) throw std::runtime_error(started.error().public_text);
  }
  Client Connect() { return Client(edge.addresses().front()); }

  Edge edge;
};

// A handler that keeps its responders until told.
class Holder {
 public:
  Edge::Handler handler() {
    return [this](HttpRequest, Responder respond) {
      const std::lock_guard lock(mutex_);
      held_.push_back(std::move(respond));
      arrived_.notify_all();
    };
  }
  void AwaitOne() {
    std::unique_lock lock(mutex_);
    REQUIRE(arrived_.wait_for(lock, 5s, [&] { return !held_.empty(); }));
  }
  void AnswerAll() {
    const std::lock_guard lock(mutex_);
    for (auto& respond : held_) respond(Text(200, "late"));
    held_.clear();
  }
  void DropAll() {
    const std::lock_guard lock(mutex_);
    held_.clear();
  }

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<Responder> held_;
};

std::string Get(const std::string& target) {
  return "GET " + target + " HTTP/1.1\r\nHost: h\r\n\r\n";
}
std::string Post(const std::string& body) {
  return "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

std::filesystem::path TemporaryDirectory() {
  std::string name = "/tmp/egd-net-XXXXXX";
  REQUIRE(::mkdtemp(name.data()) != nullptr);
  return name;
}

}  // namespace

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
  options.max_bodies_bytes = 200'000;
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

TEST_CASE("slow and silent clients are cut") {
  EdgeOptions options = Loopback();
  options.head_timeout = 60ms;
  options.idle_timeout = 60ms;
  options.progress_timeout = 60ms;
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
  options.progress_timeout = 60ms;
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

TEST_CASE("shutting down ends at the deadline") {
  EdgeOptions options = Loopback();
  options.drain_timeout = 50ms;
  Holder holder;
  {
    TestEdge edge(options, holder.handler());
    Client busy = edge.Connect();
    busy.Send(Get("/"));
    holder.AwaitOne();
    edge.edge.Interrupt();
    edge.edge.Join();
    holder.AnswerAll();
  }
}

TEST_CASE("a Unix socket tells its peer's uid") {
  const auto directory = TemporaryDirectory();
  EdgeOptions options;
  options.unix_socket = directory / "deep/er/egd.sock";
  std::optional<uid_t> uid;
  {
    TestEdge edge(options, [&](HttpRequest request, Responder respond) {
      uid = request.peer_uid;
      Echo(std::move(request), std::move(respond));
    });
    struct stat status {};
    REQUIRE(::stat(options.unix_socket.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0666);
    CHECK(edge.Connect().Ask(Get("/")).body == "GET / @unix");
    CHECK(uid == ::getuid());
  }
  CHECK_FALSE(std::filesystem::exists(options.unix_socket));
  std::filesystem::remove_all(directory);
}

TEST_CASE("a stale Unix socket is replaced, a live one and a plain file are not") {
  const auto directory = TemporaryDirectory();
  EdgeOptions options;
  options.unix_socket = directory / "egd.sock";
  const int stale = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  options.unix_socket.copy(address.sun_path, sizeof(address.sun_path) - 1);
  REQUIRE(::bind(stale, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
  ::close(stale);

  TestEdge edge(options);
  CHECK(edge.Connect().Ask(Get("/")).status == 200);

  Edge second(options, Echo, Refusal);
  const auto refused = second.Start();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().public_text ==
        "cannot listen on " + options.unix_socket + ": another process is listening there");
  CHECK(edge.Connect().Ask(Get("/")).status == 200);

  options.unix_socket = directory / "file";
  std::ofstream(options.unix_socket) << "precious";
  Edge third(options, Echo, Refusal);
  const auto in_the_way = third.Start();
  REQUIRE_FALSE(in_the_way);
  CHECK(in_the_way.error().public_text.find("not a socket") != std::string::npos);
  CHECK(std::filesystem::file_size(options.unix_socket) == 8);
  std::filesystem::remove_all(directory);
}

TEST_CASE("an address that cannot be listened on is named") {
  TestEdge edge;
  for (const std::string& address :
       {edge.edge.addresses().front(), std::string("127.0.0.1"), std::string("nonsense:80"),
        std::string("127.0.0.1:99999"), std::string("::1:80")}) {
    CAPTURE(address);
    EdgeOptions options;
    options.listen = {address};
    Edge other(options, Echo, Refusal);
    const auto started = other.Start();
    REQUIRE_FALSE(started);
    CHECK(started.error().public_text.find("cannot listen on " + address + ": ") == 0);
  }
}

TEST_CASE("several io threads share the connections") {
  EdgeOptions options = Loopback();
  options.threads = 3;
  TestEdge edge(options);
  std::vector<Client> clients;
  for (int i = 0; i < 9; ++i) clients.push_back(edge.Connect());
  for (auto& client : clients) CHECK(client.Ask(Get("/")).status == 200);
}

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

}  // namespace egd::net
