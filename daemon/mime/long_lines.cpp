#include "daemon/mime/long_lines.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "daemon/mime/entity.h"
#include "daemon/mime/transfer.h"
#include "shared/base/encoding.h"
#include "shared/base/strings.h"

namespace egd::mime {
namespace {

// What a part is re-encoded for.
using Fault = bool (*)(std::string_view text);

bool IsEightBit(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return uint8_t(c) > 0x7f; });
}

constexpr std::string_view kEncodingField = "Content-Transfer-Encoding";
constexpr int kMaxDepth = 20;  // of parts in parts; deeper ones stay as they are, and are refused

size_t LineEnd(std::string_view text) {  // past its CR LF
  const size_t end = text.find("\r\n");
  return end == std::string_view::npos ? text.size() : end + 2;
}

// Of a field without its CR LF: at the last space that leaves a line of at most 998 octets.
Result<std::string> Folded(std::string_view field) {
  std::string folded;
  while (field.size() > kMaxLineOctets) {
    const size_t colon = std::min(field.find(':'), field.size());
    const size_t at = field.find_last_of(" \t", kMaxLineOctets);
    const bool in_value = at != std::string_view::npos && at > (folded.empty() ? colon + 1 : 0);
    if (!in_value) {
      return InvalidArgument(
          "The message has a line of more than 998 octets in its header, with no "
          "space to fold it at");
    }
    folded.append(field.substr(0, at)).append("\r\n");
    field.remove_prefix(at);
  }
  return folded.append(field).append("\r\n");
}

struct Part {
  std::string header;  // with its CR LFs, without the empty line; no long lines
  std::string_view body;
  bool has_separator = false;
};

Structured ValueOf(const Part& part, std::string_view name) {
  return Structured(Find(ReadEntity(part.header), name));
}

void ReplaceField(std::string& header, std::string_view name, std::string_view line) {
  std::string kept;
  bool dropping = false;
  for (std::string_view rest = header; !rest.empty();) {
    const std::string_view one = rest.substr(0, LineEnd(rest));
    rest.remove_prefix(one.size());
    const bool folded = one.starts_with(' ') || one.starts_with('\t');
    if (!folded) {
      dropping = one.size() > name.size() && one[name.size()] == ':' &&
                 EqualsIgnoreCase(one.substr(0, name.size()), name);
    }
    if (!dropping) kept += one;
  }
  header = kept.append(line).append("\r\n");
}

Result<Part> Divide(std::string_view text) {
  Part part;
  while (!text.empty() && !text.starts_with("\r\n")) {
    const size_t end = LineEnd(text);
    const bool whole = text.substr(0, end).ends_with("\r\n");
    const std::string_view line = text.substr(0, whole ? end - 2 : end);
    if (line.size() > kMaxLineOctets) {
      const auto folded = Folded(line);
      if (!folded) return folded.error();
      part.header += *folded;
    } else {
      part.header.append(line).append("\r\n");
    }
    text.remove_prefix(end);
  }
  part.has_separator = text.starts_with("\r\n");
  part.body = part.has_separator ? text.substr(2) : text;
  return part;
}

Result<std::string> Rewrite(std::string_view text, Fault fault, int depth);

// A leaf, decoded and re-encoded.
Result<std::string> Reencode(Part part) {
  const std::string encoding = ValueOf(part, kEncodingField).value;
  std::string content(part.body);
  if (encoding == "base64") {
    const auto decoded = FromBase64(part.body, true);
    if (!decoded) {
      return InvalidArgument(
          "The message has a line of more than 998 octets in a part that is not "
          "the base64 it says it is");
    }
    content = *decoded;
  } else if (encoding == "quoted-printable") {
    content = FromQuotedPrintable(part.body);
  }
  const Transfer transfer =
      encoding == "base64" ? Transfer::kBase64 : BestTransfer(CanonicalText(content));
  const Transfer wanted = transfer == Transfer::k7Bit ? Transfer::kQuotedPrintable : transfer;
  ReplaceField(part.header, kEncodingField,
               "Content-Transfer-Encoding: " + std::string(Name(wanted)));
  std::string out = std::move(part.header);
  out += "\r\n";
  AppendEncoded(out, content, wanted);
  if (!out.ends_with("\r\n")) out += "\r\n";
  return out;
}

// The mark alone, or with the "--" of the last one: a boundary may begin like another.
bool IsBoundary(std::string_view line, std::string_view mark) {
  if (!line.starts_with(mark)) return false;
  const std::string_view rest = Trim(line.substr(mark.size()));
  return rest.empty() || rest == "--";
}

// Each part between the boundary lines; the lines, and what is before and behind them, stay.
Result<std::string> RewriteMultipart(const Part& part, const std::string& boundary, Fault fault,
                                     int depth) {
  std::string out = part.header + "\r\n";
  const std::string mark = "--" + boundary;
  std::string_view rest = part.body;
  size_t part_begin = std::string_view::npos;  // in part.body
  const auto flush = [&](size_t end) -> Result<void> {
    if (part_begin == std::string_view::npos) return {};
    const auto inner = Rewrite(part.body.substr(part_begin, end - part_begin), fault, depth + 1);
    if (!inner) return inner.error();
    out += *inner;
    return {};
  };
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, LineEnd(rest));
    const size_t at = part.body.size() - rest.size();
    rest.remove_prefix(line.size());
    if (IsBoundary(line, mark)) {
      const bool last = line.substr(mark.size()).starts_with("--");
      if (auto flushed = flush(at); !flushed) return flushed.error();
      out += line;
      part_begin = last ? std::string_view::npos : at + line.size();
    } else if (part_begin == std::string_view::npos) {
      if (!fault(line)) out += line;  // a preamble is not read by anybody
    }
  }
  if (auto flushed = flush(part.body.size()); !flushed) return flushed.error();
  return out;
}

Result<std::string> Rewrite(std::string_view text, Fault fault, int depth) {
  if (!fault(text)) return std::string(text);
  auto part = Divide(text);
  if (!part) return part.error();
  const Structured type = ValueOf(*part, "Content-Type");
  const std::string& kind = type.value;
  if (!fault(part->body)) {
    return part->header + (part->has_separator ? "\r\n" : "") + std::string(part->body);
  }
  if (kind == "multipart/signed" || kind == "multipart/encrypted") {
    return InvalidArgument(
        "The message has a line of more than 998 octets in a signed or encrypted "
        "part, which must not be changed");
  }
  const std::string boundary = type.Parameter("boundary");
  if (kind.starts_with("multipart/") && !boundary.empty() && depth < kMaxDepth) {
    if (fault == IsEightBit && !ValueOf(*part, kEncodingField).value.empty()) {
      ReplaceField(part->header, kEncodingField, "Content-Transfer-Encoding: 7bit");
    }
    return RewriteMultipart(*part, boundary, fault, depth);
  }
  if (kind.starts_with("multipart/") || kind.starts_with("message/")) {
    return InvalidArgument("The message has a line of more than 998 octets in a part of the type " +
                           Printable(kind) + ", which must not be encoded");
  }
  return Reencode(*std::move(part));
}

}  // namespace

bool HasLongLine(std::string_view text) {
  while (text.size() > kMaxLineOctets) {
    const size_t end = text.find("\r\n");
    if (std::min(end, text.size()) > kMaxLineOctets) return true;
    text.remove_prefix(end + 2);
  }
  return false;
}

Result<std::string> WithoutLongLines(std::string_view message) {
  return Rewrite(message, HasLongLine, 0);
}

std::string InSevenBits(std::string_view message) {
  const auto part = Divide(message);
  if (!part) return std::string(message);
  for (const char* field : {"DKIM-Signature", "ARC-Message-Signature", "ARC-Seal"}) {
    if (!ValueOf(*part, field).value.empty()) return std::string(message);
  }
  const auto rewritten = Rewrite(message, IsEightBit, 0);
  return rewritten ? *rewritten : std::string(message);
}

}  // namespace egd::mime
