#include "shared/mailrecord/tag_list.h"

#include <algorithm>

#include "shared/base/strings.h"

namespace egd::mailrecord {
namespace {

constexpr size_t kMaxBytes = 8192;

// tag-name = ALPHA *( ALPHA / DIGIT / "_" )
bool IsTagName(std::string_view name) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  return !name.empty() && is_letter(name.front()) && std::ranges::all_of(name, [&](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '_';
  });
}

}  // namespace

const std::string* TagList::Find(std::string_view tag) const {
  for (const auto& [name, value] : tags) {
    if (name == tag) return &value;
  }
  return nullptr;
}

std::optional<TagList> ParseTagList(std::string_view text) {
  if (text.size() > kMaxBytes) return std::nullopt;
  text = Trim(text);
  if (text.ends_with(';')) text.remove_suffix(1);
  TagList list;
  for (const std::string_view part : Split(text, ';')) {
    const size_t equals = part.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    std::string name(Trim(part.substr(0, equals)));
    if (!IsTagName(name) || list.Find(name)) return std::nullopt;
    list.tags.emplace_back(std::move(name), Trim(part.substr(equals + 1)));
  }
  return list;
}

}  // namespace egd::mailrecord
