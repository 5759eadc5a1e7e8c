// What the parser takes and refuses: a table of rules, then every bad value at every parameter of
// every Command.
#include "shared/catalogue/arguments.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "shared/base/clock.h"
#include "shared/base/strings.h"
#include "shared/catalogue/json_text.h"

namespace egd::catalogue {
namespace {

using Json = nlohmann::ordered_json;

Command Declare(Param param) {
  return {.name = "test",
          .group = "test",
          .summary = "Test",
          .details = "Test",
          .params = {std::move(param)},
          .errors = {{44, ErrorKind::kTooLarge, "Too large"}}};
}

// The checked value of the one parameter P, null when it counts as absent.
Json Value(Param param, const Json& given) {
  param.name = "P";
  const Command command = Declare(param);  // the arguments refer to it
  auto parsed = ParseArguments(command, Json{{"P", given}});
  if (auto* problems = std::get_if<std::vector<Problem>>(&parsed)) {
    UNSCOPED_INFO(given.dump() << ": " << problems->front().text);
    REQUIRE(problems->empty());
  }
  return std::get<Arguments>(parsed).Json("P");
}

Problem Refusal(Param param, const Json& given) {
  param.name = "P";
  auto parsed = ParseArguments(Declare(param), Json{{"P", given}});
  INFO(given.dump(-1, ' ', false, Json::error_handler_t::replace));
  REQUIRE(std::holds_alternative<std::vector<Problem>>(parsed));
  return std::get<std::vector<Problem>>(parsed).front();
}

std::vector<Problem> Problems(const Command& command, const Json& raw) {
  auto parsed = ParseArguments(command, raw);
  auto* problems = std::get_if<std::vector<Problem>>(&parsed);
  return problems ? std::move(*problems) : std::vector<Problem>();
}

}  // namespace

TEST_CASE("a text can be taken out of the arguments, and is absent then") {
  Command command = Declare({.name = "Body", .type = ParamType::kText, .max_length = 10'000});
  command.params.push_back({.name = "Other", .required = true, .required_unless = "Body"});
  auto parsed = ReadArguments(command, Json{{"Body", std::string(5000, 'x')}});
  REQUIRE(parsed.problems.empty());  // moving Body does not make Other required
  CHECK(parsed.arguments.Take("Body") == std::string(5000, 'x'));
  CHECK_FALSE(parsed.arguments.Has("Body"));
  CHECK(parsed.arguments.Take("Body").empty());
  CHECK(parsed.arguments.Take("Other").empty());
  CHECK_THROWS_AS(parsed.arguments.Take("None"), std::logic_error);
}

TEST_CASE("a parameter can take the place of a required one") {
  Command command =
      Declare({.name = "To", .required = true, .required_unless = "List", .missing_code = 8});
  command.params.push_back({.name = "List", .type = ParamType::kInteger, .invalid_code = 16});
  CHECK(Problems(command, Json::object()).at(0).code == 8);
  CHECK(Problems(command, Json{{"List", nullptr}}).at(0).code == 8);
  CHECK(Problems(command, Json{{"list", ""}}).at(0).code == 8);
  CHECK(Problems(command, Json{{"LIST", 5}}).empty());
  CHECK(Problems(command, Json{{"To", "x"}}).empty());
}

TEST_CASE("what is right is read beside what is wrong") {
  const Parsed parsed = ReadArguments(*Find("emailgateway.adddomain"),
                                      Json{{"DomainName", "example.com"}, {"Subdomain", 5}});
  CHECK(parsed.arguments.String("DomainName") == "example.com");
  CHECK_FALSE(parsed.arguments.Has("Subdomain"));
  REQUIRE(parsed.problems.size() == 1);
  CHECK(parsed.problems[0].code == 4);
}

TEST_CASE("names are taken in any case and unknown ones ignored") {
  const Command& command = *Find("emailgateway.adddomain");
  auto parsed = ParseArguments(command, Json{{"domainNAME", "example.com"}, {"Foo", 1}});
  const auto& arguments = std::get<Arguments>(parsed);
  CHECK(arguments.String("DomainName") == "example.com");
  CHECK_THROWS_AS(arguments.Has("Foo"), std::logic_error);
  CHECK(!arguments.Has("Subdomain"));
  CHECK(arguments.String("Subdomain").empty());
  CHECK(!arguments.OptionalString("Subdomain"));
}

TEST_CASE("parameters that are no object are refused") {
  for (const Json& raw : {Json(), Json(5), Json::array(), Json("x")}) {
    CHECK(Problems(*Find("emailgateway.getdomains"), raw).size() == 1);
  }
}

TEST_CASE("integers come as JSON numbers or decimal text") {
  const Param integer{.type = ParamType::kInteger, .minimum = -5, .maximum = 100};
  CHECK(Value(integer, 7) == 7);
  CHECK(Value(integer, "7") == 7);
  CHECK(Value(integer, "-5") == -5);
  CHECK(Value(integer, 7.0).dump() == "7");
  CHECK(Value(integer, 1e2).dump() == "100");
  for (const Json& bad : {Json(1.5), Json("1.5"), Json("x"), Json(" 7"), Json("7x"), Json("0x7"),
                          Json(true), Json::array({7}), Json{{"a", 1}},
                          Json("99999999999999999999"), Json(UINT64_MAX), Json(1e30)}) {
    CHECK(Refusal(integer, bad).text == "P must be an integer");
    CHECK(Refusal(integer, bad).code == kCodeMalformed);
  }
  CHECK(Refusal(integer, -6).text == "P must be at least -5");
  CHECK(Refusal(integer, "101").text == "P must be at most 100");
}

TEST_CASE("timestamps stay within years the gateway can show") {
  const Param timestamp{.type = ParamType::kTimestamp};
  CHECK(Value(timestamp, "1640000000") == 1640000000);
  CHECK(Refusal(timestamp, -1).code == kCodeMalformed);
  CHECK(Refusal(timestamp, INT64_MAX).code == kCodeMalformed);
}

TEST_CASE("booleans come in every documented spelling") {
  for (const auto type : {ParamType::kBoolean, ParamType::kFlag}) {
    const Param boolean{.type = type};
    for (const Json& yes :
         {Json(true), Json(1), Json("1"), Json("true"), Json("TRUE"), Json("yes")}) {
      CHECK(Value(boolean, yes) == true);
    }
    for (const Json& no : {Json(false), Json(0), Json("0"), Json("false"), Json("No")}) {
      CHECK(Value(boolean, no) == false);
    }
    for (const Json& bad : {Json(2), Json(-1), Json(1.0), Json("on"), Json("ja"), Json::array()}) {
      CHECK(Refusal(boolean, bad).text == "P must be true or false, 1 or 0");
    }
  }
}

TEST_CASE("days become the first millisecond of the UTC day") {
  const Param day{.type = ParamType::kDay};
  CHECK(Value(day, "1970-01-02") == kDayMillis);
  for (const Json& bad :
       {Json("2026-02-30"), Json("2026-2-3x"), Json("31.1.2026"), Json(20260131)}) {
    CHECK(Refusal(day, bad).text == "P must be a day like 2026-01-31");
  }
}

TEST_CASE("texts are UTF-8 of one line without control characters") {
  const Param text{.max_length = 10};
  CHECK(Value(text, "grüße") == "grüße");
  CHECK(Refusal(text, "a\nb").text == "P must not contain control characters");
  CHECK(Refusal(text, std::string("a\0b", 3)).text == "P must not contain control characters");
  CHECK(Refusal(text, "a\xc2\x85z").text == "P must not contain control characters");
  CHECK(Refusal(text, "\xff").text == "P is not valid UTF-8");
  CHECK(Refusal(text, "12345678901").text == "P must be at most 10 bytes long");
  CHECK(Refusal(text, 5).text == "P must be a text");
}

TEST_CASE("bodies may hold any character but NUL") {
  const Param body{.type = ParamType::kText, .too_long_code = 44, .max_length = 10};
  CHECK(Value(body, "a\r\n\tb\n") == "a\r\n\tb\n");
  CHECK(Value(body, "\x1b$B\f\v\x7f") == "\x1b$B\f\v\x7f");
  CHECK(Refusal(body, std::string("a\0b", 3)).text == "P must not contain NUL");
  CHECK(Refusal(body, "\xc3").text == "P is not valid UTF-8");
  const Problem too_long = Refusal(body, "12345678901");
  CHECK(too_long.code == 44);
  CHECK(too_long.kind == ErrorKind::kTooLarge);
}

TEST_CASE("null and empty are missing, unless empty means something") {
  const Param optional{.default_text = "d"};
  CHECK(Value(optional, nullptr) == "d");
  CHECK(Value(optional, "") == "d");
  CHECK(Value({}, "").is_null());
  CHECK(Value({.empty_is_value = true}, "") == "");
  CHECK(Value({.empty_is_value = true}, nullptr).is_null());
  CHECK(Refusal({.required = true, .missing_code = 8}, "").code == 8);
  CHECK(Refusal({.required = true, .missing_code = 8}, nullptr).text == "P is missing");
}

TEST_CASE("an empty list is missing, unless empty means something") {
  const Param list{.type = ParamType::kMailboxList, .required = true, .missing_code = 8};
  for (const Json& empty : {Json(""), Json::array(), Json("[]"), Json(nullptr)}) {
    CHECK(Refusal(list, empty).code == 8);
  }
  CHECK(Value({.type = ParamType::kMailboxList, .empty_is_value = true}, Json::array()) ==
        Json::array());
  CHECK(Value({.type = ParamType::kStringList}, ",").is_null());
  CHECK(Value({.type = ParamType::kStringList, .empty_is_value = true}, "") == Json::array());
}

TEST_CASE("choices are compared without case and get their declared spelling") {
  const Param choice{.choices = {"html", "Both"}};
  CHECK(Value(choice, "HTML") == "html");
  CHECK(Value(choice, "both") == "Both");
  CHECK(Refusal(choice, "xml").text == "P must be one of html, Both");
  const Param list{.type = ParamType::kStringList, .choices = {"A", "B"}};
  CHECK(Value(list, "b, a") == Json({"B", "A"}));
  CHECK(Refusal(list, "a,c").text == "P[1] must be one of A, B");
}

TEST_CASE("lists of texts come as JSON or between commas") {
  const Param list{.type = ParamType::kStringList, .max_length = 3};
  CHECK(Value(list, "7, 8,") == Json({"7", "8"}));
  CHECK(Value(list, Json({7, "8"})) == Json({"7", "8"}));
  CHECK(Value(list, R"(["a,b"])") == Json::array({"a,b"}));
  CHECK(Refusal(list, Json({"a", Json::object()})).text == "P[1] must be a text");
  CHECK(Refusal(list, Json::array({""})).text == "P[0] must not be empty");
  CHECK(Refusal(list, Json::array({"a\nb"})).text == "P[0] must not contain control characters");
  CHECK(Refusal(list, "1,2,3,4").text == "P must have at most 3 entries");
  CHECK(Refusal(list, 7).text == "P must be a list of texts");
  CHECK(Refusal(list, "[1,").text == "P must be a list of texts");
}

TEST_CASE("mailboxes become name and email, whatever was left out") {
  const Param mailbox{.type = ParamType::kMailbox, .address_code = 44};
  CHECK(Value(mailbox, {{"email", "a@b"}}) == Json{{"name", ""}, {"email", "a@b"}});
  CHECK(Value(mailbox, {{"Email", "a@b"}, {"NAME", "Ä"}}) == Json{{"name", "Ä"}, {"email", "a@b"}});
  CHECK(Value(mailbox, {{"name", "x"}}) == Json{{"name", "x"}, {"email", ""}});
  CHECK(Value(mailbox, R"({"email":"a@b","name":null})") == Json{{"name", ""}, {"email", "a@b"}});
  CHECK(Refusal(mailbox, "a@b").text == "P must be an object {name, email}");
  CHECK(Refusal(mailbox, {{"email", 5}}).text == "P.email must be a text");
  CHECK(Refusal(mailbox, {{"email", "a@b\r\nBcc: c@d"}}).code == 44);
  CHECK(Refusal(mailbox, {{"email", std::string(321, 'a')}}).code == 44);
  CHECK(Refusal(mailbox, {{"email", "\xff@b"}}).code == 44);
  CHECK(Refusal(mailbox, {{"email", "a@b"}, {"name", "x\ny"}}).text ==
        "P.name must not contain control characters");
}

TEST_CASE("lists of mailboxes name the entry that is wrong") {
  const Param list{.type = ParamType::kMailboxList, .too_long_code = 44, .max_length = 2};
  const Json good{{"name", ""}, {"email", "a@b"}};
  CHECK(Value(list, Json::array({good})) == Json::array({good}));
  CHECK(Value(list, R"([{"email":"a@b"}])") == Json::array({good}));
  CHECK(Refusal(list, Json::array({good, 5})).text == "P[1] must be an object {name, email}");
  CHECK(Refusal(list, good).text == "P must be a list of {name, email}");
  CHECK(Refusal(list, Json::array({good, good, good})).code == 44);
}

TEST_CASE("maps keep their order and hold texts") {
  const Param map{.type = ParamType::kStringMap, .max_length = 2};
  CHECK(Value(map, {{"X-B", "2"}, {"X-A", "1"}}).dump() == R"({"X-B":"2","X-A":"1"})");
  CHECK(Value(map, {{"X-A", 1.5}, {"X-B", true}}).dump() == R"({"X-A":"1.5","X-B":"true"})");
  CHECK(Value(map, {{"X-A", nullptr}, {"X-B", "1"}}).dump() == R"({"X-B":"1"})");
  CHECK(Refusal(map, {{"X-A", Json::array()}}).text == "P.X-A must be a text");
  const Param lines{.type = ParamType::kStringMap, .multi_line = true};
  CHECK(Value(lines, {{"A", "1\r\n2"}})["A"] == "1\r\n2");
  CHECK(Refusal(lines, {{"A", std::string(1, '\0')}}).text == "P.A must not contain NUL");
  CHECK(Refusal(map, {{"X-A", "1\r\n2"}}).text == "P.X-A must not contain control characters");
  CHECK(Refusal(map, {{"", "1"}}).code == kCodeMalformed);
  CHECK(Refusal(map, {{"X\n", "1"}}).code == kCodeMalformed);
  CHECK(Refusal(map, {{"a", "1"}, {"b", "1"}, {"c", "1"}}).text == "P must have at most 2 entries");
  CHECK(Refusal(map, Json::array({"a"})).text == "P must be an object of texts");
}

TEST_CASE("entries of a map may be parameters of their own") {
  const Command command = Declare(
      {.name = "CustomFields", .type = ParamType::kStringMap, .numbered_entries = "CustomField"});
  auto parsed = ParseArguments(command, Json{{"CustomFields", R"({"A":"1"})"},
                                             {"customfield2", 7},
                                             {"CustomField", "x"},
                                             {"CustomField2x", "x"}});
  CHECK(std::get<Arguments>(parsed).Json("CustomFields").dump() ==
        R"({"A":"1","CustomField2":"7"})");
}

TEST_CASE("octets are taken as they are, where they are declared") {
  const Param raw{.type = ParamType::kText, .octets = true};
  CHECK(Value(raw, "caf\xe9\x1b").get<std::string>() == "caf\xe9\x1b");
  CHECK(Refusal(raw, std::string("a\0b", 3)).text == "P must not contain NUL");
  CHECK(MayHoldOctets("rawemail"));
  CHECK_FALSE(MayHoldOctets("HTMLContent"));
}

TEST_CASE("a period that ends before it begins is malformed in every Command that takes one") {
  for (const Command& command : All()) {
    const Param* end = command.Find("EndDate");
    if (!end || !command.Find("StartDate")) continue;
    INFO(command.name);
    Json raw = *ParseJson(command.example_request);
    const bool days = end->type == ParamType::kDay;
    raw["StartDate"] = days ? Json("2026-02-01") : Json(2000);
    raw["EndDate"] = days ? Json("2026-01-31") : Json(1999);
    const auto problems = Problems(command, raw);
    REQUIRE(problems.size() == 1);
    CHECK(problems[0].code == kCodeMalformed);
    CHECK(problems[0].text == "EndDate is before StartDate");
    raw["EndDate"] = raw["StartDate"];
    CHECK(Problems(command, raw).empty());
  }
}

TEST_CASE("a time in milliseconds is told from one in seconds") {
  const Param time{.type = ParamType::kTimestamp, .invalid_code = 43};
  CHECK(Value(time, 1700000000) == 1700000000);
  CHECK(Refusal(time, 1700000000000).text ==
        "P must be Unix time in seconds; this looks like milliseconds");
}

TEST_CASE("a list of texts is counted before it is made") {
  const Param list{.type = ParamType::kStringList, .max_length = 3};
  CHECK(Value(list, "a,,b , c,").size() == 3);
  std::string many;
  for (int i = 0; i < 5'000'000; ++i) many += "a,";
  CHECK(Refusal(list, many).text == "P must have at most 3 entries");
}

TEST_CASE("attachments get all their members") {
  const Param list{.type = ParamType::kAttachmentList};
  const Json file{{"filename", "a.txt"}, {"content", "aGk="}};
  const Json full = Value(list, Json::array({file}))[0];
  CHECK(full["type"] == "");
  CHECK(full["disposition"] == "attachment");
  CHECK(full["contentid"] == "");
  CHECK(full["content"] == "aGk=");
  const auto with = [&](const char* key, const Json& value) {
    Json changed = file;
    changed[key] = value;
    return Refusal(list, Json::array({changed})).text;
  };
  CHECK(with("filename", "") == "P[0].filename is missing");
  CHECK(with("filename", "a\nb") == "P[0].filename must not contain control characters");
  CHECK(with("content", nullptr) == "P[0].content must be a base64 text");
  CHECK(with("disposition", "form-data") == "P[0].disposition must be attachment or inline");
  CHECK(with("type", 5) == "P[0].type must be a text");
}

TEST_CASE("all problems are found, ascending by code") {
  std::vector<int> codes;
  for (const Problem& p : Problems(*Find("emailgateway.addapi"), Json::object()))
    codes.push_back(p.code);
  CHECK(codes == std::vector{1, 2});
  codes.clear();
  const Json raw{{"DomainID", "x"}, {"RetrieveCount", 101}};
  for (const Problem& p : Problems(*Find("emailgateway.getevents"), raw)) codes.push_back(p.code);
  CHECK(codes == std::vector{4, kCodeMalformed, kCodeMalformed});
}

TEST_CASE("sendemail answers each misshapen address list with its own code") {
  const Command& command = *Find("emailgateway.sendemail");
  const auto code = [&](const char* name, const Json& value) {
    Json raw = *ParseJson(command.example_request);
    raw[name] = value;
    const auto problems = Problems(command, raw);
    return problems.empty() ? 0 : problems.front().code;
  };
  const Json evil = Json::array({{{"email", "a@example.com\r\nBcc: b@example.com"}}});
  CHECK(code("From", "a@example.com") == 3);
  CHECK(code("From", evil[0]) == 23);
  CHECK(code("Subject", "") == 8);
  CHECK(code("To", nullptr) == 8);
  CHECK(code("To", "a@example.com") == 18);
  CHECK(code("To", evil) == 19);
  CHECK(code("To", Json::array()) == 0);  // the daemon says 20
  CHECK(code("CC", 5) == 21);
  CHECK(code("CC", evil) == 22);
  CHECK(code("BCC", 5) == 24);
  CHECK(code("BCC", evil) == 26);
  CHECK(code("ReplyTo", 5) == 28);
  CHECK(code("ReplyTo", evil) == 30);
  CHECK(code("ReplyTo", Json(std::vector<Json>(11, evil[0]))) == 31);
  CHECK(code("Headers", {{"X-A", "1\n2"}}) == 42);
  CHECK(code("SendAt", "tomorrow") == 43);
  CHECK(code("Attachments", "x") == 41);
  CHECK(code("ContentType", nullptr) == 9);
}

TEST_CASE("every bad value at every parameter of every Command is refused with a documented code") {
  const std::vector<Json> values = {nullptr,
                                    "",
                                    "   ",
                                    5,
                                    -1,
                                    1.5,
                                    true,
                                    "text",
                                    "a\nb",
                                    std::string("\0", 1),
                                    "\xff\xfe",
                                    std::string(5000, 'x'),
                                    Json::array(),
                                    Json::object(),
                                    Json::array({Json::array()}),
                                    Json{{"a", {{"b", nullptr}}}},
                                    Json(std::vector<int>(2000, 1)),
                                    "{",
                                    "[[[[",
                                    INT64_MIN,
                                    UINT64_MAX};
  for (const Command& command : All()) {
    for (const Param& param : command.params) {
      for (const Json& value : values) {
        INFO(command.name
             << " " << param.name << " "
             << value.dump(-1, ' ', false, Json::error_handler_t::replace).substr(0, 60));
        Json raw = *ParseJson(command.example_request);
        raw.erase(std::string(param.name));
        raw[Lower(param.name)] = value;
        const auto problems = Problems(command, raw);
        const bool empty = value.is_null() || value == "";
        if (empty && param.required) {
          REQUIRE(problems.size() == 1);
          CHECK(problems[0].code == param.missing_code);
        } else if (value.is_null()) {
          CHECK(problems.empty());
        }
        for (const Problem& problem : problems) {
          CHECK(command.FindError(problem.code) != nullptr);
          CHECK(command.FindError(problem.code)->kind == problem.kind);
          CHECK(problem.text.starts_with(param.name));
          CHECK(!HasControl(problem.text));
        }
      }
    }
  }
}

TEST_CASE("no text with a control character or broken UTF-8 passes any one-line parameter") {
  for (const Command& command : All()) {
    for (const Param& param : command.params) {
      if (param.type != ParamType::kString && param.type != ParamType::kSecret) continue;
      for (const char* bad : {"a\rb", "a\x7f", "a\xc2\x80", "a\xe2\x28", "\xed\xa0\x80"}) {
        INFO(command.name << " " << param.name);
        Json raw = *ParseJson(command.example_request);
        raw[std::string(param.name)] = bad;
        REQUIRE(Problems(command, raw).size() == 1);
        CHECK(Problems(command, raw)[0].code == param.invalid_code);
      }
    }
  }
}

TEST_CASE("what is wrong with a JSON text is said, with its place") {
  const auto fault = [](std::string_view text) {
    std::string why;
    CHECK_FALSE(ParseJson(text, {}, &why));
    return why;
  };
  CHECK(fault(R"({"a":"\ud83d"})").starts_with("is not valid JSON: the \\u escape at byte "));
  CHECK(fault(R"({"a":"\udc00"})").find("half of a surrogate pair") != std::string::npos);
  CHECK(fault(std::string_view("{\"a\":1}\0x", 9)) == "is not valid JSON: byte 8 is NUL");
  CHECK(fault(std::string_view("{}\0", 3)) == "is not valid JSON: byte 3 is NUL");
  CHECK(fault("{\"a\":}").starts_with("is not valid JSON: unexpected text at byte "));
  CHECK(fault("\"\xff\"").starts_with("is not valid JSON: not UTF-8 at byte "));
  CHECK(fault(std::string(33, '[')) == "is nested too deep or has too many members");
}

TEST_CASE("JSON text is bounded in depth and in members of one object") {
  CHECK(ParseJson(R"({"a":[1,{"b":"c"}]})"));
  // Brackets and commas in a string do not count, nor does a quote behind an odd number of
  // backslashes end it.
  CHECK(ParseJson(R"(["[[,{\\",",,\"[["])", {.depth = 1, .values = 3}));
  CHECK(!ParseJson(R"(["\\",[1]])", {.depth = 1}));
  CHECK(!ParseJson(std::string(33, '[') + std::string(33, ']')));
  CHECK(ParseJson(std::string(32, '[') + std::string(32, ']')));
  CHECK(!ParseJson(R"({"a":1,"b":2,"c":3})", {.members = 2}));
  CHECK(ParseJson(R"([{"a":1,"b":2},{"a":1,"b":2},3,4])", {.members = 2}));
  CHECK(ParseJson(R"({"a":"[[[,,,\"[[[,,,{{{"})", {.depth = 1, .members = 1}));
  for (const char* bad : {"", "{", "]", "\"", "\"\\", "{\"a\":}", "nul", "1 2", "\"\xff\""}) {
    INFO(bad);
    CHECK(!ParseJson(bad));
  }
}

}  // namespace egd::catalogue
