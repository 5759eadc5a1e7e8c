#include "daemon/dkim/canonical.h"

#include <catch2/catch.hpp>

namespace egd::dkim {
namespace {

TEST_CASE("the example of RFC 6376 section 3.4.5") {
  const MessageParts parts =
      SplitMessage("A: X\r\nB : Y\t\r\n\tZ  \r\n\r\n C \r\nD \t E\r\n\r\n\r\n");
  REQUIRE(parts.fields.size() == 2);
  CHECK(RelaxedHeader(parts.fields[0]) == "a:X");
  CHECK(RelaxedHeader(parts.fields[1]) == "b:Y Z");
  CHECK(RelaxedBody(parts.body) == " C\r\nD E\r\n");
}

TEST_CASE("an empty body is nothing, and so are empty lines alone") {
  CHECK(RelaxedBody("").empty());
  CHECK(RelaxedBody("\r\n\r\n").empty());
  CHECK(RelaxedBody(" \t\r\n  ").empty());
}

TEST_CASE("empty lines count inside a body, not at its end") {
  CHECK(RelaxedBody("\r\na\r\n\r\nb\r\n \r\n\r\n") == "\r\na\r\n\r\nb\r\n");
  CHECK(RelaxedBody("a") == "a\r\n");
  CHECK(RelaxedBody("a \t b  c ") == "a b c\r\n");
}

TEST_CASE("a head without a body, and lines that are no field") {
  CHECK(SplitMessage("A: b\r\n").body.empty());
  CHECK(SplitMessage("").fields.empty());
  const MessageParts parts = SplitMessage("nonsense\r\n more\r\nA:\r\n\r\nB: c\r\n");
  REQUIRE(parts.fields.size() == 1);
  CHECK(RelaxedHeader(parts.fields[0]) == "a:");
  CHECK(parts.body == "B: c\r\n");
}

}  // namespace
}  // namespace egd::dkim
