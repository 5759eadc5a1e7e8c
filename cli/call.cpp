#include "cli/call.h"

#include <algorithm>
#include <ostream>

#include "cli/output.h"
#include "cli/request.h"
#include "shared/base/strings.h"
#include "shared/catalogue/exit_status.h"

namespace egd::cli {
namespace {

using catalogue::Command;
using Json = nlohmann::ordered_json;

constexpr std::chrono::seconds kDefaultTimeout(
    60);  // verifydomain may wait for several DNS servers
constexpr int64_t kMaxTimeout = 24 * 3600;

// How the answer is to be printed.
struct Printing {
  Format format = Format::kJson;
  std::optional<std::string> field;
  bool color = false;
};

bool WantsColor(const Console& console) {
  const auto no_color = console.environment.find("NO_COLOR");
  const auto term = console.environment.find("TERM");
  const bool dumb = term == console.environment.end() || term->second == "dumb";
  const bool refused = no_color != console.environment.end() && !no_color->second.empty();
  return console.out_is_terminal && !refused && !dumb;
}

// A field that no reply of the Command can have is a mistake of the command line.
Result<void> CheckField(const Command& command, const std::string& field) {
  const std::string first = field.substr(0, field.find_first_of(".["));
  std::vector<std::string> known = {"Success", "ErrorCode"};
  for (const catalogue::Field& declared : command.results) {
    known.push_back(declared.path.substr(0, declared.path.find_first_of(".[")));
  }
  if (std::find(known.begin(), known.end(), first) != known.end()) return {};
  const auto nearest = Nearest(first, known);
  return InvalidArgument("the answer has no field " + first +
                         (nearest ? "; did you mean " + *nearest + "?" : ""));
}

Result<Printing> PrintingOf(const Console& console, const Command& command, const Words& words) {
  Printing printing{.format = console.out_is_terminal ? Format::kTable : Format::kJson,
                    .field = words.One("--field"),
                    .color = WantsColor(console)};
  if (const auto name = words.One("--output")) {
    const auto format = ParseFormat(*name);
    if (!format) return InvalidArgument("--output must be one of table, json, yaml, csv, raw");
    printing.format = *format;
  }
  if (!printing.field) return printing;
  if (auto checked = CheckField(command, *printing.field); !checked) return checked.error();
  return printing;
}

Result<void> ActForUser(const Words& words, Json& request) {
  const auto user = words.One("--as-user");
  if (!user) return {};
  const auto id = ParseInteger(*user);
  if (!id) return InvalidArgument("--as-user must be a UserID, a number");
  request["UserID"] = *id;
  return {};
}

std::string DomainKey(std::string_view name) {
  while (name.ends_with('.')) name.remove_suffix(1);
  return Lower(name);
}

// The DomainID of the domain called `name`, or the reply that says why there is none.
Result<Json> DomainIdOf(const Json& domains, const std::string& name) {
  for (const Json& domain : domains) {
    if (!domain.is_object() || !domain.value("SenderDomain", Json()).is_string()) continue;
    if (DomainKey(domain["SenderDomain"].get<std::string>()) == DomainKey(name)) {
      return domain.value("DomainID", Json());
    }
  }
  return NotFound("there is no sender domain " + name);
}

// One call with everything it needs, from a parsed command line to the exit status.
class Caller {
 public:
  Caller(const Console& console, const Command& command, const Words& words, const Target& target,
         std::chrono::seconds timeout)
      : console_(console),
        command_(command),
        words_(words),
        has_credentials_(!target.api_key.empty() || !target.session_id.empty()),
        client_(target, timeout, words.Has("--verbose") ? &console.err : nullptr, &console.out) {}

  int Run(Json request, const Printing& printing) {
    if (const auto status = ResolveDomain(request)) return *status;
    HttpReply reply;
    const auto answer = Ask(command_, request, reply);
    if (!answer) return Failed(answer.error());
    if (!answer->refusals.empty()) {
      PrintRefusals(console_, *answer, has_credentials_);
      return ExitStatusOf(command_, *answer);
    }
    return Print(printing, *answer, reply);
  }

 private:
  Result<Answer> Ask(const Command& command, const Json& request, HttpReply& reply) {
    auto called = client_.Call(command, request, words_.One("--idempotency-key").value_or(""));
    if (!called) return called.error();
    reply = *std::move(called);
    if (reply.is_text) return Answer{};
    return AnswerOf(command, reply);
  }

  int Failed(const Error& error) {
    Complain(console_, error.public_text);
    return ExitCode(error.kind);
  }

  // Puts the ID in place of the domain's name; the exit status when that fails.
  std::optional<int> ResolveDomain(Json& request) {
    const auto domain = request.find("DomainID");
    if (domain == request.end() || !domain->is_string()) return std::nullopt;
    Json params = Json::object();
    if (request.contains("UserID")) params["UserID"] = request["UserID"];
    HttpReply reply;
    const Command& list = *catalogue::Find("emailgateway.getdomains");
    const auto answer = Ask(list, params, reply);
    if (!answer) return Failed(answer.error());
    if (!answer->refusals.empty()) {
      PrintRefusals(console_, *answer, has_credentials_);
      return ExitStatusOf(list, *answer);
    }
    const auto id = DomainIdOf(answer->body.value("Domains", Json::array()), *domain);
    if (!id) return Failed(id.error());
    *domain = *id;
    return std::nullopt;
  }

  int Print(const Printing& printing, const Answer& answer, const HttpReply& reply) {
    if (reply.is_text) {
      // It is printed already.
    } else if (printing.field) {
      const auto value = RenderField(answer.body, *printing.field);
      if (!value) {
        Complain(console_, "the answer has no field " + *printing.field);
        return catalogue::kExitRefused;
      }
      console_.out << (console_.out_is_terminal ? Printable(*value) : *value) << "\n";
    } else if (printing.format == Format::kRaw) {
      console_.out << reply.body;
    } else {
      console_.out << Render(printing.format, command_, answer.body, printing.color);
    }
    if (console_.out.flush()) return ExitStatusOf(command_, answer);
    Complain(console_, "cannot write to standard output");
    return catalogue::kExitRefused;
  }

  const Console& console_;
  const Command& command_;
  const Words& words_;
  bool has_credentials_;
  Client client_;
};

}  // namespace

Result<std::chrono::seconds> TimeoutOf(const Words& words) {
  const auto text = words.One("--timeout");
  if (!text) return kDefaultTimeout;
  const auto seconds = ParseInteger(*text);
  if (seconds && *seconds >= 1 && *seconds <= kMaxTimeout) return std::chrono::seconds(*seconds);
  return InvalidArgument("--timeout must be a number of seconds");
}

void PrintRefusals(const Console& console, const Answer& answer, bool had_credentials) {
  for (const catalogue::Problem& refusal : answer.refusals) {
    Complain(console, refusal.text + " (ErrorCode " + std::to_string(refusal.code) + ")");
  }
  if (had_credentials || answer.refusals.front().kind != ErrorKind::kUnauthenticated) return;
  Complain(console, "no key was given: use \"egctl login\", --api-key-file or EGCTL_API_KEY");
}

int CallCommand(Console& console, const Command& command,
                const std::vector<std::string>& arguments) {
  const std::string name(command.CliName());
  auto options = catalogue::OptionsOf(command);
  const auto& globals = catalogue::GlobalOptions();
  options.insert(options.end(), globals.begin(), globals.end());
  const auto words = ParseWords(options, arguments);
  if (!words) return UsageError(console, words.error().public_text, name);
  const auto printing = PrintingOf(console, command, *words);
  if (!printing) return UsageError(console, printing.error().public_text, name);
  const auto timeout = TimeoutOf(*words);
  if (!timeout) return UsageError(console, timeout.error().public_text, name);
  auto request = BuildRequest(command, *words, console.input);
  if (!request) return UsageError(console, request.error().public_text, name);
  if (auto acting = ActForUser(*words, *request); !acting) {
    return UsageError(console, acting.error().public_text, name);
  }
  const auto profiles = config::LoadProfiles(config::ProfilePath(console.environment));
  if (!profiles) return UsageError(console, profiles.error().public_text, name);
  const auto target = ResolveTarget(*words, console.environment, *profiles, console.input);
  if (!target) return UsageError(console, target.error().public_text, name);
  return Caller(console, command, *words, *target, *timeout).Run(*std::move(request), *printing);
}

}  // namespace egd::cli
