#include "cli/answer.h"

#include <algorithm>
#include <optional>

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

bool IsOfType(const Json& value, catalogue::FieldType type) {
  using catalogue::FieldType;
  switch (type) {
    case FieldType::kString:
      return value.is_string();
    case FieldType::kInteger:
      return value.is_number_integer();
    case FieldType::kNumber:
      return value.is_number();
    case FieldType::kBoolean:
      return value.is_boolean();
    case FieldType::kObject:
      return value.is_object();
    case FieldType::kList:
      return value.is_array();
    case FieldType::kAny:
      return !value.is_null();
  }
  return false;
}

// Whether `value` has what `path` leads to, of that type, in every element of the lists on its way.
// A parent that is absent counts as there: it has a declaration of its own.
bool Has(const Json& value, std::string_view path, catalogue::FieldType type) {
  if (path.empty()) return IsOfType(value, type);
  if (path.starts_with("[]")) {
    path.remove_prefix(std::min<size_t>(path.starts_with("[].") ? 3 : 2, path.size()));
    return value.is_array() && std::all_of(value.begin(), value.end(), [&](const Json& element) {
             return Has(element, path, type);
           });
  }
  if (!value.is_object()) return false;
  const size_t end = std::min(path.find_first_of(".["), path.size());
  const auto member = value.find(std::string(path.substr(0, end)));
  const std::string_view rest = path.substr(path.substr(end).starts_with('.') ? end + 1 : end);
  return member == value.end() ? !rest.empty() : Has(*member, rest, type);
}

// What a success of the Command lacks by its declaration; nothing when it is all there.
std::optional<std::string> Lacks(const Command& command, const HttpReply& reply, const Json& body) {
  const bool bare = command.envelope == catalogue::Envelope::kPublic;
  if (!bare && body.value("Success", Json()) != true) return "Success";
  if (command.results.empty() && !command.text_type.empty()) return std::string(command.text_type);
  const bool has_own_mark = std::ranges::any_of(command.results, &catalogue::Field::always);
  if (bare && !has_own_mark && reply.request_id.empty()) return "X-Request-ID";
  for (const catalogue::Field& field : command.results) {
    if (field.always && !Has(body, field.path, field.type)) return field.path;
  }
  return std::nullopt;
}

Error NotEgd(const HttpReply& reply, const std::string& lacking) {
  return Unavailable("not an egd answer: HTTP status " + std::to_string(reply.status) +
                     " without " + lacking);
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

int ExitStatusOfBatch(const Json& body) {
  const bool refused = std::ranges::any_of(
      body.at("Results"), [](const Json& result) { return result.contains("Errors"); });
  return refused ? catalogue::kExitRefused : catalogue::kExitDone;
}

}  // namespace

Result<Answer> AnswerOf(const Command& command, HttpReply reply) {
  auto body = catalogue::ParseJson(reply.body, kReplyLimits);
  if (!body || !body->is_object()) {
    return NotEgd(reply, "a JSON object");
  }
  Answer answer;
  answer.refusals = RefusalsIn(command, *body, reply.status);
  if (answer.refusals.empty()) {
    if (const auto lacking = Lacks(command, reply, *body)) return NotEgd(reply, *lacking);
  }
  answer.body = *std::move(body);
  answer.raw = std::move(reply.body);
  return answer;
}

bool IsPassing(const Result<Answer>& answer) {
  if (answer && answer->refusals.empty()) return false;
  const ErrorKind kind = answer ? answer->refusals.front().kind : answer.error().kind;
  return kind == ErrorKind::kRateLimited || kind == ErrorKind::kUnavailable;
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
  if (command.cli_use == catalogue::CliUse::kVerify) return ExitStatusOfRecords(answer.body);
  if (command.cli_use == catalogue::CliUse::kBatch) return ExitStatusOfBatch(answer.body);
  if (command.cli_use == catalogue::CliUse::kJudge && answer.body.at("Findings") != 0) {
    return catalogue::kExitDiffers;
  }
  return catalogue::kExitDone;
}

}  // namespace egd::cli
