#include "daemon/tracking/hit_token.h"

#include <catch2/catch.hpp>

namespace egd::tracking {
namespace {

// No MAC at all, but every octet of it depends on key and text, which is what these tests need.
Mac ToyMac(uint32_t key) {
  return [key](std::string_view text) {
    uint32_t state = key + 1;
    for (const char c : text) state = (state ^ uint8_t(c)) * 16777619;
    std::string mac;
    for (int i = 0; i < 32; ++i) mac += char((state = state * 1664525 + 1013904223) >> 24);
    return mac;
  };
}

HitToken Click(const std::string& url) {
  HitToken token;
  token.click = true;
  token.message_id = *Uuid::FromBytes("0123456789abcdef");
  token.recipient = "jane@example.net";
  token.link_index = 300;
  token.links = 301;
  token.url = url;
  if (url.empty()) token.url_digest = "0123456789ABCDEF";
  return token;
}

}  // namespace

TEST_CASE("a hit's token gives back all that was put into it") {
  HitToken open;
  open.message_id = *Uuid::FromBytes("0123456789abcdef");
  open.recipient = "jane@example.net";
  for (const HitToken& token : {open, Click("https://a.example/?a=1&b=%2F"), Click("")}) {
    CHECK(ReadHitToken(MakeHitToken(token, ToyMac(1)), ToyMac(1)) == token);
  }
  CHECK(MakeHitToken(Click(std::string(kLongestUrl, 'u')), ToyMac(1)).size() < 850);
}

TEST_CASE("a hit's token that was altered, cut or made with another key is none") {
  const std::string token = MakeHitToken(Click("https://a.example/"), ToyMac(1));
  CHECK_FALSE(ReadHitToken(token, ToyMac(2)));
  CHECK_FALSE(ReadHitToken(token + "A", ToyMac(1)));
  for (size_t i = 0; i < token.size(); ++i) {
    std::string changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    CHECK_FALSE(ReadHitToken(changed, ToyMac(1)));
    CHECK_FALSE(ReadHitToken(token.substr(0, i), ToyMac(1)));
  }
  CHECK_FALSE(ReadHitToken(std::string(100'000, 'A'), ToyMac(1)));
}

}  // namespace egd::tracking
