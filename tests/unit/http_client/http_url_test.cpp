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
        "javascript:alert(1)", "http://example.com\\@127.0.0.1/", "//example.com/"}) {
    CHECK_FALSE(ParseHttpUrl(text));
  }
  CHECK_FALSE(ParseHttpUrl("http://example.com/" + std::string(2048, 'a')));
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
