#include "daemon/api/handlers/captured.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

#include "daemon/api/handlers/bind.h"
#include "daemon/service/delivery/captured_mail.h"

namespace egd::api {
namespace {

using catalogue::Cause;
using Json = nlohmann::ordered_json;
using service::CapturedContent;
using service::CapturedMail;

Failure FailWith(const Call& call, Cause not_found, const Error& error) {
  return error.kind == ErrorKind::kNotFound ? Fail(call, not_found) : Fail(call, error);
}

Json MessageJson(const store::CapturedMessage& message) {
  return {{"CapturedID", message.id},
          {"CapturedAt", FormatDateTime(message.at)},
          {"MessageID", message.message_id.ToString()},
          {"Recipient", message.recipient},
          {"From", message.from},
          {"To", message.to},
          {"Subject", message.subject},
          {"ReturnPath", message.return_path},
          {"Size", message.size}};
}

Outcome List(CapturedMail& captured, const Call& call) {
  const auto& arguments = call.arguments;
  std::optional<Uuid> message_id;
  if (arguments.Has("MessageID")) {
    message_id = Uuid::Parse(arguments.String("MessageID"));
    if (!message_id) return Malformed("MessageID is not a message ID");
  }
  const auto page =
      captured.List(call.caller.user_id, arguments.Integer("DomainID"), message_id,
                    arguments.Integer("StartFrom"), arguments.Integer("RetrieveCount"));
  if (!page) return FailWith(call, Cause::kDomainNotFound, page.error());
  Json messages = Json::array();
  for (const auto& message : page->messages) messages.push_back(MessageJson(message));
  return Json{{"TotalRecords", page->total}, {"Captured", std::move(messages)}};
}

Result<CapturedContent> Find(CapturedMail& captured, const Call& call) {
  return captured.Find(call.caller.user_id, call.arguments.Integer("DomainID"),
                       call.arguments.Integer("CapturedID"));
}

// The fields of the header, unfolded.
Json HeadersOf(std::string_view content) {
  Json headers = Json::array();
  for (std::string_view rest = content; !rest.empty();) {
    const size_t end = std::min(rest.find("\r\n"), rest.size());
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 2, rest.size()));
    if (line.empty()) break;
    if ((line.starts_with(' ') || line.starts_with('\t')) && !headers.empty()) {
      auto& value = headers.back()["Value"].get_ref<std::string&>();
      value += ' ';
      value += Trim(line);
      continue;
    }
    const size_t colon = std::min(line.find(':'), line.size());
    const std::string_view value = line.substr(std::min(colon + 1, line.size()));
    headers.push_back(
        {{"Name", std::string(line.substr(0, colon))}, {"Value", std::string(Trim(value))}});
  }
  return headers;
}

Outcome Show(CapturedMail& captured, const Call& call) {
  const auto found = Find(captured, call);
  if (!found) return FailWith(call, Cause::kMessageNotFound, found.error());
  return Json{{"Captured", MessageJson(found->message)}, {"Headers", HeadersOf(found->content)}};
}

Outcome Raw(CapturedMail& captured, const Call& call) {
  auto found = Find(captured, call);
  if (!found) return FailWith(call, Cause::kMessageNotFound, found.error());
  return TextReply{"message/rfc822",
                   [text = std::move(found->content)]() mutable -> Result<TextPiece> {
                     return TextPiece{std::move(text), true};
                   }};
}

}  // namespace

void AddCapturedHandlers(Handlers& handlers, CapturedMail& captured) {
  Bind(handlers, captured, "captured.list", List);
  Bind(handlers, captured, "captured.show", Show);
  Bind(handlers, captured, "captured.raw", Raw);
}

}  // namespace egd::api
