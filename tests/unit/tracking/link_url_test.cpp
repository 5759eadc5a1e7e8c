#include "daemon/tracking/link_url.h"

#include <catch2/catch.hpp>

namespace egd::tracking {
namespace {

std::string Url(std::string_view href, std::string_view base = {}) {
  return LinkUrl(href, base).value_or("none");
}

}  // namespace

TEST_CASE("a URL keeps its own spelling") {
  for (const std::string& url : std::vector<std::string>{
           "https://a.example", "http://a.example:8080/%7Euser/%c3%a4?sig=AbC%2B&x=a+b#F",
           "https://user:pass@a.example/..//b/./c", "https://192.0.2.7/",
           "https://[2001:db8::1]:443/x", "https://a_b.example/?q=*|EMAIL|*",
           "https://a.example/?{{ x }}"}) {
    if (url.find(' ') == std::string::npos) CHECK(Url(url) == url);
  }
  CHECK(Url("HTTPS://A.example/X") == "https://A.example/X");
}

TEST_CASE("what a browser takes out or puts in is taken out and put in") {
  CHECK(Url(" \x01\nhttps://a.example/b\t\r\nc \x1f") == "https://a.example/bc");
  CHECK(Url("https:\\\\a.example\\b?c\\d#\\") == "https://a.example/b?c\\d#\\");
  CHECK(Url("https:a.example/b") == "https://a.example/b");
  CHECK(Url("http:////a.example") == "http://a.example");
  CHECK(Url("https://a.example/a b\x7f") == "https://a.example/a%20b%7F");
  CHECK(Url("https://a.example/ü?ü#ü") == "https://a.example/%C3%BC?%C3%BC#%C3%BC");
  CHECK(Url("https://a.example/\xc3(\xff") == "https://a.example/%EF%BF%BD(%EF%BF%BD");
  CHECK(Url("https://bücher.example/") == "https://xn--bcher-kva.example/");
}

TEST_CASE("what is no URL for a browser is none here") {
  for (const std::string& href : std::vector<std::string>{
           "", "https", "https://", "https:///?x", "http://a.example:99999/", "http://a.example:x/",
           "http://[::1/", "http://a b/", "http://a^b/", "http://%00/", "http://1.2.3.256/",
           "http://1.2.3.4.5/", "http://user@/", "ftp://a.example/", "a.example:80/x",
           "//a.example", "http://xn--/", "javascript:x", "1http://a.example/"}) {
    INFO(href);
    CHECK(Url(href) == "none");
  }
}

TEST_CASE("a relative link is put behind its base") {
  const std::string base = "https://b.example/d/e?q#f";
  CHECK(Url("x", base) == "https://b.example/d/x");
  CHECK(Url("/x", base) == "https://b.example/x");
  CHECK(Url("\\x", base) == "https://b.example/x");
  CHECK(Url("?y", base) == "https://b.example/d/e?y");
  CHECK(Url("#y", base) == "https://b.example/d/e?q#y");
  CHECK(Url("//c.example/x", base) == "https://c.example/x");
  CHECK(Url("https:x", base) == "https://b.example/d/x");
  CHECK(Url("http:x", base) == "http://x");
  CHECK(Url("x", "https://b.example") == "https://b.example/x");
  CHECK(Url("?x", "https://b.example") == "https://b.example?x");
}

}  // namespace egd::tracking
