#include "shared/base/strings.h"

#include <map>

#include <catch2/catch.hpp>

namespace egd {
namespace {

TEST_CASE("letters change case in ASCII only") {
  CHECK(Lower("AbZ-09") == "abz-09");
  CHECK(Lower("\xc3\x84") == "\xc3\x84");
  CHECK(EqualsIgnoreCase("Content-Type", "content-TYPE"));
  CHECK(!EqualsIgnoreCase("a", "ab"));
  CHECK(!EqualsIgnoreCase("[", "{"));  // differ by the case bit alone
}

TEST_CASE("LessIgnoreCase makes a map's keys case-insensitive") {
  std::map<std::string, int, LessIgnoreCase> map = {{"DomainID", 1}};
  CHECK(map.count(std::string_view("domainid")) == 1);
  CHECK(map.count(std::string_view("domaini")) == 0);
}

TEST_CASE("Trim takes SP HT CR LF off both ends") {
  CHECK(Trim(" \t\r\n a b \n") == "a b");
  CHECK(Trim(" \n").empty());
  CHECK(Trim("").empty());
  CHECK(Trim("\va") == "\va");
}

TEST_CASE("Split keeps empty parts, Join undoes it") {
  using Parts = std::vector<std::string_view>;
  CHECK(Split("", ',') == Parts{""});
  CHECK(Split("a,,b,", ',') == Parts{"a", "", "b", ""});
  CHECK(Join({"a", "", "b"}, ", ") == "a, , b");
  CHECK(Join({}, ",").empty());
}

TEST_CASE("ParseInteger takes the whole text or nothing") {
  CHECK(ParseInteger("0") == 0);
  CHECK(ParseInteger("-12") == -12);
  CHECK(ParseInteger("9223372036854775807") == INT64_MAX);
  for (const auto* wrong :
       {"", "-", "+1", " 1", "1 ", "1.0", "0x1", "9223372036854775808", "1e3"}) {
    CAPTURE(wrong);
    CHECK(!ParseInteger(wrong));
  }
}

TEST_CASE("IsUtf8 accepts what RFC 3629 section 4 allows and no more") {
  for (const auto* good : {"", "plain", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf",
                           "\xee\x80\x80", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"}) {
    CAPTURE(good);
    CHECK(IsUtf8(good));
  }
  for (const auto* wrong :
       {"\x80", "\xc2", "\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xe2\x82", "\xed\xa0\x80",
        "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "a\xc2z"}) {
    CAPTURE(wrong);
    CHECK(!IsUtf8(wrong));
  }
  CHECK(IsUtf8(std::string_view("\0", 1)));
}

TEST_CASE("HasControl and IsUtf8 see every byte at every place of a long text") {
  for (int byte = 0; byte < 256; ++byte) {
    for (size_t at = 0; at < 20; ++at) {
      std::string text(20, 'x');
      text[at] = char(byte);
      INFO("byte " << byte << " at " << at);
      CHECK(HasControl(text) == (byte < 0x20 || byte == 0x7f));
      CHECK(IsUtf8(text) == (byte < 0x80));
    }
  }
}

TEST_CASE("HasControl finds C0, DEL and C1, also beside broken bytes") {
  for (const auto text :
       {std::string_view("\0", 1), std::string_view("a\nb"), std::string_view("\x7f"),
        std::string_view("\xc2\x80"), std::string_view("\xc2\x9f"), std::string_view("\xff\n"),
        std::string_view("\xc2\n")}) {
    CHECK(HasControl(text));
  }
  for (const auto text : {"", "plain ~", "\xc2\xa0", "\xc3\x84", "\xff"}) {
    CAPTURE(text);
    CHECK(!HasControl(text));
  }
}

TEST_CASE("Printable leaves nothing that could forge a line") {
  CHECK(Printable("Grüße") == "Grüße");
  CHECK(Printable("a\r\nb\x1b[31m") == "a\\x0d\\x0ab\\x1b[31m");
  CHECK(Printable("\xff\xc2\x85") == "\\xff\\xc2\\x85");
  CHECK(Printable(std::string_view("\0", 1)) == "\\x00");
  CHECK(Printable("a\u2028b\u202ec\u2066d") == "a\\xe2\\x80\\xa8b\\xe2\\x80\\xaec\\xe2\\x81\\xa6d");
  CHECK(Printable("\u2027\u202f\u2065\u206a€") == "\u2027\u202f\u2065\u206a€");
}

TEST_CASE("Nearest suggests a typo's correction and nothing far-fetched") {
  const std::vector<std::string> commands = {"adddomain", "getdomain", "getdomains",
                                             "deletedomain"};
  CHECK(Nearest("adddomian", commands) == "adddomain");
  CHECK(Nearest("GETDOMAIN", commands) == "getdomain");
  CHECK(Nearest("getdomainz", commands) == "getdomain");  // the first of equals
  CHECK(!Nearest("sendemail", commands));
  CHECK(!Nearest("x", {"yz"}));
  CHECK(!Nearest("anything", {}));
}

}  // namespace
}  // namespace egd
