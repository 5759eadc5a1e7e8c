#include "daemon/service/sending/draft_check.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "daemon/core/email_address.h"
#include "daemon/mime/content_type.h"
#include "daemon/mime/header.h"
#include "shared/base/strings.h"

namespace egd::service {
namespace {

using enum SendProblem;

std::string Entry(std::string_view parameter, size_t index) {
  return std::string(parameter) + "[" + std::to_string(index) + "]";
}

std::optional<SendRefusal> CheckMailbox(core::Mailbox& mailbox, const std::string& where,
                                        SendProblem missing, SendProblem invalid) {
  if (mailbox.email.empty()) return SendRefusal{missing, where + ".email is missing"};
  const auto address = core::ParseEmailAddress(mailbox.email);
  if (!address) {
    return SendRefusal{
        invalid, where + ".email is not a valid e-mail address: it " + address.error().public_text};
  }
  mailbox.email = address->Text();
  return std::nullopt;
}

struct Role {
  std::string_view parameter;
  std::vector<core::Mailbox> core::Draft::*mailboxes;
  SendProblem missing, invalid;
};

constexpr Role kRoles[] = {
    {"To", &core::Draft::to, kToMissing, kToInvalid},
    {"CC", &core::Draft::cc, kCcMissing, kCcInvalid},
    {"BCC", &core::Draft::bcc, kBccMissing, kBccInvalid},
    {"ReplyTo", &core::Draft::reply_to, kReplyToMissing, kReplyToInvalid},
};

std::optional<SendRefusal> CheckRole(core::Draft& draft, const Role& role) {
  auto& mailboxes = draft.*role.mailboxes;
  for (size_t i = 0; i < mailboxes.size(); ++i) {
    auto refusal = CheckMailbox(mailboxes[i], Entry(role.parameter, i), role.missing, role.invalid);
    if (refusal) return refusal;
  }
  return std::nullopt;
}

std::optional<SendRefusal> CheckCounts(const core::Draft& draft, const DraftLimits& limits) {
  const size_t open = draft.to.size() + draft.cc.size();
  const std::string most = std::to_string(limits.max_recipients);
  if (open + draft.bcc.size() == 0 && !draft.each_alone)
    return SendRefusal{kNoRecipients, "To has no entry"};
  if (draft.bcc.size() > limits.max_recipients) {
    return SendRefusal{kTooManyBcc, "BCC has more than " + most + " entries"};
  }
  if (open + draft.bcc.size() > limits.max_recipients) {
    return SendRefusal{kTooManyRecipients,
                       "To, CC and BCC together have more than " + most + " entries"};
  }
  if (draft.reply_to.size() > kMaxReplyTo) {
    return SendRefusal{kTooManyReplyTo,
                       "ReplyTo has more than " + std::to_string(kMaxReplyTo) + " entries"};
  }
  return std::nullopt;
}

// Fields that the gateway writes itself, or that only the servers on the way may write.
constexpr std::string_view kReserved[] = {
    "From",        "Sender",   "To",           "Cc",           "Bcc",
    "Reply-To",    "Subject",  "Date",         "Message-ID",   "DKIM-Signature",
    "Return-Path", "Received", "Received-SPF", "Delivered-To", "Authentication-Results",
};
constexpr std::string_view kReservedPrefixes[] = {"MIME-", "Content-", "Resent-", "ARC-"};
constexpr std::string_view kUnsubscribeFields[] = {"List-Unsubscribe", "List-Unsubscribe-Post"};

bool IsReserved(std::string_view name, bool unsubscribe_link) {
  const auto is_name = [&](std::string_view reserved) { return EqualsIgnoreCase(name, reserved); };
  return std::ranges::any_of(kReserved, is_name) ||
         (unsubscribe_link && std::ranges::any_of(kUnsubscribeFields, is_name)) ||
         std::ranges::any_of(kReservedPrefixes, [&](std::string_view prefix) {
           return EqualsIgnoreCase(name.substr(0, prefix.size()), prefix);
         });
}

std::optional<SendRefusal> CheckHeaders(const core::Draft& draft) {
  for (const auto& [name, value] : draft.headers) {
    const std::string where = "Headers[\"" + Printable(name.substr(0, 100)) + "\"]";
    if (!mime::IsFieldName(name)) {
      return SendRefusal{kHeaderForbidden, where + " is not a header field name"};
    }
    if (IsReserved(name, draft.unsubscribe_link)) {
      return SendRefusal{kHeaderForbidden, where + " is written by the gateway itself"};
    }
    if (!IsUtf8(value) || HasControl(value)) {
      return SendRefusal{kHeaderForbidden, where + " must be UTF-8 without control characters"};
    }
  }
  return std::nullopt;
}

// Goes between angle brackets into Content-ID, and into the HTML as cid:… (RFC 2392).
bool IsContentId(std::string_view id) {
  return id.size() <= 255 && std::ranges::all_of(id, [](char c) {
           return c > ' ' && c <= '~' && c != '<' && c != '>';
         });
}

std::optional<SendRefusal> CheckAttachments(const core::Draft& draft) {
  for (size_t i = 0; i < draft.attachments.size(); ++i) {
    const core::Attachment& part = draft.attachments[i];
    const std::string where = Entry("Attachments", i);
    if (!mime::IsMediaType(part.type)) {
      return SendRefusal{kAttachmentInvalid, where + ".type is not a media type"};
    }
    if (!IsContentId(part.content_id)) {
      return SendRefusal{kAttachmentInvalid,
                         where + ".contentid must be printable ASCII without spaces, < and >"};
    }
  }
  return std::nullopt;
}

// In base64, with the line ends (RFC 2045 section 6.8): what an attachment takes on the wire.
size_t EncodedSize(size_t bytes) {
  const size_t letters = (bytes + 2) / 3 * 4;
  return letters + (letters + 75) / 76 * 2;
}

std::optional<SendRefusal> CheckSize(const core::Draft& draft, size_t most) {
  size_t size = draft.html.size() + draft.plain.size();
  for (const auto& part : draft.attachments) size += EncodedSize(part.content.size());
  if (size <= most) return std::nullopt;
  return SendRefusal{kTooLarge, "The message has " + std::to_string(size) +
                                    " bytes of content, attachments as encoded for sending; at "
                                    "most " +
                                    std::to_string(most) + " are allowed"};
}

}  // namespace

SendRefusals CheckDraft(core::Draft& draft, const DraftLimits& limits) {
  SendRefusals refusals;
  const auto check = [&](std::optional<SendRefusal> refusal) {
    if (refusal) refusals.push_back(std::move(*refusal));
  };
  check(CheckCounts(draft, limits));
  check(CheckMailbox(draft.from, "From", kFromMissing, kFromInvalid));
  for (const Role& role : kRoles) check(CheckRole(draft, role));
  check(CheckHeaders(draft));
  check(CheckAttachments(draft));
  check(CheckSize(draft, limits.max_bytes));
  return refusals;
}

}  // namespace egd::service
