#include "cli/session.h"

#include <ostream>

#include "cli/duration.h"
#include "shared/base/strings.h"

namespace egd::cli {
namespace {

using catalogue::Command;
using Json = nlohmann::ordered_json;

constexpr std::chrono::seconds kDefaultTimeout(
    60);  // verifydomain may wait for several DNS servers

// The values in place of which DomainIDs have to go.
std::vector<Json*> NamesIn(Json& request) {
  std::vector<Json*> names;
  const auto add = [&](Json& value) {
    if (value.is_string() && !ParseInteger(value.get<std::string>())) names.push_back(&value);
  };
  if (request.contains("DomainID")) add(request["DomainID"]);
  if (request.contains("DomainIDs") && request["DomainIDs"].is_array()) {
    for (Json& value : request["DomainIDs"]) add(value);
  }
  return names;
}

bool IsNotFound(const Answer& answer) {
  return !answer.refusals.empty() && answer.refusals.front().kind == ErrorKind::kNotFound;
}

}  // namespace

Session::Session(const Console& console, const Words& words, const Target& target,
                 std::chrono::seconds timeout)
    : console_(console),
      idempotency_key_(words.One("--idempotency-key").value_or("")),
      has_credentials_(!target.api_key.empty() || !target.session_id.empty()),
      client_(target, timeout, words.Has("--verbose") ? &console.err : nullptr, &console.out) {}

Result<Session> Session::Open(const Console& console, const Words& words) {
  const auto timeout = DurationOf(words, "--timeout", kDefaultTimeout);
  if (!timeout) return timeout.error();
  const auto profiles = NeedsProfile(words, console.environment)
                            ? config::LoadProfiles(config::ProfilePath(console.environment))
                            : config::Profiles();
  if (!profiles) return profiles.error();
  const auto target = ResolveTarget(words, console.environment, *profiles, console.input);
  if (!target) return target.error();
  return Session(console, words, *target, *timeout);
}

Session Session::WithOwnConnection() const {
  Session other = *this;
  other.client_.DropConnection();
  other.KeepConnection();
  return other;
}

Result<Answer> Session::Ask(const Command& command, const Json& request) {
  auto reply = client_.Call(command, request, idempotency_key_);
  if (!reply) return reply.error();
  if (!reply->is_text) return AnswerOf(command, *reply);
  Answer text;
  text.is_text = true;
  return text;
}

int Session::Failed(const Error& error) const {
  Complain(console_, error.public_text);
  return ExitCode(error.kind);
}

int Session::Refused(const Command& command, const Answer& answer) const {
  PrintRefusals(console_, answer, has_credentials_);
  return ExitStatusOf(command, answer);
}

std::optional<int> Session::ResolveDomain(Json& request) {
  const Command& get = *catalogue::Find("emailgateway.getdomain");
  for (Json* name : NamesIn(request)) {
    Json params{{"DomainName", *name}};
    if (request.contains("UserID")) params["UserID"] = request["UserID"];
    const auto answer = Ask(get, params);
    if (!answer) return Failed(answer.error());
    if (IsNotFound(*answer)) {
      return Failed(NotFound("there is no sender domain " + name->get<std::string>()));
    }
    if (!answer->refusals.empty()) return Refused(get, *answer);
    const Json id = answer->body.value("/Domain/DomainID"_json_pointer, Json());
    if (!id.is_number_integer()) return Failed(Unavailable("the answer has no DomainID"));
    *name = id;
  }
  return std::nullopt;
}

}  // namespace egd::cli
