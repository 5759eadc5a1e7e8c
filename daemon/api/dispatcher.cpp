#include "daemon/api/dispatcher.h"

#include <algorithm>
#include <exception>
#include <utility>

#include <nlohmann/json.hpp>

#include "daemon/store/trial.h"
#include "shared/base/log.h"

namespace egd::api {
namespace {

using Json = nlohmann::ordered_json;
using catalogue::Command;
using catalogue::Problem;

constexpr size_t kMaxIdempotencyKey = 255;  // bytes; contract section 5

// A text, or an integer as text; nothing for anything else.
std::string TextOf(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number_integer()) return value.dump();
  return {};
}

std::string TextOf(const Json& parameters, std::string_view name) {
  for (const auto& [key, value] : parameters.get_ref<const Json::object_t&>()) {
    if (EqualsIgnoreCase(key, name)) return TextOf(value);
  }
  return {};
}

// An ID as text; what can be none stays recognisable.
std::string IdText(const Json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

Error Malformed(std::string_view name, std::string_view why) {
  return InvalidArgument(std::string(name) + " " + std::string(why));
}

// One that is given is never as good as none: a caller that sends an empty variable in place of its
// key must not become the local admin. Clients that send SessionID= beside their key are served.
Result<core::Credentials> CredentialsOf(const Command& command, const CommandRequest& request) {
  core::Credentials credentials;
  const std::pair<std::string_view, std::string*> keys[] = {
      {"APIKey", &credentials.api_key},
      {"SessionID", &credentials.session_id},
      {"SenderAPIKey", &credentials.sender_api_key},
      {"AdminAPIKey", &credentials.admin_api_key}};
  std::string_view empty;
  for (const auto& [key, value] : request.parameters.get_ref<const Json::object_t&>()) {
    for (const auto& [name, text] : keys) {
      if (!EqualsIgnoreCase(key, name)) continue;
      if (!value.is_string() && !value.is_number_integer()) {
        return Malformed(name, "must be a text");
      }
      *text = TextOf(value);
      if (text->empty()) empty = name;
    }
    if (EqualsIgnoreCase(key, "UserID") && command.Find("UserID") == nullptr) {
      credentials.user_id = IdText(value);
      if (!ParseInteger(credentials.user_id)) return Malformed("UserID", "must be an integer");
    }
    if (EqualsIgnoreCase(key, "DomainID")) credentials.domain_id = IdText(value);
  }
  if (request.bearer && request.bearer->empty()) {
    return Malformed("Authorization", "must be \"Bearer\" and a key");
  }
  credentials.bearer = request.bearer.value_or("");
  if (!empty.empty() && !credentials.HasKey()) return Malformed(empty, "is empty");
  credentials.client_address = request.client_address;
  credentials.local_admin = request.local_admin;
  return credentials;
}

bool IsVerdict(const Command& command) {
  return command.envelope == catalogue::Envelope::kVerdict;
}

// A verdict that could not be found must not look like one: no answer for now.
int StatusOf(const Command& command, const Problem& problem) {
  if (IsVerdict(command) && problem.code == catalogue::kCodeInternal) return 503;
  return HttpStatus(problem.kind);
}

Problem Said(const catalogue::ErrorEntry& entry) {
  return {entry.code, entry.kind, std::string(entry.text)};
}

// The Command's own words for `code` where it has them.
Problem Documented(const Command& command, int code, ErrorKind kind, std::string text) {
  if (const auto* entry = command.FindError(code)) return Said(*entry);
  return {code, kind, std::move(text)};
}

Problem NotAuthenticated(const Command& command, bool has_key, const Error& error,
                         std::string_view request_id) {
  // Where only the key is judged, one that is not the admin's is a wrong one.
  const bool wrong_kind = IsVerdict(command) && error.kind == ErrorKind::kForbidden;
  if (error.kind == ErrorKind::kUnauthenticated || wrong_kind) {
    const int code = has_key ? command.key_codes.invalid : command.key_codes.missing;
    return Documented(command, code, error.kind, error.public_text);
  }
  if (error.kind == ErrorKind::kUnprocessable) {
    if (const auto* own = command.FindOwnError(command.key_codes.disabled_user)) return Said(*own);
    return {catalogue::kCodeForbidden, ErrorKind::kForbidden, error.public_text};
  }
  if (error.kind == ErrorKind::kNotFound || error.kind == ErrorKind::kInvalidArgument) {
    if (const auto* own = command.FindOwnError(command.key_codes.invalid_domain)) return Said(*own);
  }
  return GenericProblem(error, request_id);
}

// To a verdict there is no third way: such a key is a wrong one.
Problem MalformedCredentials(const Command& command, const Error& error) {
  if (IsVerdict(command)) {
    return Documented(command, command.key_codes.invalid, error.kind, error.public_text);
  }
  return {catalogue::kCodeMalformed, error.kind, error.public_text};
}

// The name of a command that is not there, or what stands for it: a key or password that came in
// its place must not be said aloud. Keys have 32 characters or more.
std::string Shown(const std::string& name) {
  constexpr size_t kMaxEcho = 31;
  constexpr std::string_view kInNames =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
  const bool is_name =
      name.size() <= kMaxEcho && name.find_first_not_of(kInNames) == std::string::npos;
  return is_name ? name : "of that name";
}

Problem CannotBeTried(const std::string& why) {
  return {catalogue::kCodeMalformed, ErrorKind::kInvalidArgument,
          "DryRun is not possible: " + why + ". Nothing was done"};
}

// Whatever is not clearly a no.
bool Asks(const Json& parameters, std::string_view name) {
  for (const auto& [key, value] : parameters.get_ref<const Json::object_t&>()) {
    if (!EqualsIgnoreCase(key, name) || value.is_null()) continue;
    const std::string text = Lower(value.is_string() ? value.get<std::string>() : value.dump());
    return !text.empty() && text != "0" && text != "false" && text != "no";
  }
  return false;
}

// Nobody keeps what they were made for.
void BlankSecrets(Json& result) {
  static constexpr std::string_view kSecrets[] = {"APIKey",       "SenderAPIKey", "SigningKey",
                                                  "SMTPPassword", "Password",     "SessionID"};
  if (!result.is_structured()) return;
  for (auto entry = result.begin(); entry != result.end(); ++entry) {
    const bool secret =
        result.is_object() && std::ranges::find(kSecrets, entry.key()) != std::end(kSecrets);
    if (secret && entry->is_string()) {
      *entry = "";
    } else {
      BlankSecrets(*entry);
    }
  }
}

Failure One(Problem problem) {
  return {{std::move(problem)}};
}

void AddHeader(Reply& reply, const char* name, int value) {
  reply.headers.emplace_back(name, std::to_string(value));
}

bool HasHeader(const Reply& reply, std::string_view name) {
  for (const auto& header : reply.headers) {
    if (header.first == name) return true;
  }
  return false;
}

}  // namespace

Result<void> CheckHandlers(const std::vector<Command>& commands, const Handlers& handlers) {
  std::string faults;
  std::map<std::string_view, int> named;
  for (const auto& command : commands) {
    named[command.name] = 1;
    if (!handlers.contains(command.name))
      faults += " " + std::string(command.name) + " has no handler.";
  }
  for (const auto& [name, handler] : handlers) {
    if (!named.contains(name)) faults += " " + name + " is in no catalogue.";
  }
  if (faults.empty()) return {};
  return InvalidArgument("Commands and handlers do not match:" + faults);
}

Dispatcher::Dispatcher(const std::vector<Command>& commands, const Handlers& handlers,
                       core::Authenticator& authenticator, auth::RateLimit& rate_limit,
                       bool v1_errors_as_200)
    : handlers_(handlers),
      authenticator_(authenticator),
      rate_limit_(rate_limit),
      v1_errors_as_200_(v1_errors_as_200) {
  for (const auto& command : commands) commands_.emplace(command.name, &command);
}

Reply Dispatcher::Dispatch(CommandRequest request) const {
  const Command* command = request.alias;
  if (command == nullptr) {
    const std::string name = TextOf(request.parameters, "Command");
    const auto found = commands_.find(Trim(name));
    if (found == commands_.end()) return UnknownCommand(name);
    command = found->second;
  }
  Reply reply;
  Outcome outcome = RunGuarded(*command, request, reply);
  if (!reply.deferred) Render(*command, request.alias != nullptr, std::move(outcome), reply);
  return reply;
}

std::optional<Reply> Dispatcher::RefuseUnknown(const Command* alias, std::string_view bearer,
                                               const std::string& client_address,
                                               std::string_view request_id) const {
  if (bearer.empty()) return std::nullopt;
  core::Credentials credentials;
  credentials.bearer = bearer;
  credentials.client_address = client_address;
  const auto caller = authenticator_.Authenticate(credentials, catalogue::Caller::kAnyone);
  if (caller) return std::nullopt;
  const Error& error = caller.error();
  if (error.kind == ErrorKind::kUnavailable || error.kind == ErrorKind::kInternal) {
    return TransportFailure(503);
  }
  Reply reply;
  if (alias) {
    Render(*alias, true, One(NotAuthenticated(*alias, true, error, request_id)), reply);
    return reply;
  }
  const bool known = error.kind == ErrorKind::kForbidden || error.kind == ErrorKind::kUnprocessable;
  const Problem problem{known ? catalogue::kCodeForbidden : catalogue::kCodeUnauthenticated,
                        error.kind, error.public_text};
  reply.body = RenderProblems(catalogue::Envelope::kLegacy, {problem});
  return reply;
}

Reply Dispatcher::UnknownCommand(const std::string& name) const {
  std::string text = "The parameter Command is missing";
  if (!name.empty()) text = "There is no command " + Shown(name);
  const Problem problem{catalogue::kCodeUnknownCommand, ErrorKind::kInvalidArgument,
                        std::move(text)};
  return {200, RenderProblems(catalogue::Envelope::kLegacy, {problem})};
}

Outcome Dispatcher::RunGuarded(const Command& command, CommandRequest& request,
                               Reply& reply) const {
  std::string what;
  try {
    return Run(command, request, reply);
  } catch (const std::exception& exception) {
    what = exception.what();
  } catch (...) {
    what = "an exception of an unknown kind";
  }
  log::Error("handler threw", {{"request_id", std::string(request.request_id)},
                               {"command", std::string(command.name)},
                               {"what", what}});
  return One(InternalProblem(request.request_id));
}

Outcome Dispatcher::Run(const Command& command, CommandRequest& request, Reply& reply) const {
  if (command.caller == catalogue::Caller::kAnyone) return CallHandler(command, request, {});
  const auto credentials = CredentialsOf(command, request);
  if (!credentials) return One(MalformedCredentials(command, credentials.error()));
  const auto caller = authenticator_.Authenticate(*credentials, command.caller);
  if (!caller) {
    return One(
        NotAuthenticated(command, credentials->HasKey(), caller.error(), request.request_id));
  }
  reply.key_id = caller->key_id;
  if (!request.may_wait && command.takes_long) {
    reply.deferred = {Need::Kind::kWaitingThread, caller->user_id};
    return Json();
  }
  if (!request.may_be_large && command.has_large_reply) {
    reply.deferred = {Need::Kind::kMemory, caller->user_id};
    return Json();
  }
  // Without a key there is nothing to count by: the local admin.
  const bool limited = request.alias != nullptr && !IsVerdict(command) && credentials->HasKey();
  if (limited && !WithinRate(*caller, reply)) {
    return One(Documented(command, catalogue::kCodeTooManyRequests, ErrorKind::kRateLimited,
                          "Too many requests"));
  }
  if (!core::HasPermission(*caller, command.permission)) {
    return One({catalogue::kCodeForbidden, ErrorKind::kForbidden,
                "This needs the permission " + std::string(command.permission)});
  }
  return CallHandler(command, request, *caller);
}

Outcome Dispatcher::CallHandler(const Command& command, CommandRequest& request,
                                const core::Principal& caller) const {
  if (request.idempotency_key.size() > kMaxIdempotencyKey || !IsUtf8(request.idempotency_key)) {
    return One({catalogue::kCodeMalformed, ErrorKind::kInvalidArgument,
                "Idempotency-Key must be at most 255 bytes of UTF-8"});
  }
  if (command.changes == catalogue::Changes::kBeyond &&
      command.Find(catalogue::kDryRun) == nullptr && Asks(request.parameters, catalogue::kDryRun)) {
    return One(CannotBeTried("this Command does more than change what is stored"));
  }
  catalogue::Parsed parsed = catalogue::ReadArguments(command, std::move(request.parameters));
  if (!parsed.problems.empty() && !command.finds_every_problem) return Failure{parsed.problems};
  const Call call{command,
                  caller,
                  parsed.arguments,
                  request.idempotency_key,
                  request.client_address,
                  request.request_id,
                  request.received_at,
                  parsed.problems};
  const Handler& handler = handlers_.find(command.name)->second;
  const bool tries =
      command.changes == catalogue::Changes::kStore && parsed.arguments.Boolean(catalogue::kDryRun);
  return tries ? Try(handler, call) : handler(call);
}

Outcome Dispatcher::Try(const Handler& handler, const Call& call) const {
  const store::Trial trial;
  Outcome outcome = handler(call);
  if (trial.refused()) return One(CannotBeTried("this takes several steps"));
  if (auto* result = std::get_if<Json>(&outcome)) {
    BlankSecrets(*result);
    (*result)[std::string(catalogue::kDryRun)] = true;
  }
  return outcome;
}

bool Dispatcher::WithinRate(const core::Principal& caller, Reply& reply) const {
  const auto decision = rate_limit_.Take(caller.key_id);
  if (decision.limit == 0) return true;
  AddHeader(reply, "RateLimit-Limit", decision.limit);
  AddHeader(reply, "RateLimit-Remaining", decision.remaining);
  AddHeader(reply, "RateLimit-Reset", decision.reset_seconds);
  if (!decision.allowed) AddHeader(reply, "Retry-After", decision.reset_seconds);
  return decision.allowed;
}

void Dispatcher::Render(const Command& command, bool is_alias, Outcome outcome,
                        Reply& reply) const {
  if (auto* result = std::get_if<Json>(&outcome)) {
    reply.body = RenderSuccess(command, std::move(*result));
    return;
  }
  if (auto* text = std::get_if<TextReply>(&outcome)) {
    reply.text = std::move(*text);
    return;
  }
  const Failure& failure = std::get<Failure>(outcome);
  const auto& problems = failure.problems;
  reply.body = RenderProblems(command.envelope, problems, failure.texts);
  const int status = StatusOf(command, problems.front());
  if (is_alias && (IsVerdict(command) || !v1_errors_as_200_)) reply.status = status;
  // Where a handler does not know: a minute is the longest window of its limits, five seconds let a
  // queue empty.
  if (status == 429 && !HasHeader(reply, "Retry-After")) {
    AddHeader(reply, "Retry-After",
              failure.retry_after.count() > 0 ? int(failure.retry_after.count()) : 60);
  }
  if (status == 503) AddHeader(reply, "Retry-After", 5);
}

}  // namespace egd::api
