#include "cli/desired/plan_text.h"

#include <algorithm>

#include "cli/output.h"
#include "shared/base/strings.h"

namespace egd::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kMostAddresses = 10, kMostLines = 20;  // shown of one change
constexpr size_t kLineLength = 120;                     // shown of one line of a text
constexpr size_t kContext = 20;                         // shown before what differs

char Sign(Action action) {
  return action == Action::kCreate ? '+' : action == Action::kUpdate ? '~' : '-';
}
const char* Color(Action action) {
  return action == Action::kCreate   ? "\x1b[32m"
         : action == Action::kUpdate ? "\x1b[33m"
                                     : "\x1b[31m";
}
const char* Verb(Action action) {
  return action == Action::kCreate ? "create" : action == Action::kUpdate ? "change" : "delete";
}

std::string Value(const Json& value) {
  return value.is_null() ? "(none)" : Printable(RenderJson(value, -1));
}

bool IsLong(const Json& value) {
  if (!value.is_string()) return false;
  const auto& text = value.get_ref<const std::string&>();
  return text.size() > kLineLength || text.find('\n') != text.npos;
}

std::vector<std::string_view> Lines(const Json& value) {
  if (!value.is_string()) return {};
  return Split(value.get_ref<const std::string&>(), '\n');
}

// A line, from a little before the character at `from`.
std::string Cut(std::string_view line, size_t from) {
  const size_t begin = from > kLineLength - kContext ? from - kContext : 0;
  const std::string text = Printable(line.substr(std::min(begin, line.size()), kLineLength));
  return (begin > 0 ? "..." : "") + text + (begin + kLineLength < line.size() ? "..." : "");
}

size_t CommonLength(std::string_view a, std::string_view b) {
  return size_t(std::ranges::mismatch(a, b).in1 - a.begin());
}

// The lines of one side that the other has not, each with `sign`; `first`: where the two begin to
// differ within their first line.
void AddLines(const std::vector<std::string_view>& lines, size_t begin, size_t end, char sign,
              size_t first, std::string& text) {
  const size_t most = std::min(end, begin + kMostLines);
  for (size_t i = begin; i < most; ++i) {
    text += std::string("        ") + sign + " " + Cut(lines[i], i == begin ? first : 0) + "\n";
  }
  if (most < end) text += "          and " + std::to_string(end - most) + " more lines\n";
}

// A text of several lines: those that differ.
std::string LineDifference(const Difference& difference) {
  const auto before = Lines(difference.before), after = Lines(difference.after);
  const size_t shorter = std::min(before.size(), after.size());
  size_t begin = 0, same_end = 0;
  while (begin < shorter && before[begin] == after[begin]) ++begin;
  while (same_end < shorter - begin &&
         before[before.size() - 1 - same_end] == after[after.size() - 1 - same_end]) {
    ++same_end;
  }
  const bool both = begin < before.size() - same_end && begin < after.size() - same_end;
  const size_t first = both ? CommonLength(before[begin], after[begin]) : 0;
  std::string text = "    " + difference.key + ": from line " + std::to_string(begin + 1) + "\n";
  AddLines(before, begin, before.size() - same_end, '-', first, text);
  AddLines(after, begin, after.size() - same_end, '+', first, text);
  return text;
}

std::string Text(const Difference& difference, Action action) {
  const auto& [key, before, after] = difference;
  if (IsLong(before) || IsLong(after)) return LineDifference(difference);
  std::string text = "    " + key + ": ";
  if (action != Action::kCreate) text += Value(before);
  if (action == Action::kUpdate) text += " -> ";
  if (action != Action::kDelete) text += Value(after);
  return text + "\n";
}

std::string Colored(const std::string& headline, Action action, bool color) {
  return color ? Color(action) + headline + "\x1b[0m\n" : headline + "\n";
}

std::string Addresses(const SuppressionChange& change) {
  std::string text;
  const size_t most = std::min(kMostAddresses, change.addresses.size());
  for (size_t i = 0; i < most; ++i) text += "    " + Printable(change.addresses[i]) + "\n";
  const size_t more = change.addresses.size() - most;
  return more ? text + "    and " + std::to_string(more) + " more\n" : text;
}

std::string Summary(const Plan& plan) {
  if (plan.empty()) return "No changes.\n";
  std::vector<std::string> parts;
  for (const Action action : {Action::kCreate, Action::kUpdate, Action::kDelete}) {
    const size_t count = plan.Count(action);
    if (count > 0) parts.push_back(std::to_string(count) + " to " + Verb(action));
  }
  return "Plan: " + Join(parts, ", ") + ".\n";
}

Json ChangeJson(const Change& change) {
  const Item& item = change.item;
  const Schema& schema = SchemaOf(item.kind);
  Json json = {{"Action", Verb(change.action)}, {"Kind", schema.singular}};
  json["Name"] = item.kind == Kind::kWebhook ? item.Text("event") + " " + item.Text("url")
                                             : item.Text(schema.properties.front().key);
  if (!item.domain.empty()) json["Domain"] = item.domain;
  if (!item.owner.empty()) json["User"] = item.owner;
  json["Diff"] = Json::array();
  for (const auto& [key, before, after] : change.differences) {
    json["Diff"].push_back({{"Key", key}, {"Before", before}, {"After", after}});
  }
  return json;
}

Json ChangeJson(const SuppressionChange& change) {
  return {{"Action", Verb(change.action)},    {"Kind", "suppressions"},  {"User", change.owner},
          {"Count", change.addresses.size()}, {"Source", change.source}, {"Reason", change.reason},
          {"Addresses", change.addresses}};
}

}  // namespace

std::string Headline(const Change& change) {
  return std::string(1, Sign(change.action)) + " " + change.item.Name();
}

std::string Headline(const SuppressionChange& change) {
  const size_t count = change.addresses.size();
  std::string text = std::string(1, Sign(change.action)) + " " + std::to_string(count) +
                     (count == 1 ? " suppression" : " suppressions");
  if (!change.reason.empty()) text += " because of \"" + Printable(change.reason) + "\"";
  if (!change.owner.empty()) text += " (user " + Printable(change.owner) + ")";
  return text;
}

std::string PlanText(const Plan& plan, bool color) {
  std::string text;
  for (const Change& change : plan.changes) {
    text += Colored(Headline(change), change.action, color);
    for (const Difference& difference : change.differences) {
      text += Text(difference, change.action);
    }
  }
  for (const SuppressionChange& change : plan.suppressions) {
    text += Colored(Headline(change), change.action, color) + Addresses(change);
  }
  for (const std::string& name : plan.unlisted) {
    text += "  " + name + " is not in the file, and stays\n";
  }
  return text + Summary(plan);
}

Json PlanJson(const Plan& plan) {
  Json json = {{"Changes", Json::array()},
               {"Unlisted", plan.unlisted},
               {"Create", plan.Count(Action::kCreate)},
               {"Change", plan.Count(Action::kUpdate)},
               {"Delete", plan.Count(Action::kDelete)}};
  for (const Change& change : plan.changes) json["Changes"].push_back(ChangeJson(change));
  for (const auto& change : plan.suppressions) json["Changes"].push_back(ChangeJson(change));
  return json;
}

}  // namespace egd::cli
