#include "daemon/service/inbound/inbound_effects.h"

#include <algorithm>
#include <vector>

#include "daemon/core/bounce_class.h"
#include "daemon/core/event.h"
#include "daemon/service/audience/unsubscribing.h"
#include "daemon/service/inbound/message_recipients.h"
#include "daemon/service/reports/received_reports.h"
#include "daemon/store/events.h"
#include "daemon/store/message_store.h"
#include "shared/base/strings.h"

namespace egd::service {
namespace {

using core::EventType;

// Only what is known of the mailbox suppresses.
bool IsDeadMailbox(const mime::FailedRecipient& recipient) {
  return recipient.hard && (recipient.reason == "userunknown" || recipient.reason == "hasmoved");
}

class Effects {
 public:
  Effects(store::Transaction& transaction, const InboundAddresses& addresses, UnixMillis now,
          store::InboundMail& mail)
      : transaction_(transaction), addresses_(addresses), now_(now), mail_(mail) {}

  void Bounce(const tracking::ReturnPath& token, const mime::Notice& notice) {
    const auto message = Load(token);
    if (!message) return;
    MessageRecipients recipients(transaction_, *message);
    if (token.recipient_id != 0) {
      const auto named = recipients.Find(token.recipient_id);
      return named ? RecordBounce(*message, *named, SaidOf(notice, *named), notice)
                   : NotUnderstood(kForgotten);
    }
    for (const auto& failed : notice.recipients) {
      if (const auto address = Match(recipients, token, failed)) {
        RecordBounce(*message, *address, failed, notice);
      }
    }
    if (mail_.result.empty()) NotUnderstood(kNamesNone);
  }

  void Unsubscribe(const tracking::ReturnPath& token) {
    const auto message = Load(token);
    if (!message) return;
    const auto address = RecipientOf(*message, token, {});
    if (!address) return NotUnderstood(kForgotten);
    Unsubscription wish;
    wish.domain_id = message->domain_id;
    wish.message_id = message->id;
    wish.address = *address;
    wish.reason = "Mail to the unsubscribe address";
    service::Unsubscribe(transaction_, wish, now_);
    mail_.result = "unsubscribed " + *address;
  }

  void Complaint(const ReportedMessage& reported, const mime::FeedbackReport& feedback) {
    const auto message = Load(reported.token);
    if (!message) return;
    const auto& named = reported.by_message_id ? kNobody : feedback.recipients;
    const auto address = reported.recipient.empty() ? RecipientOf(*message, reported.token, named)
                                                    : std::optional(reported.recipient);
    if (!address) {
      return NotUnderstood(reported.token.recipient_id != 0 ? kForgotten : kNamesNone);
    }
    core::Event event = EventOf(EventType::kComplaint, *message, *address);
    event.source = "feedback";
    event.reporting_server = feedback.reporter;
    event.reason = feedback.type;
    event.user_agent = feedback.user_agent;
    Record(std::move(event), "complaint (" + feedback.type + ") of " + *address);
  }

  void NotUnderstood(std::string_view why) {
    mail_.understood = false;
    mail_.result = why;
  }

 private:
  static constexpr std::string_view kForgotten = "its recipient is no longer known";
  static constexpr std::string_view kNamesNone = "it names none of the message's recipients";
  inline static const std::vector<std::string> kNobody;

  std::optional<core::Message> Load(const tracking::ReturnPath& token) {
    auto message = store::MessageStore(transaction_).Find(token.message_id);
    if (!message) {
      NotUnderstood("its message is no longer known");
      return std::nullopt;
    }
    mail_.domain_id = message->domain_id;
    mail_.message_id = message->id;
    return message;
  }

  // What the notice says of the recipient that the token names: by name, or else first of all.
  static const mime::FailedRecipient& SaidOf(const mime::Notice& notice,
                                             const std::string& address) {
    for (const auto& failed : notice.recipients) {
      if (EqualsIgnoreCase(failed.address, address) || EqualsIgnoreCase(failed.original, address)) {
        return failed;
      }
    }
    return notice.recipients.front();
  }

  std::optional<std::string> Match(MessageRecipients& recipients, const tracking::ReturnPath& token,
                                   const mime::FailedRecipient& failed) {
    for (const auto& said : {failed.original, failed.address}) {
      auto address = recipients.Find(said);
      if (address && IsAtDestination(token, *address)) return address;
    }
    return std::nullopt;
  }

  std::optional<std::string> RecipientOf(const core::Message& message,
                                         const tracking::ReturnPath& token,
                                         const std::vector<std::string>& named) {
    MessageRecipients recipients(transaction_, message);
    if (token.recipient_id != 0) return recipients.Find(token.recipient_id);
    for (const auto& said : named) {
      auto address = recipients.Find(said);
      if (address && IsAtDestination(token, *address)) return address;
    }
    auto only = recipients.Only("");
    return only && IsAtDestination(token, *only) ? only : std::nullopt;
  }

  bool IsAtDestination(const tracking::ReturnPath& token, const std::string& address) const {
    return addresses_.IsForDestination(token,
                                       std::string_view(address).substr(address.rfind('@') + 1));
  }

  core::Event EventOf(EventType type, const core::Message& message,
                      const std::string& recipient) const {
    core::Event event;
    event.type = type;
    event.at = now_;
    event.message_id = message.id;
    event.recipient = recipient;
    event.suppress = true;
    return event;
  }

  void RecordBounce(const core::Message& message, const std::string& recipient,
                    const mime::FailedRecipient& failed, const mime::Notice& notice) {
    core::Event event = EventOf(EventType::kBounce, message, recipient);
    event.suppress = IsDeadMailbox(failed);
    event.smtp_code = failed.code;
    event.enhanced_code = failed.status;
    event.smtp_response = failed.response;
    event.bounce_class = core::BounceClassOf(failed.reason, failed.hard);
    event.reason = failed.reason;
    event.source = "dsn";
    event.reporting_server = notice.reporting_mta.empty() ? mail_.client : notice.reporting_mta;
    event.delivery_ms = std::max<int64_t>(0, now_ - std::max(message.accepted_at, message.send_at));
    Record(std::move(event), "bounce of " + recipient + ": " + std::string(failed.reason));
  }

  void Record(core::Event event, const std::string& what) {
    const bool first = store::InboundStore(transaction_)
                           .TakeOutcome(event.message_id, event.recipient,
                                        std::string(core::Name(event.type)), now_);
    if (first) store::events::Record(transaction_, event);
    if (!mail_.result.empty()) mail_.result += "; ";
    mail_.result += first ? what : "already known: " + what;
  }

  store::Transaction& transaction_;
  const InboundAddresses& addresses_;
  const UnixMillis now_;
  store::InboundMail& mail_;
};

std::string_view ResultOf(std::string_view kind) {
  if (kind == "delay") return "delivery is still being tried: no event";
  if (kind == "success") return "delivered or read: no event";
  if (kind == "autoreply") return "an automatic answer: no event";
  if (kind == "ignored") return "ignored by a taught rule: no event";
  if (kind == "report") return "no recipient's complaint: no event";
  return "not understood: no event";
}

// A report that came to a return-path is about its token; any other about what it reports.
void ApplyComplaint(store::Transaction& transaction, Effects& effects,
                    const InboundAddresses& addresses, const InboundAddress& address,
                    const mime::FeedbackReport& feedback) {
  if (address.purpose == InboundPurpose::kBounce) {
    return effects.Complaint({address.token, ""}, feedback);
  }
  const auto reported =
      addresses.FindReported(transaction, feedback.original_mail_from + "\n" + feedback.original);
  if (!reported) return effects.NotUnderstood("no token of ours in the reported message");
  effects.Complaint(*reported, feedback);
}

}  // namespace

void ApplyInbound(store::Transaction& transaction, const InboundAddresses& addresses,
                  const InboundAddress& address, const InboundReading& reading, UnixMillis now,
                  store::InboundMail& mail) {
  mail.kind = reading.kind;
  mail.understood = reading.IsUnderstood();
  mail.subject = reading.subject;
  mail.result.clear();
  Effects effects(transaction, addresses, now, mail);
  if (reading.kind == "bounce") {
    effects.Bounce(address.token, reading.notice);
  } else if (reading.kind == "unsubscribe") {
    effects.Unsubscribe(address.token);
  } else if (reading.kind == "complaint") {
    ApplyComplaint(transaction, effects, addresses, address, *reading.feedback);
  } else if (reading.report) {
    RecordReport(transaction, addresses, *reading.report, now, mail);
  } else if (!reading.trouble.empty()) {
    mail.result = "not understood: " + reading.trouble;
  } else {
    mail.result = ResultOf(reading.kind);
  }
  mail.expires_at = mail.received_at + (mail.understood ? kUnderstoodMillis : kNotUnderstoodMillis);
}

}  // namespace egd::service
