#include "shared/base/encoding.h"

#include <catch2/catch.hpp>

#include "shared/base/random.h"

namespace egd {
namespace {

TEST_CASE("base64 gives the vectors of RFC 4648 section 10") {
  const std::pair<const char*, const char*> kVectors[] = {{"", ""},
                                                          {"f", "Zg=="},
                                                          {"fo", "Zm8="},
                                                          {"foo", "Zm9v"},
                                                          {"foob", "Zm9vYg=="},
                                                          {"fooba", "Zm9vYmE="},
                                                          {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : kVectors) {
    CHECK(Base64(bytes) == text);
    CHECK(FromBase64(text) == bytes);
  }
}

TEST_CASE("base64 decoding is strict") {
  for (const auto* wrong : {"Z", "Zg", "Zg=", "Zg===", "=Zg=", "Zg==Zg==", "Zh==", "Zm9=", "Zm9v\n",
                            "Zm 9v", "Zm9-", "Zm9_", "===="}) {
    CAPTURE(wrong);
    CHECK(!FromBase64(wrong));
  }
}

TEST_CASE("base64 skips white space only when told to") {
  CHECK(FromBase64("Zm9v\r\n YmFy\t", true) == "foobar");
  CHECK(!FromBase64("Zm9v\r\nYmFy"));
  CHECK(!FromBase64("Zm9v\fYmFy", true));
}

TEST_CASE("base64url has its own alphabet and no padding") {
  CHECK(Base64Url("\xfb\xff") == "-_8");
  CHECK(FromBase64Url("-_8") == "\xfb\xff");
  for (const auto* wrong : {"-_8=", "+/8", "A", "-_9"}) {
    CAPTURE(wrong);
    CHECK(!FromBase64Url(wrong));
  }
}

TEST_CASE("hexadecimal goes both ways") {
  CHECK(Hex(std::string_view("\x00\x0f\xff", 3)) == "000fff");
  CHECK(FromHex("000FfF") == std::string("\x00\x0f\xff", 3));
  CHECK(!FromHex("0"));
  CHECK(!FromHex("0g"));
  CHECK(!FromHex("0 "));
}

TEST_CASE("every length of random bytes survives each encoding") {
  for (size_t length = 0; length < 70; ++length) {
    const std::string bytes = RandomBytes(length);
    CHECK(FromBase64(Base64(bytes)) == bytes);
    CHECK(FromBase64Url(Base64Url(bytes)) == bytes);
    CHECK(FromHex(Hex(bytes)) == bytes);
  }
}

}  // namespace
}  // namespace egd
