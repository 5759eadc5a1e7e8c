#include "daemon/api/handlers/accounts.h"
#include "daemon/auth/digest.h"
#include "daemon/auth/key_authenticator.h"
#include "daemon/service/accounts/accounts.h"
#include "tests/unit/api/handlers_desk.h"

namespace egd::api {
namespace {

struct AccountsDesk : Desk {
  AccountsDesk() { AddAccountHandlers(handlers, accounts); }

  int64_t Create(const std::string& name) {
    return Reply("user.create", {{"EmailAddress", name + "@example.com"},
                                 {"Username", name},
                                 {"Password", "correct horse"}})["UserID"];
  }

  auth::KeyAuthenticator authenticator{*store, clock, auth::Sha256("admin")};
  auth::Passwords passwords;
  auth::LoginThrottle throttle{clock};
  service::Accounts accounts{*store, authenticator, passwords, throttle, clock};
};

}  // namespace

TEST_CASE("user.login reports each missing parameter, and takes a key in their place") {
  AccountsDesk desk;
  const int64_t jane = desk.Create("jane");
  CHECK(desk.Refusal("user.login", Json::object()) == Codes{1, 2});
  CHECK(desk.Refusal("user.login", {{"Username", "jane"}}) == Codes{2});
  CHECK(desk.Refusal("user.login", {{"Password", "correct horse"}}) == Codes{1});
  CHECK(desk.Refusal("user.login", {{"Username", ""}, {"Password", nullptr}}) == Codes{1, 2});
  CHECK(desk.Refusal("user.login", {{"Username", "jane"}, {"Password", "wrong"}}) == Codes{3});
  CHECK(desk.Refusal("user.login", {{"Username", "june"}, {"Password", "wrong"}}) == Codes{3});
  CHECK(desk.Refusal("user.login", {{"APIKey", "wrong"}}) == Codes{3});
  const std::string key = desk.Reply("user.apikey.create", {{"Note", "x"}}, As(jane))["APIKey"];
  for (const Json& login :
       {Json{{"Username", "jane"}, {"Password", "correct horse"}},
        Json{{"EmailAddress", "jane@example.com"}, {"Password", "correct horse"}},
        Json{{"APIKey", key}}}) {
    const Json reply = desk.Reply("user.login", login);
    CHECK(reply["SessionID"].get<std::string>().size() > 40);
    CHECK(reply["UserInfo"]["UserID"] == jane);
  }
}

TEST_CASE("user.login is throttled with code 429") {
  AccountsDesk desk;
  desk.Create("jane");
  for (int i = 0; i < auth::LoginThrottle::kPerPair; ++i) {
    CHECK(desk.Refusal("user.login", {{"Username", "jane"}, {"Password", "wrong"}}) == Codes{3});
  }
  const Json right = {{"Username", "jane"}, {"Password", "correct horse"}};
  CHECK(desk.Refusal("user.login", right) == Codes{429});
  desk.clock.Advance(auth::LoginThrottle::kWindow);
  CHECK(desk.Reply("user.login", right).contains("SessionID"));
}

TEST_CASE("a disabled user's login is not permitted") {
  AccountsDesk desk;
  const int64_t jane = desk.Create("jane");
  desk.Reply("user.update", {{"UserID", jane}, {"AccountStatus", "disabled"}});
  CHECK(desk.Refusal("user.login", {{"Username", "jane"}, {"Password", "correct horse"}}) ==
        Codes{catalogue::kCodeForbidden});
}

TEST_CASE("user.current shows the caller with the vendor's keys, and no secret") {
  AccountsDesk desk;
  const int64_t jane = desk.Create("jane");
  const Json info = desk.Reply("user.current", Json::object(), As(jane))["UserInfo"];
  CHECK(info == Json{{"UserID", jane},
                     {"Username", "jane"},
                     {"EmailAddress", "jane@example.com"},
                     {"FirstName", ""},
                     {"LastName", ""},
                     {"CompanyName", ""},
                     {"AccountStatus", "Enabled"},
                     {"ReputationLevel", "Trusted"},
                     {"Verified", true},
                     {"MaxSenderDomains", 0},
                     {"MonthlySendLimit", 0},
                     {"SendRatePerMinute", 0},
                     {"Permissions", {"EmailGateway.AddDomain", "EmailGateway.ManageDomain"}},
                     {"CreatedAt", "2023-11-14 22:13:20"}});
}

TEST_CASE("user.create reports every problem in ascending order") {
  AccountsDesk desk;
  CHECK(desk.Refusal("user.create", Json::object()) == Codes{2, 3, 4});
  const Json taken = {
      {"EmailAddress", "jane@example.com"}, {"Username", "jane"}, {"Password", "correct horse"}};
  desk.Reply("user.create", taken);
  CHECK(desk.Refusal("user.create", taken) == Codes{12, 13});
  CHECK(desk.Refusal("user.create",
                     {{"EmailAddress", "x"}, {"Username", " y"}, {"Password", "short"}}) ==
        Codes{10, catalogue::kCodeMalformed, catalogue::kCodeMalformed});
}

TEST_CASE("a refused password is named, never repeated") {
  AccountsDesk desk;
  const auto problems = desk.Problems(
      "user.create",
      {{"EmailAddress", "jane@example.com"}, {"Username", "jane"}, {"Password", "hunter2"}});
  REQUIRE(problems.size() == 1);
  CHECK(problems[0].text.find("Password") != std::string::npos);
  CHECK(problems[0].text.find("hunter2") == std::string::npos);
}

TEST_CASE("user.update sets what it is given, clears what is empty, keeps the rest") {
  AccountsDesk desk;
  const int64_t jane = desk.Create("jane");
  Json info = desk.Reply("user.update", {{"UserID", jane},
                                         {"FirstName", "Jane"},
                                         {"ReputationLevel", "Untrusted"},
                                         {"Verified", "0"},
                                         {"MonthlySendLimit", "500"},
                                         {"Permissions", "emailgateway.managedomain"}})["UserInfo"];
  CHECK(info["FirstName"] == "Jane");
  CHECK(info["ReputationLevel"] == "Untrusted");
  CHECK(info["Verified"] == false);
  CHECK(info["MonthlySendLimit"] == 500);
  CHECK(info["Permissions"] == Json::array({"EmailGateway.ManageDomain"}));
  info = desk.Reply("user.update", {{"UserID", jane}, {"FirstName", ""}})["UserInfo"];
  CHECK(info["FirstName"] == "");
  CHECK(info["MonthlySendLimit"] == 500);
  CHECK(desk.Refusal("user.update", {{"UserID", 999'999}}) == Codes{2});
  CHECK(desk.Refusal("user.update", {{"FirstName", "x"}}) == Codes{1});
}

TEST_CASE("users.get pages and searches, users.delete takes a list") {
  AccountsDesk desk;
  const int64_t jane = desk.Create("jane"), john = desk.Create("john");
  desk.Create("mallory");
  const Json page = desk.Reply("users.get", {{"SearchKeyword", "J"}, {"RecordsPerRequest", 1}});
  CHECK(page["TotalUsers"] == 2);
  REQUIRE(page["Users"].size() == 1);
  CHECK(page["Users"][0]["UserID"] == jane);
  const std::string both = std::to_string(jane) + ", " + std::to_string(john);
  CHECK(desk.Refusal("users.delete", {{"Users", both + ",999999"}}) == Codes{2});
  CHECK(desk.Refusal("users.delete", {{"Users", "jane"}}) == Codes{catalogue::kCodeMalformed});
  CHECK(desk.Reply("users.get", Json::object())["TotalUsers"] == 3);
  desk.Reply("users.delete", {{"Users", both + "," + std::to_string(jane)}});  // twice is once
  CHECK(desk.Reply("users.get", Json::object())["TotalUsers"] == 1);
}

TEST_CASE("user keys are shown once and belong to their user") {
  AccountsDesk desk;
  const int64_t jane = desk.Create("jane"), mallory = desk.Create("mallory");
  const Json made = desk.Reply("user.apikey.create",
                               {{"Note", "laptop"}, {"BoundIPAddress", "192.0.2.1"}}, As(jane));
  CHECK(made["APIKey"].get<std::string>().starts_with("eg_user_"));
  const Json list = desk.Reply("user.apikey.list", Json::object(), As(jane))["APIKeys"];
  CHECK(list == Json::array({{{"APIKeyID", made["APIKeyID"]},
                              {"Note", "laptop"},
                              {"BoundIPAddress", "192.0.2.1"},
                              {"CreatedAt", "2023-11-14 22:13:20"}}}));
  CHECK(desk.Reply("user.apikey.list", Json::object(), As(mallory))["APIKeys"] == Json::array());
  CHECK(desk.Refusal("user.apikey.create", {{"BoundIPAddress", "here"}}, As(jane)) == Codes{1});
  CHECK(desk.Refusal("user.apikey.delete", {{"APIKeyID", made["APIKeyID"]}}, As(mallory)) ==
        Codes{2});
  CHECK(desk.Refusal("user.apikey.delete", Json::object(), As(jane)) == Codes{1});
  CHECK(desk.Reply("user.apikey.delete", {{"APIKeyID", made["APIKeyID"]}}, As(jane)) ==
        Json::object());
}

TEST_CASE("an empty value given to user.create never permits more than one that is absent") {
  AccountsDesk desk;
  const auto parameters = [](const std::string& user, const char* name, const Json& value) {
    return Json{{"EmailAddress", user + "@example.com"},
                {"Username", user},
                {"Password", "correct horse"},
                {name, value}};
  };
  for (const char* name :
       {"Verified", "MaxSenderDomains", "MonthlySendLimit", "SendRatePerMinute"}) {
    CAPTURE(name);
    CHECK(desk.Refusal("user.create", parameters("jane", name, "")) ==
          Codes{catalogue::kCodeMalformed});
  }
  int count = 0;
  for (const Json& none : {Json::array(), Json("")}) {
    const std::string user = "user" + std::to_string(++count);
    const int64_t id = desk.Reply("user.create", parameters(user, "Permissions", none))["UserID"];
    CHECK(desk.Reply("user.current", Json::object(), As(id))["UserInfo"]["Permissions"] ==
          Json::array());
    CHECK(desk.Refusal("user.update", {{"UserID", id}, {"MonthlySendLimit", ""}}) ==
          Codes{catalogue::kCodeMalformed});
    CHECK(desk.Refusal("user.apikey.create", {{"BoundIPAddress", ""}}, As(id)) == Codes{1});
  }
}

TEST_CASE("user.logout needs a session") {
  AccountsDesk desk;
  const int64_t jane = desk.Create("jane");
  CHECK(desk.Refusal("user.logout", Json::object(), As(jane)) == Codes{1});
}

}  // namespace egd::api
