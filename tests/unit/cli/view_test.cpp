// Answers as people see them: fitted to a width, in words, and harmless.
#include "cli/view/view.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "cli/view/grid.h"
#include "cli/view/text.h"
#include "cli/view/value.h"
#include "shared/base/strings.h"
#include "shared/catalogue/json_text.h"

namespace egd::cli {
namespace {

using Json = nlohmann::ordered_json;
using catalogue::Look;

const UnixMillis kNow = *ParseDay("2026-11-26") + (9 * 3600 + 12 * 60 + 30) * 1000;

const catalogue::Command& Command(const char* name) {
  return *catalogue::FindCli(name);
}

Page At(size_t width) {
  return {.width = width, .now = kNow};
}

std::string Drawn(const char* command, const char* answer, size_t width = 80) {
  return DrawAnswer(At(width), Command(command), *catalogue::ParseJson(answer));
}

std::string Word(Look look, const char* key, const Json& value) {
  return CellOf(At(80), look, key, value).text;
}

}  // namespace

TEST_CASE("a text is as wide as a terminal makes it") {
  CHECK(DisplayWidth("größe") == 5);
  CHECK(DisplayWidth("漢字") == 4);
  CHECK(DisplayWidth("a\u0301") == 1);
  CHECK(DisplayWidth("\u200b") == 0);
  CHECK(DisplayWidth("❤\ufe0f") == 2);
  CHECK(GlyphsOf("e\u0301x").size() == 2);
}

TEST_CASE("what does not fit is cut, with a note that something is missing") {
  const Page page = At(80);
  CHECK(CutEnd(page, "abc", 3) == "abc");
  CHECK(!page.shortened);
  CHECK(CutEnd(page, "abcdefgh", 6) == "abcde…");
  CHECK(page.shortened);
  CHECK(CutMiddle(page, "0123456789abcdef", 9) == "0123…cdef");
  CHECK(CutMiddle(page, "0123456789", 4) == "012…");
  CHECK(CutEnd(page, "漢字漢字", 6) == "漢字…");
  CHECK(CutEnd(page, "abc", 1) == "a");
}

TEST_CASE("texts are wrapped at blanks, and long words where they have to be") {
  CHECK(WrapText("one two three", 8) == std::vector<std::string>{"one two", "three"});
  CHECK(WrapText("abcdefghij k", 4) == std::vector<std::string>{"abcd", "efgh", "ij k"});
  CHECK(WrapText("", 4) == std::vector<std::string>{""});
  CHECK(WrapText("漢字", 1) == std::vector<std::string>{"漢", "字"});
}

TEST_CASE("a value of megabytes is drawn at once") {
  const std::string word(2'000'000, 'x');
  CHECK(WrapText(word, 60).size() == 33'334);
  const Json body = {
      {"Domain",
       {{"VerificationMeta",
         {{"DNSRecords",
           Json::array({{{"Status", "fail"}, {"Value", word}, {"Found", word + "y"}}})}}}}}};
  CHECK(!DrawAnswer(At(60), Command("verifydomain"), body).empty());
  CHECK(!DrawAnswer(At(60), Command("useremailtemplate.get"), {{"HTMLContent", word}}).empty());
}

TEST_CASE("lines are folded at the width, whatever their colours") {
  CHECK(Fold("\x1b[31mabcdef\x1b[0m\ngh\n", 4) == "\x1b[31mabcd\nef\x1b[0m\ngh\n");
  CHECK(Fold("\x1b not ours", 80) == "\x1b not ours");
}

TEST_CASE("values are read in words and units") {
  CHECK(Word(Look::kText, "CreatedAt", "2026-11-26 09:07:30") == "2026-11-26 09:07 (5 min ago)");
  CHECK(Word(Look::kText, "NextAt", kNow / 1000 + 7200) == "2026-11-26 11:12 (in 2 h)");
  CHECK(Word(Look::kText, "SendAt", 0) == "0");
  CHECK(Word(Look::kText, "Subject", "2026-13-26 09:07:30") == "2026-13-26 09:07:30");
  CHECK(Word(Look::kSeconds, "Age", 318) == "5 min 18 s");
  CHECK(Word(Look::kSeconds, "Age", 90000) == "1 day 1 h");
  CHECK(Word(Look::kMillis, "Took", 1480) == "1.5 s");
  CHECK(Word(Look::kBytes, "Free", 71'000'000'000) == "71.0 GB");
  CHECK(Word(Look::kBytes, "Size", 2300) == "2.3 kB");
  CHECK(Word(Look::kPercent, "Rate", 42.11) == "42.11 %");
  CHECK(Word(Look::kSwitch, "On", 1) == "on");
  CHECK(Word(Look::kVerdict, "Status", "Approval Pending") == "! Approval Pending");
  CHECK(Word(Look::kVerdict, "State", "idle") == "idle");
  CHECK(Word(Look::kText, "Tags", Json({"a", "b"})) == "a, b");
  CHECK(AgeWords(kNow - 9000, kNow) == "just now");
  CHECK(AgeWords(kNow - 3 * kDayMillis, kNow) == "3 days ago");
}

TEST_CASE("an answer without a view of its own is shown by its keys, without what says nothing") {
  CHECK(Drawn("journey.create",
              R"({"Success":true,"ErrorCode":0,"JourneyID":4,"Empty":"","None":[],"Rate":95.0})") ==
        "Journey ID  4\n"
        "Rate        95.0 %\n");
  CHECK(Drawn("deletedomain", R"({"Success":true,"ErrorCode":0})") == "✓ Done\n");
  CHECK(Drawn("lists.get", R"({"Success":true,"TotalListCount":0,"Lists":[]})") == "No lists.\n");
  CHECK(Drawn("user.apikey.list", R"({"APIKeys":[]})") == "No API keys.\n");
}

TEST_CASE("lists are tables, numbers at their right, without empty columns") {
  CHECK(Drawn("user.apikey.list",
              R"({"APIKeys":[{"APIKeyID":4,"Note":"größe","BoundIPAddress":""},
                             {"APIKeyID":1234567890,"Note":"b","BoundIPAddress":""}]})") ==
        "API keys (2)\n"
        "API key ID  Note\n"
        "         4  größe\n"
        "1234567890  b\n");
}

TEST_CASE("a table that cannot fit is a block a row") {
  Grid grid{.titles = {"Name", "Count"},
            .rows = {{.cells = {{.text = "one"}, {.text = "123456789012", .is_number = true}}}}};
  CHECK(DrawGrid(At(16), grid) == "Name\n  one\nCount\n  123456789012\n");
}

TEST_CASE("a wrong record shows where what was found differs") {
  const std::string text = Drawn("verifydomain", R"({"Domain":{"SenderDomain":"example.com",
      "Status":"Enabled","VerificationMeta":{"DNSRecords":[
      {"Purpose":"SPF","Host":"example.com","Type":"TXT","Value":"include:gateway ~all",
       "Status":"fail","Found":"include:gatewy ~all","Error":"no include"}]}}})");
  CHECK(text.find("    expected  include:gateway ~all\n"
                  "    found     include:gatewy ~all\n"
                  "                           ^\n"
                  "    why       no include\n") != std::string::npos);
}

TEST_CASE("a difference far to the right is moved into view") {
  const std::string same(300, 'k');
  const Json body = {{"Domain",
                      {{"VerificationMeta",
                        {{"DNSRecords", Json::array({{{"Status", "fail"},
                                                      {"Value", same + "RIGHT"},
                                                      {"Found", same + "WRONG"}}})}}}}}};
  const std::string text = DrawAnswer(At(60), Command("verifydomain"), body);
  CHECK(text.find("kRIGHT\n") != std::string::npos);
  CHECK(text.find("kWRONG\n") != std::string::npos);
  CHECK(text.find("^^^^^\n") != std::string::npos);
}

TEST_CASE("advice is safe to paste") {
  const std::string text = Drawn("verifydomain", R"({"Domain":{"SenderDomain":"a';reboot",
      "VerificationMeta":{"DNSRecords":[{"Status":"fail"}]}}})");
  CHECK(text.find(R"(egctl dnsrecords 'a'\'';reboot')") != std::string::npos);
}

TEST_CASE("events that come one by one stay on one line each") {
  const Json event = {{"event", "bounce"},
                      {"timestamp", 1640000000},
                      {"recipient", "a@b.c"},
                      {"message", {{"headers", {{"subject", std::string(100, 's')}}}}},
                      {"smtp_response", std::string(100, 'r')}};
  for (const size_t width : {40, 80, 120}) {
    const std::string line = DrawLine(At(width), Command("getevents"), &event);
    CHECK(DisplayWidth(line.substr(0, line.find('\n'))) <= width);
    CHECK(line.find('\n') == line.size() - 1);
  }
}

}  // namespace egd::cli
