#include "daemon/smtp_server/command.h"

#include <catch2/catch.hpp>

namespace egd::smtp_server {
namespace {

// "path keyword=value …", or "-" for what is refused.
std::string Shown(std::string_view argument, bool lenient) {
  const auto parsed = ParsePath(argument, "FROM", lenient);
  if (!parsed) return "-";
  std::string text = parsed->path;
  for (const auto& [keyword, value] : parsed->parameters) {
    text += " " + keyword + (value.empty() ? "" : "=" + value);
  }
  return text;
}

std::string ProblemOf(std::string_view argument, bool lenient) {
  std::string problem;
  ReadMailParameters(ParsePath(argument, "FROM", lenient).value(), lenient, problem);
  return problem.substr(0, 9);
}

}  // namespace

TEST_CASE("a verb is known in any case, its argument without the space around it") {
  const Command mail = ParseCommand("mAiL  FROM:<a@b.example> \t");
  CHECK(mail.verb == Verb::kMail);
  CHECK(mail.argument == "FROM:<a@b.example>");
  CHECK(ParseCommand("DATA").verb == Verb::kData);
  CHECK(ParseCommand("").verb == Verb::kUnknown);
  CHECK(ParseCommand("DATAX").verb == Verb::kUnknown);
  CHECK(ParseCommand("GET / HTTP/1.1").verb == Verb::kHttp);
  CHECK(ParseCommand("Host: example.com").verb == Verb::kHttp);
}

TEST_CASE("a path is read as RFC 5321 writes it, by strict and lenient readers alike") {
  for (const bool lenient : {false, true}) {
    CHECK(Shown("FROM:<a@b.example>", lenient) == "a@b.example");
    CHECK(Shown("from:<>", lenient) == "");
    CHECK(Shown("FROM:<a@b> SIZE=12 body=8bitmime", lenient) == "a@b SIZE=12 BODY=8bitmime");
    CHECK(Shown(R"(FROM:<"a > b"@c.example> SMTPUTF8)", lenient) ==
          R"("a > b"@c.example SMTPUTF8)");
    CHECK(Shown("FROM:<@x.example,@y.example:a@b.example>", lenient) == "a@b.example");
    CHECK(Shown("FROM:<a@b", lenient) == "-");
    CHECK(Shown("TO:<a@b>", lenient) == "-");
    CHECK(Shown("FROM:<a@b>SIZE=1", lenient) == "-");
    CHECK(Shown("FROM:<a@b> =1", lenient) == "-");
    CHECK(Shown("FROM:<a@b> SIZE=", lenient) == "-");
    CHECK(Shown(std::string("FROM:<a\x01@b>"), lenient) == "-");
  }
}

TEST_CASE("what only a client that has authenticated is forgiven") {
  CHECK(Shown("FROM: <a@b>", false) == "-");
  CHECK(Shown("FROM: <a@b>", true) == "a@b");
  CHECK(Shown("FROM :<a@b>", true) == "a@b");
  CHECK(Shown("FROM:a@b SIZE=1", false) == "-");
  CHECK(Shown("FROM:a@b SIZE=1", true) == "a@b SIZE=1");
  CHECK(Shown("FROM:< a@b >", true) == "a@b");
  CHECK(Shown("FROM:", true) == "-");
}

TEST_CASE("MAIL's parameters are checked, and unknown ones are for those who authenticated") {
  CHECK(ProblemOf("FROM:<a@b> SIZE=1000 BODY=7BIT SMTPUTF8 AUTH=<>", false).empty());
  CHECK(ProblemOf("FROM:<a@b> SIZE=x", true) == "501 5.5.4");
  CHECK(ProblemOf("FROM:<a@b> SIZE=99999999999999999999", true) == "501 5.5.4");
  CHECK(ProblemOf("FROM:<a@b> SIZE=1 size=2", true) == "501 5.5.4");
  CHECK(ProblemOf("FROM:<a@b> BODY=BINARYMIME", true) == "501 5.5.4");
  CHECK(ProblemOf("FROM:<a@b> RET=HDRS", false) == "555 5.5.4");
  CHECK(ProblemOf("FROM:<a@b> RET=HDRS ENVID=1 X-FUTURE", true).empty());
}

TEST_CASE("a chunk has a size and may be the last") {
  CHECK(ParseBdat("0 LAST")->last);
  CHECK(ParseBdat("86")->size == 86);
  CHECK_FALSE(ParseBdat("86")->last);
  for (const auto* wrong : {"", "x", "-1", "1x", "1 FIRST", "99999999999999999999"}) {
    CHECK_FALSE(ParseBdat(wrong));
  }
}

}  // namespace egd::smtp_server
