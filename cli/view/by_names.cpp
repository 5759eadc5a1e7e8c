// An answer whose Command declares no view: single values, then its objects, then its lists, under
// titles made of the keys.
#include <algorithm>

#include "cli/view/sections.h"
#include "cli/view/text.h"
#include "cli/view/view.h"
#include "shared/base/strings.h"

namespace egd::cli {
namespace {

using catalogue::Command;
using Json = nlohmann::ordered_json;

// The first three are in the exit status; the fourth says in short what DNSRecords says in full;
// the last is on the error stream (verify.cpp).
constexpr std::string_view kUnshown[] = {"Success", "ErrorCode", "ErrorText",
                                         "DNSVerificationResults", "Warnings"};

struct Parts {
  std::vector<Pair> values;
  std::vector<std::pair<std::string, const Json*>> objects, lists;  // by their path
};

bool IsDeclared(const Command& command, const std::string& path) {
  return std::ranges::any_of(command.results,
                             [&](const catalogue::Field& field) { return field.path == path; });
}

// An object that is a list by its members' names, which no declaration knows: days, tags, hosts.
bool IsKeyedList(const Command& command, const std::string& path, const Json& object) {
  for (const auto& [key, value] : object.items()) {
    if (!value.is_object() || IsDeclared(command, path + "." + key)) return false;
  }
  return !object.empty();
}

// "NewAPIKeyID": 4 beside "APIKey": {"APIKeyID": 4}.
bool IsRepeated(const Json& parent, const std::string& key, const Json& value) {
  if (value.is_structured()) return false;
  const std::string name = key.starts_with("New") ? key.substr(3) : key;
  return std::ranges::any_of(parent, [&](const Json& other) {
    return other.is_object() && other.contains(name) && other[name] == value;
  });
}

// "TotalRecords": 2 beside a list of two: the list says so.
bool CountsList(const Json& parent, const std::string& key, const Json& value) {
  if (!key.starts_with("Total") || !value.is_number_integer()) return false;
  return std::ranges::any_of(
      parent, [&](const Json& other) { return other.is_array() && other.size() == value; });
}

Parts PartsOf(const Page& page, const Command& command, const Json& object,
              const std::string& prefix) {
  Parts parts;
  for (const auto& [key, value] : object.items()) {
    const std::string path = prefix.empty() ? key : prefix + "." + key;
    if (IsEmpty(value) || IsRepeated(object, key, value) || CountsList(object, key, value)) {
      continue;
    }
    if (std::ranges::count(kUnshown, path) > 0) continue;
    if (IsListOfObjects(value)) {
      parts.lists.emplace_back(path, &value);
    } else if (value.is_object()) {
      auto& others = IsKeyedList(command, path, value) ? parts.lists : parts.objects;
      others.emplace_back(path, &value);
    } else {
      parts.values.push_back(
          ValuePair(page, catalogue::TitleOf(Printable(key)), catalogue::LookOf(key), key, value));
    }
  }
  return parts;
}

std::string KeyTitle(const std::string& path) {
  return catalogue::TitleOf(Printable(path.substr(path.rfind('.') + 1)));
}

// What is not nested, in the order of the first element that has it.
std::vector<std::string> KeysOf(const Json& list) {
  std::vector<std::string> keys;
  for (const Json& element : list) {
    if (!element.is_object()) continue;
    for (const auto& [key, value] : element.items()) {
      const bool is_nested = value.is_object() || IsListOfObjects(value);
      const bool is_known = std::ranges::count(keys, key) > 0;
      if (!is_nested && !is_known && key.find('.') == key.npos) keys.push_back(key);
    }
  }
  return keys;
}

bool HasColumns(const Command& command, const Json& list) {
  return std::ranges::any_of(command.columns, [&](std::string_view column) {
    return list.is_array() && std::ranges::any_of(list, [&](const Json& element) {
             return !At(element, column).is_null();
           });
  });
}

std::string ListText(const Page& page, const Command& command, const std::string& path,
                     const Json& list) {
  if (path.ends_with("DNSRecords")) return DrawRecords(page, list);
  const std::vector<std::string> keys = KeysOf(list);
  ViewSection section{.shape = catalogue::Shape::kTable};
  const std::string key_title = KeyTitle(path);
  std::vector<std::string> titles;
  for (const std::string& key : keys) titles.push_back(catalogue::TitleOf(Printable(key)));
  if (list.is_object()) section.key_title = key_title;
  if (HasColumns(command, list)) {
    for (const std::string_view column : command.columns) section.fields.push_back({column});
  } else {
    for (size_t i = 0; i < keys.size(); ++i) section.fields.push_back({keys[i], titles[i]});
  }
  return DrawTable(page, section, list);
}

std::string Heading(const Page& page, const std::string& path, const Json& list) {
  std::string title = KeyTitle(path);
  if (list.is_array()) title += " (" + std::to_string(list.size()) + ")";
  return page.Painted(CutEnd(page, title, page.width), Tone::kStrong) + "\n";
}

std::string Draw(const Page& page, const Command& command, const Json& object,
                 const std::string& prefix) {
  const Parts parts = PartsOf(page, command, object, prefix);
  std::string text = DrawPairs(page, parts.values);
  const auto add = [&](const std::string& section) {
    if (!section.empty()) text += (text.empty() ? "" : "\n") + section;
  };
  for (const auto& [path, value] : parts.objects) {
    const bool is_all =
        prefix.empty() && parts.values.empty() && parts.lists.empty() && parts.objects.size() == 1;
    const std::string drawn = Draw(page, command, *value, path);
    if (!drawn.empty()) add((is_all ? "" : Heading(page, path, *value)) + drawn);
  }
  for (const auto& [path, list] : parts.lists) {
    const std::string table = ListText(page, command, path, *list);
    add(Heading(page, path, *list) + table);
  }
  return text;
}

// "Webhooks" to "webhooks", but "API keys" as it is.
std::string InSentence(std::string title) {
  const bool is_word = title.size() > 1 && title[1] >= 'a' && title[1] <= 'z';
  return is_word ? Lower(title.substr(0, 1)) + title.substr(1) : title;
}

// "No webhooks." for an answer that has only an empty list; "Done" for one that has nothing.
std::string Nothing(const Page& page, const Json& body) {
  for (const auto& [key, value] : body.items()) {
    const bool is_list = value.is_array() && std::ranges::count(kUnshown, key) == 0;
    if (is_list) return "No " + InSentence(catalogue::TitleOf(Printable(key))) + ".\n";
  }
  return page.Painted(Verdict(page, "Done"), Tone::kGood) + "\n";
}

}  // namespace

std::string DrawByNames(const Page& page, const Command& command, const Json& body) {
  const std::string text = Draw(page, command, body, "");
  return text.empty() ? Nothing(page, body) : text;
}

}  // namespace egd::cli
