#include <ostream>

#include <nlohmann/json.hpp>

#include "cli/answer.h"
#include "cli/duration.h"
#include "cli/request.h"
#include "cli/run.h"
#include "shared/catalogue/exit_status.h"

namespace egd::cli {
namespace {

constexpr std::chrono::seconds kLoginTimeout(60);

using Json = nlohmann::ordered_json;

const catalogue::Command& LoginCommand() {
  return *catalogue::Find("user.login");
}

// The profiles as this login sees them: its own exists, and has no key yet.
config::Profiles WithoutKey(config::Profiles profiles, const std::string& name) {
  profiles[name].api_key.clear();
  profiles[name].session_id.clear();
  return profiles;
}

Result<void> AskFor(Console& console, Json& params, const char* name, bool secret) {
  auto typed = console.input.Ask(name, secret);
  if (!typed)
    return InvalidArgument(std::string(name) + " is missing, and there is no terminal to ask on");
  params[name] = *std::move(typed);
  return {};
}

Result<void> AskForMissing(Console& console, Json& params) {
  if (!params.contains("Username") && !params.contains("EmailAddress")) {
    if (auto asked = AskFor(console, params, "Username", false); !asked) return asked;
  }
  return params.contains("Password") ? Result<void>() : AskFor(console, params, "Password", true);
}

int Keep(Console& console, config::Profiles profiles, const std::string& name, const Target& target,
         const Json& reply) {
  config::Profile& profile = profiles[name];
  profile = {.url = target.endpoint.url, .api_key = target.api_key};
  if (target.api_key.empty()) profile.session_id = reply.value("SessionID", "");
  const std::string path = config::ProfilePath(console.environment);
  if (auto saved = config::SaveProfiles(path, profiles); !saved) {
    Complain(console, saved.error().public_text);
    return catalogue::kExitRefused;
  }
  const Json user = reply.value("UserInfo", Json::object()).value("Username", Json());
  Complain(console, "logged in" + (user.is_string() ? " as " + user.get<std::string>() : "") +
                        "; kept in profile " + name + " of " + path);
  return catalogue::kExitDone;
}

}  // namespace

int Login(Console& console, const std::vector<std::string>& arguments) {
  auto options = catalogue::OptionsOf(LoginCommand());
  const auto& globals = catalogue::GlobalOptions();
  options.insert(options.end(), globals.begin(), globals.end());
  const auto words = ParseWords(options, arguments);
  if (!words) return UsageError(console, words.error().public_text, "login");
  const auto timeout = DurationOf(*words, "--timeout", kLoginTimeout);
  if (!timeout) return UsageError(console, timeout.error().public_text, "login");
  auto profiles = config::LoadProfiles(config::ProfilePath(console.environment));
  if (!profiles) return UsageError(console, profiles.error().public_text, "login");

  const std::string name = ProfileName(*words);
  config::Environment environment = console.environment;
  environment.erase("EGCTL_API_KEY");  // what is kept is what was asked for, not what lies around
  const auto target =
      ResolveTarget(*words, environment, WithoutKey(*profiles, name), console.input);
  if (!target) return UsageError(console, target.error().public_text, "login");
  auto params = BuildRequest(LoginCommand(), *words, console.input);
  if (!params) return UsageError(console, params.error().public_text, "login");
  if (target->api_key.empty()) {
    auto asked = AskForMissing(console, *params);
    if (!asked) return UsageError(console, asked.error().public_text, "login");
  }

  Client client(*target, *timeout, words->Has("--verbose") ? &console.err : nullptr);
  const auto reply = client.Call(LoginCommand(), *params);
  const auto answer = reply ? AnswerOf(LoginCommand(), *reply) : Result<Answer>(reply.error());
  if (!answer) {
    Complain(console, answer.error().public_text);
    return ExitCode(answer.error().kind);
  }
  if (answer->refusals.empty()) return Keep(console, *profiles, name, *target, answer->body);
  PrintRefusals(console, *answer, true);
  return ExitStatusOf(LoginCommand(), *answer);
}

}  // namespace egd::cli
