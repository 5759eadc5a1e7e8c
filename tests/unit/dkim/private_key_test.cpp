#include "daemon/dkim/private_key.h"

#include <catch2/catch.hpp>

#include "daemon/dkim/signer.h"
#include "shared/base/encoding.h"
#include "tests/unit/dkim/test_key.h"
#include "tests/unit/dkim/verifier.h"

namespace egd::dkim {
namespace {

using core::DkimAlgorithm;

// The private key of RFC 8463 appendix A.2 as PKCS #8 (RFC 8410), and its public half.
constexpr std::string_view kRfcPem =
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
    "-----END PRIVATE KEY-----\n";
constexpr std::string_view kRfcPublicKey = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";

TEST_CASE("RSA of 2048 bits and more and ed25519 are keys, nothing else is") {
  const std::string pem(kTestPrivateKey);
  CHECK(PrivateKey::Parse(pem)->algorithm() == DkimAlgorithm::kRsaSha256);
  CHECK(PrivateKey::Parse(kRfcPem)->algorithm() == DkimAlgorithm::kEd25519Sha256);
  CHECK_FALSE(PrivateKey::Parse(""));
  CHECK_FALSE(PrivateKey::Parse("nonsense"));
  CHECK_FALSE(PrivateKey::Parse(pem.substr(0, pem.size() / 2)));
  const auto refused = PrivateKey::Parse(pem.substr(0, 400));
  CHECK(refused.error().detail.find("MII") == std::string::npos);
  constexpr std::string_view kP256 =  // ECDSA, which DKIM does not know
      "-----BEGIN PRIVATE KEY-----\n"
      "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgFLlS52YZqf2dPCw5\n"
      "9d8LCJ6xgxqkhHSczFxgvQkVzwShRANCAATv/rCLzTgTLkPVb3T11W64pyGj61Eo\n"
      "NSy5Zvs+FlYepGyHbPbzMwYZOAVScykIveZeRWF+W3tpWeWuU7rEpDum\n"
      "-----END PRIVATE KEY-----\n";
  CHECK_FALSE(PrivateKey::Parse(kP256));
}

TEST_CASE("a new key signs what its public half verifies") {
  for (const auto algorithm : {DkimAlgorithm::kRsaSha256, DkimAlgorithm::kEd25519Sha256}) {
    const KeyPair pair = GenerateKey(algorithm);
    auto key = PrivateKey::Parse(pair.private_key);
    REQUIRE(key);
    CHECK(key->algorithm() == algorithm);
    std::vector<SelectedKey> keys;
    keys.push_back({"egd", *std::move(key)});
    const Signer signer("example.com", std::move(keys));
    const std::string message = "From: a@example.com\r\n\r\nHello\r\n";
    const std::string good = *signer.Sign(message, 1'700'000'000'000) + message;
    CHECK(Verify(good, pair.public_key) == "pass");
    CHECK(Verify(good, GenerateKey(algorithm).public_key) == "signature");
  }
}

TEST_CASE("ed25519's public key is published as its 32 bytes") {
  CHECK(FromBase64(GenerateKey(DkimAlgorithm::kEd25519Sha256).public_key)->size() == 32);
}

TEST_CASE("a key of RFC 8463 signs as RFC 8032 says") {
  const std::string digest(32, 'd');
  const std::string signature = PrivateKey::Parse(kRfcPem)->Sign(digest);
  CHECK(Base64(signature) ==  // PyNaCl's
        "1ZmGECdE2eevEdxlJqbd9yEhACw2eGjuprJgEHT/dDhcvyXV65wZQEr9f5M/gEyPGs+1gZBDcwCl5Lw3dL/BDw==");
  CHECK(PrivateKey::Parse(kRfcPem)->Sign(digest) == signature);
  std::vector<SelectedKey> keys;
  keys.push_back({"brisbane", *PrivateKey::Parse(kRfcPem)});
  const Signer signer("football.example.com", std::move(keys));
  const std::string message = "From: joe@football.example.com\r\n\r\nHi.\r\n";
  CHECK(Verify(*signer.Sign(message, 1'528'637'909'000) + message, kRfcPublicKey) == "pass");
}

}  // namespace
}  // namespace egd::dkim
