#include "daemon/mime/header.h"

#include <catch2/catch.hpp>

namespace egd::mime {
namespace {

std::string Text(std::string_view text) {
  std::string out;
  Field(out, "Subject").Text(text).End();
  return out;
}

std::string Verbatim(std::string_view text) {
  std::string out;
  Field(out, "X-Test").Verbatim(text).End();
  return out;
}

std::string To(const std::vector<core::Mailbox>& mailboxes) {
  std::string out;
  Field(out, "To").Mailboxes(mailboxes).End();
  return out;
}

std::string Filename(std::string_view value) {
  std::string out;
  Field(out, "A").Word("b").Parameter("filename", value).End();
  return out;
}

TEST_CASE("ASCII text stays as it is and folds between words") {
  CHECK(Text("Hello  there") == "Subject: Hello  there\r\n");
  CHECK(Text("  Hello ") == "Subject: Hello\r\n");
  CHECK(Text("") == "Subject:\r\n");
  const std::string words = "aaaaaaaaa bbbbbbbbb ccccccccc ddddddddd eeeeeeeee fffffffff ggggggggg";
  CHECK(Text(words + " hhhhhhhhh") == "Subject: " + words + "\r\n hhhhhhhhh\r\n");
}

TEST_CASE(
    "text outside ASCII is encoded from the first such word to the last, whichever way is "
    "shorter") {
  CHECK(Text("A résumé of it") == "Subject: A =?utf-8?b?csOpc3Vtw6k=?= of it\r\n");
  CHECK(Text("é and then once again é") ==
        "Subject: =?utf-8?q?=C3=A9_and_then_once_again_=C3=A9?=\r\n");
  CHECK(Text("你好") == "Subject: =?utf-8?b?5L2g5aW9?=\r\n");
  CHECK(Text("a  été") == "Subject: a =?utf-8?b?IMOpdMOp?=\r\n");
}

TEST_CASE("an accidental encoded-word in a text is encoded, in a client's own field it is kept") {
  CHECK(Text("=?utf-8?q?x?=") == "Subject: =?utf-8?b?PT91dGYtOD9xP3g/PQ==?=\r\n");
  CHECK(Verbatim("=?utf-8?q?x?=") == "X-Test: =?utf-8?q?x?=\r\n");
}

TEST_CASE("no line passes 998, however long a word") {
  const std::string out = Verbatim(std::string(3000, 'x'));
  size_t longest = 0;
  for (size_t at = 0; at < out.size(); at = out.find("\r\n", at) + 2) {
    longest = std::max(longest, out.find("\r\n", at) - at);
  }
  CHECK(longest <= 78);
  CHECK(Verbatim(std::string(900, 'x')) == "X-Test: " + std::string(900, 'x') + "\r\n");
}

TEST_CASE("control characters and broken UTF-8 become visible") {
  CHECK(Text("a\r\nX: b") == "Subject: a\\x0d\\x0aX: b\r\n");
  CHECK(Verbatim("a\tb\x7f\xff") == "X-Test: a\\x09b\\x7f\\xff\r\n");
  CHECK(To({{"a\nb", "x\r\n@y"}}) == "To: \"a\\\\x0ab\" <x\\x0d\\x0a@y>\r\n");
}

TEST_CASE("display names are atoms, quoted or encoded") {
  CHECK(To({{"", "a@b.example"}}) == "To: a@b.example\r\n");
  CHECK(To({{"Jane Doe", "a@b.example"}}) == "To: Jane Doe <a@b.example>\r\n");
  CHECK(To({{"John Q. Public", "a@b.example"}}) == "To: \"John Q. Public\" <a@b.example>\r\n");
  CHECK(To({{"a \"b\" \\c", "a@b.example"}}) == "To: \"a \\\"b\\\" \\\\c\" <a@b.example>\r\n");
  CHECK(To({{"a, <b@c>", "a@b.example"}}) == "To: \"a, <b@c>\" <a@b.example>\r\n");
  CHECK(To({{"two  spaces", "a@b.example"}}) == "To: \"two  spaces\" <a@b.example>\r\n");
  CHECK(To({{"Zoë, the Great and Good", "a@b.example"}}) ==
        "To: =?utf-8?q?Zo=C3=AB=2C_the_Great_and_Good?= <a@b.example>\r\n");
  CHECK(To({{"A", "a@b.example"}, {"B", "b@b.example"}}) ==
        "To: A <a@b.example>, B <b@b.example>\r\n");
}

TEST_CASE("many mailboxes fold between them") {
  const std::vector<core::Mailbox> mailboxes(3, {"Firstname Lastname", "somebody@b.example"});
  CHECK(To(mailboxes) ==
        "To: Firstname Lastname <somebody@b.example>, Firstname Lastname\r\n"
        " <somebody@b.example>, Firstname Lastname <somebody@b.example>\r\n");
}

TEST_CASE("parameters are quoted, or extended as RFC 2231 says") {
  CHECK(Filename("a b.pdf") == "A: b; filename=\"a b.pdf\"\r\n");
  CHECK(Filename("a\"b\\.pdf") == "A: b; filename=\"a\\\"b\\\\.pdf\"\r\n");
  CHECK(Filename("é.pdf") == "A: b; filename*=utf-8''%C3%A9.pdf\r\n");
  CHECK(Filename("=?utf-8?q?x?=") == "A: b; filename*=utf-8''%3D%3Futf-8%3Fq%3Fx%3F%3D\r\n");
  CHECK(Filename(std::string(80, 'x')) == "A: b; filename*0*=utf-8''" + std::string(37, 'x') +
                                              ";\r\n filename*1*=" + std::string(43, 'x') + "\r\n");
}

TEST_CASE("extended parameters are split between characters") {
  std::string name;
  for (int i = 0; i < 40; ++i) name += i % 2 == 0 ? "\xf0\x9f\x92\xa9" : "\xc3\xa9";
  const std::string field = Filename(name);
  for (size_t at = field.find("*="); at != std::string::npos; at = field.find("*=", at + 2)) {
    const std::string first = field.substr(at + 2, 3);
    CHECK((first == "utf" || first == "%F0" || first == "%C3"));
  }
  for (size_t at = 0; at != std::string::npos; at = field.find("\r\n", at + 1)) {
    const size_t end = field.find("\r\n", at + 1);
    CHECK((end == std::string::npos || end - at <= 80));
  }
}

TEST_CASE("field names") {
  CHECK(IsFieldName("X-Campaign"));
  CHECK(IsFieldName(std::string(76, 'x')));
  for (const std::string name : {"", "X Y", "X:", "X\r\n", "X\xc3\xa9", "\x7f"})
    CHECK_FALSE(IsFieldName(name));
  CHECK_FALSE(IsFieldName(std::string(77, 'x')));
}

}  // namespace
}  // namespace egd::mime
