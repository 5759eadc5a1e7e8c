#include "daemon/mime/transfer.h"

#include <catch2/catch.hpp>

namespace egd::mime {
namespace {

std::string Encoded(std::string_view content, Transfer transfer) {
  std::string out;
  AppendEncoded(out, content, transfer);
  return out;
}
std::string Qp(std::string_view text) {
  return Encoded(text, Transfer::kQuotedPrintable);
}

TEST_CASE("every line ending becomes CR LF") {
  CHECK(CanonicalText("a\nb\r\nc\rd") == "a\r\nb\r\nc\r\nd");
  CHECK(CanonicalText("\n\r\r\n\n") == "\r\n\r\n\r\n\r\n");
  CHECK(CanonicalText("") == "");
  CHECK(CanonicalText("plain") == "plain");
}

TEST_CASE("clean ASCII in short lines needs no encoding") {
  CHECK(BestTransfer("") == Transfer::k7Bit);
  CHECK(BestTransfer("a = b\tc\r\n" + std::string(998, 'x')) == Transfer::k7Bit);
}

TEST_CASE("what would be harmed on the way is encoded") {
  CHECK(BestTransfer(std::string(999, 'x')) == Transfer::kQuotedPrintable);
  CHECK(BestTransfer("Hello\r\nFrom here\r\n") == Transfer::kQuotedPrintable);
  CHECK(BestTransfer("mostly ASCII, a bell \a") == Transfer::kQuotedPrintable);
  CHECK(BestTransfer("Grüße aus Köln, auf bald und mit freundlichem Gruß") ==
        Transfer::kQuotedPrintable);
  CHECK(BestTransfer("你好，世界") == Transfer::kBase64);
  CHECK(BestTransfer(std::string(10, '\0')) == Transfer::kBase64);
}

TEST_CASE("quoted-printable") {
  CHECK(Qp("a=b\r\nö\r\n") == "a=3Db\r\n=C3=B6\r\n");
  CHECK(Qp("space \r\ntab\t\r\nend ") == "space=20\r\ntab=09\r\nend=20");
  CHECK(Qp("From a\r\nfrom From b") == "=46rom a\r\nfrom From b");
  CHECK(Qp(std::string("\0\r\n", 3)) == "=00\r\n");
  CHECK(Qp(std::string(75, 'x')) == std::string(75, 'x'));
  CHECK(Qp(std::string(77, 'x')) == std::string(75, 'x') + "=\r\nxx");
  CHECK(Qp(std::string(73, 'x') + "=") == std::string(73, 'x') + "=\r\n=3D");
  CHECK(Qp(std::string(75, 'x') + " ") == std::string(75, 'x') + "=\r\n=20");
  CHECK(Qp("") == "");
}

TEST_CASE("base64 in lines of 76") {
  CHECK(Encoded("", Transfer::kBase64) == "");
  CHECK(Encoded("abc", Transfer::kBase64) == "YWJj");
  std::string line;
  for (int i = 0; i < 19; ++i) line += "YWFh";
  CHECK(Encoded(std::string(57, 'a'), Transfer::kBase64) == line);
  CHECK(Encoded(std::string(58, 'a'), Transfer::kBase64) == line + "\r\nYQ==");
}

}  // namespace
}  // namespace egd::mime
