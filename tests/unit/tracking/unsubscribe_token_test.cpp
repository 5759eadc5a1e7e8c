#include "daemon/tracking/unsubscribe_token.h"

#include <catch2/catch.hpp>

namespace egd::tracking {
namespace {

// No MAC at all, but it depends on key and text, which is what these tests need.
Mac ToyMac(uint8_t key) {
  return [key](std::string_view text) {
    std::string mac(32, char(key));
    for (size_t i = 0; i < text.size(); ++i) {
      mac[i % 16] = char(uint8_t(mac[i % 16]) * 31 + uint8_t(text[i]));
    }
    return mac;
  };
}

Unsubscribe Example() {
  return {0x0102030405060708, *Uuid::Parse("0190c2f0-7b9e-7d4c-8a53-2f6f1e0d9b11"), 0,
          "jörg@example.com"};
}

TEST_CASE("a token gives back what it was made of") {
  const std::string token = MakeUnsubscribeToken(Example(), ToyMac(1));
  CHECK(ReadUnsubscribeToken(token, ToyMac(1)) == Example());
  CHECK(
      token.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") ==
      std::string::npos);
}

TEST_CASE("another key, a changed, a cut or an invented token is refused") {
  const std::string token = MakeUnsubscribeToken(Example(), ToyMac(1));
  CHECK_FALSE(ReadUnsubscribeToken(token, ToyMac(2)));
  for (size_t i = 0; i < token.size(); ++i) {
    std::string changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    CHECK_FALSE(ReadUnsubscribeToken(changed, ToyMac(1)));
    CHECK_FALSE(ReadUnsubscribeToken(token.substr(0, i), ToyMac(1)));
  }
  CHECK_FALSE(ReadUnsubscribeToken(std::string(100'000, 'A'), ToyMac(1)));
  CHECK_FALSE(ReadUnsubscribeToken("not base64!", ToyMac(1)));
}

TEST_CASE("the link") {
  CHECK(UnsubscribeUrl("https", "track-sl.example.com", "abc") ==
        "https://track-sl.example.com/u/abc");
}

}  // namespace
TEST_CASE("the token of list mail names its list") {
  Unsubscribe unsubscribe = Example();
  unsubscribe.list_id = 7;
  const std::string token = MakeUnsubscribeToken(unsubscribe, ToyMac(1));
  CHECK(ReadUnsubscribeToken(token, ToyMac(1)) == unsubscribe);
  CHECK_FALSE(ReadUnsubscribeToken(token, ToyMac(2)));
}

}  // namespace egd::tracking
