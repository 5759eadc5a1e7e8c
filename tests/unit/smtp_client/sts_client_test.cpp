// What is asked for a policy, and which replies are one; the transport pretends.
#include "daemon/smtp_client/sts_client.h"

#include <optional>

#include <catch2/catch.hpp>

#include "tests/unit/http_client/fakes.h"

namespace egd::smtp_client {
namespace {

using std::chrono::milliseconds;

constexpr const char* kUrl = "https://mta-sts.example.com/.well-known/mta-sts.txt";

struct Library {
  explicit Library(int port = 443)
      : client(resolver, core::AddressGuard({*core::IpNetwork::Parse("203.0.113.0/24")}),
               std::move(owned), clock, port) {}

  void Fetch(const std::string& domain) {
    client.Fetch(domain, [this](Result<std::string> result) { got = std::move(result); });
    Turn();
  }
  void Turn() {
    for (int i = 0; i < 3; ++i) client.RunOnce(milliseconds(0));
  }
  void Resolve() {
    resolver.Answer({"203.0.113.5"});
    Turn();
  }
  void Reply(http_client::HttpReply reply) {
    transport.Answer(transport.open.front().request.url, std::move(reply));
    Turn();
  }
  std::string Why() const {
    REQUIRE(got);
    REQUIRE_FALSE(*got);
    return got->error().public_text;
  }

  FakeClock clock;
  http_client::SlowResolver resolver;
  std::unique_ptr<http_client::FakeTransport> owned =
      std::make_unique<http_client::FakeTransport>();
  http_client::FakeTransport& transport = *owned;
  std::optional<Result<std::string>> got;
  StsClient client;
};

http_client::HttpReply Policy(const std::string& body) {
  http_client::HttpReply reply;
  reply.status = 200;
  reply.content_type = "text/plain";
  reply.body = body;
  return reply;
}

}  // namespace

TEST_CASE("A policy is asked for at its place, at checked addresses, and returned") {
  Library library;
  library.Fetch("example.com");
  REQUIRE(library.resolver.open.size() == 2);
  CHECK(library.resolver.open[0].first.first == "mta-sts.example.com");
  library.Resolve();
  REQUIRE(library.transport.open.size() == 1);
  const http_client::OutgoingRequest& request = library.transport.open[0].request;
  CHECK(request.method == http_client::HttpMethod::kGet);
  CHECK(request.url == kUrl);
  CHECK(request.port == 443);
  REQUIRE(request.addresses.size() == 1);
  CHECK(request.addresses[0].ToString() == "203.0.113.5");
  library.Reply(Policy("version: STSv1"));
  REQUIRE(library.got);
  REQUIRE(*library.got);
  CHECK(**library.got == "version: STSv1");
}

TEST_CASE("Another port is for tests") {
  Library library(8443);
  library.Fetch("example.com");
  library.Resolve();
  REQUIRE(library.transport.open.size() == 1);
  CHECK(library.transport.open[0].request.port == 8443);
}

TEST_CASE("Only status 200, text/plain and 64 KiB are a policy") {
  const auto why = [](const http_client::HttpReply& reply) {
    Library library;
    library.Fetch("example.com");
    library.Resolve();
    library.Reply(reply);
    return library.Why();
  };
  http_client::HttpReply reply = Policy("x");
  reply.status = 301;
  CHECK(why(reply) == "Redirects are not followed");
  reply.status = 404;
  CHECK(why(reply) == "The endpoint answered 404");
  reply.status = 206;
  CHECK(why(reply) == "The endpoint answered 206");
  reply = Policy("x");
  for (const std::string type : {"", "text/html", "text/plainer", "application/octet-stream"}) {
    reply.content_type = type;
    CHECK(why(reply) == "The policy is not text/plain");
  }
  CHECK(why(Policy(std::string(mailauth::kMaxStsPolicyBytes + 1, 'x'))) ==
        "The policy is too long");
  reply = Policy("");
  reply.error = "SSL certificate problem";
  CHECK(why(reply) == "SSL certificate problem");
}

TEST_CASE("A media type may have parameters") {
  Library library;
  library.Fetch("example.com");
  library.Resolve();
  http_client::HttpReply reply = Policy("x");
  reply.content_type = "Text/Plain; charset=utf-8";
  library.Reply(reply);
  REQUIRE(library.got);
  CHECK(*library.got);
}

TEST_CASE("A host that leads inside or nowhere is not asked") {
  Library library;
  library.Fetch("example.com");
  library.resolver.Answer({"203.0.113.5", "10.0.0.1"});
  library.Turn();
  CHECK(library.transport.open.empty());
  CHECK(library.Why() == "The host's address is forbidden");
  library.clock.Advance(milliseconds(http_client::AddressBook::kKeepMillis));
  library.Fetch("example.com");
  library.resolver.Fail();
  library.Turn();
  CHECK(library.Why() == "The host's name servers do not answer");
}

TEST_CASE("Who stops answers everybody") {
  Library library;
  library.Fetch("example.com");
  library.Resolve();
  int answers = 0;
  library.client.Fetch("example.net",
                       [&](const Result<std::string>& result) { answers += result ? 0 : 1; });
  library.client.Interrupt();
  library.client.Join();
  CHECK(answers == 1);
  CHECK(library.Why() == "The gateway stops");
  library.client.Fetch("example.org",
                       [&](const Result<std::string>& result) { answers += result ? 0 : 1; });
  CHECK(answers == 2);
}

TEST_CASE("Beyond a number of fetches at once they wait for their turn, but not for ever") {
  Library library;
  for (size_t i = 0; i < StsClient::kMostFetches + 2; ++i) {
    library.client.Fetch("d" + std::to_string(i) + ".example",
                         [&](Result<std::string> result) { library.got = std::move(result); });
  }
  library.Turn();
  library.Resolve();
  CHECK(library.transport.open.size() == StsClient::kMostFetches);
  library.Reply(Policy("x"));
  library.Resolve();
  CHECK(library.transport.open.size() == StsClient::kMostFetches);
  library.clock.Advance(milliseconds(StsClient::kLongestTurn + 1));
  library.Reply(Policy("y"));
  CHECK(library.Why() == "Too many policies are being fetched");
  CHECK(library.transport.open.size() == StsClient::kMostFetches - 1);
}

}  // namespace egd::smtp_client
