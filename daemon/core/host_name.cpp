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

// Plain names skip IDNA, which would refuse the hyphens of names that DNS has, such as "r3---sn".
bool NeedsIdna(std::string_view lower) {
  if (std::any_of(lower.begin(), lower.end(), [](char c) { return uint8_t(c) >= 0x80; })) {
    return true;
  }
  const auto labels = Split(lower, '.');
  return std::any_of(labels.begin(), labels.end(),
                     [](std::string_view label) { return label.substr(0, 4) == "xn--"; });
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
  if (NeedsIdna(*name)) name = ToALabels(*name);
  if (!name) return std::nullopt;
  if (!name->empty() && name->back() == '.') name->pop_back();
  if (!IsHostName(*name)) return std::nullopt;
  return name;
}

std::optional<std::string> NormalizeDomainName(std::string_view text) {
  auto name = NormalizeHostName(text);
  if (name && name->find('.') == std::string::npos) return std::nullopt;
  return name;
}

bool IsPublicSuffix(const std::string& domain) {
  return psl_is_public_suffix(psl_builtin(), domain.c_str()) != 0;
}

bool IsWithinDomain(std::string_view host, std::string_view domain) {
  if (host.size() <= domain.size()) return host == domain;
  return host.ends_with(domain) && host[host.size() - domain.size() - 1] == '.';
}

}  // namespace egd::core
