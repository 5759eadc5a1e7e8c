#include "daemon/mime/feedback_reader.h"

#include <algorithm>

#include "daemon/mime/notice_text.h"
#include "daemon/mime/phrases.h"
#include "shared/base/strings.h"

namespace egd::mime {
namespace {

constexpr size_t kMostRecipients = 20;  // of a report; one is usual
constexpr size_t kMostField = 255;

std::string Bounded(std::string_view value) {
  return Printable(value.substr(0, kMostField));
}

void AddRecipient(FeedbackReport& feedback, std::string_view value) {
  std::string address = FirstAddress(value);
  const bool known = std::ranges::any_of(feedback.recipients, [&](const std::string& other) {
    return EqualsIgnoreCase(other, address);
  });
  if (!address.empty() && !known && feedback.recipients.size() < kMostRecipients) {
    feedback.recipients.push_back(std::move(address));
  }
}

// All fields of the part, over blank lines: some servers put a MIME header inside it.
ReportFields AllFields(std::string_view part) {
  ReportFields all;
  while (!part.empty()) {
    std::string_view rest;
    for (ReportField& field : ReadFields(part, &rest)) all.push_back(std::move(field));
    const size_t next =
        rest.size() < part.size() ? 0 : std::min(rest.find('\n'), rest.size() - 1) + 1;
    part = rest.substr(next);
  }
  return all;
}

void ReadReportFields(const Report& report, FeedbackReport& feedback) {
  const ReportFields fields = AllFields(report.feedback_report);
  const std::string type = Lower(FieldOf(fields, "feedback-type"));
  if (!type.empty()) feedback.type = Bounded(type);
  feedback.user_agent = Bounded(FieldOf(fields, "user-agent"));
  std::string_view mta = FieldOf(fields, "reporting-mta");
  if (const size_t semicolon = mta.find(';'); semicolon != std::string_view::npos) {
    mta = Trim(mta.substr(semicolon + 1));
  }
  feedback.reporter = Bounded(mta.substr(0, mta.find_first_of(" \t(")));
  feedback.original_mail_from = FirstAddress(FieldOf(fields, "original-mail-from"));
  for (const auto& [name, value] : fields) {
    if (name == "original-rcpt-to" || name == "removal-recipient") AddRecipient(feedback, value);
  }
}

void ReadOriginalFields(FeedbackReport& feedback) {
  const ReportFields fields = ReadFields(feedback.original);
  for (const char* name : {"x-hmxmroriginalrecipient", "x-original-to", "delivered-to"}) {
    AddRecipient(feedback, FieldOf(fields, name));
  }
  if (feedback.recipients.empty()) AddRecipient(feedback, FieldOf(fields, "to"));
}

// Without the part that RFC 5965 asks for: what encloses a message and says why.
bool SaysAbuse(const Report& report) {
  if (report.original.empty() || !report.delivery_status.empty()) return false;
  const Phrases from(FieldOf(report.header, "from"));
  const Phrases subject(report.subject);
  if (from.Have("mailer-daemon|postmaster@") && !subject.Have("complaint|abuse|spam report")) {
    return false;
  }
  constexpr std::string_view kSays =
      "complaint about message|complaint about your|abuse report|spam report|spam complaint"
      "|abuse complaint|feedback report|email feedback|email abuse|reported as spam|marked as spam"
      "|report spam|feedback loop|junk mail report|abuse feedback|complaint from|spam feedback"
      "|complaint regarding|unsolicited email complaint|fbl report";
  return subject.Have(kSays) || Phrases(report.text.substr(0, 2000)).Have(kSays);
}

bool IsAppleUnsubscribe(const Report& report) {
  return EqualsIgnoreCase(FieldOf(report.header, "x-apple-unsubscribe"), "true");
}

}  // namespace

bool FeedbackReport::IsComplaint() const {
  return type != "not-spam" && type != "auth-failure" && type != "dmarc";
}

std::optional<FeedbackReport> ReadFeedback(const Report& report) {
  FeedbackReport feedback;
  feedback.original = report.original;
  const bool standard = report.report_type == "feedback-report" || !report.feedback_report.empty();
  if (IsAppleUnsubscribe(report)) {
    feedback.type = "opt-out";
  } else if (!standard && !SaysAbuse(report)) {
    return std::nullopt;
  }
  ReadReportFields(report, feedback);
  ReadOriginalFields(feedback);
  if (feedback.reporter.empty()) {
    const std::string from = FirstAddress(FieldOf(report.header, "from"));
    feedback.reporter = Bounded(from.substr(std::min(from.size(), from.rfind('@') + 1)));
  }
  return feedback;
}

}  // namespace egd::mime
