#include "daemon/mime/report.h"

#include <algorithm>
#include <memory>

#include <gmime/gmime.h>

#include "shared/base/strings.h"

namespace egd::mime {
namespace {

struct Unref {
  void operator()(void* object) const { g_object_unref(object); }
};
template <typename T>
using Owned = std::unique_ptr<T, Unref>;

void InitGmime() {
  static const bool once = [] {
    g_mime_init();
    return true;
  }();
  (void)once;
}

std::string WithLineFeeds(std::string_view mail) {
  std::string text;
  text.reserve(mail.size());
  for (size_t i = 0; i < mail.size(); ++i) {
    if (mail[i] == '\r') {
      text += '\n';
      if (i + 1 < mail.size() && mail[i + 1] == '\n') ++i;
    } else {
      text += mail[i];
    }
  }
  return text;
}

std::string Decoded(std::string_view header_value) {
  char* text = g_mime_utils_header_decode_text(nullptr, std::string(header_value).c_str());
  std::string decoded = text == nullptr ? "" : text;
  g_free(text);
  return decoded;
}

bool IsName(std::string_view name) {
  return !name.empty() && name.size() <= 76 &&
         std::ranges::all_of(name, [](char c) { return c > ' ' && c < 0x7f && c != ':'; });
}

// ISO-2022-JP and its kind are ASCII but for their escapes.
bool HasEscape(std::string_view content) {
  return content.find('\x1b') != std::string_view::npos;
}

std::string Utf8(std::string content, const char* charset) {
  if (*charset == '\0' || (IsUtf8(content) && !HasEscape(content))) return content;
  const std::string name = Lower(charset);
  if (name == "utf-8" || name == "us-ascii") return content;
  iconv_t converter = g_mime_iconv_open("utf-8", name.c_str());
  if (converter == iconv_t(-1)) return content;
  char* converted = g_mime_iconv_strndup(converter, content.data(), content.size());
  g_mime_iconv_close(converter);
  if (converted == nullptr) return content;
  content = converted;
  g_free(converted);
  return content;
}

// The content without its transfer encoding.
std::string Decode(std::string_view content, std::string_view encoding_name) {
  const GMimeContentEncoding encoding =
      g_mime_content_encoding_from_string(std::string(encoding_name).c_str());
  if (encoding != GMIME_CONTENT_ENCODING_BASE64 &&
      encoding != GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE) {
    return std::string(content);
  }
  GMimeEncoding decoder;
  g_mime_encoding_init_decode(&decoder, encoding);
  std::string decoded(g_mime_encoding_outlen(&decoder, content.size()), '\0');
  decoded.resize(g_mime_encoding_step(&decoder, content.data(), content.size(), decoded.data()));
  return decoded;
}

std::string DecodeText(std::string_view content, std::string_view encoding_name) {
  return WithLineFeeds(Decode(content, encoding_name));
}

// Tags become spaces, or a line break where a browser breaks the line; script and style go.
std::string WithoutTags(std::string_view html) {
  std::string text;
  for (size_t i = 0; i < html.size();) {
    if (html[i] == '<') {
      const size_t end = html.find('>', i);
      const std::string tag = Lower(html.substr(i + 1, std::min<size_t>(6, html.size() - i - 1)));
      const bool hides = tag.starts_with("style") || tag.starts_with("script");
      text += tag.starts_with("br") || tag.starts_with("p") || tag.starts_with("/p") ||
                      tag.starts_with("/div") || tag.starts_with("/td") || tag.starts_with("/tr")
                  ? '\n'
                  : ' ';
      if (end == std::string_view::npos) break;
      i = end + 1;
      if (hides) i = std::min(html.size(), html.find("</", i));
    } else if (html[i] == '&') {
      constexpr std::pair<std::string_view, char> kEntities[] = {
          {"&lt;", '<'},   {"&gt;", '>'},   {"&amp;", '&'}, {"&quot;", '"'},
          {"&#39;", '\''}, {"&nbsp;", ' '}, {"&#64;", '@'}};
      const auto* known = std::ranges::find_if(
          kEntities, [&](const auto& entity) { return html.substr(i).starts_with(entity.first); });
      const bool found = known != std::end(kEntities);
      text += found ? known->second : '&';
      i += found ? known->first.size() : 1;
    } else {
      text += html[i++];
    }
  }
  return text;
}

// A Content-Type field (RFC 2045 section 5.1).
struct Type {
  std::string essence = "text/plain";
  std::string boundary, charset, report_type;
};

Type TypeOf(std::string_view field) {
  Type type;
  if (field.empty()) return type;
  const Owned<GMimeContentType> parsed(
      g_mime_content_type_parse(nullptr, std::string(field).c_str()));
  if (parsed == nullptr) return type;
  const auto parameter = [&parsed](const char* name) -> std::string {
    const char* value = g_mime_content_type_get_parameter(parsed.get(), name);
    return value == nullptr ? "" : value;
  };
  char* essence = g_mime_content_type_get_mime_type(parsed.get());
  type.essence = Lower(essence == nullptr ? "" : essence);
  g_free(essence);
  type.boundary = parameter("boundary");
  type.charset = parameter("charset");
  type.report_type = Lower(parameter("report-type"));
  return type;
}

// The next line that is "--boundary" or "--boundary--", at or behind `from`.
struct Delimiter {
  size_t at = std::string_view::npos, end = 0;  // of the line, with its line feed
  bool last = false;
};

Delimiter FindDelimiter(std::string_view body, const std::string& boundary, size_t from) {
  const std::string marker = "--" + boundary;
  for (size_t at = from; (at = body.find(marker, at)) != std::string_view::npos; ++at) {
    if (at > 0 && body[at - 1] != '\n') continue;
    const size_t end = std::min(body.find('\n', at), body.size());
    std::string_view rest = body.substr(at + marker.size(), end - at - marker.size());
    const bool last = rest.starts_with("--");
    if (last) rest.remove_prefix(2);
    if (Trim(rest).empty()) return {at, std::min(end + 1, body.size()), last};
  }
  return {};
}

// For a multipart that does not say, or not rightly, what stands between its parts: what stands
// before the first field of a part.
std::string GuessBoundary(std::string_view body) {
  for (size_t at = 0; (at = body.find("--", at)) != std::string_view::npos; ++at) {
    if (at > 0 && body[at - 1] != '\n') continue;
    const size_t end = body.find('\n', at);
    if (end == std::string_view::npos) break;
    const bool field = EqualsIgnoreCase(body.substr(end + 1, 8), "content-");
    if (field && end - at > 2) return std::string(Trim(body.substr(at + 2, end - at - 2)));
  }
  return "";
}

class Walk {
 public:
  explicit Walk(Report& report) : report_(report) {}

  void Visit(const ReportFields& header, std::string_view body, int depth) {
    if (depth > kMostReportDepth || ++parts_ > kMostReportParts) return;
    const Type type = TypeOf(FieldOf(header, "content-type"));
    if (depth == 0) {
      report_.type = type.essence;
      report_.report_type = type.report_type;
    }
    const bool whole = type.essence.starts_with("multipart/") && VisitParts(type, body, depth);
    if (!whole) TakePart(type, body, FieldOf(header, "content-transfer-encoding"));
  }

  void Finish() {
    if (report_.text.find_first_not_of(" \n\t") == std::string::npos) report_.text = html_;
    if (!preamble_.empty()) report_.text += "\n" + preamble_;
  }

 private:
  // False: there are no parts.
  bool VisitParts(const Type& type, std::string_view body, int depth) {
    std::string boundary = type.boundary;
    if (boundary.empty() || FindDelimiter(body, boundary, 0).end == 0) {
      boundary = GuessBoundary(body);
      if (boundary.empty()) return false;
    }
    Delimiter start = FindDelimiter(body, boundary, 0);
    // Before the first boundary some servers write the notice.
    if (preamble_.size() < kMostReportText) preamble_ += body.substr(0, start.at);
    while (start.end != 0 && !start.last) {
      const Delimiter end = FindDelimiter(body, boundary, start.end);
      const std::string_view part =
          body.substr(start.end, std::min(end.at, body.size()) - start.end);
      std::string_view content;
      const ReportFields header = ReadFields(part, &content);
      Visit(header, content, depth + 1);
      start = end;
    }
    return true;
  }

  void TakePart(const Type& type, std::string_view body, std::string_view encoding) {
    const std::string& is = type.essence;
    if (is == "message/delivery-status" || is == "message/global-delivery-status") {
      report_.delivery_status += "\n" + DecodeText(body, encoding) + "\n";
    } else if (is == "message/feedback-report") {
      report_.feedback_report += DecodeText(body, encoding) + "\n";
    } else if (is == "message/disposition-notification") {
      report_.disposition += DecodeText(body, encoding) + "\n";
    } else if (is.starts_with("message/") || is.starts_with("text/rfc822")) {
      if (report_.original.empty()) report_.original = DecodeText(body, encoding);
    } else if (is == "text/xml") {
      report_.files.push_back(Decode(body, encoding));
    } else if (is == "text/html") {
      if (html_.size() < kMostReportText) {
        html_ += WithoutTags(Utf8(DecodeText(body, encoding), type.charset.c_str())) + "\n";
      }
    } else if (is.starts_with("text/") || is.starts_with("multipart/")) {
      if (report_.text.size() < kMostReportText) {
        report_.text += Utf8(DecodeText(body, encoding), type.charset.c_str()) + "\n";
      }
    } else {
      report_.files.push_back(Decode(body, encoding));
    }
  }

  Report& report_;
  size_t parts_ = 0;
  std::string html_, preamble_;
};

}  // namespace

std::string_view FieldOf(const ReportFields& fields, std::string_view name) {
  for (const ReportField& field : fields) {
    if (field.first == name) return field.second;
  }
  return {};
}

ReportFields ReadFields(std::string_view text, std::string_view* rest) {
  ReportFields fields;
  size_t at = 0;
  while (at < text.size()) {
    const size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = text.substr(at, end - at);
    if (line.empty()) {
      at = end + 1;
      break;
    }
    if (line[0] == ' ' || line[0] == '\t') {
      if (fields.empty()) break;
      fields.back().second += ' ';
      fields.back().second += Trim(line);
    } else {
      const size_t colon = line.find(':');
      if (colon == std::string_view::npos || !IsName(Trim(line.substr(0, colon)))) break;
      fields.emplace_back(Lower(Trim(line.substr(0, colon))), Trim(line.substr(colon + 1)));
    }
    at = end + 1;
  }
  if (rest != nullptr) *rest = text.substr(std::min(at, text.size()));
  return fields;
}

Report TakeApart(std::string_view mail) {
  InitGmime();
  const std::string text = WithLineFeeds(mail.substr(0, kMostReportBytes));
  Report report;
  std::string_view start = text;
  if (start.starts_with("From ")) {  // an mbox's line
    start.remove_prefix(std::min(start.size(), start.find('\n') + 1));
  }
  std::string_view body;
  report.header = ReadFields(start, &body);
  report.subject = Decoded(FieldOf(report.header, "subject"));
  Walk walk(report);
  walk.Visit(report.header, body, 0);
  walk.Finish();
  return report;
}

}  // namespace egd::mime
