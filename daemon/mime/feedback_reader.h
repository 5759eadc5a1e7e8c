// NAME
//   feedback_reader: whether a mail reports that somebody complained about one of ours.
//
// POLICY
//   - RFC 5965: a message/feedback-report part. Fields may be missing, all of them: providers
//     leave out or redact what could name the recipient. Feedback-Type "abuse" is meant when there
//     is none.
//   - Microsoft's JMRP (a bare message/rfc822 from staff@hotmail.com), other mail that encloses the
//     message and says in its subject or text that it reports abuse, and Apple Mail's
//     "unsubscribe" mail, which has no report at all.
//   - Delivery notices are none, even where they speak of abuse.
//   Who complained, and about which message, is found by our own tokens in `original` (and in the
//   fields): whoever receives the report does that.
//
// SEE ALSO
//   RFC 5965 (ARF), RFC 6590 (redaction), RFC 6591 (auth-failure), RFC 6430 (not-spam).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/mime/report.h"

namespace egd::mime {

struct FeedbackReport {
  std::string type = "abuse";  // lower case: "abuse", "fraud", "opt-out", "not-spam", …
  std::string user_agent;      // of the reporter: "Yahoo!-Mail-Feedback/2.0"
  std::string reporter;        // Reporting-MTA, or the host of the From address
  std::string original_mail_from;
  std::vector<std::string> recipients;  // as reported; often redacted or missing
  std::string original;                 // the reported message, or its header, LF

  // A recipient's complaint; not: a failed authentication, or that it was no spam after all.
  bool IsComplaint() const;
};

// Nothing when the mail is no feedback report. Pure, thread-safe. Any bytes.
std::optional<FeedbackReport> ReadFeedback(const Report& report);

}  // namespace egd::mime
