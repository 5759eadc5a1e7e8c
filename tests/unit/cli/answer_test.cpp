// What a reply means, and what egctl exits with.
#include "cli/answer.h"

#include <catch2/catch.hpp>

#include "shared/catalogue/exit_status.h"

namespace egd::cli {
namespace {

using namespace catalogue;
using Json = nlohmann::ordered_json;

struct Outcome {
  int status;
  std::vector<int> codes;
};

Outcome Of(const char* name, int http_status, const char* body) {
  const Command& command = *FindCli(name);
  const auto answer = AnswerOf(command, {http_status, body});
  if (!answer) return {ExitCode(answer.error().kind), {}};
  Outcome outcome{ExitStatusOf(command, *answer), {}};
  for (const Problem& refusal : answer->refusals) outcome.codes.push_back(refusal.code);
  return outcome;
}

int ExitOf(const char* name, int http_status, const char* body) {
  return Of(name, http_status, body).status;
}

// The Command's example of a success, with `changes` (RFC 7396) made to it.
std::string Success(const char* name, const char* changes = "{}") {
  const Command& command = *FindCli(name);
  Json body = Json::object();
  if (command.envelope != Envelope::kPublic) body = {{"Success", true}, {"ErrorCode", 0}};
  body.update(Json::parse(command.example_reply));
  body.merge_patch(Json::parse(changes));
  return body.dump();
}

std::string Verified(const char* first, const char* second) {
  Json body = Json::parse(Success("verifydomain"));
  Json& records = body["Domain"]["VerificationMeta"]["DNSRecords"];
  records.push_back(records[0]);
  records[0]["Status"] = first;
  records[1]["Status"] = second;
  return body.dump();
}

}  // namespace

TEST_CASE("the exit status follows the code's kind in the catalogue") {
  CHECK(ExitOf("getdomain", 200, Success("getdomain").c_str()) == kExitDone);
  CHECK(ExitOf("getdomain", 200, R"({"Success":false,"ErrorCode":2,"ErrorText":"x"})") ==
        kExitNotFound);
  CHECK(ExitOf("adddomain", 200, R"({"Success":false,"ErrorCode":[2],"ErrorText":["x"]})") ==
        kExitRefused);
  CHECK(ExitOf("getdomain", 200, R"({"Success":false,"ErrorCode":99998})") == kExitDenied);
  CHECK(ExitOf("getdomain", 200, R"({"Success":false,"ErrorCode":99999})") == kExitDenied);
  CHECK(ExitOf("getdomain", 200, R"({"Success":false,"ErrorCode":429})") == kExitRateLimited);
  CHECK(ExitOf("getdomain", 429, R"({"Success":false,"ErrorCode":429})") == kExitRateLimited);
  CHECK(ExitOf("getdomain", 200, R"({"Success":false,"ErrorCode":99995})") == kExitRefused);
  CHECK(ExitOf("getdomain", 503, R"({"Success":false,"ErrorCode":77})") == kExitUnreachable);
  CHECK(ExitOf("sendemail", 401, R"({"Errors":[{"Code":13,"Message":"x"}]})") == kExitDenied);
  CHECK(ExitOf("sendemail", 200, R"({"Errors":[{"Code":32,"Message":"x"}]})") == kExitDenied);
  CHECK(ExitOf("sendemail", 200, R"({"MessageID":"u"})") == kExitDone);
  CHECK(ExitOf("user.login", 200, R"({"Success":false,"ErrorCode":[3]})") == kExitDenied);
}

TEST_CASE("every code of every Command has an exit status that scripts can tell apart") {
  for (const Command& command : All()) {
    for (const ErrorEntry& error : command.errors) {
      const std::string name(command.CliName());
      const std::string body =
          R"({"Success":false,"ErrorCode":)" + std::to_string(error.code) + "}";
      INFO(name << " " << error.code);
      const int status = ExitOf(name.c_str(), 200, body.c_str());
      CHECK(status == ExitCode(error.kind));
      CHECK(status != kExitDone);
      CHECK(status != kExitUsage);
    }
  }
}

TEST_CASE("all codes are kept, with their texts") {
  const auto outcome =
      Of("addapi", 200, R"({"Success":false,"ErrorCode":[1,2],"ErrorText":["a","b"]})");
  CHECK(outcome.codes == std::vector{1, 2});
  const auto answer = AnswerOf(*FindCli("addapi"),
                               {200, R"({"Success":false,"ErrorCode":[1,3],"ErrorText":["a"]})"});
  REQUIRE(answer);
  CHECK(answer->refusals[0].text == "a");
  CHECK(answer->refusals[1].text == "Domain not found or access denied");
}

TEST_CASE("verifydomain tells wrong records from a DNS that does not answer") {
  CHECK(ExitOf("verifydomain", 200, Verified("pass", "pass").c_str()) == kExitDone);
  CHECK(ExitOf("verifydomain", 200, Verified("temperror", "fail").c_str()) == kExitDnsWrong);
  CHECK(ExitOf("verifydomain", 200, Verified("temperror", "pass").c_str()) == kExitDnsTemporary);
}

TEST_CASE("what is no gateway's reply is as good as none") {
  for (const char* body : {"", "<html>", "[]", "5", "{\"a\":", "\"x\""}) {
    INFO(body);
    CHECK(ExitOf("getdomain", 200, body) == kExitUnreachable);
  }
  CHECK(ExitOf("getdomain", 200, std::string(100000, '[').c_str()) == kExitUnreachable);
}

TEST_CASE("a success of any Command must have what the Command declares") {
  for (const Command& command : All()) {
    const std::string name(command.CliName());
    INFO(name);
    const Json example = Json::parse(command.example_reply, nullptr, false);
    if (!example.is_object()) continue;  // a text
    HttpReply whole{200, Success(name.c_str())};
    whole.request_id = "r";
    const auto answer = AnswerOf(command, whole);
    REQUIRE(answer);
    // The example of a batch has a message that was refused, checkbulk's a rule that fails.
    const int status = name == "batch"       ? kExitRefused
                       : name == "checkbulk" ? kExitDiffers
                                             : kExitDone;
    CHECK(ExitStatusOf(command, *answer) == status);
    for (const char* strange : {R"({"message":"Unauthorized"})", R"({"data":{}})"}) {
      CHECK(ExitOf(name.c_str(), 200, strange) == kExitUnreachable);
    }
    CHECK(ExitOf(name.c_str(), 200, "{}") != kExitDone);
    for (const Field& field : command.results) {
      if (!field.always || field.path.find_first_of(".[") != field.path.npos) continue;
      INFO(field.path);
      const std::string without = R"({")" + field.path + R"(":null})";
      CHECK(ExitOf(name.c_str(), 200, Success(name.c_str(), without.c_str()).c_str()) ==
            kExitUnreachable);
    }
  }
}

TEST_CASE("a result is looked for in depth, and by its type") {
  for (const char* changes :
       {R"({"Domain":{"DomainID":null}})", R"({"Domain":{"DomainID":"7"}})", R"({"Domain":[]})",
        R"({"Domain":{"VerificationMeta":{"DNSRecords":[5]}}})",
        R"({"Domain":{"VerificationMeta":{"DNSRecords":[{}]}}})", R"({"Success":"yes"})",
        R"({"Success":null})"}) {
    INFO(changes);
    CHECK(ExitOf("getdomain", 200, Success("getdomain", changes).c_str()) == kExitUnreachable);
  }
  CHECK(ExitOf("sendemail", 200, R"({"MessageID":null})") == kExitUnreachable);
  CHECK(ExitOf("sendemail", 200, R"({"MessageID":["a"]})") == kExitDone);
  const auto lacking = AnswerOf(*FindCli("deletewebhook.public"), {200, "{}"});
  REQUIRE_FALSE(lacking);
  CHECK(lacking.error().public_text == "not an egd answer: HTTP status 200 without X-Request-ID");
}

TEST_CASE("an HTTP error without a code is a refusal all the same") {
  CHECK(ExitOf("getdomain", 500, "{}") == kExitRefused);
  CHECK(ExitOf("getdomain", 403, "{}") == kExitDenied);
  CHECK(Of("getdomain", 500, "{}").codes == std::vector{0});
}

TEST_CASE("members of unexpected types do no harm") {
  for (const char* body :
       {R"({"Errors":5})", R"({"Errors":[5,{"Code":"x","Message":7}]})",
        R"({"Success":false,"ErrorCode":{"a":1},"ErrorText":5})",
        R"({"Success":false,"ErrorCode":[[1]],"ErrorText":"x"})", R"({"Success":"no"})",
        R"({"Success":false,"ErrorCode":99999999999999})"}) {
    INFO(body);
    CHECK_NOTHROW(Of("verifydomain", 200, body));
  }
}

}  // namespace egd::cli
