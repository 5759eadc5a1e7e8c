#include "daemon/api/reply.h"

#include <nlohmann/json.hpp>

namespace egd::api {
namespace {

using Json = nlohmann::ordered_json;
using catalogue::Envelope;
using catalogue::Problem;

// Input that is not UTF-8 was refused on the way in; should any get here, it must not throw.
std::string Print(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json ErrorsOf(const std::vector<Problem>& problems) {
  Json errors = Json::array();
  for (const Problem& problem : problems)
    errors.push_back({{"Code", problem.code}, {"Message", problem.text}});
  return errors;
}

std::string_view SentenceOf(int status) {
  switch (status) {
    case 400:
      return "The request is malformed or was cut off";
    case 404:
      return "There is nothing at this path";
    case 405:
      return "This path does not take this method; the Allow header names those it takes";
    case 408:
      return "The request took too long to arrive";
    case 413:
      return "The request is too large";
    case 414:
      return "The path is too long";
    case 417:
      return "Expect takes only 100-continue";
    case 431:
      return "The request has too many or too long headers";
    case 500:
      return "Internal error; the operator finds it in the log by the X-Request-ID";
    case 501:
      return "Transfer-Encoding takes only chunked";
    case 503:
      return "The gateway is busy; try again later";
    case 505:
      return "Only HTTP/1.0 and HTTP/1.1 are spoken here";
  }
  return "The request was refused";
}

}  // namespace

std::string RenderSuccess(const catalogue::Command& command, Json result) {
  if (command.envelope == Envelope::kPublic) return Print(result);
  Json reply = {{"Success", true}, {"ErrorCode", 0}};
  auto& members = reply.get_ref<Json::object_t&>();
  for (auto& [key, value] : result.get_ref<Json::object_t&>())
    members.emplace_back(key, std::move(value));
  return Print(reply);
}

std::string RenderProblems(Envelope envelope, const std::vector<Problem>& problems,
                           const std::vector<std::pair<std::string, std::string>>& texts) {
  const Problem& first = problems.front();
  if (envelope == Envelope::kVerdict && first.code == catalogue::kCodeDenied) return "{}";
  if (envelope == Envelope::kPublic || envelope == Envelope::kVerdict) {
    return Print({{"Errors", ErrorsOf(problems)}});
  }
  Json reply = {{"Success", false}};
  for (const auto& [key, text] : texts) reply[key] = text;
  if (envelope == Envelope::kLegacy) {
    reply["ErrorCode"] = first.code;
    reply["ErrorText"] = first.text;
    return Print(reply);
  }
  reply["ErrorCode"] = Json::array();
  reply["ErrorText"] = Json::array();
  for (const Problem& problem : problems) {
    reply["ErrorCode"].push_back(problem.code);
    reply["ErrorText"].push_back(problem.text);
  }
  return Print(reply);
}

Reply TransportFailure(int status, std::string text) {
  const int code = status == 500 ? catalogue::kCodeInternal : status;
  if (text.empty()) text = SentenceOf(status);
  const Json body = {{"Success", false},
                     {"ErrorCode", code},
                     {"ErrorText", text},
                     {"Errors", ErrorsOf({{code, ErrorKind::kInternal, text}})}};
  Reply reply{status, Print(body)};
  // Seconds: a full queue empties in about one; the rest of the wait spreads those who come back.
  if (status == 503) reply.headers.emplace_back("Retry-After", "5");
  return reply;
}

}  // namespace egd::api
