#include "cli/call.h"

#include <optional>
#include <ostream>

#include <nlohmann/json.hpp>

#include "cli/batch.h"
#include "cli/defaults.h"
#include "cli/follow.h"
#include "cli/import.h"
#include "cli/printing.h"
#include "cli/report.h"
#include "cli/request.h"
#include "cli/save.h"
#include "cli/session.h"
#include "cli/verify.h"
#include "cli/wait_for_delivery.h"

namespace egd::cli {
namespace {

using catalogue::Command;
using Json = nlohmann::ordered_json;

Result<Json> RequestOf(const Console& console, const Command& command, const Words& words) {
  auto request = BuildRequest(command, words, console.input);
  if (!request) return request;
  if (auto acting = ActForUser(words, *request); !acting) return acting.error();
  return request;
}

bool IsVerification(const Command& command) {
  return command.cli_use == catalogue::CliUse::kVerify;
}

// The command lines that this one is short for: one, but for the Command that takes several
// domains.
std::vector<Words> CallsOf(const Command& command, const Words& words) {
  if (IsVerification(command)) return WordsByDomain(command, words);
  if (ImportFileOf(command, words)) return {WithoutImportFile(command, words)};
  return {words};
}

int CallOnce(const Console& console, Session& session, const Command& command, const Json& request,
             const Printing& printing, bool says_more) {
  const auto answer = session.Ask(command, request);
  if (!console.out) return Flush(console);  // a text that nobody takes is no fault of the gateway
  if (!answer) return session.Failed(answer.error());
  if (!answer->refusals.empty()) return session.Refused(command, *answer);
  const int printed = answer->is_text
                          ? Flush(console)
                          : Print(console, command, printing, answer->body, answer->raw);
  if (printed) return printed;
  if (says_more) SayHowToGetMore(console, command, request, answer->body);
  return ExitStatusOf(command, *answer);
}

// Takes out the name of the file that the reply goes to; nothing where the Command has none.
std::optional<std::string> TakeFileName(const Command& command, Json& request) {
  if (!command.reply_file) return std::nullopt;
  const std::string name(command.reply_file->name);
  std::string file = request.value(name, "");
  request.erase(name);
  return file;
}

int Wrong(Console& console, const Command& command, const Error& error) {
  return UsageError(console, error.public_text, std::string(command.CliName()));
}

int CallForAll(Console& console, const Command& command, const Words& words, Reports& reports,
               const Printing& printing) {
  if (!words.positionals.empty() || words.Has("--domain-id")) {
    return Wrong(console, command, InvalidArgument("--all takes no domain"));
  }
  Json base = Json::object();
  if (auto acting = ActForUser(words, base); !acting)
    return Wrong(console, command, acting.error());
  auto session = Session::Open(console, words);
  if (!session) return Wrong(console, command, session.error());
  return VerifyAllDomains(console, *session, command, words, base, printing, reports);
}

int CallParsed(Console& console, const Command& command, Words& words, Reports& reports) {
  if (const auto batch = BatchFileOf(command, words)) {
    return RunBatch(console, command, words, *batch);
  }
  for (const char* option : {"--keep-going", "--start-line"}) {
    if (command.cli_use == catalogue::CliUse::kBatch && words.Has(option)) {
      return Wrong(console, command,
                   InvalidArgument(std::string(option) + " needs a file of Commands"));
    }
  }
  Words printed = words;
  if (WaitsForDelivery(words)) printed.options.erase("--field");  // of getemail's answer
  const auto printing = PrintingOf(console, command, printed);
  if (!printing) return Wrong(console, command, printing.error());
  if (command.cli_use == catalogue::CliUse::kWait && words.Has("--interval") &&
      !WaitsForDelivery(words)) {
    return Wrong(console, command, InvalidArgument("--interval needs --wait-for"));
  }
  if (IsVerification(command) && words.Has("--all")) {
    return CallForAll(console, command, words, reports, *printing);
  }
  // A script says what it wants; a person need not.
  const bool may_leave_out = console.out_is_terminal || words.Has("--follow");
  const bool has_defaults = may_leave_out && AddDefaults(command, words);
  std::vector<Json> requests;
  for (const Words& one : CallsOf(command, words)) {
    auto request = RequestOf(console, command, one);
    if (!request) return Wrong(console, command, request.error());
    requests.push_back(*std::move(request));
  }
  const auto file = TakeFileName(command, requests[0]);
  if (file && *file != "-")
    return SaveReply(console, command, words, requests[0], *file, *printing);
  auto session = Session::Open(console, words);
  if (!session) return Wrong(console, command, session.error());
  for (Json& request : requests) {
    if (const auto status = session->ResolveDomain(request)) return *status;
  }
  if (IsVerification(command)) {
    return VerifyDomains(console, *session, command, words, requests, *printing, reports);
  }
  if (words.Has("--follow")) {
    return Follow(console, *session, command, words, requests[0], *printing);
  }
  if (ImportFileOf(command, words)) {
    return Import(console, *session, command, words, requests[0], *printing);
  }
  if (WaitsForDelivery(words)) {
    return SendAndWait(console, *session, command, words, requests[0]);
  }
  const bool for_people = printing->format == Format::kTable && !printing->field;
  return CallOnce(console, *session, command, requests[0], *printing, for_people || has_defaults);
}

}  // namespace

int CallCommand(Console& console, const Command& command,
                const std::vector<std::string>& arguments) {
  auto options = catalogue::OptionsOf(command);
  const auto& globals = catalogue::GlobalOptions();
  options.insert(options.end(), globals.begin(), globals.end());
  auto words = ParseWords(options, arguments);
  if (!words) return Wrong(console, command, words.error());
  auto reports = Reports::Open(console, *words);
  if (!reports) return Wrong(console, command, reports.error());
  const int status = CallParsed(console, command, *words, *reports);
  if (!reports->written()) reports->Write({.failure = console.last_complaint});
  return status;
}

}  // namespace egd::cli
