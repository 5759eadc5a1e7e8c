#include "cli/answer.h"

#include "shared/catalogue/exit_status.h"
#include "shared/catalogue/json_text.h"

namespace egd::cli {
namespace {

using catalogue::Command;
using catalogue::Problem;
using Json = nlohmann::ordered_json;

constexpr catalogue::JsonLimits kReplyLimits{.depth = 64, .members = 20'000, .values = 10'000'000};

ErrorKind KindOfStatus(int status) {
  switch (status) {
    case 401:
      return ErrorKind::kUnauthenticated;
    case 403:
      return ErrorKind::kForbidden;
    case 429:
      return ErrorKind::kRateLimited;
    case 503:
      return ErrorKind::kUnavailable;
    default:
      return ErrorKind::kUnprocessable;
  }
}

// `status`: for a code that this Command's declaration does not know.
Problem Refusal(const Command& command, const Json& code, const Json& text, int status) {
  Problem problem;
  problem.code = code.is_number_integer() ? code.get<int>() : 0;
  const auto* entry = command.FindError(problem.code);
  problem.kind = entry ? entry->kind : KindOfStatus(status);
  if (text.is_string()) problem.text = text.get<std::string>();
  if (problem.text.empty() && entry) problem.text = entry->text;
  return problem;
}

// {"Success": false, "ErrorCode": 2 or [1, 2], "ErrorText": of the same shape}
void ReadFailure(const Command& command, const Json& body, int status,
                 std::vector<Problem>& refusals) {
  const Json code = body.value("ErrorCode", Json()), text = body.value("ErrorText", Json());
  if (!code.is_array()) {
    refusals.push_back(Refusal(command, code, text, status));
    return;
  }
  for (size_t i = 0; i < code.size(); ++i) {
    const Json own = text.is_array() && i < text.size() ? text[i] : Json();
    refusals.push_back(Refusal(command, code[i], own, status));
  }
}

std::vector<Problem> RefusalsIn(const Command& command, const Json& body, int status) {
  std::vector<Problem> refusals;
  const Json errors = body.value("Errors", Json());
  if (errors.is_array()) {
    for (const Json& error : errors) {
      if (!error.is_object()) continue;
      refusals.push_back(
          Refusal(command, error.value("Code", Json()), error.value("Message", Json()), status));
    }
  } else if (body.value("Success", Json(true)) == false) {
    ReadFailure(command, body, status, refusals);
  }
  const bool denied = command.envelope == catalogue::Envelope::kVerdict && body.empty();
  if (denied) refusals.push_back(Refusal(command, catalogue::kCodeDenied, {}, status));
  const bool refused = status < 200 || status > 299;
  if (refused && refusals.empty()) {
    refusals.push_back(Refusal(command, {}, "HTTP status " + std::to_string(status), status));
  }
  return refusals;
}

int ExitStatusOfRecords(const Json& body) {
  const Json::json_pointer path("/Domain/VerificationMeta/DNSRecords");
  int status = catalogue::kExitDone;
  if (!body.contains(path) || !body[path].is_array()) return status;
  for (const Json& record : body[path]) {
    const Json verdict = record.is_object() ? record.value("Status", Json()) : Json();
    if (verdict == "fail") return catalogue::kExitDnsWrong;
    if (verdict == "temperror") status = catalogue::kExitDnsTemporary;
  }
  return status;
}

}  // namespace

Result<Answer> AnswerOf(const Command& command, HttpReply reply) {
  auto body = catalogue::ParseJson(reply.body, kReplyLimits);
  if (!body || !body->is_object()) {
    return Unavailable("not an egd answer: HTTP status " + std::to_string(reply.status) +
                       " without a JSON object");
  }
  Answer answer;
  answer.refusals = RefusalsIn(command, *body, reply.status);
  answer.body = *std::move(body);
  answer.raw = std::move(reply.body);
  return answer;
}

void PrintRefusals(const Console& console, const Answer& answer, bool had_credentials) {
  for (const Problem& refusal : answer.refusals) {
    Complain(console, refusal.text + " (ErrorCode " + std::to_string(refusal.code) + ")");
  }
  if (had_credentials || answer.refusals.front().kind != ErrorKind::kUnauthenticated) return;
  Complain(console, "no key was given: use \"egctl login\", --api-key-file or EGCTL_API_KEY");
}

int ExitStatusOf(const Command& command, const Answer& answer) {
  if (!answer.refusals.empty()) return ExitCode(answer.refusals.front().kind);
  if (command.name == "emailgateway.verifydomain") return ExitStatusOfRecords(answer.body);
  return catalogue::kExitDone;
}

}  // namespace egd::cli
