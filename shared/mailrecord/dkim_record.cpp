#include "shared/mailrecord/dkim_record.h"

#include <algorithm>

#include "shared/base/encoding.h"
#include "shared/base/strings.h"
#include "shared/mailrecord/tag_list.h"

namespace egd::mailrecord {
namespace {

std::string TagOr(const TagList& list, std::string_view tag, std::string_view absent) {
  const std::string* value = list.Find(tag);
  return value ? *value : std::string(absent);
}

bool ListHas(std::string_view colon_list, std::string_view word) {
  const auto words = Split(colon_list, ':');
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view one) { return EqualsIgnoreCase(Trim(one), word); });
}

bool SameKey(const TagList& found, const TagList& expected) {
  const auto ours = FromBase64(TagOr(expected, "p", ""), true);
  return ours && FromBase64(TagOr(found, "p", ""), true) == ours;
}

std::string WithoutSpace(std::string text) {
  std::erase_if(text, [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; });
  return text;
}

// "holds another key", or how much of ours is left.
std::string WrongKey(const TagList& found, const TagList& expected) {
  const std::string theirs = WithoutSpace(TagOr(found, "p", ""));
  const std::string ours = WithoutSpace(TagOr(expected, "p", ""));
  if (theirs.size() >= ours.size() || !ours.starts_with(theirs)) return "holds another key";
  return "holds the key cut short, " + std::to_string(theirs.size()) + " of " +
         std::to_string(ours.size()) +
         " characters: where a string may have 255, the value goes into several strings of one "
         "record";
}

}  // namespace

bool IsDkimRecord(std::string_view text) {
  if (EqualsIgnoreCase(text.substr(0, 7), "v=DKIM1")) return true;
  const auto list = ParseTagList(text);
  return list && list->Find("p");
}

std::string CompareDkimRecords(std::string_view found, std::string_view expected) {
  const auto theirs = ParseTagList(found), ours = ParseTagList(expected);
  if (!theirs || !ours) return "is malformed";
  const std::string* version = theirs->Find("v");
  if (version && (*version != "DKIM1" || theirs->tags.front().first != "v")) {
    return "does not start with v=DKIM1";
  }
  if (!theirs->Find("p")) return "has no p= tag";
  if (theirs->Find("p")->empty()) return "has an empty p= tag, which revokes the key";
  if (TagOr(*theirs, "k", "rsa") != TagOr(*ours, "k", "rsa")) return "names another key type";
  if (!SameKey(*theirs, *ours)) return WrongKey(*theirs, *ours);
  if (!ListHas(TagOr(*theirs, "h", "sha256"), "sha256")) return "does not allow sha256";
  const std::string services = TagOr(*theirs, "s", "*");
  if (!ListHas(services, "*") && !ListHas(services, "email")) return "is not for e-mail";
  return {};
}

}  // namespace egd::mailrecord
