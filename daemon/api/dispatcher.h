// From parameters to a reply: find the Command, ask who is calling, check permission, rate and
// arguments, run the handler, render what it says. The order is the contract's: a caller learns
// nothing about parameters before it is known, and a Command's own missing-key code comes first.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "daemon/api/handler.h"
#include "daemon/api/reply.h"
#include "daemon/auth/rate_limit.h"
#include "daemon/core/authenticator.h"
#include "shared/base/strings.h"

namespace egd::api {

// One call as it came over HTTP.
struct CommandRequest {
  // Null for /api.php, where the parameter Command names it.
  const catalogue::Command* alias = nullptr;
  nlohmann::ordered_json parameters = {};  // an object whose names differ without case
  // The key in Authorization: "Bearer <key>"; empty when the field is anything else.
  std::optional<std::string_view> bearer = {};
  std::string_view idempotency_key = {};
  std::string_view client_address = {};
  bool local_admin = false;
  std::string_view request_id = {};
  std::chrono::steady_clock::time_point received_at = std::chrono::steady_clock::now();
  // Whether this thread may run what takes long (Command::takes_long), and make a large reply
  // (Command::has_large_reply); else Reply::deferred.
  bool may_wait = true;
  bool may_be_large = true;
};

// Every Command needs a handler and every handler a Command; the error names those that miss
// theirs.
Result<void> CheckHandlers(const std::vector<catalogue::Command>& commands,
                           const Handlers& handlers);

// Immutable but for the rate limit: thread-safe. What it refers to must outlive it.
class Dispatcher {
 public:
  Dispatcher(const std::vector<catalogue::Command>& commands, const Handlers& handlers,
             core::Authenticator& authenticator, auth::RateLimit& rate_limit,
             bool v1_errors_as_200);

  // Blocks as long as the handler does. An exception becomes 99995 and a line in the log.
  Reply Dispatch(CommandRequest request) const;

  // What a caller gets whose bearer key is not known, before the parameters are read; nothing for
  // one who is known, whatever they may do.
  std::optional<Reply> RefuseUnknown(const catalogue::Command* alias, std::string_view bearer,
                                     const std::string& client_address,
                                     std::string_view request_id) const;

 private:
  Reply UnknownCommand(const std::string& name) const;
  Outcome RunGuarded(const catalogue::Command& command, CommandRequest& request,
                     Reply& reply) const;
  Outcome Run(const catalogue::Command& command, CommandRequest& request, Reply& reply) const;
  Outcome CallHandler(const catalogue::Command& command, CommandRequest& request,
                      const core::Principal& caller) const;
  // As the handler says, of what it would do; nothing is changed.
  Outcome Try(const Handler& handler, const Call& call) const;
  bool WithinRate(const core::Principal& caller, Reply& reply) const;
  void Render(const catalogue::Command& command, bool is_alias, Outcome outcome,
              Reply& reply) const;

  std::map<std::string_view, const catalogue::Command*, LessIgnoreCase> commands_;
  const Handlers& handlers_;
  core::Authenticator& authenticator_;
  auth::RateLimit& rate_limit_;
  const bool v1_errors_as_200_;
};

}  // namespace egd::api
