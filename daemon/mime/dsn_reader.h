// NAME
//   dsn_reader: what a mail to a return-path says: bounced, and for whom and why; or something
//   else.
//
// POLICY
//   A bounce is what says that delivery to somebody has failed for good:
//     - delivery status notifications (RFC 3464): each recipient with the action "failed" (or
//       "expired"), or a status 5.x.x and no action, wherever the fields stand, in a part of their
//       own or in the text;
//     - the text that Exim, qmail, Exchange, Gmail, Yahoo and others send instead: from a mailer,
//       about a failure, naming the address and usually the server's reply.
//   Everything else is none: a notice that delivery is delayed and will be tried again, a notice of
//   success or of reading, an answer written by a person or by a machine in a person's name
//   (vacation, ticket, challenge). In doubt it is none.
//
//   Whom the mail says it is about is only what it says: service/inbound trusts the return-path's
//   token, and uses these addresses to choose among that message's recipients.
//
// SEE ALSO
//   RFC 3464, RFC 3461 (Original-Recipient), RFC 3834 (Auto-Submitted), RFC 6522, RFC 6533.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "daemon/mime/bounce_reason.h"
#include "daemon/mime/report.h"

namespace egd::mime {

enum class NoticeKind {
  kBounce,     // delivery to `recipients` has failed
  kDelay,      // it will be tried again
  kSuccess,    // delivered, relayed or read
  kAutoReply,  // a vacation notice, a ticket, a challenge
  kOther,      // not understood
};
std::string_view Name(NoticeKind kind);  // "bounce"

struct FailedRecipient {
  std::string address;   // where it failed, a forwarder's target maybe; empty: not said
  std::string original;  // whom it was first addressed to (Original-Recipient); empty: not said
  int code = 0;          // SMTP reply code; 0: none
  std::string status;    // "5.1.1"; empty: none
  std::string response;  // what was said, UTF-8, one line, at most kMostResponse
  BounceStage stage = BounceStage::kUnknown;
  std::string_view reason;  // "userunknown"
  bool hard = false;

  static constexpr size_t kMostResponse = 1000;
};

struct Notice {
  NoticeKind kind = NoticeKind::kOther;
  std::string reporting_mta;                // a host name; empty: not said
  std::vector<FailedRecipient> recipients;  // of kBounce: one at least, at most kMostRecipients

  static constexpr size_t kMostRecipients = 100;
};

// Pure, thread-safe. Any bytes.
Notice ReadNotice(const Report& report);
Notice ReadNotice(std::string_view mail);

}  // namespace egd::mime
