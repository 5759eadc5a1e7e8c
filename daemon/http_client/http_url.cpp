#include "daemon/http_client/http_url.h"

#include <algorithm>
#include <memory>

#include <curl/curl.h>

#include "daemon/core/host_name.h"
#include "shared/base/strings.h"

namespace egd::http_client {
namespace {

constexpr size_t kMaxUrlBytes = 2048;

using Url = std::unique_ptr<CURLU, decltype(&curl_url_cleanup)>;

// A part of the URL; nothing when it has none.
std::optional<std::string> Part(const Url& url, CURLUPart part, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url.get(), part, &text, flags) != CURLUE_OK) return std::nullopt;
  const std::unique_ptr<char, decltype(&curl_free)> owner(text, curl_free);
  return std::string(text);
}

bool IsClean(const std::string& text) {
  return text.size() <= kMaxUrlBytes && IsUtf8(text) && !HasControl(text) &&
         text.find_first_of(" \\") == std::string::npos;
}

std::optional<core::IpAddress> AddressOf(const std::string& host) {
  if (host == "localhost" || host == "localhost." || host.ends_with(".localhost") ||
      host.ends_with(".localhost.")) {
    return core::IpAddress::Parse("127.0.0.1");
  }
  return core::IpAddress::Parse(host);
}

// As a name's last label it makes an address of the name (URL standard, section 3.5): libcurl has made
// those it knows dotted decimal; "127.0.0.1." is left, which others would connect to.
bool IsNumber(std::string_view label) {
  return label.starts_with("0x") || label.find_first_not_of("0123456789") == std::string_view::npos;
}

// Looser than a host name of the mail world: "my_service" is a container's.
bool FitsInDns(std::string_view host) {
  if (core::IpAddress::Parse(host)) return true;
  if (host.ends_with('.')) host.remove_suffix(1);
  const auto labels = Split(host, '.');
  return !IsNumber(labels.back()) && host.size() <= core::kMaxHostNameBytes &&
         std::ranges::all_of(labels, [](std::string_view label) {
           return !label.empty() && label.size() <= core::kMaxLabelBytes &&
                  label.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_") ==
                      std::string_view::npos;
         });
}

// libcurl guesses what is meant by http:///host and http:host; we do not.
bool NamesHost(std::string_view text) {
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos || text.substr(colon, 3) != "://") return false;
  const size_t first = colon + 3;
  return first < text.size() &&
         std::string_view("/?#:").find(text[first]) == std::string_view::npos;
}

// The host as the DNS has it, without the brackets of an IPv6 address; empty: it can have none.
std::string HostFor(std::string host) {
  host = Lower(host);
  if (host.starts_with('[') && host.ends_with(']')) return host.substr(1, host.size() - 2);
  const bool ascii = std::ranges::all_of(host, [](char c) { return uint8_t(c) < 0x80; });
  if (!ascii) return core::NormalizeHostName(host).value_or("");
  return FitsInDns(host) ? host : "";
}

}  // namespace

Result<HttpUrl> ParseHttpUrl(const std::string& text) {
  if (text.size() > kMaxUrlBytes) return InvalidArgument("is longer than 2,048 bytes");
  if (!IsClean(text)) return InvalidArgument("has spaces, backslashes or control characters in it");
  const Url url(curl_url(), curl_url_cleanup);
  if (!url || curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK) {
    return InvalidArgument("is not a URL");
  }
  const auto scheme = Part(url, CURLUPART_SCHEME);
  if (scheme != "http" && scheme != "https") return InvalidArgument("is not an http or https URL");
  const auto host = Part(url, CURLUPART_HOST);
  if (!host || host->empty() || !NamesHost(text)) return InvalidArgument("names no host");
  if (Part(url, CURLUPART_USER) || Part(url, CURLUPART_PASSWORD)) {
    return InvalidArgument("has a user name or password in it");
  }
  HttpUrl parsed;
  parsed.host = HostFor(*host);
  if (parsed.host.empty()) return InvalidArgument("has a host that no name server could know");
  if (!host->starts_with('[')) curl_url_set(url.get(), CURLUPART_HOST, parsed.host.c_str(), 0);
  const auto port = Part(url, CURLUPART_PORT, CURLU_DEFAULT_PORT);
  parsed.port = int(ParseInteger(port.value_or("")).value_or(0));
  if (parsed.port == 0) return InvalidArgument("names port 0, which nothing can listen on");
  parsed.text = Part(url, CURLUPART_URL).value_or(text);
  parsed.address = AddressOf(parsed.host);
  return parsed;
}

}  // namespace egd::http_client
