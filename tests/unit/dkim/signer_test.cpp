#include "daemon/dkim/signer.h"

#include <algorithm>
#include <random>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "shared/base/strings.h"
#include "tests/unit/dkim/test_key.h"
#include "tests/unit/dkim/verifier.h"

namespace egd::dkim {
namespace {

constexpr UnixMillis kAt = 1'700'000'000'000;
constexpr std::string_view kMessage =
    "From: John Doe <john@example.com>\r\n"
    "To: Jane Smith <jane@example.net>\r\n"
    "Subject: A  long\r\n subject \r\n"
    "Message-ID: <0190c2f0-7b9e-7d4c-8a53-2f6f1e0d9b11@sl.example.com>\r\n"
    "Date: Tue, 14 Nov 2023 22:13:20 +0000\r\n"
    "MIME-Version: 1.0\r\n"
    "Content-Type: text/plain; charset=\"utf-8\"\r\n"
    "\r\n"
    "Hello  \r\n\tJane\r\n\r\n\r\n";

// dkimpy verified it.
constexpr std::string_view kGolden =
    "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.com;\r\n"
    "\ts=egd; t=1700000000;\r\n"
    "\th=From:From:Sender:Reply-To:To:To:Cc:Subject:Subject:Date:Date:Message-ID:\r\n"
    "\t Message-ID:In-Reply-To:References:MIME-Version:MIME-Version:Content-Type:\r\n"
    "\t Content-Type:Content-Transfer-Encoding:List-Unsubscribe:\r\n"
    "\t List-Unsubscribe-Post;\r\n"
    "\tbh=nHGsEN/CUODv73+HUPp8TCjN+KFvIxYKYxauilSAL7M=;\r\n"
    "\tb=G148TZOBF3tpMqbu0dhYVbYHriCjbGFmBwxNNcn90TeO4al2QbS8JBDD84fWy8ZoSusb4U7V\r\n"
    "\t jrquzsFvtFQEWHibIpEBKvkvaydLloGqXVS1LW4NZs9pCxQo9ExEL1a7BX2jesettso9kBr6\r\n"
    "\t XvcuybBwJ2t39ddUAIR/V7uvuNZl7wz/u4GWh+dQ6Tdhiwyx1niRzNnR/AifwLp7mIoBW8Fa\r\n"
    "\t Gdk1AZdhOu48zQ09bg0zE7JVoiH/Lbie0TwpuDWdSJlaEwOl8u+rFxMKCGRdm7wTivCabB5b\r\n"
    "\t zE0rBKshNZVNa30VlMIEKiZGKXNgiStnFgqYvcjlV2IeO60leIpF4w==\r\n";

// With a key for each selector.
Signer MakeSigner(const std::string& domain,
                  const std::vector<std::pair<std::string, std::string_view>>& pems) {
  std::vector<SelectedKey> keys;
  for (const auto& [selector, pem] : pems) keys.push_back({selector, *PrivateKey::Parse(pem)});
  return Signer(domain, std::move(keys));
}

Signer TestSigner() {
  return MakeSigner("example.com", {{"egd", kTestPrivateKey}});
}

std::string Signed(std::string_view message) {
  return *TestSigner().Sign(message, kAt) + std::string(message);
}

TEST_CASE("a signature that another verifier accepted is repeated to the byte") {
  CHECK(*TestSigner().Sign(kMessage, kAt) == kGolden);
}

TEST_CASE("what was signed verifies, what was changed afterwards does not") {
  const std::string good = Signed(kMessage);
  CHECK(Verify(good, kTestPublicKey) == "pass");
  const auto changed = [&](std::string_view from, std::string_view to) {
    std::string text = good;
    text.replace(text.find(from, text.find("From: ")), from.size(), to);
    return Verify(text, kTestPublicKey);
  };
  CHECK(changed("Hello", "Hallo") == "body hash");
  CHECK(changed("A  long", "A short") == "signature");
  CHECK(changed("jane@", "joan@") == "signature");
  CHECK(changed("Hello  ", "Hello\t") == "pass");
  CHECK(changed("Subject: ", "subject :") == "pass");
}

TEST_CASE("another field of an over-signed name breaks the signature") {
  for (const std::string name :
       {"From", "To", "Cc", "Subject", "Sender", "Reply-To", "Date", "Message-ID", "In-Reply-To",
        "References", "MIME-Version", "Content-Type", "Content-Transfer-Encoding",
        "List-Unsubscribe", "List-Unsubscribe-Post"}) {
    std::string text = Signed(kMessage);
    text.insert(text.find("MIME-Version: "), name + ": x\r\n");
    INFO(name);
    CHECK(Verify(text, kTestPublicKey) == "signature");
  }
  std::string text = Signed(kMessage);
  text.insert(text.find("MIME-Version: "), "X-Other: x\r\n");
  CHECK(Verify(text, kTestPublicKey) == "pass");
}

TEST_CASE("the signature covers List-Unsubscribe, Cc and Reply-To when they are there") {
  for (const std::string name : {"List-Unsubscribe", "List-Unsubscribe-Post", "Cc", "Reply-To"}) {
    const std::string good = Signed(name + ": one\r\n" + std::string(kMessage));
    CHECK(Verify(good, kTestPublicKey) == "pass");
    std::string bad = good;
    bad.replace(bad.find(": one"), 5, ": two");
    CHECK(Verify(bad, kTestPublicKey) == "signature");
  }
}

TEST_CASE("an empty body and a body without a last line ending can be signed") {
  const std::string head = "From: a@example.com\r\n\r\n";
  for (const std::string body : {"", "\r\n", "no end", "  \r\n\r\n"}) {
    CHECK(Verify(Signed(head + body), kTestPublicKey) == "pass");
  }
  CHECK(Signed(head).find("bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=") != std::string::npos);
}

TEST_CASE("the lines of a signature stay short") {
  const Signer signer =
      MakeSigner(std::string(60, 'd') + ".example", {{std::string(60, 's'), kTestPrivateKey}});
  std::string many;
  for (int i = 0; i < 40; ++i) many += "References: <x@y>\r\n";
  const std::string field = *signer.Sign(many + std::string(kMessage), kAt);
  for (size_t at = 0; at < field.size(); at = field.find("\r\n", at) + 2) {
    CHECK(field.find("\r\n", at) - at <= 160);
  }
  CHECK(Verify(field + many + std::string(kMessage), kTestPublicKey) == "pass");
}

TEST_CASE("a message without From is refused") {
  CHECK_FALSE(TestSigner().Sign("To: x\r\n\r\nbody", kAt));
  CHECK_FALSE(TestSigner().Sign("", kAt));
}

TEST_CASE("without a key nothing is signed") {
  CHECK_FALSE(Signer("example.com", {}).Sign(kMessage, kAt));
}

TEST_CASE("two keys make two signatures over the same, in their order") {
  const KeyPair ed25519 = GenerateKey(core::DkimAlgorithm::kEd25519Sha256);
  const Signer both =
      MakeSigner("example.com", {{"egd", kTestPrivateKey}, {"ed", ed25519.private_key}});
  const std::string message(kMessage), fields = *both.Sign(message, kAt);
  CHECK(fields.starts_with(kGolden));
  const std::string second = fields.substr(kGolden.size());
  CHECK(second.starts_with("DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed; "));
  CHECK(second.find("s=ed;") != second.npos);
  CHECK(second.find("bh=nHGsEN/CUODv73+HUPp8TCjN+KFvIxYKYxauilSAL7M=;") != second.npos);
  CHECK(Verify(fields + message, kTestPublicKey) == "pass");
  CHECK(Verify(second + message, ed25519.public_key) == "pass");
  std::string changed = second + message;
  changed.replace(changed.find("jane@"), 5, "joan@");
  CHECK(Verify(changed, ed25519.public_key) == "signature");
  CHECK(*both.Sign(message, kAt) == fields);
}

std::string RandomText(std::mt19937& random, size_t most, bool folds) {
  static const std::vector<std::string> kPieces = {"a",        "Z",  " ",  "  ", "\t", " \t ",
                                                   ":",        ";",  "=",  "é",  "b=", "\r\n",
                                                   "\r\n\r\n", "\r", "\n", "x y"};
  std::string text;
  for (size_t i = random() % (most + 1); i > 0; --i) {
    const std::string& piece = kPieces[random() % kPieces.size()];
    const bool line_end = piece.find_first_of("\r\n") != std::string::npos;
    text += folds && line_end ? "\r\n x" : piece;
  }
  return text;
}

TEST_CASE("random messages verify") {
  static const std::vector<std::string> kNames = {"To",      "TO", "Subject",
                                                  "X-Other", "Cc", "References"};
  const Signer signer = TestSigner();
  std::mt19937 random(6376);
  for (int round = 0; round < 200; ++round) {
    std::string message = "From:" + RandomText(random, 9, true) + "\r\n";
    for (size_t i = random() % 9; i > 0; --i) {
      message += kNames[random() % kNames.size()] + ":" + RandomText(random, 30, true) + "\r\n";
    }
    message += "\r\n" + RandomText(random, 60, false);
    INFO(Printable(message));
    REQUIRE(Verify(*signer.Sign(message, kAt) + message, kTestPublicKey) == "pass");
  }
}

}  // namespace
}  // namespace egd::dkim
