#include "daemon/mime/compose.h"

#include <algorithm>

#include "daemon/mime/calendar.h"
#include "daemon/mime/content_type.h"
#include "daemon/mime/header.h"
#include "daemon/mime/transfer.h"
#include "shared/base/encoding.h"
#include "shared/base/strings.h"

namespace egd::mime {
namespace {

class Composer {
 public:
  Composer(const core::Draft& draft, const ComposeOptions& options)
      : draft_(draft), options_(options) {
    out_.reserve(ExpectedSize());
  }

  std::string Run() {
    Headers();
    Field(out_, "MIME-Version").Word("1.0").End();
    Mixed();
    if (out_.back() != '\n') out_ += "\r\n";
    return std::move(out_);
  }

 private:
  size_t ExpectedSize() const {
    size_t size = 2048 + (draft_.html.size() + draft_.plain.size()) * 5 / 4;
    for (const auto& part : draft_.attachments) size += 512 + part.content.size() * 78 / 57;
    return size;
  }

  void Headers() {
    Mailboxes("From", {draft_.from});
    if (draft_.to.empty() && draft_.cc.empty())
      Field(out_, "To").Word("undisclosed-recipients:;").End();
    Mailboxes("To", draft_.to);
    Mailboxes("Cc", draft_.cc);
    Mailboxes("Reply-To", draft_.reply_to);
    Field(out_, "Subject").Text(draft_.subject).End();
    const std::string id = options_.message_id.ToString() + "@" + options_.message_id_host;
    Field(out_, "Message-ID").Word("<" + id + ">").End();
    Field(out_, "Date").Word(FormatRfc5322Date(options_.date)).End();
    for (const auto& [name, value] : draft_.headers) {
      if (IsFieldName(name)) Field(out_, name).Verbatim(value).End();
    }
    AppendListFields(out_, WithoutOwn(options_.list));
  }

  // A Feedback-ID of the client's own goes before the gateway's.
  ListFields WithoutOwn(ListFields list) const {
    for (const auto& [name, value] : draft_.headers) {
      if (EqualsIgnoreCase(name, "Feedback-ID")) list.feedback_id.clear();
    }
    return list;
  }

  void Mailboxes(std::string_view name, const std::vector<core::Mailbox>& mailboxes) {
    if (!mailboxes.empty()) Field(out_, name).Mailboxes(mailboxes).End();
  }

  bool IsRelated(const core::Attachment& part) const {
    return part.inline_part && !part.content_id.empty() && !draft_.html.empty();
  }

  // An entity is its Content-* fields, an empty line, its body; these functions write one each.
  void Mixed() {
    const auto is_related = [&](const auto& part) { return IsRelated(part); };
    const auto& parts = draft_.attachments;
    if (std::all_of(parts.begin(), parts.end(), is_related)) return Alternative();
    Multipart("multipart/mixed", [&](const auto& next) {
      next();
      Alternative();
      Attachments(next, false);
    });
  }

  void Alternative() {
    const core::Attachment* invitation = Invitation();
    if (!invitation && draft_.html.empty()) return Text("text/plain", draft_.plain);
    if (!invitation && draft_.plain.empty()) return Html();
    Multipart("multipart/alternative", [&](const auto& next) {
      if (!draft_.plain.empty() || draft_.html.empty()) {
        next();
        Text("text/plain", draft_.plain);
      }
      if (!draft_.html.empty()) {
        next();
        Html();
      }
      if (invitation) {
        next();
        Calendar(*invitation);
      }
    });
  }

  // The first attachment that asks for an answer or cancels something (RFC 5546): mail programs
  // show the buttons for one that is an alternative of the text (RFC 6047 section 2.4). It stays an
  // attachment as well.
  const core::Attachment* Invitation() const {
    const auto found = std::ranges::find_if(draft_.attachments, [](const auto& part) {
      return IsCalendarType(part.type) && !CalendarMethod(part.content, part.type).empty();
    });
    return found == draft_.attachments.end() ? nullptr : &*found;
  }

  void Calendar(const core::Attachment& part) {
    const std::string canonical = CanonicalText(part.content);
    const Transfer transfer = BestTransfer(canonical);
    Field(out_, "Content-Type")
        .Word("text/calendar")
        .Parameter("charset", "utf-8")
        .Parameter("method", CalendarMethod(part.content, part.type))
        .End();
    Body(canonical, transfer);
  }

  void Html() {
    const auto is_related = [&](const auto& part) { return IsRelated(part); };
    const auto& parts = draft_.attachments;
    if (std::none_of(parts.begin(), parts.end(), is_related)) return Text("text/html", draft_.html);
    Multipart("multipart/related; type=\"text/html\"", [&](const auto& next) {
      next();
      Text("text/html", draft_.html);
      Attachments(next, true);
    });
  }

  template <typename Next>
  void Attachments(const Next& next, bool related) {
    for (const auto& part : draft_.attachments) {
      if (IsRelated(part) != related) continue;
      next();
      Attachment(part);
    }
  }

  // Calls parts(next); `next` starts a part.
  template <typename Parts>
  void Multipart(std::string_view type, Parts parts) {
    // "=_" occurs in no quoted-printable or base64 body, and the message's ID in no text written
    // before it was made.
    const std::string boundary =
        "=_" + Hex(options_.message_id.AsBytes()) + "_" + std::to_string(++multiparts_);
    Field(out_, "Content-Type").Word(type).Parameter("boundary", boundary).End();
    parts([&] { out_.append("\r\n--").append(boundary).append("\r\n"); });
    out_.append("\r\n--").append(boundary).append("--");
  }

  void Text(std::string_view type, std::string_view text) {
    const std::string canonical = CanonicalText(text);
    const Transfer transfer = BestTransfer(canonical);
    Field(out_, "Content-Type").Word(type).Parameter("charset", "utf-8").End();
    Body(canonical, transfer);
  }

  void Attachment(const core::Attachment& part) {
    const bool is_message = IsPlainMessage(part);
    const bool usable = is_message || (IsMediaType(part.type) && !IsCompositeType(part.type));
    Field type(out_, "Content-Type");
    type.Verbatim(usable ? part.type : "application/octet-stream");
    const bool named = usable && Lower(part.type).find("name=") != std::string::npos;
    if (!part.filename.empty() && !named) type.OldParameter("name", part.filename);
    type.End();
    Field disposition(out_, "Content-Disposition");
    disposition.Word(part.inline_part ? "inline" : "attachment");
    if (!part.filename.empty()) disposition.Parameter("filename", part.filename);
    disposition.End();
    if (!part.content_id.empty())
      Field(out_, "Content-ID").Verbatim("<" + part.content_id + ">").End();
    if (is_message) return Body(CanonicalText(part.content), Transfer::k7Bit);
    Body(part.content, Transfer::kBase64);
  }

  // A message that can be attached as what it is: it must not be encoded, so it has to be clean
  // already.
  static bool IsPlainMessage(const core::Attachment& part) {
    const std::string type = Lower(part.type.substr(0, part.type.find(';')));
    return Trim(type) == "message/rfc822" && !part.content.empty() &&
           BestTransfer(CanonicalText(part.content)) == Transfer::k7Bit;
  }

  void Body(std::string_view content, Transfer transfer) {
    Field(out_, "Content-Transfer-Encoding").Word(Name(transfer)).End();
    out_ += "\r\n";
    AppendEncoded(out_, content, transfer);
  }

  const core::Draft& draft_;
  const ComposeOptions& options_;
  std::string out_;
  int multiparts_ = 0;
};

}  // namespace

std::string Compose(const core::Draft& draft, const ComposeOptions& options) {
  return Composer(draft, options).Run();
}

}  // namespace egd::mime
