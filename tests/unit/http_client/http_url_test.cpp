#include "daemon/http_client/http_url.h"

#include <catch2/catch.hpp>

namespace egd::http_client {

TEST_CASE("an http or https URL is taken") {
  const auto url = ParseHttpUrl("HTTPS://Hooks.Example.com:8443/a?b=c");
  REQUIRE(url);
  CHECK(url->host == "hooks.example.com");
  CHECK_FALSE(url->address);
  CHECK(ParseHttpUrl("http://example.com"));
}

TEST_CASE("anything else is refused") {
  for (const char* text :
       {"", "example.com/hook", "ftp://example.com/", "file:///etc/passwd", "http://",
        "http://user:secret@example.com/", "http://exa mple.com/", "http://example.com/\r\nX: y",
        "javascript:alert(1)", "http://example.com\\@127.0.0.1/", "//example.com/", "http:///x",
        "http:/example.com/", "http:example.com", "http://example.com:0/", "http://:80/",
        "http://a..example.com/", "http://ex!ample.com/", "http://\xef\xbc\x91.\xef\xbc\x92/"}) {
    CAPTURE(text);
    CHECK_FALSE(ParseHttpUrl(text));
  }
  CHECK_FALSE(ParseHttpUrl("http://example.com/" + std::string(2048, 'a')));
}

TEST_CASE("a host outside ASCII is connected to by its A-labels") {
  for (const char* text :
       {"http://b\xc3\xbc"
        "cher.example:8080/x?y",
        "http://B%C3%9Ccher.example:8080/x?y", "http://xn--bcher-kva.example:8080/x?y"}) {
    const auto url = ParseHttpUrl(text);
    REQUIRE(url);
    CHECK(url->host == "xn--bcher-kva.example");
    CHECK(url->text == "http://xn--bcher-kva.example:8080/x?y");
  }
  CHECK(ParseHttpUrl("http://my_service:8080/"));
  CHECK(ParseHttpUrl("https://xn--sw8hj0a.ws/"));
}

TEST_CASE("a refusal says why") {
  const auto why = [](const char* text) { return ParseHttpUrl(text).error().public_text; };
  CHECK(why("ftp://example.com/") == "is not an http or https URL");
  CHECK(why("http:///x") == "names no host");
  CHECK(why("http://example.com:0/") == "names port 0, which nothing can listen on");
  CHECK(why("http://a b/") == "has spaces, backslashes or control characters in it");
  CHECK(why("http://me:pw@example.com/") == "has a user name or password in it");
  CHECK(why("http://a..example/") == "has a host that no name server could know");
}

TEST_CASE("an address is seen in every spelling") {
  for (const char* text : {"http://127.0.0.1/", "http://2130706433/", "http://0177.0.0.1/",
                           "http://0x7f.1/", "http://127.1/", "http://localhost/",
                           "http://hook.localhost./", "http://[::ffff:127.0.0.1]/"}) {
    const auto url = ParseHttpUrl(text);
    REQUIRE(url);
    REQUIRE(url->address);
    CHECK(url->address->ToString() == "127.0.0.1");
  }
  CHECK(ParseHttpUrl("http://[2001:db8::1]:8080/")->address->ToString() == "2001:db8::1");
}

}  // namespace egd::http_client
