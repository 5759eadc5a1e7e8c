#include "daemon/http_client/http_url.h"

#include <algorithm>
#include <memory>

#include <curl/curl.h>

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

}  // namespace

std::optional<HttpUrl> ParseHttpUrl(const std::string& text) {
  if (!IsClean(text)) return std::nullopt;
  const Url url(curl_url(), curl_url_cleanup);
  if (!url || curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK) {
    return std::nullopt;
  }
  const auto scheme = Part(url, CURLUPART_SCHEME);
  auto host = Part(url, CURLUPART_HOST);
  if (!scheme || !host || host->empty()) return std::nullopt;
  if (*scheme != "http" && *scheme != "https") return std::nullopt;
  if (Part(url, CURLUPART_USER) || Part(url, CURLUPART_PASSWORD)) return std::nullopt;
  HttpUrl parsed;
  parsed.text = Part(url, CURLUPART_URL).value_or(text);
  parsed.host = Lower(*host);
  if (parsed.host.starts_with('[')) parsed.host = parsed.host.substr(1, parsed.host.size() - 2);
  const auto port = Part(url, CURLUPART_PORT, CURLU_DEFAULT_PORT);
  parsed.port = int(ParseInteger(port.value_or("")).value_or(0));
  parsed.address = AddressOf(parsed.host);
  return parsed;
}

}  // namespace egd::http_client
