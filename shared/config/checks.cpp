#include "shared/config/checks.h"

#include <algorithm>
#include <array>
#include <limits>

#include <arpa/inet.h>
#include <sys/un.h>

#include "shared/base/strings.h"

namespace egd::config {
namespace {

bool IsAlphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool IsLabel(std::string_view label, size_t longest) {
  return !label.empty() && label.size() <= longest && label.front() != '-' && label.back() != '-' &&
         std::all_of(label.begin(), label.end(),
                     [](char c) { return IsAlphanumeric(c) || c == '-'; });
}

bool IsHostName(std::string_view text) {
  if (text.size() > 253) return false;
  const auto labels = Split(text, '.');
  return std::all_of(labels.begin(), labels.end(), [](auto label) { return IsLabel(label, 63); });
}

// The number of bits of the address, 0 when it is none.
int AddressBits(std::string_view text) {
  const std::string address(text);
  if (address.find('\0') != std::string::npos) return 0;
  in6_addr scratch;
  if (inet_pton(AF_INET, address.c_str(), &scratch) == 1) return 32;
  if (inet_pton(AF_INET6, address.c_str(), &scratch) == 1) return 128;
  return 0;
}

// Whether the address, which must be one, has bits set beyond the first `prefix`.
bool HasBitsBeyond(const std::string& address, int prefix) {
  std::array<uint8_t, 16> bytes{};
  const int family = address.find(':') == std::string::npos ? AF_INET : AF_INET6;
  inet_pton(family, address.c_str(), bytes.data());
  for (int bit = prefix; bit < 128; ++bit) {
    if (bytes[size_t(bit / 8)] & (0x80 >> (bit % 8))) return true;
  }
  return false;
}

bool IsPort(std::string_view text) {
  const auto port = ParseInteger(text);
  return port && *port >= 1 && *port <= 65535;
}

struct HostAndPort {
  std::string_view host, port;
  bool bracketed = false;
};

std::optional<HostAndPort> SplitPort(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  return HostAndPort{host, text.substr(colon + 1), bracketed};
}

struct Unit {
  char letter;
  int64_t seconds;
};
constexpr std::array<Unit, 4> kUnits = {{{'d', 86400}, {'h', 3600}, {'m', 60}, {'s', 1}}};

constexpr std::array<std::string_view, 8> kPlaceholders = {
    "domain",          "mfrom",      "tracking",      "selector",
    "dkim_public_key", "mfrom_host", "tracking_host", "spf_host"};

}  // namespace

std::optional<std::string> CheckNotEmpty(std::string_view text) {
  if (text.empty()) return "must not be empty";
  return std::nullopt;
}

std::optional<std::string> CheckHostName(std::string_view text) {
  if (text.empty() || (IsHostName(text) && AddressBits(text) == 0)) return std::nullopt;
  return "is not a host name, such as mail.example.com";
}

std::optional<std::string> CheckMailbox(std::string_view text) {
  const size_t sign = text.rfind('@');
  const bool whole = sign != std::string_view::npos && sign > 0 && sign <= 64 &&
                     text.find_first_of(" \t<>\"") == std::string_view::npos &&
                     IsHostName(text.substr(sign + 1));
  if (whole) return std::nullopt;
  return "is not an e-mail address, such as fbl@mail.example.com";
}

std::optional<std::string> CheckHostLabel(std::string_view text) {
  if (IsLabel(text, 32)) return std::nullopt;
  return "must be 1 to 32 letters, digits and hyphens, with no hyphen at either end";
}

std::optional<std::string> CheckListen(std::string_view text) {
  const auto parts = SplitPort(text);
  const int bits = parts ? AddressBits(parts->host) : 0;
  if (bits != 0 && (bits == 128) == parts->bracketed && IsPort(parts->port)) return std::nullopt;
  return "is not ip:port, such as 127.0.0.1:8025 or [::1]:8025";
}

std::optional<std::string> CheckHostAndPort(std::string_view text) {
  if (text.empty() || !CheckListen(text)) return std::nullopt;
  const auto parts = SplitPort(text);
  if (parts && !parts->bracketed && IsHostName(parts->host) && IsPort(parts->port)) {
    return std::nullopt;
  }
  return "is not host:port, such as mail.example.com:25";
}

std::optional<std::string> CheckNetwork(std::string_view text) {
  const size_t slash = text.find('/');
  if (slash != std::string_view::npos) {
    const std::string address(text.substr(0, slash));
    const int bits = AddressBits(address);
    const auto prefix = ParseInteger(text.substr(slash + 1));
    if (bits != 0 && prefix && *prefix >= 0 && *prefix <= bits) {
      if (!HasBitsBeyond(address, int(*prefix))) return std::nullopt;
      return "has address bits beyond its prefix: say 10.0.0.0/8, not 10.0.0.1/8";
    }
  }
  return "is not a network, such as 10.0.0.0/8 or fd00::/8";
}

std::optional<std::string> CheckFeedbackId(std::string_view text) {
  if (text.empty() || (text.size() >= 5 && IsLabel(text, 15))) return std::nullopt;
  return "must be 5 to 15 letters, digits and hyphens, with no hyphen at either end";
}

std::optional<std::string> CheckSocketPath(std::string_view text) {
  if (text.size() < sizeof(sockaddr_un::sun_path)) return std::nullopt;
  return "is too long for a socket path (at most 107 bytes)";
}

std::optional<std::string> CheckPlaceholders(std::string_view text) {
  for (size_t open = text.find('{'); open != std::string_view::npos; open = text.find('{', open)) {
    const size_t close = text.find('}', open);
    if (close == std::string_view::npos) return "has a { without its }";
    const auto name = text.substr(open + 1, close - open - 1);
    if (std::find(kPlaceholders.begin(), kPlaceholders.end(), name) == kPlaceholders.end()) {
      const auto near = Nearest(name, {kPlaceholders.begin(), kPlaceholders.end()});
      return "has the unknown placeholder {" + std::string(name) + "}" +
             (near ? "; did you mean {" + *near + "}?" : "");
    }
    open = close;
  }
  return std::nullopt;
}

std::optional<std::chrono::seconds> ParseDuration(std::string_view text) {
  for (const Unit& unit : kUnits) {
    if (text.empty() || text.back() != unit.letter) continue;
    const auto count = ParseInteger(text.substr(0, text.size() - 1));
    if (!count || *count < 1 || *count > std::numeric_limits<int32_t>::max()) return std::nullopt;
    return std::chrono::seconds(*count * unit.seconds);
  }
  return std::nullopt;
}

std::string FormatDuration(std::chrono::seconds duration) {
  for (const Unit& unit : kUnits) {
    if (duration.count() != 0 && duration.count() % unit.seconds == 0) {
      return std::to_string(duration.count() / unit.seconds) + unit.letter;
    }
  }
  return "0s";
}

}  // namespace egd::config
