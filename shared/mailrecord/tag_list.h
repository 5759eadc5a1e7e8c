// "tag=value; tag=value": the form of DKIM keys (RFC 6376 section 3.2) and DMARC policies (RFC 7489
// section 6.3). Pure, thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace egd::mailrecord {

struct TagList {
  std::vector<std::pair<std::string, std::string>> tags;  // in order, trimmed

  const std::string* Find(std::string_view tag) const;  // exact case; null when absent
};

// Nothing for a part without "=", an empty tag, a tag given twice, or more than 8 KiB (ten times a
// 4096-bit key). A final ";" is fine.
std::optional<TagList> ParseTagList(std::string_view text);

}  // namespace egd::mailrecord
