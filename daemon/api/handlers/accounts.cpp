#include "daemon/api/handlers/accounts.h"

#include <algorithm>
#include <set>
#include <stdexcept>
#include <utility>

#include <nlohmann/json.hpp>

#include "daemon/api/handlers/bind.h"
#include "daemon/service/accounts/accounts.h"

namespace egd::api {
namespace {

using Json = nlohmann::ordered_json;
using catalogue::Cause;
using service::AccountProblem;
using service::Accounts;

Json UserInfo(const core::User& user) {
  return {{"UserID", user.id},
          {"Username", user.username},
          {"EmailAddress", user.email_address},
          {"FirstName", user.first_name},
          {"LastName", user.last_name},
          {"CompanyName", user.company_name},
          {"AccountStatus", user.enabled ? "Enabled" : "Disabled"},
          {"ReputationLevel", user.trusted ? "Trusted" : "Untrusted"},
          {"Verified", user.verified},
          {"MaxSenderDomains", user.max_sender_domains},
          {"MonthlySendLimit", user.monthly_send_limit},
          {"SendRatePerMinute", user.send_rate_per_minute},
          {"Permissions", user.permissions},
          {"CreatedAt", FormatDateTime(user.created_at)}};
}

Outcome UserReply(const Call& call, const Result<core::User>& user) {
  if (!user) return Fail(call, user.error());
  return Json{{"UserInfo", UserInfo(*user)}};
}

service::AccountSettings Settings(const catalogue::Arguments& arguments) {
  service::AccountSettings settings;
  settings.username = arguments.OptionalString("Username");
  settings.email_address = arguments.OptionalString("EmailAddress");
  settings.password = arguments.OptionalString("Password");
  settings.first_name = arguments.OptionalString("FirstName");
  settings.last_name = arguments.OptionalString("LastName");
  settings.company_name = arguments.OptionalString("CompanyName");
  if (arguments.Has("AccountStatus"))
    settings.enabled = arguments.String("AccountStatus") == "Enabled";
  if (arguments.Has("ReputationLevel")) {
    settings.trusted = arguments.String("ReputationLevel") == "Trusted";
  }
  settings.verified = arguments.OptionalBoolean("Verified");
  settings.max_sender_domains = arguments.OptionalInteger("MaxSenderDomains");
  settings.monthly_send_limit = arguments.OptionalInteger("MonthlySendLimit");
  settings.send_rate_per_minute = arguments.OptionalInteger("SendRatePerMinute");
  if (arguments.Has("Permissions")) settings.permissions = arguments.Strings("Permissions");
  return settings;
}

Failure Refuse(const Call& call, AccountProblem problem) {
  switch (problem) {
    case AccountProblem::kUserMissing:
      return Fail(call, Cause::kUserNotFound);
    case AccountProblem::kUsernameInvalid:
      return Malformed(
          "Username must have 1 to 128 bytes, without control characters or space around it");
    case AccountProblem::kEmailAddressInvalid:
      return Fail(call, Cause::kEmailAddressInvalid);
    case AccountProblem::kPasswordInvalid:
      return Malformed("Password must have 8 to 1024 bytes");
    case AccountProblem::kUsernameTaken:
      return Fail(call, Cause::kUsernameTaken);
    case AccountProblem::kEmailAddressTaken:
      return Fail(call, Cause::kEmailAddressTaken);
  }
  throw std::logic_error("an account problem of an unknown kind");
}

Failure Refuse(const Call& call, const std::vector<AccountProblem>& problems) {
  Failure failure;
  for (const AccountProblem problem : problems) {
    failure.problems.push_back(std::move(Refuse(call, problem).problems.front()));
  }
  std::ranges::stable_sort(failure.problems, {}, &catalogue::Problem::code);
  return failure;
}

Outcome LogIn(Accounts& accounts, const Call& call) {
  const catalogue::Arguments& arguments = call.arguments;
  const std::string client(call.client_address);
  const bool named = arguments.Has("Username") || arguments.Has("EmailAddress");
  const bool by_key = arguments.Has("APIKey") && !named;
  Failure missing;
  const auto need = [&](bool given, Cause cause) {
    if (!given) missing.problems.push_back(std::move(Fail(call, cause).problems.front()));
  };
  need(by_key || named, Cause::kUsernameMissing);
  need(by_key || arguments.Has("Password"), Cause::kPasswordMissing);
  if (!missing.problems.empty()) return missing;
  const Result<service::Login> login =
      by_key ? accounts.LogInWithKey(arguments.String("APIKey"), client)
             : accounts.LogIn({arguments.String("Username"), arguments.String("EmailAddress")},
                              arguments.String("Password"), client);
  if (!login && login.error().kind == ErrorKind::kUnauthenticated) {
    return Fail(call, Cause::kLoginWrong);
  }
  if (!login) return Fail(call, login.error());
  return Json{{"SessionID", login->session_id}, {"UserInfo", UserInfo(login->user)}};
}

Outcome LogOut(Accounts& accounts, const Call& call) {
  if (call.caller.session_digest.empty()) return Fail(call, Cause::kNoSession);
  const Result<void> ended = accounts.LogOut(call.caller.session_digest);
  if (!ended) return Fail(call, ended.error());
  return Json::object();
}

Outcome Current(Accounts& accounts, const Call& call) {
  return UserReply(call, accounts.Find(call.caller.user_id));
}

Outcome Create(Accounts& accounts, const Call& call) {
  const Result<service::AccountOutcome> outcome = accounts.Create(Settings(call.arguments));
  if (!outcome) return Fail(call, outcome.error());
  if (const auto* problems = std::get_if<1>(&*outcome)) return Refuse(call, *problems);
  return Json{{"UserID", std::get<0>(*outcome).id}};
}

Outcome Update(Accounts& accounts, const Call& call) {
  const Result<service::AccountOutcome> outcome =
      accounts.Update(call.arguments.Integer("UserID"), Settings(call.arguments));
  if (!outcome) return Fail(call, outcome.error());
  if (const auto* problems = std::get_if<1>(&*outcome)) return Refuse(call, *problems);
  return Json{{"UserInfo", UserInfo(std::get<0>(*outcome))}};
}

Outcome List(Accounts& accounts, const Call& call) {
  const Result<store::UserPage> page =
      accounts.List(call.arguments.String("SearchKeyword"), call.arguments.Integer("RecordsFrom"),
                    call.arguments.Integer("RecordsPerRequest"));
  if (!page) return Fail(call, page.error());
  Json users = Json::array();
  for (const core::User& user : page->users) users.push_back(UserInfo(user));
  return Json{{"TotalUsers", page->total}, {"Users", std::move(users)}};
}

Outcome Delete(Accounts& accounts, const Call& call) {
  const auto ids = IdList(call, "Users");
  if (!ids) return Malformed("Users must be a list of UserIDs");
  const std::set<int64_t> once(ids->begin(), ids->end());
  const Result<void> deleted = accounts.Delete({once.begin(), once.end()});
  if (!deleted && deleted.error().kind == ErrorKind::kNotFound) {
    return Fail(call, Cause::kUserNotFound);
  }
  if (!deleted) return Fail(call, deleted.error());
  return Json::object();
}

Outcome CreateKey(Accounts& accounts, const Call& call) {
  const Result<service::NewUserKey> key = accounts.CreateKey(
      call.caller, call.arguments.String("Note"), call.arguments.OptionalString("BoundIPAddress"));
  if (!key && key.error().kind == ErrorKind::kInvalidArgument) {
    return Fail(call, Cause::kBoundAddressInvalid);
  }
  if (!key) return Fail(call, key.error());
  return Json{{"APIKeyID", key->id}, {"APIKey", key->key}};
}

Outcome ListKeys(Accounts& accounts, const Call& call) {
  const Result<std::vector<store::UserKey>> keys = accounts.ListKeys(call.caller.user_id);
  if (!keys) return Fail(call, keys.error());
  Json list = Json::array();
  for (const store::UserKey& key : *keys) {
    list.push_back({{"APIKeyID", key.id},
                    {"Note", key.note},
                    {"BoundIPAddress", key.bound_ip},
                    {"CreatedAt", FormatDateTime(key.created_at)}});
  }
  return Json{{"APIKeys", std::move(list)}};
}

Outcome DeleteKey(Accounts& accounts, const Call& call) {
  const Result<void> deleted =
      accounts.DeleteKey(call.caller.user_id, call.arguments.Integer("APIKeyID"));
  if (!deleted && deleted.error().kind == ErrorKind::kNotFound) {
    return Fail(call, Cause::kKeyNotFound);
  }
  if (!deleted) return Fail(call, deleted.error());
  return Json::object();
}

}  // namespace

void AddAccountHandlers(Handlers& handlers, Accounts& accounts) {
  Bind(handlers, accounts, "user.login", LogIn);
  Bind(handlers, accounts, "user.logout", LogOut);
  Bind(handlers, accounts, "user.current", Current);
  Bind(handlers, accounts, "user.create", Create);
  Bind(handlers, accounts, "user.update", Update);
  Bind(handlers, accounts, "users.get", List);
  Bind(handlers, accounts, "users.delete", Delete);
  Bind(handlers, accounts, "user.apikey.create", CreateKey);
  Bind(handlers, accounts, "user.apikey.list", ListKeys);
  Bind(handlers, accounts, "user.apikey.delete", DeleteKey);
}

}  // namespace egd::api
