#include "daemon/api/dispatcher.h"

#include <catch2/catch.hpp>

#include "tests/unit/api/fake_gateway.h"

namespace egd::api {
namespace {

using Json = nlohmann::ordered_json;

struct Answer {
  int status;
  Json body;
  Reply reply;

  std::string Header(const std::string& name) const {
    for (const auto& header : reply.headers) {
      if (header.first == name) return header.second;
    }
    return "";
  }
};

// As the router hands it over: nothing when there is no Authorization field.
std::optional<std::string_view> Field(const std::string& bearer) {
  return bearer.empty() ? std::nullopt : std::optional<std::string_view>(bearer);
}

struct Desk : FakeGateway {
  Answer Legacy(const Json& parameters, const std::string& bearer = "") {
    return Ask({.parameters = parameters,
                .bearer = Field(bearer),
                .client_address = "192.0.2.1",
                .request_id = "r1"});
  }
  Answer Alias(const Json& parameters, const std::string& bearer = "sender") {
    return Ask({.alias = &commands[2],
                .parameters = parameters,
                .bearer = Field(bearer),
                .client_address = "192.0.2.1",
                .request_id = "r1"});
  }
  Answer Ask(const CommandRequest& request) {
    const Dispatcher dispatcher(commands, handlers, authenticator, rate_limit, errors_as_200);
    Reply reply = dispatcher.Dispatch(request);
    Json body = Json::parse(reply.body);
    return {reply.status, std::move(body), std::move(reply)};
  }

  bool errors_as_200 = false;
};

}  // namespace

TEST_CASE("a Command is found by name whatever its case") {
  Desk desk;
  CHECK(desk.Legacy({{"Command", "FAKE.Anyone"}, {"Name", "x"}}).body ==
        Json{{"Success", true}, {"ErrorCode", 0}, {"Hello", "x"}});
}

TEST_CASE("an unknown or missing Command is 99996") {
  Desk desk;
  const auto unknown = desk.Legacy({{"Command", "fake.\nnothing"}});
  CHECK(unknown.status == 200);
  CHECK(unknown.body["Success"] == false);
  CHECK(unknown.body["ErrorCode"] == 99996);
  CHECK(unknown.body["ErrorText"] == "There is no command of that name");
  CHECK(desk.Legacy({{"command", Json::array()}}).body["ErrorText"] ==
        "The parameter Command is missing");
  CHECK(desk.Legacy(Json::object()).body["ErrorCode"] == 99996);
}

TEST_CASE("who is asking comes before what is asked") {
  Desk desk;
  CHECK(desk.Legacy({{"Command", "fake.list"}}).body["ErrorCode"] == Json{99998});
  CHECK(desk.Legacy({{"Command", "fake.list"}}, "wrong").body["ErrorCode"] == Json{99998});
  CHECK(desk.Legacy({{"Command", "fake.list"}}, "poor").body["ErrorCode"] == Json{99999});
  CHECK(desk.Legacy({{"Command", "fake.list"}}, "user").body["ErrorCode"] == Json{1, 2});
}

TEST_CASE("a Command's own codes for missing and invalid keys come first") {
  Desk desk;
  const auto missing = desk.Alias(Json::object(), "");
  CHECK(missing.status == 401);
  CHECK(missing.body == Json::parse(R"({"Errors":[{"Code":7,"Message":"Missing SenderAPIKey"}]})"));
  const auto invalid = desk.Alias(Json::object(), "wrong");
  CHECK(invalid.status == 401);
  CHECK(invalid.body["Errors"][0]["Code"] == 13);
}

TEST_CASE("keys are taken from parameters and header, and from any case of name") {
  Desk desk;
  desk.Legacy({{"Command", "fake.user"},
               {"apikey", "a"},
               {"SESSIONID", "b"},
               {"SenderAPIKey", "c"},
               {"AdminAPIKey", "d"},
               {"UserID", 5},
               {"DomainID", "6"}},
              "e");
  const auto& seen = desk.authenticator.seen;
  CHECK(seen.api_key == "a");
  CHECK(seen.session_id == "b");
  CHECK(seen.sender_api_key == "c");
  CHECK(seen.admin_api_key == "d");
  CHECK(seen.user_id == "5");
  CHECK(seen.domain_id == "6");
  CHECK(seen.bearer == "e");
  CHECK(seen.client_address == "192.0.2.1");
  CHECK_FALSE(seen.local_admin);
}

TEST_CASE("a key of a wrong type is malformed, not absent") {
  Desk desk;
  CHECK(desk.Legacy({{"Command", "fake.user"}, {"APIKey", Json::array({"user"})}})
            .body["ErrorCode"] == 99997);
  CHECK(desk.authenticator.seen.api_key.empty());
}

TEST_CASE("the authenticator's other errors have generic codes") {
  Desk desk;
  CHECK(desk.Legacy({{"Command", "fake.user"}}, "slow").body["ErrorCode"] == 429);
  const auto broken = desk.Legacy({{"Command", "fake.user"}}, "broken");
  CHECK(broken.body["ErrorCode"] == 99995);
  CHECK(broken.body["ErrorText"].get<std::string>().find("r1") != std::string::npos);
  CHECK(broken.body["ErrorText"].get<std::string>().find("disk") == std::string::npos);
}

TEST_CASE("a Command's own codes for a disabled account and a wrong domain come first") {
  Desk desk;
  CHECK(desk.Alias(Json::object(), "disabled").body["Errors"][0]["Code"] == 12);
  CHECK(desk.Alias(Json::object(), "foreign").body["Errors"][0]["Code"] == 2);
  CHECK(desk.Legacy({{"Command", "fake.user"}}, "disabled").body["ErrorCode"] == 99999);
  CHECK(desk.Legacy({{"Command", "fake.user"}}, "foreign").body["ErrorCode"] == 99997);
}

TEST_CASE("a refusal for now says for how long, when it is known") {
  Desk desk;
  desk.rate_limit.SetLimit(0);
  desk.handle = [](const Call&) -> Outcome {
    return Failure{{{429, ErrorKind::kRateLimited, "Too many"}}, std::chrono::seconds(7)};
  };
  CHECK(desk.Alias({{"Name", "x"}}).Header("Retry-After") == "7");
  desk.handle = [](const Call& call) -> Outcome { return FailWithCode(call, 429); };
  CHECK(desk.Alias({{"Name", "x"}}).Header("Retry-After") == "60");
}

TEST_CASE("a failed reply may have documented texts beside its code") {
  Desk desk;
  desk.handle = [](const Call& call) -> Outcome {
    Failure failure = FailWithCode(call, 3);
    failure.texts = {{"SMTPResponse", "500 5.0.0 AUTH ERROR"}};
    return failure;
  };
  CHECK(desk.Legacy({{"Command", "fake.user"}, {"Name", "x"}}, "user").body ==
        Json{{"Success", false},
             {"SMTPResponse", "500 5.0.0 AUTH ERROR"},
             {"ErrorCode", 3},
             {"ErrorText", "Thing not found"}});
}

TEST_CASE("every problem is in the lists, only the first in the single code") {
  Desk desk;
  const auto list = desk.Legacy({{"Command", "fake.list"}}, "user");
  CHECK(list.status == 200);
  CHECK(list.body == Json{{"Success", false},
                          {"ErrorCode", {1, 2}},
                          {"ErrorText", {"Name is missing", "Size is missing"}}});
  desk.handle = [](const Call&) -> Outcome {
    return Failure{{{3, ErrorKind::kNotFound, "three"}, {4, ErrorKind::kConflict, "four"}}};
  };
  CHECK(desk.Legacy({{"Command", "fake.user"}, {"Name", "x"}}, "user").body ==
        Json{{"Success", false}, {"ErrorCode", 3}, {"ErrorText", "three"}});
}

TEST_CASE("an alias answers with the status of the first problem") {
  Desk desk;
  CHECK(desk.Alias({{"Name", "x"}}).status == 200);
  CHECK(desk.Alias({{"Name", "x"}}).body == Json{{"Hello", "x"}});
  CHECK(desk.Alias(Json::object()).status == 400);
  desk.rate_limit.SetLimit(0);
  desk.handle = [](const Call& call) -> Outcome { return FailWithCode(call, 3); };
  CHECK(desk.Alias({{"Name", "x"}}).status == 404);
  CHECK(desk.Alias({{"Name", "x"}}).body["Errors"][0]["Message"] == "Thing not found");
  desk.handle = [](const Call& call) -> Outcome {
    return Fail(call, Unavailable("The queue is full"));
  };
  const auto busy = desk.Alias({{"Name", "x"}});
  CHECK(busy.status == 503);
  CHECK(busy.Header("Retry-After") == "5");
}

TEST_CASE("through /api.php a public Command has the body of its alias, and always 200") {
  Desk desk;
  CHECK(desk.Legacy({{"Command", "fake.public"}, {"Name", "x"}}, "sender").body ==
        Json{{"Hello", "x"}});
  const auto missing = desk.Legacy({{"Command", "fake.public"}});
  CHECK(missing.status == 200);
  CHECK(missing.body["Errors"][0]["Code"] == 7);
}

TEST_CASE("errors of the aliases can be shown as 200") {
  Desk desk;
  desk.errors_as_200 = true;
  const auto missing = desk.Alias(Json::object());
  CHECK(missing.status == 200);
  CHECK(missing.body["Errors"][0]["Code"] == 1);
}

TEST_CASE("an exception in a handler is an internal error that tells only the request ID") {
  Desk desk;
  desk.handle = [](const Call&) -> Outcome { throw std::runtime_error("secret path"); };
  const auto alias = desk.Alias({{"Name", "x"}});
  CHECK(alias.status == 500);
  CHECK(alias.body["Errors"][0]["Code"] == 99995);
  CHECK(alias.reply.body.find("r1") != std::string::npos);
  CHECK(alias.reply.body.find("secret") == std::string::npos);
  CHECK(desk.Legacy({{"Command", "fake.user"}, {"Name", "x"}}, "user").status == 200);
  CHECK(desk.Legacy({{"Command", "fake.user"}, {"Name", "x"}}, "user").body["ErrorCode"] == 99995);
}

TEST_CASE("failing with a code the catalogue does not have is an internal error") {
  Desk desk;
  desk.handle = [](const Call& call) -> Outcome { return FailWithCode(call, 77); };
  CHECK(desk.Legacy({{"Command", "fake.user"}, {"Name", "x"}}, "user").body["ErrorCode"] == 99995);
}

TEST_CASE("aliases are limited by key, /api.php is not") {
  Desk desk;
  const auto first = desk.Alias({{"Name", "x"}});
  CHECK(first.Header("RateLimit-Limit") == "3");
  CHECK(first.Header("RateLimit-Remaining") == "2");
  CHECK(first.Header("RateLimit-Reset") == "60");
  CHECK(first.Header("Retry-After").empty());
  desk.clock.Advance(std::chrono::seconds(20));
  CHECK(desk.Alias(Json::object()).Header("RateLimit-Remaining") == "1");
  CHECK(desk.Alias({{"Name", "x"}}).Header("RateLimit-Remaining") == "0");
  const auto refused = desk.Alias({{"Name", "x"}});
  CHECK(refused.status == 429);
  CHECK(refused.body["Errors"][0]["Code"] == 429);
  CHECK(refused.Header("RateLimit-Remaining") == "0");
  CHECK(refused.Header("Retry-After") == "40");
  CHECK(desk.Alias({{"Name", "x"}}, "user").status == 200);
  CHECK(desk.Legacy({{"Command", "fake.public"}, {"Name", "x"}}, "sender").body ==
        Json{{"Hello", "x"}});
  desk.clock.Advance(std::chrono::seconds(40));
  CHECK(desk.Alias({{"Name", "x"}}).status == 200);
}

TEST_CASE("the local admin is not limited") {
  Desk desk;
  const Json parameters = {{"Name", "x"}};
  for (int i = 0; i < 10; ++i) {
    const auto answer = desk.Ask({.alias = &desk.commands[2],
                                  .parameters = parameters,
                                  .client_address = "unix",
                                  .local_admin = true,
                                  .request_id = "r1"});
    CHECK(answer.status == 200);
    CHECK(answer.Header("RateLimit-Limit").empty());
  }
}

TEST_CASE("an overlong Idempotency-Key is refused") {
  Desk desk;
  const Json parameters = {{"Name", "x"}};
  const auto with_key = [&](const std::string& key) {
    return desk.Ask({.alias = &desk.commands[2],
                     .parameters = parameters,
                     .bearer = "sender",
                     .idempotency_key = key,
                     .request_id = "r1"});
  };
  CHECK(with_key(std::string(255, 'k')).status == 200);
  CHECK(with_key(std::string(256, 'k')).body["Errors"][0]["Code"] == 99997);
  CHECK(with_key("\xff").status == 400);
}

TEST_CASE("a handler sees its caller, its arguments and the request") {
  Desk desk;
  bool called = false;
  desk.handle = [&](const Call& call) -> Outcome {
    called = true;
    CHECK(call.caller.key_id == "key:user");
    CHECK(call.arguments.Integer("Size") == 5);
    CHECK(call.client_address == "192.0.2.1");
    CHECK(call.request_id == "r1");
    return Json::object();
  };
  CHECK(
      desk.Legacy({{"Command", "fake.list"}, {"name", "x"}, {"SIZE", "5"}}, "user").reply.key_id ==
      "key:user");
  CHECK(called);
}

TEST_CASE("Commands and handlers must match") {
  Desk desk;
  CHECK(CheckHandlers(desk.commands, desk.handlers));
  desk.handlers.erase("fake.user");
  desk.handlers["fake.ghost"] = desk.handle;
  const auto checked = CheckHandlers(desk.commands, desk.handlers);
  REQUIRE_FALSE(checked);
  CHECK(checked.error().public_text.find("fake.user has no handler") != std::string::npos);
  CHECK(checked.error().public_text.find("fake.ghost is in no catalogue") != std::string::npos);
}

TEST_CASE("the status of a verdict is its answer, whatever turns other errors into 200") {
  for (const bool errors_as_200 : {false, true}) {
    Desk desk;
    desk.errors_as_200 = errors_as_200;
    desk.rate_limit.SetLimit(1);
    desk.commands.push_back({.name = "fake.verdict",
                             .group = "fake",
                             .summary = "Try",
                             .details = "",
                             .caller = catalogue::Caller::kAdmin,
                             .envelope = catalogue::Envelope::kVerdict,
                             .key_codes = {.missing = 1, .invalid = 1},
                             .errors = {{1, ErrorKind::kForbidden, "Authentication failed"},
                                        {catalogue::kCodeDenied, ErrorKind::kInternal, "Denied"}}});
    Outcome outcome = Json{{"Hello", "x"}};
    desk.handlers["fake.verdict"] = [&](const Call&) { return outcome; };
    const auto ask = [&](const char* key) {
      const Json none = Json::object();
      return desk.Ask({.alias = &desk.commands.back(), .parameters = none, .bearer = key});
    };
    CHECK(ask("user").status == 200);
    CHECK(ask("user").body == Json{{"Success", true}, {"ErrorCode", 0}, {"Hello", "x"}});
    for (const char* key : {"", "wrong"}) {
      CHECK(ask(key).status == 403);
      CHECK(ask(key).body ==
            Json::parse(R"({"Errors":[{"Code":1,"Message":"Authentication failed"}]})"));
    }
    outcome = Failure{{{catalogue::kCodeDenied, ErrorKind::kInternal, "Denied"}}};
    CHECK(ask("user").status == 500);
    CHECK(ask("user").body == Json::object());
    outcome = Failure{{InternalProblem("r1")}};  // nobody's mail is refused for a fault of ours
    CHECK(ask("user").status == 503);
    CHECK(desk.Legacy({{"Command", "fake.verdict"}}, "user").status == 200);
  }
}

TEST_CASE("a credential or UserID that is given and malformed is 99997, never as good as none") {
  Desk desk;
  const auto as_local_admin = [&](const Json& parameters) {
    return desk.Ask({.parameters = parameters, .local_admin = true, .request_id = "r1"});
  };
  const auto code = [&](const char* name, const Json& value) {
    Json parameters = {{"Command", "fake.user"}, {"Name", "x"}};
    parameters[name] = value;
    const Json body = as_local_admin(parameters).body;
    if (body["ErrorCode"] == 0) return 0;
    CHECK(body["ErrorText"].get<std::string>().find(name) != std::string::npos);
    return body["ErrorCode"].get<int>();
  };
  for (const char* name : {"APIKey", "SessionID", "SenderAPIKey", "AdminAPIKey", "UserID"}) {
    CAPTURE(name);
    for (const Json& bad :
         {Json(2.0), Json(true), Json::array({2}), Json::array(), Json::object(), Json("")}) {
      CAPTURE(bad);
      CHECK(code(name, bad) == catalogue::kCodeMalformed);
    }
  }
  CHECK(code("UserID", "two") == catalogue::kCodeMalformed);
  CHECK(code("UserID", 2) == 0);
  CHECK(code("UserID", "2") == 0);
  CHECK(desk.authenticator.seen.user_id == "2");
}

TEST_CASE("an empty credential beside a key is let through, as clients send it") {
  Desk desk;
  const Json parameters = {
      {"Command", "fake.user"}, {"Name", "x"}, {"APIKey", "user"}, {"sessionid", ""}};
  CHECK(desk.Legacy(parameters).body["ErrorCode"] == 0);
}

TEST_CASE("an Authorization field that is no bearer key is malformed") {
  Desk desk;
  const Json parameters = {{"Command", "fake.user"}, {"Name", "x"}};
  const auto answer =
      desk.Ask({.parameters = parameters, .bearer = "", .local_admin = true, .request_id = "r1"});
  CHECK(answer.body["ErrorCode"] == catalogue::kCodeMalformed);
}

TEST_CASE("a key that is sent as Command is not said aloud") {
  Desk desk;
  const std::string key = "eg_user_" + std::string(43, 'k');
  const std::string text = desk.Legacy({{"Command", key}}).body["ErrorText"];
  CHECK(text.find("kkk") == std::string::npos);
  CHECK(desk.Legacy({{"Command", "fake.usr"}}).body["ErrorText"] == "There is no command fake.usr");
}

TEST_CASE("a handler that asks for what its Command does not declare is a bug, answered 99995") {
  Desk desk;
  const std::vector<std::function<void(const catalogue::Arguments&)>> bugs = {
      [](const catalogue::Arguments& arguments) { arguments.String("Nmae"); },
      [](const catalogue::Arguments& arguments) { arguments.String("name"); },
      [](const catalogue::Arguments& arguments) { arguments.Has("Other"); },
      [](const catalogue::Arguments& arguments) { arguments.Integer("Name"); },
      [](const catalogue::Arguments& arguments) { arguments.Boolean("Name"); },
      [](const catalogue::Arguments& arguments) { arguments.OptionalDay("Name"); },
      [](const catalogue::Arguments& arguments) { arguments.Strings("Name"); },
      [](const catalogue::Arguments& arguments) { arguments.Json("Names"); },
  };
  for (const auto& bug : bugs) {
    desk.handle = [&](const Call& call) -> Outcome {
      bug(call.arguments);
      return Json::object();
    };
    const auto answer = desk.Legacy({{"Command", "fake.user"}, {"Name", "x"}, {"APIKey", "user"}});
    CHECK(answer.body["ErrorCode"] == catalogue::kCodeInternal);
  }
}

TEST_CASE("a handler that fails in a way its Command does not declare is a bug, answered 99995") {
  Desk desk;
  desk.handle = [](const Call& call) -> Outcome {
    return Fail(call, catalogue::Cause::kRelayDenied);
  };
  const auto answer = desk.Legacy({{"Command", "fake.user"}, {"Name", "x"}, {"APIKey", "user"}});
  CHECK(answer.body["ErrorCode"] == catalogue::kCodeInternal);
}

}  // namespace egd::api
