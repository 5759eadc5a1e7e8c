// A gateway of four made-up Commands and keys, for tests of dispatch and HTTP.
#pragma once

#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "daemon/api/dispatcher.h"
#include "daemon/api/handler.h"
#include "daemon/auth/rate_limit.h"
#include "daemon/core/authenticator.h"
#include "shared/base/clock.h"

namespace egd::api {

inline std::vector<catalogue::Command> FakeCommands() {
  using namespace catalogue;
  const ErrorEntry missing_name{1, ErrorKind::kInvalidArgument,
                                "Missing required parameter (Name)"};
  const ErrorEntry missing_size{2, ErrorKind::kInvalidArgument,
                                "Missing required parameter (Size)"};
  const ErrorEntry not_found{3, ErrorKind::kNotFound, "Thing not found"};
  Param name{.name = "Name", .required = true, .missing_code = 1};
  Param size{.name = "Size", .type = ParamType::kInteger, .required = true, .missing_code = 2};
  return {
      {.name = "fake.anyone",
       .group = "fake",
       .summary = "Try",
       .details = "",
       .caller = Caller::kAnyone,
       .params = {name},
       .errors = {missing_name}},
      {.name = "fake.list",
       .group = "fake",
       .summary = "Try",
       .details = "",
       .permission = "Fake.Manage",
       .envelope = Envelope::kLegacyList,
       .params = {name, size},
       .errors = {missing_name, missing_size, not_found}},
      {.name = "fake.public",
       .group = "fake",
       .summary = "Try",
       .details = "",
       .alias = {"POST", "/api/v1/fake"},
       .caller = Caller::kSenderKey,
       .envelope = Envelope::kPublic,
       .key_codes = {.missing = 7, .invalid = 13, .disabled_user = 12, .invalid_domain = 2},
       .params = {name},
       .errors = {missing_name,
                  {2, ErrorKind::kForbidden, "Invalid domain"},
                  not_found,
                  {7, ErrorKind::kUnauthenticated, "Missing SenderAPIKey"},
                  {12, ErrorKind::kForbidden, "Deactivated user account"},
                  {13, ErrorKind::kUnauthenticated, "Invalid SenderAPIKey"}}},
      {.name = "fake.user",
       .group = "fake",
       .summary = "Try",
       .details = "",
       .params = {name},
       .errors = {missing_name, not_found}},
  };
}

// Keys: "user" (with the permission), "poor" (without), "sender", "slow" (throttled), "broken" (no
// store), "disabled" (of a disabled user), "foreign" (names a domain that is not theirs).
class FakeAuthenticator : public core::Authenticator {
 public:
  Result<core::Principal> Authenticate(const core::Credentials& credentials,
                                       catalogue::Caller) override {
    seen = credentials;
    const std::string* key = &credentials.bearer;
    for (const auto* offered : {&credentials.api_key, &credentials.session_id,
                                &credentials.sender_api_key, &credentials.admin_api_key}) {
      if (!offered->empty()) key = offered;
    }
    core::Principal principal;
    principal.key_id = "key:" + *key;
    if (*key == "slow") return Error{ErrorKind::kRateLimited, "Too many failed attempts", ""};
    if (*key == "broken") return Internal("the disk is gone");
    if (*key == "disabled") return Unprocessable("This account is disabled");
    if (*key == "foreign") return NotFound("Domain not found or access denied");
    if (key->empty() && credentials.local_admin) {
      principal.kind = core::PrincipalKind::kAdmin;
      principal.key_id = "local";
      return principal;
    }
    principal.kind = core::PrincipalKind::kUser;
    if (*key == "user") principal.permissions = {"Fake.Manage"};
    if (*key == "user" || *key == "poor" || *key == "sender") return principal;
    return Unauthenticated("The key is not valid");
  }

  core::Credentials seen;
};

struct FakeGateway {
  using Json = nlohmann::ordered_json;

  FakeGateway() {
    for (const auto& command : commands) {
      handlers[std::string(command.name)] = [this](const Call& call) { return handle(call); };
    }
  }

  std::vector<catalogue::Command> commands = FakeCommands();
  Handlers handlers;
  // What every Command does: say its name back.
  std::function<Outcome(const Call&)> handle = [](const Call& call) -> Outcome {
    return Json{{"Hello", call.arguments.String("Name")}};
  };
  FakeClock clock;
  FakeAuthenticator authenticator;
  auth::RateLimit rate_limit{clock, 3};
};

}  // namespace egd::api
