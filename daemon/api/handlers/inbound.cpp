#include "daemon/api/handlers/inbound.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "daemon/api/handlers/bind.h"
#include "daemon/service/inbound/inbound.h"

namespace egd::api {
namespace {

using Json = nlohmann::ordered_json;
using catalogue::Cause;
using service::Inbound;

// Shorter ones are in every mail.
constexpr size_t kLeastPhrase = 4;

Json MailJson(const store::InboundMail& mail) {
  return {{"InboundID", mail.id},
          {"ReceivedAt", FormatDateTime(mail.received_at)},
          {"ExpiresAt", FormatDateTime(mail.expires_at)},
          {"Kind", mail.kind},
          {"Understood", mail.understood},
          {"Result", mail.result},
          {"Recipient", mail.recipient},
          {"Sender", mail.sender},
          {"Client", mail.client},
          {"Subject", mail.subject},
          {"MessageID", mail.message_id ? mail.message_id->ToString() : ""},
          {"Size", mail.size}};
}

// A kept mail that is not there, or whose message is gone.
Outcome FailKept(const Call& call, const Error& error) {
  if (error.kind == ErrorKind::kNotFound) return Fail(call, Cause::kInboundNotFound);
  if (error.kind == ErrorKind::kUnprocessable) return Fail(call, Cause::kMessageUnknown);
  return Fail(call, error);
}

Json RulesJson(const std::vector<store::InboundRule>& rules) {
  Json list = Json::array();
  for (const auto& rule : rules) {
    list.push_back({{"Phrase", rule.phrase},
                    {"Verdict", rule.verdict},
                    {"CreatedAt", FormatDateTime(rule.at)}});
  }
  return list;
}

Outcome List(Inbound& inbound, const Call& call) {
  const auto& arguments = call.arguments;
  const auto page =
      inbound.List(arguments.String("Kind"), arguments.OptionalBoolean("Understood"),
                   arguments.Integer("StartFrom"), arguments.Integer("RetrieveCount"));
  if (!page) return Fail(call, page.error());
  const auto rules = inbound.Rules();
  if (!rules) return Fail(call, rules.error());
  Json mails = Json::array();
  for (const auto& mail : page->mails) mails.push_back(MailJson(mail));
  return Json{
      {"TotalRecords", page->total}, {"Inbound", std::move(mails)}, {"Rules", RulesJson(*rules)}};
}

Json ReadingJson(const service::InboundReading& reading) {
  Json recipients = Json::array();
  for (const auto& failed : reading.notice.recipients) {
    recipients.push_back({{"Recipient", Printable(failed.address)},
                          {"OriginalRecipient", Printable(failed.original)},
                          {"SMTPCode", failed.code},
                          {"EnhancedCode", failed.status},
                          {"Reason", failed.reason},
                          {"Hard", failed.hard},
                          {"SMTPResponse", failed.response}});
  }
  const auto& feedback = reading.feedback;
  return {{"Kind", reading.kind},
          {"ReportingServer", feedback ? feedback->reporter : reading.notice.reporting_mta},
          {"FeedbackType", feedback ? feedback->type : ""},
          {"Rule", reading.taught},
          {"Text", reading.text},
          {"Recipients", std::move(recipients)}};
}

Outcome Show(Inbound& inbound, const Call& call) {
  const auto shown = inbound.Show(call.arguments.Integer("InboundID"));
  if (!shown) return FailKept(call, shown.error());
  return Json{{"Inbound", MailJson(shown->mail)}, {"Reading", ReadingJson(shown->reading)}};
}

Outcome Raw(Inbound& inbound, const Call& call) {
  auto raw = inbound.Raw(call.arguments.Integer("InboundID"));
  if (!raw) return FailKept(call, raw.error());
  return TextReply{"message/rfc822", [text = *std::move(raw)]() -> Result<TextPiece> {
                     return TextPiece{text, true};
                   }};
}

Outcome Retry(Inbound& inbound, const Call& call) {
  const auto mail = inbound.Retry(call.arguments.Integer("InboundID"));
  if (!mail) return FailKept(call, mail.error());
  return Json{{"Inbound", MailJson(*mail)}};
}

Outcome Forget(Inbound& inbound, const Call& call, const std::string& phrase) {
  const auto forgotten = inbound.Unteach(phrase);
  if (!forgotten && forgotten.error().kind == ErrorKind::kNotFound)
    return Fail(call, Cause::kRuleNotFound);
  if (!forgotten) return Fail(call, forgotten.error());
  return Json{{"Phrase", service::NormalPhrase(phrase)}, {"Verdict", "forget"}};
}

Outcome Teach(Inbound& inbound, const Call& call) {
  const auto& arguments = call.arguments;
  const std::string phrase = arguments.String("Phrase"), verdict = arguments.String("Verdict");
  if (verdict == "forget") return Forget(inbound, call, phrase);
  if (!arguments.Has("InboundID")) return Fail(call, Cause::kInboundUnnamed);
  const std::string normal = service::NormalPhrase(phrase);
  if (normal.size() < kLeastPhrase) return Fail(call, Cause::kPhraseTooShort);
  const auto taught = inbound.Teach(arguments.Integer("InboundID"), phrase, verdict);
  if (!taught && taught.error().kind == ErrorKind::kConflict)
    return Fail(call, Cause::kRuleLimitReached);
  if (!taught && taught.error().kind == ErrorKind::kInvalidArgument) {
    return Fail(call, Cause::kPhraseNotFound);
  }
  if (!taught) return FailKept(call, taught.error());
  return Json{{"Phrase", normal}, {"Verdict", verdict}, {"Inbound", MailJson(*taught)}};
}

}  // namespace

void AddInboundHandlers(Handlers& handlers, Inbound& inbound) {
  Bind(handlers, inbound, "inbound.list", List);
  Bind(handlers, inbound, "inbound.show", Show);
  Bind(handlers, inbound, "inbound.raw", Raw);
  Bind(handlers, inbound, "inbound.retry", Retry);
  Bind(handlers, inbound, "inbound.teach", Teach);
}

}  // namespace egd::api
