#include "daemon/service/inbound/inbound_reading.h"

#include <algorithm>

#include "daemon/mime/notice_text.h"
#include "daemon/mime/phrases.h"
#include "shared/base/strings.h"

namespace egd::service {
namespace {

constexpr size_t kMostSubject = 255;
constexpr size_t kMostText = 4096;  // of what inbound.show shows

// Well-formed UTF-8 without control characters, line by line.
std::string PrintableLines(std::string_view text) {
  std::string lines;
  for (const std::string_view line : Split(text, '\n')) lines += Printable(line) + '\n';
  return lines;
}

// The first taught of those that are there.
const store::InboundRule* Taught(const std::string& words,
                                 const std::vector<store::InboundRule>& rules) {
  const auto found = std::ranges::find_if(rules, [&words](const store::InboundRule& rule) {
    return words.find(rule.phrase) != std::string::npos;
  });
  return found == rules.end() ? nullptr : &*found;
}

bool IsHard(std::string_view reason) {
  return reason == "userunknown" || reason == "hostunknown" || reason == "hasmoved" ||
         reason == "notaccept";
}

// The verdict of a rule for everybody the notice names; without a name, for whom the token names.
void Obey(const store::InboundRule& rule, InboundReading& reading) {
  reading.taught = rule.phrase;
  if (rule.verdict == kIgnoreVerdict) {
    reading.kind = "ignored";
    return;
  }
  reading.kind = "bounce";
  reading.notice.kind = mime::NoticeKind::kBounce;
  if (reading.notice.recipients.empty()) {
    reading.notice.recipients.emplace_back();
    reading.notice.recipients[0].response = mime::OneLine(reading.text);
  }
  const auto& verdicts = InboundVerdicts();
  const auto known = std::ranges::find(verdicts, rule.verdict);
  if (known == verdicts.end()) return;
  for (auto& recipient : reading.notice.recipients) {
    recipient.reason = *known;
    recipient.hard = IsHard(*known);
  }
}

// What rules are looked for in: all that was said, not the returned message.
std::string WordsOf(const mime::Report& report) {
  std::string said = report.subject + "\n";
  said += mime::NoticeText(report).Notice();
  return mime::Phrases(said + "\n" + report.delivery_status).text();
}

void ReadReturned(const mime::Report& report, const std::vector<store::InboundRule>& rules,
                  InboundReading& reading) {
  reading.notice = mime::ReadNotice(report);
  reading.kind = mime::Name(reading.notice.kind);
  if (rules.empty()) return;
  if (const auto* rule = Taught(WordsOf(report), rules)) Obey(*rule, reading);
}

void ReadReported(const mime::Report& mail, InboundReading& reading) {
  auto report = ReadReport(mail);
  if (!report) {
    reading.trouble = report.error().public_text;
    return;
  }
  reading.kind = std::holds_alternative<reports::DmarcReport>(*report) ? "dmarc" : "tlsrpt";
  reading.report = *std::move(report);
}

}  // namespace

const std::vector<std::string_view>& InboundVerdicts() {
  static const std::vector<std::string_view> kVerdicts = {
      "authfailure", "badreputation",   "blocked",      "contenterror",    "exceedlimit",
      "expired",     "filtered",        "hasmoved",     "hostunknown",     "ignore",
      "mailboxfull", "mailererror",     "mesgtoobig",   "networkerror",    "norelaying",
      "notaccept",   "notcompliantrfc", "onhold",       "policyviolation", "rejected",
      "requireptr",  "securityerror",   "spamdetected", "speeding",        "suspend",
      "syntaxerror", "systemerror",     "systemfull",   "toomanyconn",     "undefined",
      "userunknown", "virusdetected"};
  return kVerdicts;
}

std::string NormalPhrase(std::string_view phrase) {
  return std::string(Trim(mime::Phrases(phrase).text()));
}

bool HasPhrase(std::string_view mail, const std::string& phrase) {
  return WordsOf(mime::TakeApart(mail)).find(phrase) != std::string::npos;
}

InboundReading ReadInbound(std::string_view mail, InboundPurpose purpose,
                           const std::vector<store::InboundRule>& rules) {
  const mime::Report report = mime::TakeApart(mail);
  InboundReading reading;
  reading.subject = Printable(report.subject.substr(0, kMostSubject));
  reading.text = PrintableLines(std::string_view(report.text).substr(0, kMostText));
  if (purpose == InboundPurpose::kUnsubscribe) {
    reading.kind = "unsubscribe";
    return reading;
  }
  if (purpose == InboundPurpose::kReport) {
    ReadReported(report, reading);
    return reading;
  }
  reading.feedback = mime::ReadFeedback(report);
  if (reading.feedback) {
    reading.kind = reading.feedback->IsComplaint() ? "complaint" : "report";
  } else if (purpose == InboundPurpose::kBounce) {
    ReadReturned(report, rules, reading);
  }
  return reading;
}

}  // namespace egd::service
