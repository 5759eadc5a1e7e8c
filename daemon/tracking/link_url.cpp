#include "daemon/tracking/link_url.h"

#include <algorithm>
#include <cstdint>

#include "daemon/core/url_host.h"
#include "shared/base/strings.h"

namespace egd::tracking {
namespace {

constexpr std::string_view kHex = "0123456789ABCDEF";
constexpr std::string_view kReplacement = "%EF%BF%BD";  // U+FFFD

bool IsC0OrSpace(char c) {
  return uint8_t(c) <= 0x20;
}

std::string Cleaned(std::string_view href) {
  while (!href.empty() && IsC0OrSpace(href.front())) href.remove_prefix(1);
  while (!href.empty() && IsC0OrSpace(href.back())) href.remove_suffix(1);
  std::string text(href);
  std::erase_if(text, [](char c) { return c == '\t' || c == '\n' || c == '\r'; });
  return text;
}

// The scheme in lower case, or nothing where there is none.
std::optional<std::string> SchemeOf(std::string_view text) {
  const auto is_letter = [](char c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z'; };
  if (text.empty() || !is_letter(text.front())) return std::nullopt;
  for (size_t i = 1; i < text.size(); ++i) {
    const char c = text[i];
    if (c == ':') return Lower(text.substr(0, i));
    const bool digit = c >= '0' && c <= '9';
    if (!is_letter(c) && !digit && c != '+' && c != '-' && c != '.') break;
  }
  return std::nullopt;
}

bool IsSlash(char c) {
  return c == '/' || c == '\\';
}

// The length of the UTF-8 character at the start, 0 where it is broken.
size_t CharacterLength(std::string_view text) {
  for (size_t length = 2; length <= std::min<size_t>(4, text.size()); ++length) {
    if (IsUtf8(text.substr(0, length))) return length;
  }
  return 0;
}

// Printable ASCII as it is, all else in per cent signs.
void AppendVisible(std::string& out, std::string_view text) {
  const auto encode = [&](char c) { out += {'%', kHex[uint8_t(c) >> 4], kHex[uint8_t(c) & 15]}; };
  while (!text.empty()) {
    size_t length = 1;
    const char c = text.front();
    if (c > 0x20 && c < 0x7f) {
      out += c;
    } else if (c >= 0) {
      encode(c);
    } else if ((length = CharacterLength(text)) > 0) {
      for (const char byte : text.substr(0, length)) encode(byte);
    } else {
      out += kReplacement;
      length = 1;
    }
    text.remove_prefix(length);
  }
}

std::string WithSlashes(std::string_view text) {
  std::string path(text.substr(0, text.find_first_of("?#")));
  std::replace(path.begin(), path.end(), '\\', '/');
  return path.append(text.substr(path.size()));
}

// "user@host:port" with its host as a browser asks for it; nothing where that is no authority.
std::optional<std::string> Authority(std::string_view text) {
  std::string out;
  const size_t at = text.rfind('@');
  if (at != std::string_view::npos) {
    AppendVisible(out, text.substr(0, at + 1));
    text.remove_prefix(at + 1);
  }
  const size_t bracket = text.starts_with('[') ? text.find(']') : 0;
  if (bracket == std::string_view::npos) return std::nullopt;
  const size_t colon = text.find(':', bracket);
  const auto host = core::UrlHost(text.substr(0, colon));
  if (!host) return std::nullopt;
  out += *host;
  if (colon == std::string_view::npos) return out;
  const std::string_view port = text.substr(colon + 1);
  int number = 0;
  for (const char c : port) {
    if (c < '0' || c > '9') return std::nullopt;
    number = std::min(number * 10 + (c - '0'), 65536);
  }
  if (number > 65535) return std::nullopt;
  if (!port.empty()) out.append(":").append(port);
  return out;
}

// `rest` is what follows the scheme and any number of slashes.
std::optional<std::string> Absolute(std::string_view scheme, std::string_view rest) {
  const size_t end = std::min(rest.find_first_of("/\\?#"), rest.size());
  const auto authority = Authority(rest.substr(0, end));
  if (!authority) return std::nullopt;
  std::string url(scheme);
  url.append("://").append(*authority);
  AppendVisible(url, WithSlashes(rest.substr(end)));
  return url;
}

std::string_view WithoutSlashes(std::string_view text) {
  while (!text.empty() && IsSlash(text.front())) text.remove_prefix(1);
  return text;
}

// `text` has no scheme, or the base's own without slashes behind it.
std::optional<std::string> Relative(std::string_view text, std::string_view base) {
  const std::string_view scheme = base.substr(0, base.find(':'));
  if (text.size() >= 2 && IsSlash(text[0]) && IsSlash(text[1])) {
    return Absolute(scheme, WithoutSlashes(text));
  }
  base = base.substr(0, base.find('#'));
  const size_t host_end = std::min(base.find_first_of("/?", scheme.size() + 3), base.size());
  const size_t path_end = std::min(base.find('?', host_end), base.size());
  std::string url;
  if (text.empty() || text.front() == '#') {
    url = base;
  } else if (text.front() == '?') {
    url = base.substr(0, path_end);
  } else if (IsSlash(text.front()) || path_end == host_end) {
    url = base.substr(0, host_end);
    if (!IsSlash(text.front())) url += '/';
  } else {
    url = base.substr(0, base.rfind('/', path_end - 1) + 1);
  }
  AppendVisible(url, WithSlashes(text));
  return url;
}

}  // namespace

std::optional<std::string> LinkUrl(std::string_view href, std::string_view base) {
  const std::string text = Cleaned(href);
  const auto scheme = SchemeOf(text);
  if (!scheme) return base.empty() ? std::nullopt : Relative(text, base);
  if (*scheme != "http" && *scheme != "https") return std::nullopt;
  const std::string_view rest = std::string_view(text).substr(scheme->size() + 1);
  const bool two_slashes = rest.size() >= 2 && IsSlash(rest[0]) && IsSlash(rest[1]);
  const bool like_base = base.starts_with(*scheme + ":");
  // "https:page" behind a base of the same scheme is relative: an old rule that browsers keep.
  if (like_base && !two_slashes) return Relative(rest, base);
  return Absolute(*scheme, WithoutSlashes(rest));
}

}  // namespace egd::tracking
