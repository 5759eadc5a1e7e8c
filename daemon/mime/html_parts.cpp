#include "daemon/mime/html_parts.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "daemon/mime/transfer.h"
#include "shared/base/encoding.h"
#include "shared/base/strings.h"

namespace egd::mime {
namespace {

constexpr size_t kMaxDepth = 32;
constexpr size_t kMaxParts = 1000;    // of one message: more is no mail to read
constexpr size_t kLongestLine = 998;  // RFC 5322 section 2.1.1
constexpr std::string_view kCrlf = "\r\n";

std::string_view TakeLine(std::string_view& rest) {  // with its CR LF
  const std::string_view line = rest.substr(0, std::min(rest.find(kCrlf), rest.size() - 2) + 2);
  rest.remove_prefix(line.size());
  return line;
}

struct HeaderField {
  std::string_view name, value;  // folded
  size_t begin = 0, end = 0;     // in the entity
};

struct Entity {
  std::vector<HeaderField> fields;
  std::string_view header;  // with the empty line that ends it
  std::string_view body;
};

Entity ReadEntity(std::string_view text) {
  Entity entity;
  std::string_view rest = text;
  while (rest.size() >= kCrlf.size() && !rest.starts_with(kCrlf)) {
    const size_t begin = text.size() - rest.size();
    do {
      TakeLine(rest);
    } while (rest.size() >= kCrlf.size() && (rest.front() == ' ' || rest.front() == '\t'));
    HeaderField field{{}, {}, begin, text.size() - rest.size()};
    const std::string_view all = text.substr(begin, field.end - begin);
    const size_t colon = std::min(all.find(':'), all.size());
    field.name = Trim(all.substr(0, colon));
    field.value = all.substr(std::min(colon + 1, all.size()));
    entity.fields.push_back(field);
  }
  if (rest.starts_with(kCrlf)) rest.remove_prefix(kCrlf.size());
  entity.header = text.substr(0, text.size() - rest.size());
  entity.body = rest;
  return entity;
}

const HeaderField* Find(const Entity& entity, std::string_view name) {
  for (const HeaderField& field : entity.fields) {
    if (EqualsIgnoreCase(field.name, name)) return &field;
  }
  return nullptr;
}

// A structured value without its folding and comments, parameters apart (RFC 2045 section 5.1).
class Structured {
 public:
  explicit Structured(const HeaderField* field) {
    if (!field) return;
    std::string_view rest = field->value;
    value = Lower(Trim(TakeUpTo(rest, ";")));
    while (!rest.empty()) {
      rest.remove_prefix(1);
      std::string_view left = rest;
      const std::string name = Lower(Trim(TakeUpTo(left, "=;")));
      rest = left;
      if (rest.empty() || rest.front() == ';') continue;
      rest.remove_prefix(1);
      const std::string text = TakeUpTo(rest, ";");
      parameters.emplace_back(name, std::string(Trim(text)));
    }
  }

  std::string Parameter(std::string_view name) const {
    for (const auto& [key, text] : parameters) {
      if (key == name) return text;
    }
    return {};
  }

  std::string value;  // lower case
  std::vector<std::pair<std::string, std::string>> parameters;

 private:
  // Up to one of `ends` outside quotes and comments; quotes taken off.
  static std::string TakeUpTo(std::string_view& rest, std::string_view ends) {
    std::string out;
    int comments = 0;
    bool quoted = false;
    size_t i = 0;
    for (; i < rest.size(); ++i) {
      const char c = rest[i];
      if (c == '\\' && (quoted || comments > 0) && i + 1 < rest.size()) {
        ++i;
        if (comments == 0) out += rest[i];
      } else if (c == '"' && comments == 0) {
        quoted = !quoted;
      } else if (c == '(' && !quoted) {
        ++comments;
      } else if (c == ')' && !quoted && comments > 0) {
        --comments;
      } else if (comments > 0 || c == '\r' || c == '\n') {
        continue;
      } else if (!quoted && ends.find(c) != std::string_view::npos) {
        break;
      } else {
        out += c;
      }
    }
    rest.remove_prefix(i);
    return out;
  }
};

bool IsAsciiLike(std::string_view charset) {
  constexpr std::string_view kOther[] = {"utf-16", "utf16", "utf-32",    "utf32", "utf-7", "utf7",
                                         "ucs-",   "ucs2",  "iso-2022-", "hz",    "ebcdic"};
  return std::ranges::none_of(kOther, [&](auto prefix) { return charset.starts_with(prefix); });
}

bool IsUtf8Charset(std::string_view charset) {
  return charset.empty() || charset == "utf-8" || charset == "utf8" || charset == "us-ascii" ||
         charset == "ascii";
}

// Quoted-printable as a lenient reader takes it (RFC 2045 section 6.7): white space before a line
// end falls away, a = that begins no escape stays.
std::string FromQuotedPrintable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const size_t end = text.find(kCrlf);
    const bool ended = end != std::string_view::npos;
    std::string_view line = text.substr(0, end);
    text.remove_prefix(ended ? end + kCrlf.size() : text.size());
    while (line.ends_with(' ') || line.ends_with('\t')) line.remove_suffix(1);
    const bool soft = line.ends_with('=');
    if (soft) line.remove_suffix(1);
    for (size_t i = 0; i < line.size(); ++i) {
      const auto octet = line[i] == '=' ? FromHex(Lower(line.substr(i + 1, 2))) : std::nullopt;
      if (octet && octet->size() == 1) {
        out += *octet;
        i += 2;
      } else {
        out += line[i];
      }
    }
    if (ended && !soft) out += kCrlf;
  }
  return out;
}

bool HasLongLine(std::string_view text) {
  while (!text.empty()) {
    const size_t end = std::min(text.find(kCrlf), text.size());
    if (end > kLongestLine) return true;
    text.remove_prefix(std::min(end + kCrlf.size(), text.size()));
  }
  return false;
}

bool IsSigned(const Entity& message) {
  return Find(message, "DKIM-Signature") || Find(message, "ARC-Message-Signature") ||
         Find(message, "ARC-Seal");
}

class Changer {
 public:
  explicit Changer(const HtmlChange& change) : change_(change) {}

  std::string Run(std::string_view message) {
    Message(message, 0);
    return std::move(out_);
  }

 private:
  void Message(std::string_view text, size_t depth) {
    const Entity entity = ReadEntity(text);
    if (IsSigned(entity)) {
      out_ += text;
    } else {
      Part(text, entity, depth);
    }
  }

  void Part(std::string_view text, const Entity& entity, size_t depth) {
    const Structured type(Find(entity, "Content-Type"));
    const Structured disposition(Find(entity, "Content-Disposition"));
    const std::string transfer = Structured(Find(entity, "Content-Transfer-Encoding")).value;
    const bool identity = transfer != "base64" && transfer != "quoted-printable";
    if (depth > kMaxDepth || ++parts_ > kMaxParts || disposition.value == "attachment") {
      out_ += text;
    } else if (type.value == "text/html") {
      Html(text, entity, Lower(type.Parameter("charset")), transfer);
    } else if (type.value == "message/rfc822" && identity) {
      out_ += entity.header;
      Message(entity.body, depth + 1);
    } else if (IsOpenMultipart(type.value) && identity && !type.Parameter("boundary").empty()) {
      out_ += entity.header;
      Multipart(entity.body, "--" + type.Parameter("boundary"), depth + 1);
    } else {
      out_ += text;
    }
  }

  static bool IsOpenMultipart(std::string_view type) {
    return type.starts_with("multipart/") && type != "multipart/signed" &&
           type != "multipart/encrypted";
  }

  // A part ends before the line end that stands before its delimiter (RFC 2046 section 5.1.1).
  void Multipart(std::string_view body, const std::string& delimiter, size_t depth) {
    std::string_view rest = body;
    std::optional<size_t> part;  // where the open one begins
    size_t copied = 0;
    while (!rest.empty()) {
      const size_t line_at = body.size() - rest.size();
      const std::string_view line = rest.size() < 2 ? rest : TakeLine(rest);
      if (rest.data() == line.data()) rest = {};
      if (!line.starts_with(delimiter)) continue;
      const std::string_view tail = Trim(line.substr(delimiter.size()));
      if (!tail.empty() && tail != "--") continue;
      if (part) {
        const size_t end = std::max(*part, line_at < 2 ? 0 : line_at - 2);
        const std::string_view text = body.substr(*part, end - *part);
        Part(text, ReadEntity(text), depth);
        copied = end;
      }
      part.reset();
      if (tail == "--") break;
      part = line_at + line.size();
      out_ += body.substr(copied, *part - copied);
      copied = *part;
    }
    if (part) {  // never closed
      const std::string_view text = body.substr(*part);
      Part(text, ReadEntity(text), depth);
    } else {
      out_ += body.substr(copied);
    }
  }

  void Html(std::string_view text, const Entity& entity, const std::string& charset,
            const std::string& transfer) {
    const auto changed = Changed(entity.body, charset, transfer);
    if (!changed) {
      out_ += text;
    } else if (transfer == "base64") {
      out_ += entity.header;
      AppendEncoded(out_, *changed, Transfer::kBase64);
      if (entity.body.ends_with(kCrlf)) out_ += kCrlf;
    } else if (transfer == "quoted-printable") {
      out_ += entity.header;
      AppendEncoded(out_, *changed, Transfer::kQuotedPrintable);
    } else if (HasLongLine(*changed)) {
      HeaderInQuotedPrintable(entity);
      AppendEncoded(out_, *changed, Transfer::kQuotedPrintable);
    } else {
      out_.append(entity.header).append(*changed);
    }
  }

  std::optional<std::string> Changed(std::string_view body, const std::string& charset,
                                     const std::string& transfer) const {
    if (!IsAsciiLike(charset)) return std::nullopt;
    std::string decoded;
    if (transfer == "base64") {
      const auto bytes = FromBase64(body, true);
      if (!bytes) return std::nullopt;
      decoded = *bytes;
    } else if (transfer == "quoted-printable") {
      decoded = FromQuotedPrintable(body);
    } else {
      decoded = body;
    }
    if (Trim(decoded).empty() || decoded.find("-----BEGIN PGP ") != std::string::npos) {
      return std::nullopt;
    }
    auto changed = change_(decoded, IsUtf8Charset(charset));
    if (!changed || *changed == decoded) return std::nullopt;
    return changed;
  }

  void HeaderInQuotedPrintable(const Entity& entity) {
    for (const HeaderField& field : entity.fields) {
      if (EqualsIgnoreCase(field.name, "Content-Transfer-Encoding")) continue;
      out_ += entity.header.substr(field.begin, field.end - field.begin);
    }
    out_ += "Content-Transfer-Encoding: quoted-printable\r\n\r\n";
  }

  const HtmlChange& change_;
  std::string out_;
  size_t parts_ = 0;
};

}  // namespace

std::string ChangeHtmlParts(std::string_view message, const HtmlChange& change) {
  return Changer(change).Run(message);
}

}  // namespace egd::mime
