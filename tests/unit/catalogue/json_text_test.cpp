// JSON whose long strings are read apart from the rest means what nlohmann's own parser says.
#include "shared/catalogue/json_text.h"

#include <random>
#include <string>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "shared/catalogue/long_strings.h"

namespace egd::catalogue {
namespace {

using Json = nlohmann::ordered_json;

std::string Long(const std::string& piece) {
  std::string text;
  while (text.size() < LongStrings::kLong) text += piece;
  return text;
}

void CheckAsNlohmann(const std::string& text) {
  INFO(text.substr(0, 200));
  const auto ours = ParseJson(text);
  const Json theirs = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  REQUIRE(ours.has_value() == !theirs.is_discarded());
  if (ours) CHECK(*ours == theirs);
}

TEST_CASE("a long string says the same as a short one") {
  for (const std::string piece :
       {R"(a)", R"(\n\t\"\\\/\b\f\r)", R"(\u0041\u00e9\u20ac)", R"(\ud83d\ude00)",
        "\xf0\x9f\x98\x80", R"(\u0000)", R"(\uD83D\uDE00 x)"}) {
    CheckAsNlohmann("{\"a\":\"" + Long(piece) + "\"}");
  }
}

TEST_CASE("a long string that is none is refused") {
  const std::string rest = Long("x");
  for (const std::string bad : {R"(\x)", R"(\u12)", R"(\u12g4)", R"(\ud800)", R"(\ud800\u0041)",
                                R"(\udc00)", "\n", "\x01", "\xff", "\xed\xa0\x80", R"(\ud800\n)"}) {
    INFO(bad);
    CHECK_FALSE(ParseJson("{\"a\":\"" + rest + bad + rest + "\"}"));
  }
  CHECK_FALSE(ParseJson("\"" + rest));
  CHECK_FALSE(ParseJson("\"" + rest + "\\\""));
  CHECK_FALSE(ParseJson("{\"" + rest + "\"}"));
}

TEST_CASE("each long string comes back to its own place, names too") {
  const std::string one = Long("1"), two = Long("2");
  CheckAsNlohmann("{\"a\":\"s\",\"" + one + "\":[\"" + two + "\",\"\",\"" + one +
                  "\"],\"b\":{\"c\":\"" + two + "\"}}");
  CheckAsNlohmann("\"" + one + "\"");
  CheckAsNlohmann("[\"" + one + "\",\"" + two + "\"]");
  CheckAsNlohmann("{\"a\":\"" + one + "\",\"a\":\"" + two + "\",\"a\":1}");
}

TEST_CASE("texts made at random mean the same to both parsers") {
  std::mt19937 random(7);
  const std::string kPieces[] = {"\"",   "\\\"",    "{",         "}",    "[",      "]",    ":",
                                 ",",    "\\u00e9", "1.5",       "null", "\"a\":", "\"\"", "-3",
                                 "true", Long("y"), Long("\\n"), "\\",   " "};
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    for (size_t i = random() % 12; i > 0; --i) text += kPieces[random() % std::size(kPieces)];
    CheckAsNlohmann(text);
    CheckAsNlohmann("{\"a\":[\"" + text + "\"]}");
  }
}

}  // namespace
}  // namespace egd::catalogue
