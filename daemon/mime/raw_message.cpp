#include "daemon/mime/raw_message.h"

#include <algorithm>
#include <mutex>
#include <optional>

#include <gmime/gmime.h>

#include "daemon/core/email_address.h"
#include "daemon/core/header_field_rules.h"
#include "daemon/core/host_name.h"
#include "daemon/mime/header.h"
#include "daemon/mime/long_lines.h"
#include "daemon/mime/transfer.h"
#include "shared/base/strings.h"

namespace egd::mime {
namespace {

constexpr size_t kMaxLine = 998;                // octets without CR LF (RFC 5322 section 2.1.1)
constexpr size_t kMaxHeaderBytes = 256 * 1024;  // ten times what the largest real ones have
constexpr size_t kMaxFields = 1000;

struct RawField {
  std::string_view name;
  std::string_view text;  // all of it, folded, with its CR LF
  std::string_view Value() const { return text.substr(text.find(':') + 1); }
};

bool Is(const RawField& field, std::string_view name) {
  return EqualsIgnoreCase(field.name, name);
}

Error Refused(std::string why) {
  return InvalidArgument("The message " + std::move(why));
}

// The text with CR LF, or nothing when its line endings contradict each other.
std::optional<std::string> WithCrLf(std::string_view text) {
  size_t crlf = 0, cr = 0, lf = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\r') {
      const bool pair = i + 1 < text.size() && text[i + 1] == '\n';
      ++(pair ? crlf : cr);
      i += pair;
    } else if (text[i] == '\n') {
      ++lf;
    }
  }
  if (cr > 0 || (crlf > 0 && lf > 0)) return std::nullopt;
  std::string made = lf > 0 ? CanonicalText(text) : std::string(text);
  if (!made.ends_with("\r\n")) made += "\r\n";
  return made;
}

std::string_view TakeLine(std::string_view& rest) {  // with its CR LF
  const std::string_view line = rest.substr(0, rest.find("\r\n") + 2);
  rest.remove_prefix(line.size());
  return line;
}

bool IsFolded(std::string_view line) {
  return line.front() == ' ' || line.front() == '\t';
}

// Control characters but the TAB and the line ends of folding.
bool HasFieldControl(std::string_view text) {
  return std::ranges::any_of(text, [](char c) {
    return (uint8_t(c) < 0x20 && c != '\t' && c != '\r' && c != '\n') || c == 0x7f;
  });
}

// Splits a text with CR LF at its empty line; a text without one is all header.
class Splitter {
 public:
  explicit Splitter(std::string_view text) : rest_(text) {}

  Result<void> Run() {
    const std::string_view whole = rest_;
    while (!rest_.empty() && !rest_.starts_with("\r\n")) {
      if (auto taken = TakeField(); !taken) return taken;
      if (whole.size() - rest_.size() > kMaxHeaderBytes || fields.size() > kMaxFields) {
        return Refused("has too large a header");
      }
    }
    if (!rest_.empty()) TakeLine(rest_);
    body = rest_;
    while (!rest_.empty()) {
      if (TakeLine(rest_).size() > kMaxLine + 2) return LineTooLong();
    }
    return {};
  }

  std::vector<RawField> fields;
  std::string_view body;

 private:
  static Error LineTooLong() {
    return Refused("has a line of more than " + std::to_string(kMaxLine) + " octets");
  }

  Result<void> TakeField() {
    const std::string_view start = rest_;
    if (IsFolded(start)) return Refused("begins with a folded line");
    do {
      if (TakeLine(rest_).size() > kMaxLine + 2) return LineTooLong();
    } while (!rest_.empty() && IsFolded(rest_));
    RawField field{{}, start.substr(0, start.size() - rest_.size())};
    const size_t colon = field.text.find(':');
    field.name = field.text.substr(0, std::min(colon, field.text.size()));
    if (colon == std::string_view::npos || !IsFieldName(field.name)) {
      return Refused("has a line in its header that is no field: " +
                     Printable(field.text.substr(0, std::min<size_t>(40, field.text.find('\r')))));
    }
    const std::string name(field.name);
    if (!IsUtf8(field.text)) return Refused("has a field " + name + " that is not UTF-8");
    if (HasFieldControl(field.text)) {
      return Refused("has a field " + name + " with a control character");
    }
    fields.push_back(field);
    return {};
  }

  std::string_view rest_;
};

std::string Taken(char* text) {  // owns it
  std::string copy = text ? text : "";
  g_free(text);
  return copy;
}

void InitGmime() {
  static std::once_flag once;
  std::call_once(once, g_mime_init);
}

std::string Decoded(std::string_view value) {
  const std::string text(Trim(value));
  const std::string unfolded = Taken(g_mime_utils_header_unfold(text.c_str()));
  return Printable(Taken(g_mime_utils_header_decode_text(nullptr, unfolded.c_str())));
}

void AppendMailboxes(InternetAddressList* list, std::vector<core::Mailbox>& mailboxes) {
  for (int i = 0; i < internet_address_list_length(list); ++i) {
    InternetAddress* address = internet_address_list_get_address(list, i);
    if (INTERNET_ADDRESS_IS_GROUP(address)) {
      AppendMailboxes(internet_address_group_get_members(INTERNET_ADDRESS_GROUP(address)),
                      mailboxes);
    } else {
      const char* name = internet_address_get_name(address);
      const char* email = internet_address_mailbox_get_addr(INTERNET_ADDRESS_MAILBOX(address));
      mailboxes.push_back({Printable(name ? name : ""), Printable(email ? email : "")});
    }
  }
}

std::vector<core::Mailbox> Mailboxes(std::string_view value) {
  std::vector<core::Mailbox> mailboxes;
  const std::string text(Trim(value));
  InternetAddressList* list = internet_address_list_parse(nullptr, text.c_str());
  if (!list) return mailboxes;
  AppendMailboxes(list, mailboxes);
  g_object_unref(list);
  return mailboxes;
}

// Doe, Jane <jane@example.com>: the comma should have been quoted. A word without an address goes
// to the name that follows.
void JoinNames(std::vector<core::Mailbox>& mailboxes) {
  for (size_t i = 0; i + 1 < mailboxes.size();) {
    core::Mailbox &word = mailboxes[i], &next = mailboxes[i + 1];
    const bool is_word = word.name.empty() && word.email.find('@') == std::string::npos;
    if (is_word && !next.name.empty()) {
      next.name = word.email + ", " + next.name;
      mailboxes.erase(mailboxes.begin() + std::ptrdiff_t(i));
    } else {
      ++i;
    }
  }
}

// As they are checked, so that this is what goes out.
void Normalise(std::vector<core::Mailbox>& mailboxes) {
  for (core::Mailbox& mailbox : mailboxes) {
    if (const auto address = core::ParseEmailAddress(mailbox.email))
      mailbox.email = address->Text();
  }
}

std::string_view WithoutFullStops(std::string_view text) {
  while (!text.empty() && (Trim(text) != text || text.ends_with('.'))) {
    text = Trim(text);
    while (text.ends_with('.')) text.remove_suffix(1);
  }
  return text;
}

class Completer {
 public:
  Completer(const std::vector<RawField>& fields, const RawOptions& options)
      : fields_(fields), options_(options) {}

  Result<RawMessage> Run(std::string_view body) {
    for (const core::HeaderFieldRule& rule : core::HeaderFieldRules()) {
      if (!rule.once || Count(rule.name) < 2) continue;
      return Refused("has more than one field " + std::string(rule.name));
    }
    if (Count("From") == 0) return Refused("has no From field");
    InitGmime();
    Received();
    for (const RawField& field : fields_) {
      if (auto read = Read(field); !read) return read.error();
    }
    // RFC 5322 section 3.6.2: of several authors, one who is responsible.
    if (raw_.from.size() > 1 && !has_sender_) Rewrite("Sender", {raw_.from.front()});
    if (Count("Date") == 0) {
      Field(raw_.data, "Date").Word(FormatRfc5322Date(options_.date)).End();
    }
    if (Count("Message-ID") == 0) {
      const std::string id = options_.message_id.ToString() + "@" + options_.message_id_host;
      Field(raw_.data, "Message-ID").Word("<" + id + ">").End();
    }
    raw_.data.append("\r\n").append(body);
    return std::move(raw_);
  }

 private:
  size_t Count(std::string_view name) const {
    return size_t(std::ranges::count_if(fields_, [&](const auto& f) { return Is(f, name); }));
  }

  void Received() {
    Field field(raw_.data, "Received");
    if (!options_.received_from.empty()) field.Word("from").Verbatim(options_.received_from);
    field.Word("by").Word(options_.received_by).Word("with").Word(options_.protocol);
    field.Word("id").Word(options_.message_id.ToString()).Append(";");
    field.Word(FormatRfc5322Date(options_.date)).End();
  }

  // Notes what it says, and writes it as its rule demands.
  Result<void> Read(const RawField& field) {
    if (IsControlField(field.name)) {
      return ReadControlField(field.name, Decoded(field.Value()), raw_.controls);
    }
    if (Is(field, "From")) return ReadFrom(field);
    if (Is(field, "Sender")) return ReadSender(field);
    if (Is(field, "Reply-To")) return ReadReplyTo(field);
    if (Is(field, "To")) raw_.to = Mailboxes(field.Value());
    if (Is(field, "Cc")) raw_.cc = Mailboxes(field.Value());
    if (Is(field, "Bcc")) raw_.bcc = Mailboxes(field.Value());
    if (Is(field, "Subject")) raw_.subject = Decoded(field.Value());
    if (core::RuleOf(field.name).handed_in != core::HandedIn::kRemoved) Write(field.text);
    return {};
  }

  static std::vector<core::Mailbox> Understood(const RawField& field) {
    std::vector<core::Mailbox> mailboxes = Mailboxes(WithoutFullStops(Trim(field.Value())));
    JoinNames(mailboxes);
    Normalise(mailboxes);
    return mailboxes;
  }

  // Whether the addresses are good is for those to say who know the domain.
  Result<void> ReadFrom(const RawField& field) {
    raw_.from = Understood(field);
    if (!raw_.from.empty()) Rewrite("From", raw_.from);
    return {};
  }

  Result<void> ReadSender(const RawField& field) {
    const std::vector<core::Mailbox> sender = Understood(field);
    if (sender.size() > 1) return Refused("has more than one address in its Sender field");
    const auto address = core::ParseEmailAddress(sender.empty() ? "" : sender.front().email);
    if (!address || !core::IsWithinDomain(address->domain, options_.sender_domain)) return {};
    has_sender_ = true;
    Rewrite("Sender", sender);
    return {};
  }

  Result<void> ReadReplyTo(const RawField& field) {
    const std::vector<core::Mailbox> mailboxes = Understood(field);
    for (const core::Mailbox& mailbox : mailboxes) {
      const auto address = core::ParseEmailAddress(mailbox.email);
      if (address) continue;
      return Refused("has an address in its Reply-To field that " + address.error().public_text);
    }
    if (!mailboxes.empty()) Rewrite("Reply-To", mailboxes);
    return {};
  }

  void Rewrite(std::string_view name, const std::vector<core::Mailbox>& mailboxes) {
    std::string field;
    Field(field, name).Mailboxes(mailboxes).End();
    Write(field);
  }

  void Write(std::string_view field) {
    raw_.data += field;
    raw_.eight_bit_header |= std::ranges::any_of(field, [](char c) { return uint8_t(c) > 0x7f; });
  }

  const std::vector<RawField>& fields_;
  const RawOptions& options_;
  RawMessage raw_;
  bool has_sender_ = false;
};

}  // namespace

Result<RawMessage> CompleteRaw(std::string_view text, const RawOptions& options) {
  if (text.find('\0') != std::string_view::npos) return Refused("has a NUL");
  auto made = WithCrLf(text);
  if (!made) return Refused("has a line that does not end with CR LF");
  if (HasLongLine(*made)) {
    auto shorter = WithoutLongLines(*made);
    if (!shorter) return shorter.error();
    made = *std::move(shorter);
  }
  Splitter splitter(*made);
  if (auto split = splitter.Run(); !split) return split.error();
  return Completer(splitter.fields, options).Run(splitter.body);
}

}  // namespace egd::mime
