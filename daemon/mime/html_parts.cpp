#include "daemon/mime/html_parts.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "daemon/mime/entity.h"
#include "daemon/mime/long_lines.h"
#include "daemon/mime/transfer.h"
#include "shared/base/encoding.h"
#include "shared/base/strings.h"

namespace egd::mime {
namespace {

constexpr size_t kMaxDepth = 32;
constexpr size_t kMaxParts = 1000;  // of one message: more is no mail to read
constexpr std::string_view kCrlf = "\r\n";

bool IsAsciiLike(std::string_view charset) {
  constexpr std::string_view kOther[] = {"utf-16", "utf16", "utf-32",    "utf32", "utf-7", "utf7",
                                         "ucs-",   "ucs2",  "iso-2022-", "hz",    "ebcdic"};
  return std::ranges::none_of(kOther, [&](auto prefix) { return charset.starts_with(prefix); });
}

bool IsUtf8Charset(std::string_view charset) {
  return charset.empty() || charset == "utf-8" || charset == "utf8" || charset == "us-ascii" ||
         charset == "ascii";
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
