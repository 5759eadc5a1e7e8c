#include "shared/spf/record.h"

#include <catch2/catch.hpp>

namespace egd::spf {
namespace {

bool IsWellFormed(const std::string& terms) {
  return bool(Parse("v=spf1 " + terms));
}

std::string WhyNot(const std::string& terms) {
  const auto record = Parse("v=spf1 " + terms);
  return record ? "" : record.error().public_text;
}

}  // namespace

TEST_CASE("An SPF record begins with its version and a space, or is the version alone") {
  CHECK(IsSpf("v=spf1"));
  CHECK(IsSpf("V=SPF1 -all"));
  CHECK_FALSE(IsSpf("v=spf10 -all"));
  CHECK_FALSE(IsSpf("v=spf1\t-all"));
  CHECK_FALSE(IsSpf(" v=spf1 -all"));
  CHECK_FALSE(IsSpf("v=spf"));
}

TEST_CASE("A text that only looks like an SPF record is told apart") {
  for (const char* text :
       {"v=spf1\t-all", " v=spf1 -all", "\"v=spf1 -all\"", "v=spf2.0/pra", "'V=SPF1 a"}) {
    CAPTURE(text);
    CHECK(IsMistakenForSpf(text));
  }
  CHECK_FALSE(IsMistakenForSpf("v=spf1 -all"));
  CHECK_FALSE(IsMistakenForSpf("v=DMARC1; p=none"));
  CHECK_FALSE(IsMistakenForSpf(""));
}

TEST_CASE("Every mechanism takes what the grammar allows and nothing else") {
  for (const char* terms : {"",
                            "  a   mx  ",
                            "all",
                            "+ALL ~all",
                            "a",
                            "a:mail.example.org",
                            "a:mail.example.org.",
                            "A/0",
                            "a/32//128",
                            "a//0",
                            "mx:x-1.example.co/24//48",
                            "ptr",
                            "ptr:example.org",
                            "ip4:192.0.2.1",
                            "ip4:192.0.2.0/24",
                            "ip6:2001:db8::",
                            "IP6:2001:DB8::/32",
                            "ip6:::ffff:192.0.2.1/128",
                            "exists:%{i}._spf.%{d}",
                            "include:_spf.example.org",
                            "a:a:b/c.example.org",
                            "a:_x.123.museum",
                            "-a ?mx ~include:x.example"}) {
    CAPTURE(terms);
    CHECK(WhyNot(terms).empty());
  }
  for (const char* terms : {"all.",
                            "all:x.example",
                            "all/8",
                            "-",
                            "+",
                            "a:",
                            "a/",
                            "a/33",
                            "a/032",
                            "a//129",
                            "a//",
                            "a/24/64",
                            "a///64",
                            "a/-1",
                            "a:example",
                            "a:example.",
                            "a:192.0.2.1",
                            "a:example.org:25",
                            "a:example.-org",
                            "a:example.org-",
                            "a:example.o_g",
                            "mx:",
                            "mx/99",
                            "ptr:",
                            "ptr/0",
                            "ptr:a",
                            "ip4",
                            "ip4:",
                            "ip4:192.0.2",
                            "ip4:192.0.2.01",
                            "ip4:192.0.2.1/",
                            "ip4:192.0.2.1/33",
                            "ip4:192.0.2.1//32",
                            "ip4:192.0.2.1:25",
                            "ip4:2001:db8::1",
                            "ip6",
                            "ip6:2001:db8::/129",
                            "ip6:192.0.2.1",
                            "ip6::1::2",
                            "ip6:::1//64",
                            "ip6:fe80::1%eth0",
                            "include",
                            "include:",
                            "include:example.org/24",
                            "exists",
                            "exists:",
                            "exists:x.example/8",
                            "redirect:x.example",
                            "foo",
                            "foo:bar.example",
                            "a,mx",
                            "+-all"}) {
    CAPTURE(terms);
    CHECK_FALSE(IsWellFormed(terms));
  }
}

TEST_CASE("Modifiers: known ones once and with a domain, unknown ones with any macro-string") {
  for (const char* terms :
       {"redirect=_spf.example.org", "exp=why.%{d} -all", "x-1.y_z=a:b/c=d", "x= -all",
        "x=%{d}%%%_%-", "Redirect=example.org exp=%{d}", "default=+", "x=1 x=2"}) {
    CAPTURE(terms);
    CHECK(WhyNot(terms).empty());
  }
  for (const char* terms :
       {"redirect=", "redirect=-all", "redirect=x", "redirect=a.example redirect=a.example",
        "exp=", "exp=-all", "exp=a.example EXP=b.example", "=x", "1x=y", "-x=y", "x=%", "x=%a",
        "x=%{a}", "x=%{d", "x=%{c}", "exp=%{r}.example.org", "redirect=a.example/24"}) {
    CAPTURE(terms);
    CHECK_FALSE(IsWellFormed(terms));
  }
}

TEST_CASE("Macros: letters, counts above zero, reversal and delimiters") {
  for (const char* terms :
       {"a:%{d}", "a:%{D2R.-+,/_=}", "exists:%{ir}.%{v}._spf.%{d2}", "include:%{l1r-}.x.example",
        "a:%{d999999999999999999999}", "exists:%%%_%-.example.org", "a:x.%{h}/24//64"}) {
    CAPTURE(terms);
    CHECK(WhyNot(terms).empty());
  }
  for (const char* terms :
       {"a:%{}", "a:%{d0}.example", "a:%{dd}", "a:%{d-r}", "a:%{d!}", "a:%{x}", "a:%{t}", "a:%(d)",
        "a:%.example.org", "a:example.org%", "a:%{d}org", "a:%{d}.o%%g"}) {
    CAPTURE(terms);
    CHECK_FALSE(IsWellFormed(terms));
  }
}

TEST_CASE("Only visible ASCII can be in a record") {
  CHECK_FALSE(IsWellFormed("a\tmx"));
  CHECK_FALSE(IsWellFormed("a:x.example\r"));
  CHECK_FALSE(IsWellFormed(std::string("a:x.example\0", 12)));
  CHECK_FALSE(
      IsWellFormed("a:b\xc3\xbc"
                   "cher.example"));
  CHECK_FALSE(IsWellFormed("x=\x7f"));
}

TEST_CASE("An error names the term and what is wrong with it") {
  CHECK(WhyNot("a mx/33 -all") == "\"mx/33\" has a prefix length that is not 0 to 32");
  CHECK(WhyNot("a:192.0.2.1") ==
        "\"a:192.0.2.1\" names no domain: its last label is a number (an address belongs after "
        "ip4: or ip6:)");
  CHECK(WhyNot("exp=%{c}.example.org") ==
        "\"exp=%{c}.example.org\" uses the macro c, which only explanations may");
  CHECK(WhyNot("redirect=a.example redirect=b.example") ==
        "\"redirect=b.example\" is the second redirect= of the record");
}

TEST_CASE("A domain-spec expands where only the domain matters") {
  CHECK(Expand("%{d}", "mail.example.com") == "mail.example.com");
  CHECK(Expand("_spf.%{d2}", "mail.example.com") == "_spf.example.com");
  CHECK(Expand("%{O1r}.x", "mail.example.com") == "mail.x");
  CHECK(Expand("%{dr-.}.x", "a-b.c") == "c.b.a.x");
  CHECK(Expand("a%%b%_c%-.x", "d") == "a%b c%20.x");
  CHECK(Expand("%{i}.%{d}", "example.com").empty());
  CHECK(Expand("x.example", "d") == "x.example");
  const std::string label(60, 'a'), domain = label + "." + label + "." + label + ".example.com";
  CHECK(Expand("gone.%{d}.%{d2}.much.much.much.much.much.much.much.much.much", domain) ==
        domain + ".example.com.much.much.much.much.much.much.much.much.much");
}

}  // namespace egd::spf
