#include "daemon/core/host_name.h"

#include <catch2/catch.hpp>

namespace egd::core {

TEST_CASE("A host name is lower-cased and loses its trailing dot") {
  CHECK(NormalizeHostName("Example.COM") == "example.com");
  CHECK(NormalizeHostName("example.com.") == "example.com");
  CHECK(NormalizeHostName("localhost") == "localhost");
  CHECK(NormalizeHostName("3com.com") == "3com.com");
  CHECK(NormalizeHostName("r3---sn-abc.example.com") == "r3---sn-abc.example.com");
}

TEST_CASE("Internationalised names become A-labels, non-transitionally") {
  CHECK(NormalizeHostName("bücher.example") == "xn--bcher-kva.example");
  CHECK(NormalizeHostName("BÜCHER.example") == "xn--bcher-kva.example");
  CHECK(NormalizeHostName("straße.de") == "xn--strae-oqa.de");  // transitional would be strasse.de
  CHECK(NormalizeHostName("例え。テスト") == "xn--r8jz45g.xn--zckzah");
  CHECK(NormalizeHostName("XN--BCHER-KVA.example") == "xn--bcher-kva.example");
  CHECK(NormalizeHostName("ｅｘａｍｐｌｅ.com") == "example.com");
}

TEST_CASE("An A-label is taken as it is in the DNS, though IDNA would not make it today") {
  CHECK(NormalizeHostName("XN--SW8HJ0A.ws") == "xn--sw8hj0a.ws");
  CHECK(NormalizeHostName("xn--ls8h.la.") == "xn--ls8h.la");
  CHECK_FALSE(NormalizeHostName("xn--zzzzzzzzzzzzz99999999.com"));
  CHECK_FALSE(NormalizeHostName("xn--example-.com"));
}

TEST_CASE("The organisational domain is what somebody registered") {
  CHECK(OrganisationalDomain("a.b.example.co.uk") == "example.co.uk");
  CHECK(OrganisationalDomain("example.com") == "example.com");
  CHECK(OrganisationalDomain("x.someone.github.io") == "someone.github.io");
  CHECK(OrganisationalDomain("co.uk").empty());
}

TEST_CASE("What is not a host name is refused") {
  const std::string_view bad[] = {
      "",
      ".",
      "..",
      "example..com",
      ".example.com",
      "example.com..",
      "-a.com",
      "a-.com",
      "a_b.com",
      "a b.com",
      " example.com",
      "example.com ",
      "exa\tmple.com",
      "exa\nmple.com",
      "example.com\n",
      "a/b.com",
      "a:b",
      "a@b.com",
      "*.example.com",
      "[192.0.2.1]",
      "192.0.2.1",
      "192.0.2.1.",
      "127.1",
      "2130706433",
      "0x7f.0x1",
      "１２７.0.0.１",
      "::1",
      "fe80::1",
      "example.123",
      "xn--.com",
      "xn--a.com",
      "xn--ls8h=.com",
      "\xff\xfe.com",
      "a\xcc.com",
      "a\x7f.com",
  };
  for (const auto text : bad) CHECK(NormalizeHostName(text) == std::nullopt);
  CHECK(NormalizeHostName(std::string_view("a\0.com", 6)) == std::nullopt);
  CHECK(NormalizeHostName(std::string_view("bü\0cher.com", 12)) == std::nullopt);
}

TEST_CASE("Host names are bounded: 63 a label, 253 in all") {
  const std::string label(63, 'a');
  CHECK(NormalizeHostName(label + ".com"));
  CHECK_FALSE(NormalizeHostName(label + "a.com"));
  const std::string name = label + "." + label + "." + label + "." + std::string(61, 'b');
  REQUIRE(name.size() == 253);
  CHECK(NormalizeHostName(name));
  CHECK(NormalizeHostName(name + "."));
  CHECK_FALSE(NormalizeHostName(name + "b"));
  CHECK_FALSE(NormalizeHostName(std::string(1'000'000, 'a')));
  std::string umlauts;
  for (int i = 0; i < 300; ++i) umlauts += "ü";
  CHECK_FALSE(NormalizeHostName(umlauts + ".com"));
}

TEST_CASE("A domain name has at least two labels") {
  CHECK(NormalizeDomainName("Example.com") == "example.com");
  CHECK_FALSE(NormalizeDomainName("localhost"));
  CHECK_FALSE(NormalizeDomainName("com."));
}

TEST_CASE("Public suffixes are known, private registries among them") {
  CHECK(IsPublicSuffix("co.uk"));
  CHECK(IsPublicSuffix("com"));
  CHECK(IsPublicSuffix("github.io"));
  CHECK(IsPublicSuffix("foo.ck"));  // *.ck
  CHECK(IsPublicSuffix("xn--p1ai"));
  CHECK_FALSE(IsPublicSuffix("www.ck"));  // !www.ck
  CHECK_FALSE(IsPublicSuffix("example.co.uk"));
  CHECK_FALSE(IsPublicSuffix("example.com"));
  CHECK_FALSE(IsPublicSuffix("example.test"));
}

TEST_CASE("A name is within its own domain and those above it") {
  CHECK(IsWithinDomain("example.com", "example.com"));
  CHECK(IsWithinDomain("news.example.com", "example.com"));
  CHECK_FALSE(IsWithinDomain("badexample.com", "example.com"));
  CHECK_FALSE(IsWithinDomain("example.com", "news.example.com"));
  CHECK_FALSE(IsWithinDomain("example.org", "example.com"));
}

}  // namespace egd::core
