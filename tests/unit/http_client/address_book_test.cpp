// Hosts to checked addresses.
#include "daemon/http_client/address_book.h"

#include <catch2/catch.hpp>

#include "tests/unit/http_client/fakes.h"

namespace egd::http_client {
namespace {

struct Book {
  // "ok" and the addresses, or the error's kind.
  std::string Ask(const std::string& url) {
    book.Find(*ParseHttpUrl(url), [this](const Result<AddressBook::Addresses>& found) {
      said = found ? "ok" : std::string(Name(found.error().kind));
      if (!found) return;
      for (const auto& address : *found) said += " " + address.ToString();
    });
    return std::exchange(said, "");
  }
  std::string Hear() {
    inbox->Run();
    return std::exchange(said, "");
  }

  FakeClock clock;
  SlowResolver resolver;
  core::AddressGuard guard{{*core::IpNetwork::Parse("10.1.0.0/16")},
                           {*core::IpAddress::Parse("198.41.0.4")}};
  std::shared_ptr<Inbox> inbox = std::make_shared<Inbox>([] {});
  AddressBook book{resolver, guard, clock, inbox};
  std::string said;
};

const std::string kForbiddenName(Name(ErrorKind::kForbidden));

}  // namespace

TEST_CASE("addresses in a URL are judged without asking") {
  Book b;
  CHECK(b.Ask("http://93.184.216.34/") == "ok 93.184.216.34");
  CHECK(b.Ask("http://10.1.2.3/") == "ok 10.1.2.3");
  for (const char* url :
       {"http://127.0.0.1/", "http://2130706433/", "http://0x7f.1/", "http://0177.0.0.1/",
        "http://localhost/", "http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://10.2.0.1/",
        "http://[64:ff9b::7f00:1]/", "http://[64:ff9b::a9fe:a9fe]/", "http://169.254.169.254/",
        "http://[fe80::1]/", "http://[fd00::1]/", "http://0.0.0.0/", "http://198.41.0.4/"}) {
    INFO(url);
    CHECK(b.Ask(url) == kForbiddenName);
  }
  CHECK(b.resolver.open.empty());
}

TEST_CASE("a name is looked up in both families, and kept for half a minute") {
  Book b;
  CHECK(b.Ask("https://hooks.example/").empty());
  CHECK(b.Ask("https://hooks.example/other").empty());
  CHECK(b.resolver.open.size() == 2);
  b.resolver.Answer({"93.184.216.34"}, {"2606:2800:220:1::1"});
  CHECK(b.Hear() == "ok 93.184.216.34 2606:2800:220:1::1");
  CHECK(b.Ask("https://HOOKS.example/") == "ok 93.184.216.34 2606:2800:220:1::1");
  b.clock.Advance(std::chrono::seconds(31));
  CHECK(b.Ask("https://hooks.example/").empty());
  b.resolver.Answer({"127.0.0.1"});
  CHECK(b.Hear() == kForbiddenName);
}

TEST_CASE("one forbidden address among public ones refuses the host") {
  Book b;
  b.Ask("https://hooks.example/");
  b.resolver.Answer({"93.184.216.34", "10.0.0.1"});
  CHECK(b.Hear() == kForbiddenName);
  b.Ask("https://other.example/");
  b.resolver.Answer({"93.184.216.34"}, {"::ffff:192.168.0.1"});
  CHECK(b.Hear() == kForbiddenName);
}

TEST_CASE("no address and no answer are told apart, and asked again soon") {
  Book b;
  b.Ask("https://hooks.example/");
  b.resolver.Answer({});
  CHECK(b.Hear() == Name(ErrorKind::kNotFound));
  CHECK(b.Ask("https://hooks.example/") == Name(ErrorKind::kNotFound));
  b.clock.Advance(std::chrono::seconds(6));
  b.Ask("https://hooks.example/");
  b.resolver.Fail();
  CHECK(b.Hear() == Name(ErrorKind::kUnavailable));
}

TEST_CASE("an answer after the end is dropped") {
  Book b;
  b.Ask("https://hooks.example/");
  b.inbox->Close();
  b.resolver.Answer({"93.184.216.34"});
  CHECK(b.Hear().empty());
}

}  // namespace egd::http_client
