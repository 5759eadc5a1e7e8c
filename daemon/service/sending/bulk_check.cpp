#include "daemon/service/sending/bulk_check.h"

#include <algorithm>
#include <array>
#include <optional>

#include "daemon/core/domain.h"
#include "daemon/core/email_address.h"
#include "daemon/core/host_name.h"
#include "daemon/mailauth/check_record.h"
#include "daemon/mime/control_fields.h"
#include "daemon/mime/entity.h"
#include "daemon/mime/html_parts.h"
#include "daemon/mime/raw_message.h"
#include "daemon/mime/transfer.h"
#include "daemon/service/domains/dns_rounds.h"
#include "shared/base/strings.h"
#include "shared/mailrecord/tag_list.h"

namespace egd::service {
namespace {

using mime::Entity;
using mime::HeaderField;

constexpr char kGmail[] = "support.google.com/mail/answer/81126";  // Email sender guidelines
constexpr char kYahoo[] = "senders.yahooinc.com/best-practices";
constexpr size_t kClip = 102 * 1024;             // bytes of HTML after which Gmail cuts it off
constexpr size_t kMostBytes = 25 * 1024 * 1024;  // what Gmail takes
constexpr size_t kLongestLine = 998;             // RFC 5322 section 2.1.1, without CR LF
constexpr size_t kLongSubject = 150;             // characters; inboxes show some 70
constexpr int kDeepest = 32;                     // multiparts, as everywhere in mime

// Mailbox providers with a DMARC policy of quarantine or reject for their own domain.
constexpr std::string_view kFreeMail[] = {
    "gmail.com",   "googlemail.com", "yahoo.com",   "ymail.com",      "aol.com",  "hotmail.com",
    "outlook.com", "live.com",       "msn.com",     "icloud.com",     "me.com",   "mac.com",
    "gmx.de",      "gmx.net",        "gmx.com",     "web.de",         "mail.com", "mail.ru",
    "yandex.ru",   "yandex.com",     "proton.me",   "protonmail.com", "zoho.com", "qq.com",
    "163.com",     "126.com",        "t-online.de", "orange.fr",      "free.fr",  "libero.it"};

struct Signature {
  std::string problem;              // why it does not count; empty: it does
  std::string domain;               // d=, lower case
  std::vector<std::string> covers;  // h=, lower case

  bool Covers(std::string_view name) const { return std::ranges::count(covers, name) > 0; }
};

std::string WithoutSpace(std::string_view text) {
  std::string out;
  std::ranges::copy_if(text, std::back_inserter(out), [](char c) {
    return std::string_view(" \t\r\n").find(c) == std::string_view::npos;
  });
  return out;
}

Signature ReadSignature(std::string_view value) {
  const auto tags = mailrecord::ParseTagList(value);
  if (!tags) return {.problem = "DKIM-Signature is no tag list", .domain = {}, .covers = {}};
  const auto text = [&](const char* tag) {
    const std::string* found = tags->Find(tag);
    return found ? WithoutSpace(*found) : std::string();
  };
  Signature signature{.problem = {}, .domain = Lower(text("d")), .covers = {}};
  const std::string covered = text("h");
  for (const std::string_view name : Split(covered, ':')) signature.covers.push_back(Lower(name));
  for (const char* tag : {"v", "a", "d", "s", "h", "b", "bh"}) {
    if (text(tag).empty()) signature.problem = std::string("DKIM-Signature has no ") + tag + "=";
  }
  if (Lower(text("a")) == "rsa-sha1") signature.problem = "DKIM-Signature uses rsa-sha1 (RFC 8301)";
  if (tags->Find("l"))
    signature.problem = "DKIM-Signature has l=: anything can be added to the mail";
  if (signature.problem.empty() && !signature.Covers("from")) {
    signature.problem = "DKIM-Signature does not cover From";
  }
  return signature;
}

// The message and what the rules ask of it.
class Mail {
 public:
  explicit Mail(std::string_view text)
      : canonical_(mime::CanonicalText(text)), entity_(mime::ReadEntity(canonical_)) {
    const auto read = mime::CompleteRaw(text, {.message_id = {},
                                               .message_id_host = "localhost",
                                               .sender_domain = {},
                                               .received_by = "localhost",
                                               .received_from = {},
                                               .protocol = "ESMTP"});
    if (!read) form_problem_ = read.error().public_text;
    if (read) from_ = read->from;
    if (read) subject_ = read->subject;
    for (const HeaderField& field : entity_.fields) {
      if (EqualsIgnoreCase(field.name, "DKIM-Signature")) {
        signatures_.push_back(ReadSignature(field.value));
      }
    }
    if (from_.size() == 1) {
      if (const auto address = core::ParseEmailAddress(from_[0].email)) domain_ = address->domain;
    }
  }

  const std::string& Text() const { return canonical_; }
  const Entity& Top() const { return entity_; }
  const std::string& FormProblem() const { return form_problem_; }
  const std::vector<core::Mailbox>& From() const { return from_; }
  const std::string& Subject() const { return subject_; }
  const std::string& FromDomain() const { return domain_; }  // empty: From is not usable
  const std::vector<Signature>& Signatures() const { return signatures_; }

  size_t Count(std::string_view name) const {
    return size_t(std::ranges::count_if(
        entity_.fields, [&](const auto& field) { return EqualsIgnoreCase(field.name, name); }));
  }
  std::string Value(std::string_view name) const {
    const HeaderField* field = mime::Find(entity_, name);
    return field ? std::string(Trim(field->value)) : "";
  }
  bool IsAligned(const Signature& signature) const {
    return !domain_.empty() && signature.problem.empty() &&
           core::OrganisationalDomain(signature.domain) == core::OrganisationalDomain(domain_);
  }
  // Whether a good signature covers all of `names`.
  bool IsSigned(std::initializer_list<std::string_view> names) const {
    return std::ranges::any_of(signatures_, [&](const Signature& signature) {
      return signature.problem.empty() &&
             std::ranges::all_of(names, [&](auto name) { return signature.Covers(name); });
    });
  }

 private:
  const std::string canonical_;
  const Entity entity_;
  std::string form_problem_, subject_, domain_;
  std::vector<core::Mailbox> from_;
  std::vector<Signature> signatures_;
};

// What is wrong; empty: nothing.
using Judge = std::string (*)(const Mail&);

std::string Form(const Mail& mail) {
  return mail.FormProblem();
}

std::string OneFrom(const Mail& mail) {
  const size_t fields = mail.Count("From");
  if (fields != 1) return std::to_string(fields) + " From fields";
  if (mail.From().size() != 1) return std::to_string(mail.From().size()) + " addresses in From";
  const auto address = core::ParseEmailAddress(mail.From()[0].email);
  return address ? "" : "the address in From " + address.error().public_text;
}

std::string OwnDomain(const Mail& mail) {
  const bool free = std::ranges::count(kFreeMail, mail.FromDomain()) > 0;
  return free ? "From is at " + mail.FromDomain() + ", whose DMARC policy refuses other senders"
              : "";
}

std::string Date(const Mail& mail) {
  if (mail.Count("Date") != 1) return std::to_string(mail.Count("Date")) + " Date fields";
  mime::ControlFields fields;  // the one reader of dates
  const std::string value = mail.Value("Date");
  const bool is_date = !ParseInteger(value) && mime::ReadControlField("X-Send-At", value, fields);
  return is_date ? "" : "Date is no date: " + value;
}

std::string MessageId(const Mail& mail) {
  if (mail.Count("Message-ID") != 1) {
    return std::to_string(mail.Count("Message-ID")) + " Message-ID fields";
  }
  const std::string value = mail.Value("Message-ID");
  const size_t sign = value.find('@');
  const bool whole = value.starts_with('<') && value.ends_with('>') && sign != value.npos &&
                     sign > 1 && sign + 2 < value.size() &&
                     value.find_first_of(" \t\r\n") == value.npos;
  return whole ? "" : "Message-ID is not <left@right>: " + value;
}

std::string SubjectLine(const Mail& mail) {
  if (mail.Count("Subject") != 1) return std::to_string(mail.Count("Subject")) + " Subject fields";
  if (Trim(mail.Value("Subject")).empty()) return "Subject is empty";
  const auto characters = size_t(
      std::ranges::count_if(mail.Subject(), [](char c) { return (uint8_t(c) & 0xc0) != 0x80; }));
  return characters > kLongSubject
             ? "Subject has " + std::to_string(characters) + " characters; inboxes show some 70"
             : "";
}

std::string SingleFields(const Mail& mail) {
  for (const char* name : {"To", "Cc", "Bcc", "Sender", "Reply-To", "MIME-Version", "Content-Type",
                           "Content-Transfer-Encoding", "List-Unsubscribe", "List-Unsubscribe-Post",
                           "In-Reply-To", "References"}) {
    if (mail.Count(name) > 1) return std::to_string(mail.Count(name)) + " " + name + " fields";
  }
  return "";
}

std::string Size(const Mail& mail) {
  const size_t bytes = mail.Text().size();
  return bytes > kMostBytes ? "the mail has " + std::to_string(bytes) + " bytes, Gmail takes " +
                                  std::to_string(kMostBytes)
                            : "";
}

std::string LineLength(const Mail& mail) {
  std::string_view rest = mail.Text();
  size_t number = 0;
  while (rest.size() >= 2) {
    ++number;
    std::string_view line = mime::TakeLine(rest);
    if (line.ends_with("\r\n")) line.remove_suffix(2);
    if (line.size() > kLongestLine) {
      return "line " + std::to_string(number) + " has " + std::to_string(line.size()) + " octets";
    }
  }
  return "";
}

// As html_parts, which leaves signed mail alone: here it is only read.
std::string HtmlSize(const Mail& mail) {
  std::string unsigned_text = mail.Text();
  for (auto field = mail.Top().fields.rbegin(); field != mail.Top().fields.rend(); ++field) {
    for (const char* name : {"DKIM-Signature", "ARC-Seal", "ARC-Message-Signature"}) {
      if (EqualsIgnoreCase(field->name, name)) {
        unsigned_text.erase(field->begin, field->end - field->begin);
      }
    }
  }
  size_t largest = 0;
  mime::ChangeHtmlParts(unsigned_text,
                        [&](std::string_view html, bool) -> std::optional<std::string> {
                          largest = std::max(largest, html.size());
                          return std::nullopt;
                        });
  return largest > kClip ? "the HTML has " + std::to_string(largest) +
                               " bytes; Gmail clips after " + std::to_string(kClip)
                         : "";
}

std::string MimeOf(const Entity& entity, int depth) {
  const mime::Structured type(mime::Find(entity, "Content-Type"));
  const mime::Structured encoding(mime::Find(entity, "Content-Transfer-Encoding"));
  const bool is_multipart = type.value.starts_with("multipart/");
  constexpr std::string_view kEncodings[] = {"",      "7bit", "8bit", "binary", "quoted-printable",
                                             "base64"};
  if (std::ranges::count(kEncodings, encoding.value) == 0) {
    return "unknown Content-Transfer-Encoding " + encoding.value;
  }
  if (!is_multipart) return "";
  if (depth > kDeepest) return "multiparts are nested too deeply";
  if (encoding.value == "quoted-printable" || encoding.value == "base64") {
    return "a multipart is encoded (RFC 2045 section 6.4)";
  }
  const std::string boundary = type.Parameter("boundary");
  if (boundary.empty()) return type.value + " without a boundary";
  const std::string delimiter = "--" + boundary;
  std::string_view rest = entity.body;
  size_t begin = std::string_view::npos, at = 0;  // of the part; `at`: in the body
  while (rest.size() >= 2) {
    const std::string_view line = mime::TakeLine(rest);
    const size_t next = at + line.size();
    const std::string_view bare = Trim(line);
    const bool closes = bare == delimiter + "--";
    if (bare == delimiter || closes) {
      if (begin != std::string_view::npos) {
        const auto part = entity.body.substr(begin, at - begin);
        if (const std::string problem = MimeOf(mime::ReadEntity(part), depth + 1);
            !problem.empty()) {
          return problem;
        }
      }
      if (closes) return begin == std::string_view::npos ? type.value + " without a part" : "";
      begin = next;
    }
    at = next;
  }
  if (begin != std::string_view::npos && Trim(rest) == delimiter + "--") return "";
  return type.value + " does not end with its boundary";
}

std::string Mime(const Mail& mail) {
  const bool has_type = mail.Count("Content-Type") > 0;
  if (has_type && mail.Value("MIME-Version").empty()) return "Content-Type without MIME-Version";
  return MimeOf(mail.Top(), 0);
}

std::string Dkim(const Mail& mail) {
  if (mail.Signatures().empty()) return "no DKIM-Signature";
  for (const Signature& signature : mail.Signatures()) {
    if (signature.problem.empty()) return "";
  }
  return mail.Signatures()[0].problem;
}

std::string Alignment(const Mail& mail) {
  if (mail.FromDomain().empty()) return "From has no usable domain to align with";
  std::vector<std::string> domains;
  for (const Signature& signature : mail.Signatures()) {
    if (mail.IsAligned(signature)) return "";
    domains.push_back(signature.domain);
  }
  if (domains.empty()) return "no DKIM-Signature";
  return "signed by " + Join(domains, ", ") + ", From is at " + mail.FromDomain();
}

std::string Unsubscribe(const Mail& mail) {
  if (mail.Count("List-Unsubscribe") == 0) return "no List-Unsubscribe";
  const std::string value = Lower(WithoutSpace(mail.Value("List-Unsubscribe")));
  return value.find("<https://") == value.npos ? "List-Unsubscribe has no https address" : "";
}

std::string OneClick(const Mail& mail) {
  if (mail.Count("List-Unsubscribe-Post") == 0) return "no List-Unsubscribe-Post";
  const std::string value = mail.Value("List-Unsubscribe-Post");
  return EqualsIgnoreCase(WithoutSpace(value), "List-Unsubscribe=One-Click")
             ? ""
             : "List-Unsubscribe-Post is not List-Unsubscribe=One-Click";
}

std::string UnsubscribeSigned(const Mail& mail) {
  if (mail.IsSigned({"list-unsubscribe", "list-unsubscribe-post"})) return "";
  return "no DKIM-Signature covers both List-Unsubscribe and List-Unsubscribe-Post";
}

std::string FeedbackId(const Mail& mail) {
  if (mail.Count("Feedback-ID") == 0 || mail.IsSigned({"feedback-id"})) return "";
  return "no DKIM-Signature covers Feedback-ID: Gmail ignores it";
}

struct Rule {
  const char* name;
  Judge judge;
  const char* source;
  bool needs_form = false;  // judges what could not be read of a mail that is malformed
};

constexpr Rule kRules[] = {
    {"form", Form, "RFC 5322"},
    {"from", OneFrom, kGmail, true},
    {"from-domain", OwnDomain, kGmail, true},
    {"date", Date, "RFC 5322 section 3.6.1"},
    {"message-id", MessageId, "RFC 5322 section 3.6.4"},
    {"subject", SubjectLine, kYahoo, true},
    {"single-fields", SingleFields, kGmail},
    {"mime", Mime, "RFC 2046 section 5.1"},
    {"line-length", LineLength, "RFC 5322 section 2.1.1"},
    {"size", Size, "support.google.com/a/answer/1366776"},
    {"html-size", HtmlSize, "support.google.com/mail/answer/6584"},
    {"dkim", Dkim, kGmail},
    {"dkim-aligned", Alignment, kYahoo, true},
    {"list-unsubscribe", Unsubscribe, "RFC 8058 section 3.1"},
    {"one-click", OneClick, "RFC 8058 section 3.1"},
    {"unsubscribe-signed", UnsubscribeSigned, "RFC 8058 section 4"},
    {"feedback-id", FeedbackId, "support.google.com/mail/answer/6254652"},
};

BulkFinding Dmarc(const Mail& mail, mailauth::DnsFacts* dns) {
  BulkFinding finding{.rule = "dmarc", .status = BulkStatus::kPass, .found = {}, .source = kGmail};
  const auto end = [&](BulkStatus status, std::string found) {
    finding.status = status;
    finding.found = std::move(found);
    return finding;
  };
  if (mail.FromDomain().empty()) return end(BulkStatus::kUnchecked, "From has no usable domain");
  if (!dns) return end(BulkStatus::kUnchecked, "the DNS was not asked");
  core::DnsRecord record{.purpose = "DMARC",
                         .host = "_dmarc." + mail.FromDomain(),
                         .type = "TXT",
                         .value = "v=DMARC1; p=none",
                         .selector = {},
                         .found = {},
                         .error = {}};
  mailauth::CheckRecord(record, mail.FromDomain(), *dns, 0);
  switch (record.status) {
    case core::RecordStatus::kPass:
      return finding;
    case core::RecordStatus::kFail:
      return end(BulkStatus::kFail, record.error);
    case core::RecordStatus::kTempError:
    case core::RecordStatus::kUnchecked:
      break;
  }
  return end(BulkStatus::kUnchecked, record.error);
}

}  // namespace

std::vector<BulkFinding> CheckBulk(std::string_view message, mailauth::DnsFacts* dns) {
  const Mail mail(message);
  std::vector<BulkFinding> findings;
  for (const Rule& rule : kRules) {
    const bool readable = mail.FormProblem().empty() || mail.Count("From") != 1;
    if (rule.needs_form && !readable) {
      findings.push_back({rule.name, BulkStatus::kUnchecked, "the mail is malformed", rule.source});
      continue;
    }
    std::string problem = Printable(rule.judge(mail));
    const auto status = problem.empty() ? BulkStatus::kPass : BulkStatus::kFail;
    findings.push_back({rule.name, status, std::move(problem), rule.source});
  }
  findings.push_back(Dmarc(mail, dns));
  return findings;
}

std::vector<BulkFinding> CheckBulkOnline(std::string_view message, DnsRounds& rounds,
                                         int64_t asker) {
  mailauth::DnsFacts facts;
  std::vector<BulkFinding> findings = CheckBulk(message, nullptr);
  const Mail mail(message);
  rounds.Run(asker, facts, [&] { findings.back() = Dmarc(mail, &facts); });
  return findings;
}

}  // namespace egd::service
