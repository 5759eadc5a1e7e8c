#include "daemon/auth/digest.h"

#include <set>

#include <catch2/catch.hpp>

#include "shared/base/encoding.h"

namespace egd::auth {

TEST_CASE("SHA-256 gives the vectors of FIPS 180-4") {
  CHECK(Hex(Sha256("")) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(Hex(Sha256("abc")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_CASE("HMAC-SHA-256 gives test case 2 of RFC 4231") {
  CHECK(Hex(HmacSha256("Jefe", "what do ya want for nothing?")) ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST_CASE("the constant-time comparison compares") {
  CHECK(EqualInConstantTime("", ""));
  CHECK(EqualInConstantTime("same", "same"));
  CHECK_FALSE(EqualInConstantTime("same", "sane"));
  CHECK_FALSE(EqualInConstantTime("same", "same "));
}

TEST_CASE("a key is its prefix and 43 letters and digits, and no two are alike") {
  std::set<std::string> keys;
  std::set<char> letters;
  for (int i = 0; i < 200; ++i) {
    const std::string key = NewKey(kSenderKeyPrefix);
    REQUIRE(key.size() == kSenderKeyPrefix.size() + 43);
    REQUIRE(key.starts_with("eg_live_"));
    for (const char c : key.substr(8)) {
      REQUIRE(isalnum(static_cast<unsigned char>(c)));
      letters.insert(c);
    }
    keys.insert(key);
  }
  CHECK(keys.size() == 200);
  CHECK(letters.size() == 62);
}

}  // namespace egd::auth
