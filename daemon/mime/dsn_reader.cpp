#include "daemon/mime/dsn_reader.h"

#include <algorithm>
#include <optional>

#include "daemon/mime/notice_text.h"
#include "daemon/mime/phrases.h"
#include "shared/base/strings.h"

namespace egd::mime {
namespace {

using Lines = std::vector<std::string_view>;

// One recipient's fields of a delivery status (RFC 3464 section 2.3).
struct Group {
  std::string final_recipient, original, action, status, diagnostic, remote_mta;

  bool IsAboutRecipient() const {
    return !final_recipient.empty() || !action.empty() || !status.empty() || !diagnostic.empty();
  }
};

// "rfc822; <a@example.com>" to the address.
std::string AddressOf(std::string_view typed) {
  const size_t semicolon = typed.find(';');
  if (semicolon != std::string_view::npos) typed = typed.substr(semicolon + 1);
  typed = Trim(typed);
  const std::string address = FirstAddress(typed);
  return address.empty() && typed.size() < 255 ? std::string(typed) : address;
}

std::string HostOf(std::string_view typed) {
  const size_t semicolon = typed.find(';');
  if (semicolon != std::string_view::npos) typed = typed.substr(semicolon + 1);
  typed = Trim(typed);
  typed = typed.substr(0, typed.find_first_of(" \t[("));
  return Printable(typed.substr(0, 255));
}

struct StatusFields {
  std::string reporting_mta, original_envelope;
  std::vector<Group> groups;
};

// The fields wherever they begin: each blank line, and each second Final-Recipient, begins a group.
StatusFields ReadStatus(std::string_view text) {
  StatusFields status;
  Group group;
  const auto finish = [&] {
    if (group.IsAboutRecipient() && status.groups.size() < Notice::kMostRecipients) {
      status.groups.push_back(std::move(group));
    }
    group = Group();
  };
  std::string* last = nullptr;
  for (const std::string_view line : Split(text, '\n')) {
    if (Trim(line).empty()) {
      finish();
      last = nullptr;
      continue;
    }
    if ((line[0] == ' ' || line[0] == '\t') && last != nullptr) {
      if (last->size() < 8192) last->append(" ").append(Trim(line));
      continue;
    }
    last = nullptr;
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    const std::string name = Lower(Trim(line.substr(0, colon)));
    const std::string_view value = Trim(line.substr(colon + 1));
    if (name == "reporting-mta") status.reporting_mta = HostOf(value);
    std::string* field = name == "final-recipient"      ? &group.final_recipient
                         : name == "original-recipient" ? &group.original
                         : name == "action"             ? &group.action
                         : name == "status"             ? &group.status
                         : name == "diagnostic-code"    ? &group.diagnostic
                         : name == "remote-mta"         ? &group.remote_mta
                                                        : nullptr;
    if (field == nullptr) continue;
    if (field == &group.final_recipient && !field->empty()) {
      finish();
      field = &group.final_recipient;
    }
    *field = value;
    last = field;
  }
  finish();
  return status;
}

enum class Action { kFailed, kDelayed, kDone, kUnknown };

Action ActionOf(const Group& group) {
  const std::string action = Lower(group.action);
  if (action.starts_with("fail") || action.starts_with("expired")) return Action::kFailed;
  if (action.starts_with("delay")) return Action::kDelayed;
  if (action.starts_with("deliver") || action.starts_with("relay") || action.starts_with("expand"))
    return Action::kDone;
  const std::string status = FindStatus(group.status.empty() ? group.diagnostic : group.status);
  if (status.starts_with('5')) return Action::kFailed;
  if (status.starts_with('2')) return Action::kDone;
  return Action::kUnknown;
}

void Judge(FailedRecipient& recipient, std::string_view words) {
  const BounceReason reason = ReasonFor({recipient.code, recipient.status, recipient.stage, words});
  recipient.reason = reason.reason;
  recipient.hard = reason.hard;
}

// A detail of zeros says nothing; a status inside the reply is the server's own.
std::string BetterStatus(std::string_view reply, std::string_view field) {
  const std::string said = FindStatus(reply);
  const std::string given = FindStatus(field);
  if (said.empty()) return given;
  if (given.empty() || given.ends_with(".0.0")) return said;
  return said.ends_with(".0.0") ? given : said;
}

// A reply that names the recipient answers RCPT, where a status says nothing else.
bool NamesRecipient(std::string_view reply, const FailedRecipient& recipient) {
  return (recipient.status.ends_with(".0.0") || recipient.status == "5.1.351") &&
         EqualsIgnoreCase(FirstAddress(reply), recipient.address);
}

// What the notice says of one recipient: the reply its fields give, or else the text.
FailedRecipient Reported(std::string address, std::string original, std::string_view diagnostic,
                         std::string_view status, const NoticeText& text) {
  FailedRecipient recipient;
  recipient.address = std::move(address);
  recipient.original = std::move(original);
  const std::string about = text.About(recipient.address);
  recipient.code = FindReplyCode(diagnostic);
  recipient.status = BetterStatus(diagnostic, status);
  recipient.stage = StageIn(diagnostic);
  if (recipient.stage == BounceStage::kUnknown) recipient.stage = StageIn(about);
  if (recipient.stage == BounceStage::kUnknown && NamesRecipient(diagnostic, recipient)) {
    recipient.stage = BounceStage::kRcpt;
  }
  const bool mute = PlainWords(diagnostic).size() < 8;
  if (!mute) Judge(recipient, diagnostic);
  if (mute || recipient.reason == "undefined") {
    if (recipient.code == 0) recipient.code = FindReplyCode(about);
    if (recipient.status.empty() || recipient.status.ends_with(".0.0")) {
      recipient.status = BetterStatus(about, recipient.status);
    }
    Judge(recipient, about);
    const bool silent = mute && recipient.code == 0 &&
                        (recipient.status.empty() || recipient.status.ends_with(".0.0"));
    if (silent && recipient.reason == "undefined")
      recipient.reason = "onhold";  // it does not say why
  }
  recipient.response = OneLine(mute ? FromReply(about) : diagnostic);
  return recipient;
}

// "SMTP; 550 …" to the reply.
std::string_view WithoutType(std::string_view diagnostic) {
  const size_t semicolon = diagnostic.find(';');
  if (semicolon == std::string_view::npos || semicolon > 32) return diagnostic;
  const std::string_view type = diagnostic.substr(0, semicolon);
  const bool is_type = std::ranges::all_of(
      type, [](char c) { return std::isalnum(uint8_t(c)) || c == '-' || c == ' '; });
  return is_type ? Trim(diagnostic.substr(semicolon + 1)) : diagnostic;
}

struct Sender {
  bool mailer = false;     // a mail system's own address, or none
  bool automatic = false;  // says that a machine wrote it
};

Sender SenderOf(const Report& report) {
  const Phrases from(FieldOf(report.header, "from"));
  const std::string return_path = Lower(FieldOf(report.header, "return-path"));
  Sender sender;
  sender.mailer =
      from.Have(
          "mailer-daemon|mailer_daemon|mailerdaemon|postmaster|post_master|poostmaster|mail."
          "delivery"
          "|mail delivery|mail deliver|mail system|mail-daemon|mail administrator|maildaemon"
          "|content-filter|mailsystem|mail-system|bounce|system administrator|mailer daemon"
          "|delivery subsystem|e-mail delivery|email delivery|<>|microsoftexchange|mdaemon"
          "|notification@|mailscanner") ||
      from.text().empty() || return_path.find("mailer-daemon") != std::string::npos;
  const std::string submitted = Lower(FieldOf(report.header, "auto-submitted"));
  sender.automatic = (!submitted.empty() && !submitted.starts_with("no")) ||
                     !FieldOf(report.header, "x-autoreply").empty() ||
                     !FieldOf(report.header, "x-autorespond").empty() ||
                     !FieldOf(report.header, "x-auto-response-suppress").empty() ||
                     !FieldOf(report.header, "x-ms-exchange-inbox-rules-loop").empty();
  return sender;
}

// Subjects and words of a failure, in lower case. English is what mail systems write whatever
// their users speak; the others are those of large providers.
constexpr std::string_view kFailureSubjects =
    "undeliver|failure|failed|returned mail|returned to sender|returning|not delivered"
    "|could not be delivered|couldn't be delivered|delivery status|delivery error|delivery has"
    "|delivery problem|delivery report|non-delivery|nondelivery|mail system error|non delivery"
    "|error sending|bounce|rejected|unable to deliver|not deliverable|mail error|message you sent"
    "|undelivered|delivery notification|delivery notice|mail delivery"
    "|permanent error|unzustellbar|nicht zugestellt|non remis|échec|echec|non recapitato|mancata"
    "|no se ha podido entregar|no entregado|não entregue|não pôde ser|недоставлен|не доставлено"
    "|配信|送信できません|エラー|退信|loop alert|errors from|mail returned|your mail|blocked by";
constexpr std::string_view kFailureWords =
    "could not be delivered|couldn't be delivered|unable to deliver|not able to deliver"
    "|wasn't able to deliver|was not delivered|not been delivered|delivery failed|failed "
    "permanently"
    "|undeliverable|did not reach|could not be reached|permanent error|permanent fatal error"
    "|delivery has failed|fatal error|delivery error|transcript of session|returned to sender"
    "|delivery problem|was undeliverable|cannot be delivered|error message below|user unknown"
    "|error delivering|trouble delivering|error occurred while|following error|rejected recipient"
    "|delivery of the|remote host said|mailbox is full|exceeds allowed size|failed addresses"
    "|invalid final delivery|could not deliver|attempts:|not delivered|has been returned"
    "|送信に失敗|送信できません|配信できません|failure reasons|permanent failure|\"bouncetype\""
    "|duplicated message-id|did not like our|no valid recipients|unrouteable|incorrectly "
    "constructed"
    "|message blocked|was rejected|account is disabled|delivery to the following";
constexpr std::string_view kDelaySubjects =
    "delay|warning: |warning--|warning message|still being|not yet|retrying|temporary failure"
    "|delivery incomplete|verzögert|retard|in ritardo|delayed";
constexpr std::string_view kDelayWords =
    "will be retried|will retry|will continue to try|will keep trying|continue trying"
    "|is only a warning|warning message only|only a temporary|temporary problem delivering"
    "|do not need to resend|don't need to resend|do not need to re-send|still trying"
    "|not yet been delivered|has been delayed|is delayed|been delayed|keep trying|delivery "
    "incomplete"
    "|no action is required on your part|delivery attempts will continue|still in the queue"
    "|will be tried again|attempts to deliver the message will continue|noch nicht zugestellt";
constexpr std::string_view kSuccessWords =
    "successfully delivered|delivered successfully|has been successfully|was successfully"
    "|successfully relayed|has been delivered to|your message was delivered";
constexpr std::string_view kFinalWords =
    "gave up|given up|giving up|permanent error|permanent fatal|failed permanently|fatal error"
    "|could not be delivered|unsent message|queue too long|cannot be delivered|unable to deliver";
constexpr std::string_view kAutoReplySubjects =
    "out of office|out of the office|automatic reply|autoreply|auto-reply|auto reply|auto:"
    "|autoresponse|vacation|away from|on leave|automatische antwort|abwesenheit|réponse automatique"
    "|absence|risposta automatica|respuesta automática|resposta automática|自動返信|自動応答|不在";

bool IsDelay(const Phrases& subject, const Phrases& words) {
  if (!words.Have(kDelayWords) && !subject.Have(kDelaySubjects)) return false;
  return subject.Have(kDelaySubjects) || !words.Have(kFinalWords);
}

bool IsReadReceipt(const Report& report) {
  return report.report_type == "disposition-notification" ||
         (!report.disposition.empty() && report.delivery_status.empty());
}

bool IsAutoReply(const Report& report, const Phrases& subject, const Sender& sender) {
  if (subject.Have(kAutoReplySubjects) && report.delivery_status.empty()) return true;
  return sender.automatic && !sender.mailer;
}

// A failed delivery that no fields speak of.
bool TellsOfFailure(const Report& report, const Phrases& subject_words, const Sender& sender,
                    const NoticeText& text, const Phrases& words) {
  if (!FieldOf(report.header, "x-failed-recipients").empty()) return true;
  const bool subject = subject_words.Have(kFailureSubjects);
  if (report.type == "multipart/report" && report.report_type != "disposition-notification" &&
      (subject || words.Have(kFailureWords))) {
    return true;
  }
  if (sender.mailer) {
    return words.Have(kFailureWords) ||
           (subject && (text.HasReply() || !text.Recipients().empty()));
  }
  // In a person's name: only in a mail system's own words around a reply.
  if (text.HasReply() && words.Have("error message below|transcript of session")) return true;
  if (words.Have("\\\"bouncetype\\\"|\"bouncetype\"")) return true;  // Amazon SES, as JSON
  if (subject_words.Have("loop alert|loop back warning|not member article")) return true;
  return subject && words.Have(kFailureWords) && FieldOf(report.header, "in-reply-to").empty() &&
         FieldOf(report.header, "references").empty();
}

std::vector<std::string> FailedRecipientsField(const Report& report) {
  std::vector<std::string> addresses;
  for (const auto part : Split(FieldOf(report.header, "x-failed-recipients"), ',')) {
    std::string address = FirstAddress(part);
    if (!address.empty() && addresses.size() < Notice::kMostRecipients)
      addresses.push_back(std::move(address));
  }
  return addresses;
}

void ReadFromStatus(const StatusFields& status, const NoticeText& text, const Report& report,
                    Notice& notice) {
  const auto headers = FailedRecipientsField(report);
  for (const Group& group : status.groups) {
    if (ActionOf(group) != Action::kFailed) continue;
    std::string address = AddressOf(group.final_recipient);
    if (address.find('@') == std::string::npos && headers.size() == 1) address = headers[0];
    notice.recipients.push_back(Reported(std::move(address), AddressOf(group.original),
                                         WithoutType(group.diagnostic), group.status, text));
  }
}

void ReadFromText(const NoticeText& text, const Report& report, Notice& notice) {
  std::vector<std::string> addresses = FailedRecipientsField(report);
  if (addresses.empty()) addresses = text.Recipients();
  if (addresses.empty()) addresses.emplace_back();
  for (std::string& address : addresses) {
    notice.recipients.push_back(Reported(std::move(address), "", "", "", text));
  }
}

}  // namespace

std::string_view Name(NoticeKind kind) {
  switch (kind) {
    case NoticeKind::kBounce:
      return "bounce";
    case NoticeKind::kDelay:
      return "delay";
    case NoticeKind::kSuccess:
      return "success";
    case NoticeKind::kAutoReply:
      return "autoreply";
    case NoticeKind::kOther:
      return "other";
  }
  return "other";
}

namespace {

Notice Read(const Report& report, int depth) {
  Notice notice;
  const Sender sender = SenderOf(report);
  const NoticeText text(report);
  const StatusFields status =
      ReadStatus(report.delivery_status.empty() ? text.Notice() : report.delivery_status);
  notice.reporting_mta = status.reporting_mta;
  if (IsReadReceipt(report)) {
    notice.kind = NoticeKind::kSuccess;
    return notice;
  }
  ReadFromStatus(status, text, report, notice);
  if (!notice.recipients.empty()) {
    notice.kind = NoticeKind::kBounce;
    return notice;
  }
  for (const Group& group : status.groups) {
    if (ActionOf(group) == Action::kDelayed) notice.kind = NoticeKind::kDelay;
    if (ActionOf(group) == Action::kDone) notice.kind = NoticeKind::kSuccess;
  }
  if (notice.kind != NoticeKind::kOther) return notice;
  const Phrases words(text.Notice());
  const Phrases subject(report.subject);
  if (IsAutoReply(report, subject, sender)) {
    notice.kind = NoticeKind::kAutoReply;
  } else if (words.Have(kSuccessWords)) {
    notice.kind = NoticeKind::kSuccess;
  } else if (IsDelay(subject, words)) {
    notice.kind = NoticeKind::kDelay;
  } else if (TellsOfFailure(report, subject, sender, text, words)) {
    notice.kind = NoticeKind::kBounce;
    ReadFromText(text, report, notice);
    // A notice inside a notice: a virus scanner's or a gateway's around the mail server's own.
    if (depth == 0 && notice.recipients[0].address.empty() && !report.original.empty()) {
      Notice inner = Read(TakeApart(report.original), depth + 1);
      if (inner.kind == NoticeKind::kBounce) return inner;
    }
  }
  return notice;
}

}  // namespace

Notice ReadNotice(const Report& report) {
  return Read(report, 0);
}

Notice ReadNotice(std::string_view mail) {
  return ReadNotice(TakeApart(mail));
}

}  // namespace egd::mime
