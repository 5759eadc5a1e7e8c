#include "daemon/smtp/content_encoder.h"

#include <catch2/catch.hpp>

namespace egd::smtp {
namespace {

std::string Encode(std::string_view content, size_t piece_bytes = ContentEncoder::kPieceBytes) {
  ContentEncoder encoder(content, piece_bytes);
  std::string encoded;
  for (auto piece = encoder.Next(); !piece.empty(); piece = encoder.Next()) encoded += piece;
  return encoded;
}

}  // namespace

TEST_CASE("Content ends with one lone dot, on a line of its own") {
  CHECK(Encode("") == ".\r\n");
  CHECK(Encode("a\r\n") == "a\r\n.\r\n");
  CHECK(Encode("a") == "a\r\n.\r\n");
  CHECK(Encode("a\r\n\r\n") == "a\r\n\r\n.\r\n");
}

TEST_CASE("A dot at the start of a line is doubled, elsewhere it is not") {
  CHECK(Encode(".\r\n") == "..\r\n.\r\n");
  CHECK(Encode("..\r\na.b.\r\n.c") == "...\r\na.b.\r\n..c\r\n.\r\n");
}

TEST_CASE("No mix of CR, LF and dots ends the content early") {
  CHECK(Encode("a\n.\r\nMAIL FROM:<x>\r\n") == "a\r\n..\r\nMAIL FROM:<x>\r\n.\r\n");
  CHECK(Encode("a\r.\r\nb") == "a\r\n..\r\nb\r\n.\r\n");
  CHECK(Encode("a\n.\nb") == "a\r\n..\r\nb\r\n.\r\n");
  CHECK(Encode("a\r\r\n.\rb") == "a\r\n\r\n..\r\nb\r\n.\r\n");
  CHECK(Encode("\r") == "\r\n.\r\n");
  CHECK(Encode("\n\r") == "\r\n\r\n.\r\n");

  // Every text of up to seven of these characters.
  const char alphabet[] = {'a', '.', '\r', '\n'};
  for (int length = 0; length <= 7; ++length) {
    for (int number = 0; number < (1 << (2 * length)); ++number) {
      std::string text;
      for (int i = 0; i < length; ++i) text += alphabet[(number >> (2 * i)) & 3];
      const std::string encoded = Encode(text);
      const std::string framed = "\r\n" + encoded;
      const bool ends_once = framed.find("\r\n.\r\n") == framed.size() - 5;
      bool bare = false;
      for (size_t i = 0; i < encoded.size(); ++i) {
        bare |= encoded[i] == '\r' && (i + 1 == encoded.size() || encoded[i + 1] != '\n');
        bare |= encoded[i] == '\n' && (i == 0 || encoded[i - 1] != '\r');
      }
      if (!ends_once || bare) FAIL("number " << number << " of length " << length);
    }
  }
}

TEST_CASE("The pieces do not depend on where they are cut, and each is whole lines") {
  const std::string content =
      "one\r\n.two\r\n\nthree\r.four\r\n" + std::string(50, 'x') + "\r\n..\r\nend";
  const std::string whole = Encode(content);
  for (size_t size = 1; size < whole.size(); ++size) {
    CHECK(Encode(content, size) == whole);
    ContentEncoder encoder(content, size);
    for (auto piece = encoder.Next(); !piece.empty(); piece = encoder.Next()) {
      CHECK(piece.ends_with("\r\n"));
    }
  }
}

}  // namespace egd::smtp
