#include "daemon/mime/control_fields.h"

#include <algorithm>

#include <gmime/gmime.h>

#include "shared/base/strings.h"

namespace egd::mime {
namespace {

constexpr std::string_view kTags = "X-Tags", kTrackLinks = "X-Track-Links",
                           kTrackOpens = "X-Track-Opens", kUnsubscribeLink = "X-Unsubscribe-Link",
                           kSendAt = "X-Send-At", kIdempotencyKey = "Idempotency-Key";
constexpr std::string_view kNames[] = {kTags,   kTrackLinks,    kTrackOpens, kUnsubscribeLink,
                                       kSendAt, kIdempotencyKey};
constexpr size_t kMaxTags = 100;                   // as the Tags of sendemail
constexpr int64_t kMostSeconds = 253'402'300'799;  // the year 9999

Error Refused(std::string_view name, std::string_view why) {
  return InvalidArgument(std::string(name) + " " + std::string(why));
}

Result<void> ReadSwitch(std::string_view name, std::string_view value, std::optional<bool>& flag) {
  if (flag) return Refused(name, "is there more than once");
  for (const std::string_view yes : {"yes", "true", "1", "on"}) {
    if (EqualsIgnoreCase(value, yes)) flag = true;
  }
  for (const std::string_view no : {"no", "false", "0", "off"}) {
    if (EqualsIgnoreCase(value, no)) flag = false;
  }
  return flag ? Result<void>() : Refused(name, "is yes or no");
}

Result<void> ReadTags(std::string_view value, std::vector<std::string>& tags) {
  if (!tags.empty()) return Refused(kTags, "is there more than once");
  for (const std::string_view tag : Split(value, ',')) {
    if (Trim(tag).empty()) continue;
    if (tags.size() == kMaxTags) return Refused(kTags, "has more than 100 tags");
    tags.emplace_back(Trim(tag));
  }
  return {};
}

std::optional<UnixMillis> ReadDate(const std::string& text) {
  GDateTime* date = g_mime_utils_header_decode_date(text.c_str());
  if (!date) return std::nullopt;
  const UnixMillis at = g_date_time_to_unix(date) * 1000;
  g_date_time_unref(date);
  return at;
}

Result<void> ReadSendAt(std::string_view value, std::optional<UnixMillis>& send_at) {
  if (send_at) return Refused(kSendAt, "is there more than once");
  const auto seconds = ParseInteger(value);
  if (seconds && *seconds > kMostSeconds)
    return Refused(kSendAt, "is in seconds, not milliseconds");
  if (seconds && *seconds >= 0) {
    send_at = *seconds * 1000;
  } else if (!seconds) {
    send_at = ReadDate(std::string(value));
  }
  if (send_at) return {};
  return Refused(kSendAt,
                 "is a Unix time in seconds, or a date like Thu, 27 Nov 2025 12:00:00 +0000");
}

}  // namespace

bool IsControlField(std::string_view name) {
  return std::ranges::any_of(kNames,
                             [&](std::string_view own) { return EqualsIgnoreCase(own, name); });
}

Result<void> ReadControlField(std::string_view name, std::string_view value,
                              ControlFields& fields) {
  if (EqualsIgnoreCase(name, kTags)) return ReadTags(value, fields.tags);
  if (EqualsIgnoreCase(name, kTrackLinks))
    return ReadSwitch(kTrackLinks, value, fields.track_links);
  if (EqualsIgnoreCase(name, kTrackOpens))
    return ReadSwitch(kTrackOpens, value, fields.track_opens);
  if (EqualsIgnoreCase(name, kUnsubscribeLink)) {
    return ReadSwitch(kUnsubscribeLink, value, fields.unsubscribe_link);
  }
  if (EqualsIgnoreCase(name, kSendAt)) return ReadSendAt(value, fields.send_at);
  if (!fields.idempotency_key.empty()) return Refused(kIdempotencyKey, "is there more than once");
  fields.idempotency_key = value;
  return {};
}

}  // namespace egd::mime
