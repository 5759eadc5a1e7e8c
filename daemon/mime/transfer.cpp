#include "daemon/mime/transfer.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "shared/base/encoding.h"
#include "shared/base/strings.h"

namespace egd::mime {
namespace {

constexpr std::string_view kCrlf = "\r\n";
constexpr size_t kEncodedLine = 76;   // RFC 2045 section 6.7 rule 5 and section 6.8
constexpr size_t kLongestLine = 998;  // RFC 5322 section 2.1.1
// A line that starts so is altered by mailbox formats, which would break the signature.
constexpr std::string_view kMboxFrom = "From ";

// Bytes that stand for themselves in quoted-printable: printable ASCII but '=', space and TAB.
constexpr std::array<bool, 256> kLiteral = [] {
  std::array<bool, 256> literal{};
  for (unsigned c = ' '; c <= '~'; ++c) literal[c] = c != '=';
  literal['\t'] = true;
  return literal;
}();

bool IsLiteral(char c) {
  return kLiteral[uint8_t(c)];
}

// One output line at a time: a soft break ("=" CR LF) goes in before a piece that would not fit.
class QuotedPrintable {
 public:
  explicit QuotedPrintable(std::string& out) : out_(out) {}

  void Line(std::string_view line) {
    column_ = 0;
    if (line.substr(0, kMboxFrom.size()) == kMboxFrom) {
      Escape(line[0]);
      line.remove_prefix(1);
    }
    while (!line.empty()) {
      const auto end = std::find_if_not(line.begin(), line.end(), IsLiteral);
      const auto run = line.substr(0, size_t(end - line.begin()));
      line.remove_prefix(run.size());
      Run(run, line.empty());
      if (line.empty()) return;
      Escape(line[0]);
      line.remove_prefix(1);
    }
  }

 private:
  // White space that ends a line would be lost on the way (section 6.7 rule 3).
  void Run(std::string_view run, bool ends_line) {
    const char last = run.empty() ? '\0' : run.back();
    const bool escape_last = ends_line && (last == ' ' || last == '\t');
    if (escape_last) run.remove_suffix(1);
    while (!run.empty()) {
      if (column_ == kEncodedLine - 1) SoftBreak();
      const size_t count = std::min(run.size(), kEncodedLine - 1 - column_);
      out_ += run.substr(0, count);
      column_ += count;
      run.remove_prefix(count);
    }
    if (escape_last) Escape(last);
  }

  void Escape(char c) {
    static constexpr std::string_view kDigits = "0123456789ABCDEF";
    if (column_ + 3 > kEncodedLine - 1) SoftBreak();
    const char piece[] = {'=', kDigits[uint8_t(c) >> 4], kDigits[uint8_t(c) & 15]};
    out_.append(piece, sizeof piece);
    column_ += sizeof piece;
  }

  void SoftBreak() {
    out_ += "=\r\n";
    column_ = 0;
  }

  std::string& out_;
  size_t column_ = 0;
};

// Calls use(line) for each line without its CR LF; returns whether the last one ended in CR LF.
template <typename Use>
bool ForEachLine(std::string_view text, Use use) {
  while (!text.empty()) {
    const size_t end = text.find(kCrlf);
    use(text.substr(0, end));
    if (end == std::string_view::npos) return false;
    text.remove_prefix(end + kCrlf.size());
  }
  return true;
}

void AppendQuotedPrintable(std::string& out, std::string_view text) {
  QuotedPrintable encoder(out);
  const bool complete = ForEachLine(text, [&](std::string_view line) {
    encoder.Line(line);
    out += kCrlf;
  });
  if (!complete) out.resize(out.size() - kCrlf.size());
}

void AppendBase64(std::string& out, std::string_view content) {
  const std::string digits = Base64(content);
  for (size_t at = 0; at < digits.size(); at += kEncodedLine) {
    if (at > 0) out += kCrlf;
    out.append(digits, at, kEncodedLine);
  }
}

}  // namespace

std::string_view Name(Transfer transfer) {
  switch (transfer) {
    case Transfer::k7Bit:
      return "7bit";
    case Transfer::kQuotedPrintable:
      return "quoted-printable";
    case Transfer::kBase64:
      return "base64";
  }
  return {};
}

std::string CanonicalText(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 32);
  while (!text.empty()) {
    const auto end_of_line =
        std::find_if(text.begin(), text.end(), [](char c) { return c == '\r' || c == '\n'; });
    const auto end = size_t(end_of_line - text.begin());
    out += text.substr(0, end);
    if (end == text.size()) break;
    out += kCrlf;
    const bool pair = text.substr(end, 2) == kCrlf;
    text.remove_prefix(end + (pair ? 2 : 1));
  }
  return out;
}

Transfer BestTransfer(std::string_view canonical_text) {
  size_t escapes = 0;
  bool clean = true;
  ForEachLine(canonical_text, [&](std::string_view line) {
    const auto foreign =
        std::count_if(line.begin(), line.end(), [](char c) { return !IsLiteral(c); });
    const auto equals = foreign == 0 ? 0 : std::count(line.begin(), line.end(), '=');
    escapes += size_t(foreign);
    clean = clean && foreign == equals && line.size() <= kLongestLine &&
            line.substr(0, kMboxFrom.size()) != kMboxFrom;
  });
  if (clean) return Transfer::k7Bit;
  const size_t quoted = canonical_text.size() + 2 * escapes;
  const size_t base64 = canonical_text.size() * 78 / 57;  // 57 bytes make a line of 76 and CR LF
  return quoted <= base64 ? Transfer::kQuotedPrintable : Transfer::kBase64;
}

void AppendEncoded(std::string& out, std::string_view content, Transfer transfer) {
  switch (transfer) {
    case Transfer::k7Bit:
      out += content;
      return;
    case Transfer::kQuotedPrintable:
      AppendQuotedPrintable(out, content);
      return;
    case Transfer::kBase64:
      AppendBase64(out, content);
      return;
  }
}

std::string FromQuotedPrintable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const size_t end = text.find("\r\n");
    const bool ended = end != std::string_view::npos;
    std::string_view line = text.substr(0, end);
    text.remove_prefix(ended ? end + 2 : text.size());
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
    if (ended && !soft) out += "\r\n";
  }
  return out;
}

}  // namespace egd::mime
