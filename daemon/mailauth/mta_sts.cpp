#include "daemon/mailauth/mta_sts.h"

#include <algorithm>

#include "daemon/core/host_name.h"
#include "daemon/core/name_table.h"
#include "shared/base/strings.h"

namespace egd::mailauth {
namespace {

constexpr std::string_view kModes[] = {"none", "testing", "enforce"};
constexpr std::string_view kVersion = "STSv1";
constexpr std::string_view kWildcard = "*.";
constexpr size_t kMaxIdBytes = 32;

bool IsAlphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool IsId(std::string_view text) {
  return !text.empty() && text.size() <= kMaxIdBytes &&
         std::all_of(text.begin(), text.end(), IsAlphanumeric);
}

// "v=STSv1" and then a delimiter: another version's record is none of ours.
bool IsStsRecord(std::string_view record) {
  constexpr std::string_view kBegin = "v=STSv1";
  if (!record.starts_with(kBegin)) return false;
  return Trim(record.substr(kBegin.size())).starts_with(';');
}

std::optional<std::string> IdIn(std::string_view record) {
  constexpr std::string_view kTag = "id=";
  for (const std::string_view field : Split(record, ';')) {
    const std::string_view trimmed = Trim(field);
    if (!trimmed.starts_with(kTag)) continue;
    const std::string_view id = trimmed.substr(kTag.size());
    if (!IsId(id)) return std::nullopt;
    return std::string(id);
  }
  return std::nullopt;
}

// The values of a policy's keys, still text. Empty: not given.
struct Fields {
  std::string_view version, mode, max_age;
  std::vector<std::string_view> mx;
};

// False: a line is no "key: value".
bool ReadFields(std::string_view text, Fields& fields) {
  for (const std::string_view line : Split(text, '\n')) {
    const std::string_view trimmed = Trim(line);
    if (trimmed.empty()) continue;
    const size_t colon = trimmed.find(':');
    if (colon == std::string_view::npos) return false;
    const std::string_view key = Trim(trimmed.substr(0, colon));
    const std::string_view value = Trim(trimmed.substr(colon + 1));
    if (key == "version" && fields.version.empty()) fields.version = value;
    if (key == "mode" && fields.mode.empty()) fields.mode = value;
    if (key == "max_age" && fields.max_age.empty()) fields.max_age = value;
    if (key == "mx") fields.mx.push_back(value);
  }
  return true;
}

std::optional<std::string> PatternOf(std::string_view text) {
  const bool wild = text.starts_with(kWildcard);
  const auto name = core::NormalizeHostName(wild ? text.substr(kWildcard.size()) : text);
  if (!name) return std::nullopt;
  return wild ? std::string(kWildcard) + *name : *name;
}

std::optional<int64_t> AgeOf(std::string_view text) {
  const auto seconds = ParseInteger(text);
  if (!seconds || *seconds < 0 || *seconds > kMaxStsPolicyAgeSeconds) return std::nullopt;
  return seconds;
}

bool Fits(std::string_view pattern, std::string_view host) {
  if (!pattern.starts_with(kWildcard)) return host == pattern;
  const size_t dot = host.find('.');
  return dot != std::string_view::npos && dot > 0 &&
         host.substr(dot + 1) == pattern.substr(kWildcard.size());
}

}  // namespace

std::string_view Name(StsMode mode) {
  return kModes[static_cast<size_t>(mode)];
}
std::optional<StsMode> ParseStsMode(std::string_view name) {
  return core::FromName<StsMode>(kModes, name);
}

bool StsPolicy::Names(std::string_view host) const {
  return std::any_of(mx.begin(), mx.end(),
                     [host](const std::string& pattern) { return Fits(pattern, host); });
}

std::optional<std::string> FindStsId(const std::vector<std::string>& txt_records) {
  if (std::count_if(txt_records.begin(), txt_records.end(), IsStsRecord) != 1) return std::nullopt;
  return IdIn(*std::find_if(txt_records.begin(), txt_records.end(), IsStsRecord));
}

Result<StsPolicy> ParseStsPolicy(std::string_view text) {
  if (text.size() > kMaxStsPolicyBytes) return Unprocessable("is too long");
  Fields fields;
  if (!ReadFields(text, fields)) return Unprocessable("has a line that is not key: value");
  if (fields.version != kVersion) return Unprocessable("is not of version STSv1");
  const auto mode = ParseStsMode(fields.mode);
  if (!mode) return Unprocessable("has no mode that is known");
  const auto max_age = AgeOf(fields.max_age);
  if (!max_age) return Unprocessable("has no valid max_age");
  StsPolicy policy;
  policy.mode = *mode;
  policy.max_age_s = *max_age;
  for (const std::string_view value : fields.mx) {
    auto pattern = PatternOf(value);
    if (!pattern) return Unprocessable("has an mx that is not a host name or *.name");
    policy.mx.push_back(*std::move(pattern));
  }
  // Mode none takes a policy back, and then there are no servers to name.
  if (policy.mx.empty() && *mode != StsMode::kNone) return Unprocessable("names no mx");
  return policy;
}

}  // namespace egd::mailauth
