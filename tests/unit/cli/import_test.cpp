// Files of any size, in parts.
#include "cli/import.h"

#include "cli/records.h"
#include "shared/base/strings.h"
#include "shared/catalogue/exit_status.h"
#include "tests/unit/cli/fake_gateway.h"

namespace egd::cli {
namespace {

using namespace catalogue;

std::vector<Record> RecordsOf(const std::string& text, bool csv = true) {
  std::istringstream stream(text);
  RecordReader reader(stream, csv);
  std::vector<Record> records;
  while (auto record = reader.Next()) records.push_back(*std::move(record));
  return records;
}

std::string Reply(int imported, const std::vector<int>& failed) {
  Json lines = Json::array();
  for (const int line : failed) lines.push_back({{"Line", line}, {"Error", "e"}});
  return Json{{"Success", true},
              {"ErrorCode", 0},
              {"TotalData", imported + int(failed.size())},
              {"TotalImported", imported},
              {"TotalDuplicates", 0},
              {"TotalFailed", failed.size()},
              {"FailedLines", lines}}
      .dump();
}

std::string Lines(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += "u" + std::to_string(i) + "@example.com\n";
  return text;
}

Outcome ImportOf(FakeGateway& gateway, const std::string& text, std::vector<std::string> more = {},
                 FakePause pause = {}) {
  FakeInput input;
  input.files["f"] = text;
  more.insert(more.begin(), {"subscribers.import", "5", "--import-data-file", "f"});
  return Egctl(more, At(gateway), false, input, pause);
}

}  // namespace

TEST_CASE("lines are numbered, and end whatever ends them") {
  const auto records = RecordsOf("a\r\nb\n\nc");
  REQUIRE(records.size() == 4);
  CHECK(records[0].text == "a\r\n");
  CHECK(records[3].text == "c\n");
  CHECK(records[3].line == 4);
  CHECK(RecordsOf("").empty());
  CHECK(RecordsOf("\xef\xbb\xbfx\n")[0].text == "x\n");
  for (const size_t size : {4094u, 4095u, 4096u, 8190u, 65536u}) {
    const auto longest = RecordsOf(std::string(size, 'a') + "\nb\n");
    REQUIRE(longest.size() == 2);
    CHECK(longest[0].text.size() == size + 1);
    CHECK(longest[1].line == 2);
  }
}

TEST_CASE("a quoted field may go over lines, one that never ends spoils its own only") {
  const auto records = RecordsOf("a,\"b\nc\"\"d\ne\"\nf\n");
  REQUIRE(records.size() == 2);
  CHECK(records[0].lines == 3);
  CHECK(records[0].text == "a,\"b\nc\"\"d\ne\"\n");
  CHECK(records[1].line == 4);
  const auto open = RecordsOf("a\n\"b\nc\nd\n");
  REQUIRE(open.size() == 4);
  CHECK(open[1].error == "a quoted field does not end");
  CHECK(open[2].error.empty());
  CHECK(open[3].line == 4);
  CHECK(RecordsOf("a\"b\nc\n").size() == 2);        // no quote inside a field
  CHECK(RecordsOf("\"a\nb\n", false).size() == 2);  // nor in plain lines
  CHECK(RecordsOf("\"a\nb\n", false)[0].error.empty());
}

TEST_CASE("what no request can hold is told apart") {
  const auto records =
      RecordsOf("caf\xe9@x\n" + std::string("a\0b", 3) + "\n" + std::string(70000, 'x') + "\nok\n");
  REQUIRE(records.size() == 4);
  CHECK(records[0].error == "not UTF-8");
  CHECK(records[1].error == "has a control character");
  CHECK(records[2].error == "longer than 64 KiB");
  CHECK(records[3].error.empty());
}

TEST_CASE("a file goes in parts of whole lines, each with the header") {
  FakeGateway gateway;
  gateway.queues["subscribers.import"] = {Reply(9999, {3}), Reply(10000, {2}), Reply(1, {})};
  const auto outcome = ImportOf(gateway, "Email,Name\n" + Lines(20001));
  CHECK(outcome.status == kExitDone);
  REQUIRE(gateway.requests.size() == 3);
  const std::string second = gateway.Body(1)["ImportData"];
  CHECK(second.starts_with("Email,Name\nu10000@example.com\n"));
  CHECK(gateway.Body(2)["ImportData"] == "Email,Name\nu20000@example.com\n");
  CHECK(gateway.Body(1)["ListID"] == 5);
  const Json sum = Json::parse(outcome.out);
  CHECK(sum["TotalImported"] == 20000);
  CHECK(sum["TotalFailed"] == 2);
  CHECK(sum["TotalData"] == 20002);
  CHECK(sum["FailedLines"][0]["Line"] == 3);
  CHECK(sum["FailedLines"][1]["Line"] == 10002);  // the second line after the header of its part
}

TEST_CASE("lines that cannot be sent are reported among the others, by their number") {
  FakeGateway gateway;
  gateway.queues["subscribers.import"] = {Reply(2, {1, 4})};
  const auto outcome = ImportOf(gateway, "bad\ncaf\xe9@x\nok@x.y\nbad\n\"open\nok@x.z\n");
  CHECK(gateway.Body(0)["ImportData"] == "bad\n\nok@x.y\nbad\n\nok@x.z\n");
  const Json sum = Json::parse(outcome.out);
  CHECK(sum["TotalData"] == 6);
  CHECK(sum["TotalFailed"] == 4);
  std::vector<int> lines;
  for (const Json& row : sum["FailedLines"]) lines.push_back(row["Line"]);
  CHECK(lines == std::vector{1, 2, 4, 5});
}

TEST_CASE("an import goes on at a line, with the header of the file") {
  FakeGateway gateway;
  gateway.queues["subscribers.import"] = {Reply(0, {2})};
  const auto outcome = ImportOf(gateway, "Email\na\nb\nc\n", {"--start-line", "3"});
  CHECK(gateway.Body(0)["ImportData"] == "Email\nb\nc\n");
  CHECK(Json::parse(outcome.out)["FailedLines"][0]["Line"] == 3);
  CHECK(ImportOf(gateway, "a\n", {"--start-line", "0"}).status == kExitUsage);
}

TEST_CASE("a stop between two parts says where to go on") {
  FakeGateway gateway;
  gateway.queues["subscribers.import"] = {Reply(10000, {})};
  FakePause pause;
  pause.signal = 2;
  const auto outcome = ImportOf(gateway, "Email\n" + Lines(20000), {}, pause);
  CHECK(outcome.status == 130);
  CHECK(gateway.requests.size() == 1);
  CHECK(outcome.err.find("--start-line 10002\n") != std::string::npos);
  CHECK(Json::parse(outcome.out)["TotalImported"] == 10000);
}

TEST_CASE("trouble that passes is waited out, a refusal says where to go on") {
  FakeGateway gateway;
  gateway.queues["subscribers.import"] = {
      Reply(10000, {}), R"({"Success":false,"ErrorCode":429,"ErrorText":"slow down"})",
      Reply(10000, {}), R"({"Success":false,"ErrorCode":2,"ErrorText":"gone"})"};
  const auto outcome = ImportOf(gateway, Lines(30000));
  CHECK(gateway.requests.size() == 4);
  CHECK(outcome.status == kExitNotFound);
  CHECK(outcome.err.find("continue with --start-line 20001\n") != std::string::npos);
  CHECK(outcome.out.empty());
}

TEST_CASE("a text given as it is, a missing file and an empty one") {
  FakeGateway gateway;
  gateway.replies["suppression.import"] = Reply(1, {});
  CHECK(Egctl({"suppression.import", "--email-addresses-bulk", "a@b.c"}, At(gateway)).status ==
        kExitDone);
  CHECK(Egctl({"suppression.import", "--email-addresses-bulk-file", "no"}, At(gateway)).status ==
        kExitUsage);
  gateway.replies["subscribers.import"] =
      R"({"Success":false,"ErrorCode":3,"ErrorText":"ImportData is missing"})";
  CHECK(ImportOf(gateway, "").status == kExitRefused);
}

}  // namespace egd::cli
