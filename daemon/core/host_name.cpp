#include "daemon/core/host_name.h"

#include <algorithm>

#include <idn2.h>
#include <libpsl.h>

#include "shared/base/strings.h"

namespace egd::core {
namespace {

// A label of 63 A-label characters stands for at most 59 code points of 4 bytes each; no name that
// fits in 253 characters needs more than this before its conversion.
constexpr size_t kMaxInputBytes = 4 * kMaxHostNameBytes;

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}
bool IsLetterOrDigit(char c) {
  return (c >= 'a' && c <= 'z') || IsDigit(c);
}

bool IsLabel(std::string_view label) {
  if (label.empty() || label.size() > kMaxLabelBytes) return false;
  if (label.front() == '-' || label.back() == '-') return false;
  return std::all_of(label.begin(), label.end(),
                     [](char c) { return IsLetterOrDigit(c) || c == '-'; });
}

bool IsHostName(std::string_view name) {
  if (name.empty() || name.size() > kMaxHostNameBytes) return false;
  const auto labels = Split(name, '.');
  return std::all_of(labels.begin(), labels.end(), IsLabel) && !IsDigit(labels.back().front());
}

bool IsAscii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return uint8_t(c) < 0x80; });
}

// Every label "xn--…" decodes to text. What registries allow in one is their business: names with
// emoji, say, are in the DNS, though IDNA would not make them today.
bool HasSoundALabels(const std::string& name) {
  if (name.find("xn--") == std::string::npos) return true;
  char* decoded = nullptr;
  const int status = idn2_to_unicode_8z8z(name.c_str(), &decoded, 0);
  const bool sound = status == IDN2_OK && IsUtf8(decoded) && !HasControl(decoded);
  idn2_free(decoded);
  return sound;
}

std::optional<std::string> ToALabels(const std::string& name) {
  char* converted = nullptr;
  const int status = idn2_to_ascii_8z(name.c_str(), &converted, IDN2_NONTRANSITIONAL);
  std::optional<std::string> a_labels;
  if (status == IDN2_OK) a_labels = Lower(converted);
  idn2_free(converted);
  return a_labels;
}

}  // namespace

std::optional<std::string> NormalizeHostName(std::string_view text) {
  if (text.size() > kMaxInputBytes || HasControl(text) || !IsUtf8(text)) return std::nullopt;
  std::optional<std::string> name = Lower(text);
  if (!IsAscii(*name)) name = ToALabels(*name);
  if (!name) return std::nullopt;
  if (!name->empty() && name->back() == '.') name->pop_back();
  if (!IsHostName(*name) || !HasSoundALabels(*name)) return std::nullopt;
  return name;
}

std::optional<std::string> NormalizeDomainName(std::string_view text) {
  auto name = NormalizeHostName(text);
  if (name && name->find('.') == std::string::npos) return std::nullopt;
  return name;
}

std::string ToUnicode(const std::string& host) {
  char* decoded = nullptr;
  const int status = idn2_to_unicode_8z8z(host.c_str(), &decoded, 0);
  std::string unicode = status == IDN2_OK ? decoded : host;
  idn2_free(decoded);
  return unicode;
}

bool IsPublicSuffix(const std::string& domain) {
  return psl_is_public_suffix(psl_builtin(), domain.c_str()) != 0;
}

std::string OrganisationalDomain(const std::string& domain) {
  const char* registrable = psl_registrable_domain(psl_builtin(), domain.c_str());
  return registrable ? registrable : "";
}

bool IsWithinDomain(std::string_view host, std::string_view domain) {
  if (host.size() <= domain.size()) return host == domain;
  return host.ends_with(domain) && host[host.size() - domain.size() - 1] == '.';
}

}  // namespace egd::core
