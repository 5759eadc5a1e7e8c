// What a mail that came back says, before it is known whether it may say so: pure reading, with the
// rules that an operator taught put before our own. Thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/mime/dsn_reader.h"
#include "daemon/mime/feedback_reader.h"
#include "daemon/service/inbound/inbound_addresses.h"
#include "daemon/service/reports/report_reading.h"
#include "daemon/store/inbound_store.h"

namespace egd::service {

constexpr std::string_view kIgnoreVerdict = "ignore";  // understood, and no bounce

struct InboundReading {
  // "bounce", "delay", "success", "autoreply", "ignored", "complaint", "report", "unsubscribe",
  // "dmarc", "tlsrpt", "other".
  std::string kind = "other";
  mime::Notice notice;                           // of "bounce"
  std::optional<mime::FeedbackReport> feedback;  // of "complaint" and "report"
  std::optional<ReceivedReportContent> report;   // of "dmarc" and "tlsrpt"
  std::string trouble;                           // why no report, where one was expected
  std::string taught;                            // the phrase of the rule that decided; empty: none
  std::string subject;                           // printable, bounded
  std::string text;                              // what it says to people, bounded

  // Nothing is left to teach.
  bool IsUnderstood() const { return kind != "other"; }
};

InboundReading ReadInbound(std::string_view mail, InboundPurpose purpose,
                           const std::vector<store::InboundRule>& rules);

// The reasons a rule may give, and "ignore".
const std::vector<std::string_view>& InboundVerdicts();
// Whether rules look for this phrase, as NormalPhrase made it, where the mail has it.
bool HasPhrase(std::string_view mail, const std::string& phrase);
// A phrase as rules keep it: lower case, single spaces.
std::string NormalPhrase(std::string_view phrase);

}  // namespace egd::service
