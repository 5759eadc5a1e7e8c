#include "daemon/core/email_address.h"

#include <optional>

#include <catch2/catch.hpp>

namespace egd::core {
namespace {

std::optional<std::string> Text(std::string_view text) {
  const auto address = ParseEmailAddress(text);
  if (!address) return std::nullopt;
  return address->Text();
}

}  // namespace

TEST_CASE("An address keeps the case of its local part, not of its domain") {
  const auto address = ParseEmailAddress("Jane.Doe+news@Example.COM");
  REQUIRE(address);
  CHECK(address->local == "Jane.Doe+news");
  CHECK(address->domain == "example.com");
  CHECK_FALSE(address->non_ascii_local);
}

TEST_CASE("Every atext character may stand in a local part") {
  CHECK(Text("a!#$%&'*+-/=?^_`{|}~1@example.com") == "a!#$%&'*+-/=?^_`{|}~1@example.com");
}

TEST_CASE("Internationalised addresses: domain to A-labels, local part as it is") {
  const auto address = ParseEmailAddress("jürgen@bücher.example");
  REQUIRE(address);
  CHECK(address->local == "jürgen");
  CHECK(address->domain == "xn--bcher-kva.example");
  CHECK(address->non_ascii_local);
  CHECK_FALSE(ParseEmailAddress("jane@bücher.example")->non_ascii_local);
}

TEST_CASE("Quoting is reduced to what is needed, so one mailbox has one spelling") {
  CHECK(Text("\"jane\"@example.com") == "jane@example.com");
  CHECK(Text("\"ja\\ne\"@example.com") == "jane@example.com");
  CHECK(Text("\"jane doe\"@example.com") == "\"jane doe\"@example.com");
  CHECK(Text("\"a@b\"@example.com") == "\"a@b\"@example.com");
  CHECK(Text("\"a\\\"b\\\\c\"@example.com") == "\"a\\\"b\\\\c\"@example.com");
  CHECK(Text("\"a..b\"@example.com") == "a..b@example.com");
  CHECK(Text("\".ab\"@example.com") == "\".ab\"@example.com");
  CHECK(Text("\"\"@example.com") == "\"\"@example.com");
  CHECK(Text("\"jü rgen\"@example.com") == "\"jü rgen\"@example.com");
}

TEST_CASE("Dots in a row or before the @ need no quotes: such mailboxes exist") {
  CHECK(Text("try..this@docomo.example.jp") == "try..this@docomo.example.jp");
  CHECK(Text("that.@docomo.example.jp") == "that.@docomo.example.jp");
}

TEST_CASE("Domains are taken by their A-labels, also those that IDNA would not make today") {
  CHECK(Text("x@xn--sw8hj0a.ws") == "x@xn--sw8hj0a.ws");
}

TEST_CASE("A refused address is told why") {
  const auto why = [](std::string_view text) {
    return ParseEmailAddress(text).error().public_text;
  };
  CHECK(why("") == "is empty");
  CHECK(why("jane") == "has no @");
  CHECK(why("@example.com") == "has nothing before the @");
  CHECK(why("jane@") == "has nothing after the @");
  CHECK(why(".jane@example.com") == "begins with a dot");
  CHECK(why("ja ne@example.com") == "has a space in it");
  CHECK(why("jane@@example.com") == "has more than one @");
  CHECK(why("Jane <jane@example.com>") == "has angle brackets; give the bare address");
  CHECK(why("<jane@example.com>") == "has angle brackets; give the bare address");
  CHECK(why("a@example.com,b@example.com") == "has more than one @");
  CHECK(why("a,b@example.com") == "holds more than one address; give them one by one");
  CHECK(why("a:b@example.com") == "has the character : before the @, which needs quotes there");
  CHECK(why("jane@example.com ") == "has something after its domain; give the bare address");
  CHECK(why("jane@example.com.") == "ends with a dot");
  CHECK(why("jane@example..com") == "has two dots in a row in its domain");
  CHECK(why("jane@localhost") == "has a domain without a dot");
  CHECK(why("jane@192.0.2.1") == "has an IP address in place of a domain");
  CHECK(why("jane@[192.0.2.1]") == "has an address literal in place of a domain");
  CHECK(why("jane@exam_ple.com") == "has a domain that is no host name");
  CHECK(why("ja\r\nne@example.com") == "has a line break or another control character in it");
  CHECK(why("ja\xffne@example.com") == "is not UTF-8");
  CHECK(why(std::string(65, 'a') + "@example.com") == "has more than 64 bytes before the @");
}

TEST_CASE("What is not an address is refused") {
  const std::string_view bad[] = {
      "",
      "@",
      "jane",
      "jane@",
      "@example.com",
      "jane@localhost",
      "jane@com",
      "jane@@example.com",
      "jane@example..com",
      "jane@example.com.",
      "jane@.example.com",
      "jane@-example.com",
      ".jane@example.com",
      "..@example.com",
      "ja ne@example.com",
      " jane@example.com",
      "jane@example.com ",
      "<jane@example.com>",
      "Jane <jane@example.com>",
      "jane@example.com, joe@example.com",
      "jane(comment)@example.com",
      "ja\"ne@example.com",
      "\"jane@example.com",
      "jane\"@example.com",
      "\"ja\"ne\"@example.com",
      "\"jane\\\"@example.com",
      "\"\\ü\"@example.com",
      "\"@example.com",
      "jane@[192.0.2.1]",
      "jane@192.0.2.1",
      "jane@[IPv6:::1]",
      "jane@exam_ple.com",
      "a,b@example.com",
      "a;b@example.com",
      "a:b@example.com",
      "a\\b@example.com",
      "jane@example.com\r\nBcc: x@example.com",
      "ja\r\nne@example.com",
      "\"ja\nne\"@example.com",
      "\"ja\tne\"@example.com",
      "ja\x7fne@example.com",
      "ja\xc2\x85ne@example.com",
      "ja\xffne@example.com",
      "ja\xc0\xaene@example.com",
      "ja\xed\xa0\x80ne@example.com",
  };
  for (const auto text : bad) {
    CAPTURE(text);
    CHECK(Text(text) == std::nullopt);
  }
  CHECK(Text(std::string_view("ja\0ne@example.com", 17)) == std::nullopt);
}

TEST_CASE("Addresses are bounded: 64 before the at sign, 254 in all") {
  CHECK(Text(std::string(64, 'a') + "@example.com"));
  CHECK_FALSE(Text(std::string(65, 'a') + "@example.com"));
  CHECK(Text("\"" + std::string(62, ' ') + "\"@example.com"));
  CHECK_FALSE(Text("\"" + std::string(63, ' ') + "\"@example.com"));
  const std::string label(61, 'b');
  const std::string domain = label + "." + label + "." + label + ".com";  // 189
  CHECK(Text(std::string(64, 'a') + "@" + domain).value().size() == 254);
  CHECK_FALSE(Text(std::string(64, 'a') + "@b" + domain));
  CHECK_FALSE(Text(std::string(1'000'000, 'a') + "@example.com"));
  CHECK_FALSE(Text(std::string(1'000'000, '@')));
}

}  // namespace egd::core
