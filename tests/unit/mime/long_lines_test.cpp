#include "daemon/mime/long_lines.h"

#include <algorithm>
#include <cstdint>

#include <catch2/catch.hpp>

#include "tests/unit/mime/parsed_message.h"

namespace egd::mime {
namespace {

const std::string kLong(3000, 'x');

std::string Shortened(const std::string& message) {
  const auto made = WithoutLongLines(message);
  if (!made) FAIL(made.error().public_text);
  CHECK_FALSE(HasLongLine(*made));
  return *made;
}

std::string Refusal(const std::string& message) {
  const auto made = WithoutLongLines(message);
  REQUIRE_FALSE(made);
  return made.error().public_text;
}

bool Has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a line may have 998 octets and no more") {
  const std::string fits(998, 'x');
  CHECK_FALSE(HasLongLine(fits));
  CHECK_FALSE(HasLongLine(fits + "\r\n" + fits + "\r\n"));
  CHECK(HasLongLine(fits + "x"));
  CHECK(HasLongLine("a\r\n" + fits + "x\r\nb"));
}

TEST_CASE("a message without a long line stays byte for byte") {
  const std::string message =
      "From: a@b.example\r\nX:  y \r\n\r\n" + std::string(998, 'x') + "\r\n.";
  CHECK(WithoutLongLines(message).operator*() == message);
}

TEST_CASE("a text with a long line is re-encoded, its header otherwise kept") {
  const std::string made = Shortened(
      "From: a@b.example\r\nContent-Transfer-Encoding:\r\n 7bit\r\nX-Other: 1\r\n\r\na=b\r\n" +
      kLong + "\r\n");
  CHECK(Has(made,
            "From: a@b.example\r\nX-Other: 1\r\nContent-Transfer-Encoding: quoted-printable\r\n"));
  CHECK(Has(made, "a=3Db\r\n"));
  CHECK_FALSE(Has(made, "7bit"));
}

TEST_CASE("only the part that has the long line changes") {
  const std::string first = "Content-Type: text/plain\r\n\r\nshort = kept\r\n";
  const std::string made = Shortened(
      "From: a@b.example\r\nContent-Type: multipart/alternative; boundary=\"b\"\r\n\r\npreamble\r\n"
      "--b\r\n" +
      first + "--b\r\nContent-Type: text/html\r\n\r\n<p>" + kLong + "</p>\r\n--b--\r\nend\r\n");
  CHECK(Has(made, "preamble\r\n--b\r\n" + first +
                      "--b\r\nContent-Type: text/html\r\n"
                      "Content-Transfer-Encoding: quoted-printable\r\n\r\n<p>x"));
  CHECK(Has(made, "\r\n--b--\r\nend\r\n"));
}

TEST_CASE("a boundary that begins like another is another") {
  const std::string made = Shortened(
      "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: "
      "multipart/alternative; "
      "boundary=b_2\r\n\r\n--b_2\r\n\r\n" +
      kLong + "\r\n--b_2--\r\n--b--\r\n");
  CHECK(Has(made, "--b_2\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nx"));
}

TEST_CASE("a boundary is read from its own parameter") {
  const std::string made = Shortened(
      "Content-Type: multipart/mixed; name=\"boundary=no\"; boundary=b\r\n\r\n--b\r\n\r\n" + kLong +
      "\r\n--b--\r\n");
  CHECK(Has(made, "--b\r\nContent-Transfer-Encoding: quoted-printable\r\n"));
}

TEST_CASE("base64 in one long line is wrapped, its content unchanged") {
  const std::string made =
      Shortened("Content-Transfer-Encoding: base64\r\n\r\n" + std::string(4000, 'A') + "\r\n");
  CHECK(Has(made, "Content-Transfer-Encoding: base64\r\n\r\n" + std::string(76, 'A') + "\r\n"));
}

TEST_CASE("a long header field is folded at a space") {
  std::string references = "References:";
  for (int i = 0; i < 60; ++i) references += " <" + std::string(30, 'x') + "@example.com>";
  const std::string made = Shortened(references + "\r\n\r\nHello\r\n");
  CHECK(made.size() == references.size() + 11 + 2 * 2);
}

TEST_CASE("what must not be changed is refused with the reason") {
  CHECK(Has(Refusal("Content-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n\r\n" + kLong +
                    "\r\n--b--\r\n"),
            "signed"));
  CHECK(Has(Refusal("Content-Type: message/rfc822\r\n\r\nX: y\r\n\r\n" + kLong + "\r\n"),
            "message/rfc822"));
  CHECK(Has(Refusal("Subject: " + kLong + "\r\n\r\nHello\r\n"), "no space"));
}

TEST_CASE("parts with octets over 0x7f are re-encoded for 7 bits, all else stays") {
  const std::string plain = "Content-Type: text/plain\r\n\r\nshort = kept\r\n";
  const std::string made = InSevenBits(
      "From: a@b.example\r\nContent-Type: multipart/mixed; boundary=b\r\n"
      "Content-Transfer-Encoding: 8bit\r\n\r\n--b\r\n" +
      plain +
      "--b\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
      "<p>Gr\xc3\xbc\xc3\x9f"
      "e and a = sign, in words enough for quoted-printable</p>\r\n"
      "--b--\r\n");
  CHECK(Has(made, plain));
  CHECK(Has(made, "<p>Gr=C3=BC=C3=9Fe and a =3D sign"));
  CHECK(Has(made, "Content-Transfer-Encoding: quoted-printable\r\n"));
  CHECK(Has(made, "boundary=b\r\nContent-Transfer-Encoding: 7bit\r\n"));
  CHECK_FALSE(Has(made, "8bit"));
  CHECK(std::ranges::none_of(made, [](char c) { return uint8_t(c) > 0x7f; }));
}

TEST_CASE("what is signed, or must not be encoded, keeps its octets over 0x7f") {
  const std::string body =
      "\r\n\r\nGr\xc3\xbc\xc3\x9f"
      "e\r\n";
  for (const char* header :
       {"DKIM-Signature: v=1", "ARC-Seal: i=1", "Content-Type: multipart/signed; boundary=b",
        "Content-Type: message/rfc822"}) {
    const std::string message = "From: a@b.example\r\n" + std::string(header) + body;
    INFO(header);
    CHECK(InSevenBits(message) == message);
  }
}

}  // namespace egd::mime
