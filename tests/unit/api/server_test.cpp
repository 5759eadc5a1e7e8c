// HTTP as a client sees it: the front in memory, and the whole server on a loopback socket.
#include "daemon/api/server.h"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>

#include <catch2/catch.hpp>
#include <unistd.h>

#include "daemon/api/http_front.h"
#include "tests/unit/api/fake_gateway.h"

namespace egd::api {
namespace {

using Json = nlohmann::ordered_json;

struct Message {
  std::string head;
  std::string body;

  int status() const { return std::stoi(head.substr(9, 3)); }
  bool Has(const std::string& line) const {
    return head.find("\r\n" + line + "\r\n") != std::string::npos;
  }
};

// A router over the fake gateway, answering in memory.
struct Front : FakeGateway {
  Message Ask(const std::string& method, const std::string& target, const std::string& body = "",
              std::vector<http_server::HttpHeader> headers = {}) {
    http_server::HttpRequest request;
    request.method = method;
    request.target = target;
    request.headers = std::move(headers);
    request.body = body;
    request.peer_address = "192.0.2.1";
    return Answer(request);
  }
  Message Answer(const http_server::HttpRequest& request) {
    const Dispatcher dispatcher(commands, handlers, authenticator, rate_limit, false);
    const Router router(
        dispatcher, commands, R"({"openapi":"3.1.0"})", [this] { return ready; },
        [](const std::string& host) { return Result<bool>(host == "t.example"); });
    const std::string message = HttpFront(router, clock).Answer(request).message;
    const size_t end = message.find("\r\n\r\n");
    return {message.substr(0, end + 2), message.substr(end + 4)};
  }

  Result<void> ready;
};

const http_server::HttpHeader kJsonType{"Content-Type", "application/json"};

}  // namespace

TEST_CASE("pages answer GET and HEAD") {
  Front front;
  const auto health = front.Ask("GET", "/healthz");
  CHECK(health.status() == 200);
  CHECK(health.body == R"({"Status":"ok"})");
  CHECK(health.Has("Content-Length: 15"));
  CHECK(health.Has("Content-Type: application/json; charset=utf-8"));
  CHECK(front.Ask("HEAD", "/healthz").body.empty());
  CHECK(front.Ask("HEAD", "/healthz").Has("Content-Length: 15"));
  CHECK(front.Ask("GET", "/openapi.json").body == R"({"openapi":"3.1.0"})");
  CHECK(front.Ask("GET", "/readyz").status() == 200);
  front.ready = Unavailable("The store is being checked");
  const auto not_ready = front.Ask("GET", "/readyz");
  CHECK(not_ready.status() == 503);
  CHECK(not_ready.body.find("The store is being checked") != std::string::npos);
}

TEST_CASE("connection headers are left to the edge") {
  Front front;
  const auto health =
      front.Ask("GET", "/healthz", "", {{"Connection", "close"}, {"Accept-Encoding", "gzip, br"}});
  CHECK(health.head.find("\r\nConnection:") == std::string::npos);
  CHECK(health.head.find("\r\nKeep-Alive:") == std::string::npos);
  CHECK(health.head.find("\r\nContent-Encoding:") == std::string::npos);
}

TEST_CASE("each reply has its own request ID, and not the client's") {
  Front front;
  std::set<std::string> heads;
  for (int i = 0; i < 3; ++i) {
    const auto reply =
        front.Ask("GET", i == 2 ? "/nowhere" : "/healthz", "", {{"X-Request-ID", "mine"}});
    const size_t at = reply.head.find("\r\nX-Request-ID: ");
    REQUIRE(at != std::string::npos);
    heads.insert(reply.head.substr(at + 16, 36));
  }
  CHECK(heads.size() == 3);
  CHECK(heads.count("mine") == 0);
}

TEST_CASE("what never becomes a call has a real status and a body both kinds of client read") {
  Front front;
  const auto missing = front.Ask("GET", "/nowhere");
  CHECK(missing.status() == 404);
  const Json body = Json::parse(missing.body);
  CHECK(body["Success"] == false);
  CHECK(body["ErrorCode"] == 404);
  CHECK(body["Errors"][0]["Code"] == 404);
  CHECK(body["Errors"][0]["Message"] == body["ErrorText"]);

  CHECK(front.Ask("POST", "/api.php", "{", {kJsonType}).status() == 400);
  CHECK(front.Ask("POST", "/api.php", "<a/>", {{"Content-Type", "text/xml"}}).status() == 415);
  CHECK(front.Ask("POST", "/api.php", "{}", {kJsonType, {"Content-Encoding", "gzip"}}).status() ==
        415);
  CHECK(front.Ask("GET", "/" + std::string(9000, 'x')).status() == 414);
  CHECK(Json::parse(front.Ask("GET", "/" + std::string(9000, 'x')).body)["ErrorCode"] == 414);
}

TEST_CASE("a wrong method is told the right ones") {
  Front front;
  for (const char* method : {"PUT", "DELETE", "OPTIONS", "BREW", "HEAD"}) {
    const auto reply = front.Ask(method, "/api.php");
    CHECK(reply.status() == 405);
    CHECK(reply.Has("Allow: GET, POST"));
  }
  CHECK(front.Ask("GET", "/api/v1/fake").Has("Allow: POST"));
  CHECK(front.Ask("POST", "/healthz").Has("Allow: GET, HEAD"));
}

TEST_CASE("the path is found in every form of a target") {
  Front front;
  CHECK(front.Ask("GET", "http://example.com:80/healthz").status() == 200);
  CHECK(front.Ask("GET", "/health%7a?x=http://y").status() == 200);
  CHECK(front.Ask("GET", "http://example.com").status() == 404);
  CHECK(front.Ask("OPTIONS", "*").status() == 404);
  CHECK(front.Ask("GET", "/healthz/").status() == 404);
  const std::string question = front.Ask("GET", "/api.php?Command=fake.anyone&Name=a?b").body;
  CHECK(Json::parse(question)["Hello"] == "a?b");
}

TEST_CASE("a Command answers under /api.php and under its alias") {
  Front front;
  const auto legacy = front.Ask(
      "POST", "/api.php", R"({"Command":"fake.user","APIKey":"user","Name":"x"})", {kJsonType});
  CHECK(legacy.status() == 200);
  CHECK(Json::parse(legacy.body) == Json{{"Success", true}, {"ErrorCode", 0}, {"Hello", "x"}});
  const auto alias = front.Ask("POST", "/api/v1/fake", R"({"Name":"x"})",
                               {kJsonType, {"authorization", "bearer  sender"}});
  CHECK(alias.status() == 200);
  CHECK(Json::parse(alias.body) == Json{{"Hello", "x"}});
  CHECK(alias.Has("RateLimit-Remaining: 2"));
  CHECK(front.Ask("POST", "/api/v1/fake", "", {{"Authorization", "Basic sender"}}).status() == 400);
}

TEST_CASE("a form body far beyond httplib's own limit is read") {
  Front front;
  const std::string name(900, 'x');
  const std::string body =
      "Filler=" + std::string(1'000'000, 'y') + "&Command=fake.anyone&Name=" + name;
  CHECK(Json::parse(front
                        .Ask("POST", "/api.php", body,
                             {{"Content-Type", "application/x-www-form-urlencoded"}})
                        .body)["Hello"] == name);
}

TEST_CASE("root and the daemon's own user are admin over the Unix socket, others are not") {
  Front front;
  http_server::HttpRequest request;
  request.method = "GET";
  request.target = "/api.php?Command=fake.user&Name=x";
  request.peer_address = "unix";
  for (const auto& [uid, is_admin] :
       std::vector<std::pair<uid_t, bool>>{{0, true},
                                           {::geteuid(), true},
                                           {::geteuid() + 12345, false},
                                           {static_cast<uid_t>(-1), false}}) {
    request.peer_uid = uid;
    front.Answer(request);
    CHECK(front.authenticator.seen.local_admin == is_admin);
  }
  request.peer_uid.reset();
  front.Answer(request);
  CHECK_FALSE(front.authenticator.seen.local_admin);
}

TEST_CASE("a proxy may obtain certificates for hosts that links are served on") {
  Front front;
  CHECK(front.Ask("GET", "/internal/tls-check?domain=T.example.").status() == 200);
  for (const std::string query : {"?domain=other.example", "?domain=", "", "?domain[]=t.example"}) {
    CHECK(front.Ask("GET", "/internal/tls-check" + query).status() == 404);
  }
}

TEST_CASE("an exception outside any handler is a 500 as well") {
  Front front;
  front.authenticator = {};
  const Dispatcher dispatcher(front.commands, front.handlers, front.authenticator, front.rate_limit,
                              false);
  const Router router(
      dispatcher, front.commands, "", []() -> Result<void> { throw std::runtime_error("bug"); },
      [](const std::string&) { return Result<bool>(false); });
  http_server::HttpRequest request;
  request.method = "GET";
  request.target = "/readyz";
  const std::string message = HttpFront(router, front.clock).Answer(request).message;
  CHECK(message.find("HTTP/1.1 500 ") == 0);
  CHECK(message.find("bug") == std::string::npos);
  CHECK(message.find("99995") != std::string::npos);
}

namespace {

ServerOptions Loopback() {
  ServerOptions options;
  options.edge.listen = {"127.0.0.1:0"};
  options.edge.linger_timeout = std::chrono::milliseconds(200);
  options.threads = 2;
  return options;
}

int PortOf(const Server& server) {
  const std::string& address = server.addresses().front();
  return std::stoi(address.substr(address.find(':') + 1));
}

}  // namespace

TEST_CASE("the server answers over a socket") {
  FakeGateway gateway;
  Server server(Loopback(), gateway.handlers, gateway.authenticator, gateway.clock,
                gateway.commands);
  REQUIRE(server.Start());
  httplib::Client client("127.0.0.1", PortOf(server));
  client.set_keep_alive(true);
  for (int i = 0; i < 20; ++i) {
    const auto reply =
        client.Post("/api.php", R"({"Command":"fake.anyone","Name":"x"})", "application/json");
    REQUIRE(reply);
    CHECK(reply->status == 200);
    CHECK(Json::parse(reply->body)["Hello"] == "x");
  }
  const httplib::MultipartFormDataItems items = {{"Command", "fake.anyone", "", ""},
                                                 {"Name", "y", "n.txt", "text/plain"}};
  CHECK(Json::parse(client.Post("/api.php", items)->body)["Hello"] == "y");
  const auto malformed = client.Post("/api.php", "{", "application/json");
  CHECK(malformed->status == 400);
  CHECK(malformed->has_header("X-Request-ID"));
  CHECK(malformed->has_header("Date"));
}

TEST_CASE("a text of any length is made while the client takes it") {
  FakeGateway gateway;
  gateway.handle = [](const Call& call) -> Outcome {
    const bool fails = call.arguments.String("Name") == "fails";
    const auto made = std::make_shared<int>(0);
    return TextReply{"text/csv; charset=utf-8", [made, fails]() -> Result<TextPiece> {
                       if (fails && *made == 2) return Internal("the disk is gone");
                       ++*made;
                       return TextPiece{std::string(100'000, char('0' + *made)), *made == 5};
                     }};
  };
  for (auto& [name, handler] : gateway.handlers) handler = gateway.handle;
  Server server(Loopback(), gateway.handlers, gateway.authenticator, gateway.clock,
                gateway.commands);
  REQUIRE(server.Start());
  httplib::Client client("127.0.0.1", PortOf(server));
  client.set_keep_alive(true);
  for (int i = 0; i < 2; ++i) {
    const auto reply = client.Get("/api.php?Command=fake.anyone&Name=x");
    REQUIRE(reply);
    CHECK(reply->get_header_value("Content-Type") == "text/csv; charset=utf-8");
    CHECK(reply->has_header("X-Request-ID"));
    REQUIRE(reply->body.size() == 500'000);
    CHECK(reply->body.front() == '1');
    CHECK(reply->body.back() == '5');
  }
  CHECK_FALSE(client.Get("/api.php?Command=fake.anyone&Name=fails"));
}

TEST_CASE("more requests than the queue holds are told to come back") {
  FakeGateway gateway;
  std::mutex mutex;
  std::condition_variable changed;
  int inside = 0;
  bool released = false;
  gateway.handle = [&](const Call&) -> Outcome {
    std::unique_lock lock(mutex);
    ++inside;
    changed.notify_all();
    changed.wait(lock, [&] { return released; });
    return Json::object();
  };
  for (auto& [name, handler] : gateway.handlers) handler = gateway.handle;
  ServerOptions options = Loopback();
  options.threads = 1;
  options.max_queued = 1;
  Server server(std::move(options), gateway.handlers, gateway.authenticator, gateway.clock,
                gateway.commands);
  REQUIRE(server.Start());
  const int port = PortOf(server);
  const auto ask = [port] {
    return httplib::Client("127.0.0.1", port).Get("/api.php?Command=fake.anyone&Name=x");
  };

  std::atomic<int> answered{0}, refused{0};
  const auto count = [&] {
    const auto reply = ask();
    if (reply && reply->status == 200) ++answered;
    if (reply && reply->status == 503 && reply->get_header_value("Retry-After") == "5" &&
        reply->has_header("X-Request-ID")) {
      ++refused;
    }
    if (refused > 0) {
      const std::lock_guard lock(mutex);
      released = true;
      changed.notify_all();
    }
  };
  std::thread first(count);
  {
    std::unique_lock lock(mutex);
    REQUIRE(changed.wait_for(lock, std::chrono::seconds(5), [&] { return inside == 1; }));
  }
  std::thread second(count), third(count);
  first.join();
  second.join();
  third.join();
  CHECK(answered == 2);
  CHECK(refused == 1);
}

TEST_CASE("a server whose handlers do not match its Commands does not start") {
  FakeGateway gateway;
  gateway.handlers.erase("fake.user");
  Server server(Loopback(), gateway.handlers, gateway.authenticator, gateway.clock,
                gateway.commands);
  const auto started = server.Start();
  REQUIRE_FALSE(started);
  CHECK(started.error().public_text.find("fake.user") != std::string::npos);
}

}  // namespace egd::api
