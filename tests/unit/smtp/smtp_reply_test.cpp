#include "daemon/smtp/smtp_reply.h"

#include <catch2/catch.hpp>

namespace egd::smtp {
namespace {

using State = ReplyParser::State;

State FeedAll(ReplyParser& parser, std::string_view input) {
  return parser.Feed(input);
}

SmtpReply Parse(std::string_view input) {
  ReplyParser parser;
  REQUIRE(FeedAll(parser, input) == State::kComplete);
  return parser.Take();
}

std::string ProblemOf(std::string_view input) {
  ReplyParser parser;
  REQUIRE(FeedAll(parser, input) == State::kBroken);
  return std::string(parser.problem());
}

}  // namespace

TEST_CASE("A one-line reply") {
  const SmtpReply reply = Parse("250 2.1.0 Ok\r\n");
  CHECK(reply.code == 250);
  CHECK(reply.enhanced == "2.1.0");
  CHECK(reply.lines == std::vector<std::string>{"2.1.0 Ok"});
  CHECK(reply.IsPositive());
}

TEST_CASE("The shortest replies: no text, no CR") {
  CHECK(Parse("250\r\n").code == 250);
  CHECK(Parse("354\n").code == 354);
  CHECK(Parse("220 \r\n").lines == std::vector<std::string>{""});
}

TEST_CASE("A reply of several lines is the same wherever the network cuts it") {
  const std::string wire = "550-5.1.1 No such user\r\n550-5.1.1 \xc3\xa9t\xc3\xa9\r\n550\r\n";
  for (size_t cut = 0; cut <= wire.size(); ++cut) {
    ReplyParser parser;
    std::string_view first(wire.data(), cut), second(wire.data() + cut, wire.size() - cut);
    State state = parser.Feed(first);
    CHECK(first.empty());
    if (cut < wire.size()) {
      CHECK(state == State::kIncomplete);
      state = parser.Feed(second);
    }
    REQUIRE(state == State::kComplete);
    const SmtpReply reply = parser.Take();
    CHECK(reply.code == 550);
    CHECK(reply.enhanced == "5.1.1");
    CHECK(reply.lines ==
          std::vector<std::string>{"5.1.1 No such user", "5.1.1 \xc3\xa9t\xc3\xa9", ""});
  }
}

TEST_CASE("Byte by byte, and the next reply stays in the input") {
  ReplyParser parser;
  const std::string wire = "250-a\r\n250 b\r\n";
  for (size_t i = 0; i + 1 < wire.size(); ++i) {
    CHECK(FeedAll(parser, std::string_view(wire).substr(i, 1)) == State::kIncomplete);
  }
  std::string_view rest = "\n354 go\r\n";
  CHECK(parser.Feed(rest) == State::kComplete);
  CHECK(rest == "354 go\r\n");
  CHECK(parser.Take().lines == std::vector<std::string>{"a", "b"});
  CHECK(parser.Feed(rest) == State::kComplete);
  CHECK(parser.Take().code == 354);
}

TEST_CASE("An enhanced status counts only when it is one and agrees with the code") {
  CHECK(Parse("550 5.7.26 x\r\n").enhanced == "5.7.26");
  CHECK(Parse("550 5.1.1\r\n").enhanced == "5.1.1");
  CHECK(Parse("452 4.300.999 x\r\n").enhanced == "4.300.999");
  const auto text = GENERATE(as<std::string>{}, "550 4.1.1 x", "250 5.1.1 x", "550 5.1 x",
                             "550 5.1.1000 x", "550 5.1.1x", "550 5..1 x", "550 5.1111.1 x",
                             "550 x 5.1.1", "354 3.0.0", "550 5.1.1-x", "550 5.", "550");
  INFO(text);
  CHECK((Parse(text + "\r\n").enhanced.empty() || text == "354 3.0.0"));
}

TEST_CASE("Control characters and broken UTF-8 become printable") {
  const SmtpReply reply = Parse("550 a\rb\x1b[31m\xff\tz" + std::string(1, '\0') + "\r\n");
  CHECK(reply.lines.at(0) == "a\\x0db\\x1b[31m\\xff\\x09z\\x00");
}

TEST_CASE("What is no reply is refused") {
  CHECK(ProblemOf("hello\r\n") == "a reply does not begin with a code");
  CHECK(ProblemOf("\r\n") == "a reply does not begin with a code");
  CHECK(ProblemOf("25 x\r\n") == "a reply does not begin with a code");
  CHECK(ProblemOf("2500 x\r\n") == "a reply does not begin with a code");
  CHECK(ProblemOf("150 x\r\n") == "a reply does not begin with a code");
  CHECK(ProblemOf("650 x\r\n") == "a reply does not begin with a code");
  CHECK(ProblemOf("250x\r\n") == "a reply does not begin with a code");
  CHECK(ProblemOf("250-a\r\n251 b\r\n") == "the lines of a reply have different codes");
}

TEST_CASE("Lines and replies are bounded") {
  const std::string longest = "250 " + std::string(ReplyParser::kMaxLineBytes - 5, 'x') + "\r\n";
  CHECK(Parse(longest).lines.at(0).size() == ReplyParser::kMaxLineBytes - 5);
  CHECK(ProblemOf("250 " + std::string(ReplyParser::kMaxLineBytes, 'x')) ==
        "a reply line is longer than 2 KiB");

  ReplyParser drip;
  size_t fed = 0;
  while (FeedAll(drip, "2") == State::kIncomplete) ++fed;
  CHECK(fed == ReplyParser::kMaxLineBytes);

  std::string many;
  for (size_t i = 1; i < ReplyParser::kMaxLines; ++i) many += "250-x\r\n";
  CHECK(Parse(many + "250 x\r\n").lines.size() == ReplyParser::kMaxLines);
  CHECK(ProblemOf(many + "250-x\r\n250 x\r\n") == "a reply has more than 100 lines");
}

TEST_CASE("A reply fits on one line for events") {
  CHECK(OneLine(Parse("550-5.1.1 No such user.\r\n550 5.1.1 Sorry\r\n")) ==
        "550 5.1.1 No such user. Sorry");
  CHECK(OneLine(Parse("250\r\n")) == "250");
  CHECK(OneLine(NoReply("4.4.2", "the connection\r\nbroke")) == "the connection\\x0d\\x0abroke");
  CHECK(OneLine(SmtpReply{}).empty());

  std::string wire;
  for (int i = 0; i < 20; ++i) wire += "550-" + std::string(100, 'x') + "\r\n";
  CHECK(OneLine(Parse(wire + "550 end\r\n")).size() == 1000);
  std::string accents;
  for (int i = 0; i < 600; ++i) accents += "\xc3\xa9";
  const std::string cut = OneLine(Parse("550 x" + accents + "\r\n"));
  CHECK(cut.size() == 999);
  CHECK(cut.ends_with("\xc3\xa9"));
}

}  // namespace egd::smtp
