#include "daemon/api/request_decode.h"

#include <chrono>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

namespace egd::api {
namespace {

using Json = nlohmann::ordered_json;

constexpr char kJson[] = "application/json";
constexpr char kForm[] = "application/x-www-form-urlencoded";
constexpr char kMultipart[] = "multipart/form-data; boundary=b";

Json Decode(std::string_view query, std::string_view type, std::string_view body) {
  auto decoded = DecodeParameters(query, type, body);
  if (const auto* failure = std::get_if<DecodeFailure>(&decoded)) FAIL(failure->text);
  return std::get<Json>(decoded);
}

int Refusal(std::string_view query, std::string_view type, std::string_view body) {
  const auto decoded = DecodeParameters(query, type, body);
  const auto* failure = std::get_if<DecodeFailure>(&decoded);
  if (failure == nullptr) return 0;
  CHECK_FALSE(failure->text.empty());
  return failure->status;
}

std::string Part(const std::string& name, const std::string& content) {
  return "--b\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + content + "\r\n";
}

}  // namespace

TEST_CASE("each encoding gives the same parameters") {
  const Json expected = {{"Command", "x"}, {"Name", "J\u00e4ne & co"}};
  CHECK(Decode("", kJson, R"({"Command":"x","Name":"Jäne & co"})") == expected);
  CHECK(Decode("", kForm, "Command=x&Name=J%C3%a4ne+%26+co") == expected);
  CHECK(Decode("Command=x&Name=J%C3%A4ne%20%26%20co", "", "") == expected);
  CHECK(Decode("", kMultipart, Part("Command", "x") + Part("Name", "Jäne & co") + "--b--\r\n") ==
        expected);
}

TEST_CASE("the body wins over the query, the last name over the first, whatever their case") {
  CHECK(Decode("a=query&b=query", kJson, R"({"A":"body"})") == Json{{"a", "body"}, {"b", "query"}});
  CHECK(Decode("", kJson, R"({"Name":1,"name":2,"NAME":3})") == Json{{"Name", 3}});
  CHECK(Decode("", kForm, "Name=1&NAME=2&name=3") == Json{{"Name", "3"}});
  CHECK(Decode("b=1&B=2&a=3&A=4", "", "") == Json{{"a", "4"}, {"b", "2"}});
}

TEST_CASE("null is as if it had not been sent") {
  CHECK(Decode("a=1", kJson, R"({"a":null,"b":null})") == Json{{"a", "1"}});
}

TEST_CASE("JSON is taken as JSON under curl's default type") {
  const Json expected = {{"Event", "delivery"}, {"StartFrom", 0}};
  CHECK(Decode("", kForm, " {\n \"StartFrom\": 0, \"Event\": \"delivery\" }") == expected);
  CHECK(Decode("", "", R"({"StartFrom":0,"Event":"delivery"})") == expected);
  CHECK(Refusal("", kForm, R"({"StartFrom":0,"Event":"del)") == 400);
}

TEST_CASE("a JSON body that is cut off, malformed or no object is refused") {
  for (const char* body :
       {"{", "{\"a\":1", "[]", "1", "\"a\"", "null", "{\"a\":}", "{'a':1}", "{\"a\":1}x", " "}) {
    CAPTURE(body);
    CHECK(Refusal("", kJson, body) == 400);
  }
}

TEST_CASE("JSON is bounded in depth, members and values before it is built") {
  const auto nested = [](size_t depth) {
    return "{\"a\":" + std::string(depth - 1, '[') + std::string(depth - 1, ']') + "}";
  };
  CHECK(Refusal("", kJson, nested(64)) == 0);
  CHECK(Refusal("", kJson, nested(65)) == 400);
  CHECK(Refusal("", kJson, "{\"a\":" + std::string(1'000'000, '[')) == 400);
  std::string many = "{\"a\":0";
  for (int i = 0; i < 1000; ++i) many += ",\"" + std::to_string(i) + "\":0";
  CHECK(Refusal("", kJson, many + "}") == 400);
  std::string values = "{\"a\":[[]";
  for (int i = 0; i < 250'000; ++i) values += ",[]";
  CHECK(Refusal("", kJson, values + "]}") == 400);
}

TEST_CASE("invalid UTF-8 is refused in every encoding") {
  CHECK(Refusal("", kJson, "{\"a\":\"\xff\"}") == 400);
  CHECK(Refusal("", kForm, "a=%ff") == 400);
  CHECK(Refusal("", kForm, "%c0%80=a") == 400);
  CHECK(Refusal("a=\xed\xa0\x80", "", "") == 400);
  CHECK(Refusal("", kMultipart, Part("a", "\xff") + "--b--") == 400);
}

TEST_CASE("unknown body types are refused, but not when there is no body") {
  CHECK(Refusal("", "text/xml", "<a/>") == 415);
  CHECK(Refusal("", "text/plain", "{}") == 415);
  CHECK(Refusal("", "application/json; charset=iso-8859-1", "{}") == 415);
  CHECK(Refusal("", "text/xml", "") == 0);
  CHECK(Decode("", "Application/JSON; Charset=\"UTF-8\"", R"({"a":1})") == Json{{"a", 1}});
  CHECK(Decode("", "application/problem+json", R"({"a":1})") == Json{{"a", 1}});
}

TEST_CASE("stray percent signs and odd pairs are taken as they are") {
  CHECK(Decode("", kForm, "a=100%&b=%zz&c&=d&&e==f&g=%4") ==
        Json{{"", "d"}, {"a", "100%"}, {"b", "%zz"}, {"c", ""}, {"e", "=f"}, {"g", "%4"}});
}

TEST_CASE("bracketed fields become structures") {
  CHECK(Decode("", kForm, "From[name]=Jane&From[email]=j@a.b") ==
        Json{{"From", {{"name", "Jane"}, {"email", "j@a.b"}}}});
  CHECK(Decode("", kForm, "To[0][name]=A&To[0][email]=a@a.b&To[1][email]=b@a.b") ==
        Json::parse(R"({"To":[{"name":"A","email":"a@a.b"},{"email":"b@a.b"}]})"));
  CHECK(Decode("", kForm, "Tags[]=a&Tags[]=b") == Json::parse(R"({"Tags":["a","b"]})"));
  CHECK(Decode("", kForm, "Headers[X-B]=1&Headers[X-A]=2") ==
        Json::parse(R"({"Headers":{"X-B":"1","X-A":"2"}})"));
  CHECK(Decode("to%5B0%5D%5Bemail%5D=a", "", "") == Json::parse(R"({"to":[{"email":"a"}]})"));
  CHECK(Decode("", kMultipart, Part("To[0][email]", "a") + "--b--") ==
        Json::parse(R"({"To":[{"email":"a"}]})"));
}

TEST_CASE("a list is as long as the elements sent, whatever their numbers") {
  CHECK(Decode("", kForm, "To[999999999999999999999]=a&To[5]=b&To[5]=c") ==
        Json::parse(R"({"To":["a","c"]})"));
}

TEST_CASE("of fields that contradict each other the last one wins") {
  CHECK(Decode("", kForm, "To=a&To[0]=b") == Json::parse(R"({"To":["b"]})"));
  CHECK(Decode("", kForm, "To[0]=b&To=a") == Json::parse(R"({"To":"a"})"));
  CHECK(Decode("", kForm, "To[0][email]=a&to[0]=b") == Json::parse(R"({"To":["b"]})"));
  CHECK(Decode("To[0]=q", kForm, "to[1]=b") == Json::parse(R"({"To":["b"]})"));
}

TEST_CASE("names whose brackets do not match are plain") {
  CHECK(Decode("", kForm, "a[=1&[b]=2&c]=3&d[0]x=4&e[0=5&f[[0]=6") == Json{{"[b]", "2"},
                                                                           {"a[", "1"},
                                                                           {"c]", "3"},
                                                                           {"d[0]x", "4"},
                                                                           {"e[0", "5"},
                                                                           {"f", {{"[0", "6"}}}});
}

TEST_CASE("bracketed fields are bounded in depth and number") {
  CHECK(Refusal("", kForm, "a[1][2][3][4][5][6][7][8]=x") == 0);
  CHECK(Refusal("", kForm, "a[1][2][3][4][5][6][7][8][9]=x") == 400);
  std::string fields;
  for (int i = 0; i < 10'000; ++i) fields += "Headers[X-" + std::to_string(i) + "]=y&";
  CHECK(Refusal("", kForm, fields) == 0);
  CHECK(Refusal("", kForm, fields + "z=1") == 400);
}

TEST_CASE("multipart bodies are read as RFC 7578 says") {
  CHECK(Decode("", "multipart/form-data; charset=utf-8; boundary=\"a b\"",
               "preamble\r\n--a b \r\ncontent-type: text/plain\r\nCONTENT-DISPOSITION: form-data; "
               "filename=\"x;\\\"y\"; name=file\r\n\r\nline\r\n--a line\r\n\r\n--a b--epilogue") ==
        Json{{"file", "line\r\n--a line\r\n"}});
  CHECK(Decode("", kMultipart, Part("empty", "") + "--b--") == Json{{"empty", ""}});
  CHECK(Decode("", kMultipart, "--b--") == Json::object());
}

TEST_CASE("malformed and truncated multipart bodies are refused") {
  const std::string part = Part("a", "1");
  for (const std::string& body : std::vector<std::string>{
           part, part + "--b", part + "--b\r\n",
           "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\ncut",
           "--b\r\n\r\nno name\r\n--b--", "--b\r\n--b--", "nothing", "\r\n",
           "--b\r\nContent-Disposition: form-data; name=\"a\r\n\r\n1\r\n--b--"}) {
    CAPTURE(body);
    CHECK(Refusal("", kMultipart, body) == 400);
  }
  CHECK(Refusal("", "multipart/form-data", part + "--b--") == 400);
  CHECK(Refusal("", "multipart/form-data; boundary=" + std::string(71, 'b'), part + "--b--") ==
        400);
}

TEST_CASE("every cut of a body is refused or leaves only whole fields") {
  const std::string json = R"({"a":"1","b":[{"c":"d"}]})";
  for (size_t size = 1; size < json.size(); ++size)
    CHECK(Refusal("", kJson, json.substr(0, size)) == 400);
  const std::string multipart = Part("a", "1") + Part("b", "2") + "--b--";
  for (size_t size = 1; size < multipart.size(); ++size) {
    CHECK(Refusal("", kMultipart, multipart.substr(0, size)) == 400);
  }
}

}  // namespace egd::api
