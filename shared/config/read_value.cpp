#include "shared/config/read_value.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "shared/base/strings.h"
#include "shared/config/checks.h"
#include "shared/config/values.h"

namespace egd::config {
namespace {

using Records = std::vector<DnsRecordTemplate>;

constexpr std::array<std::string_view, 4> kRecordKeys = {"purpose", "host", "type", "value"};
constexpr std::array<std::string_view, 5> kRecordTypes = {"A", "AAAA", "CNAME", "MX", "TXT"};

template <typename Words>
std::vector<std::string> Strings(const Words& words) {
  return {words.begin(), words.end()};
}

Problem CheckString(const Option& option, const std::string& value) {
  if (HasControl(value) || !IsUtf8(value)) return "must not hold control characters";
  const auto& choices = option.rule.choices;
  if (!choices.empty() && std::find(choices.begin(), choices.end(), value) == choices.end()) {
    return Quoted(value) + " is not one of " + Join(Strings(choices), ", ") +
           DidYouMean(value, Strings(choices));
  }
  const Problem problem = option.rule.check ? option.rule.check(value) : std::nullopt;
  return problem ? Quoted(value) + " " + *problem : problem;
}

std::string Bounds(int64_t minimum, int64_t maximum, std::string (*text)(int64_t)) {
  return "must be " + text(minimum) + " to " + text(maximum);
}

Problem Read(const toml::node& node, const Option& option, std::string& place) {
  const auto* text = node.as_string();
  if (!text) return "must be a string";
  place = text->get();
  return CheckString(option, place);
}

template <typename T, typename ReadEntry>
Problem ReadList(const toml::node& node, std::vector<T>& place, std::string_view type,
                 ReadEntry read_entry) {
  const auto* list = node.as_array();
  if (!list) return "must be " + std::string(type);
  place.clear();
  for (const auto& entry : *list) {
    if (const Problem problem = read_entry(entry, place.emplace_back())) return problem;
  }
  return std::nullopt;
}

Problem Read(const toml::node& node, const Option& option, std::vector<std::string>& place) {
  return ReadList(node, place, TypeNameOf(place), [&](const toml::node& entry, std::string& to) {
    return entry.is_string() ? Read(entry, option, to) : Problem("must be a list of strings");
  });
}

Problem Read(const toml::node& node, const Option& option, int64_t& place) {
  const auto* number = node.as_integer();
  if (!number) return "must be an integer";
  place = number->get();
  if (place >= option.rule.minimum && place <= option.rule.maximum) return std::nullopt;
  return Bounds(option.rule.minimum, option.rule.maximum,
                [](int64_t n) { return std::to_string(n); });
}

Problem Read(const toml::node& node, const Option& option, int& place) {
  int64_t wide = 0;
  const Problem problem = Read(node, option, wide);
  if (!problem) place = int(wide);  // the bounds of an int's row fit in an int
  return problem;
}

Problem Read(const toml::node& node, const Option&, bool& place) {
  const auto* value = node.as_boolean();
  if (!value) return "must be true or false";
  place = value->get();
  return std::nullopt;
}

Problem Read(const toml::node& node, const Option& option, std::chrono::seconds& place) {
  const auto* text = node.as_string();
  const auto duration = text ? ParseDuration(text->get()) : std::nullopt;
  if (!duration) return R"(must be a duration such as "90s", "15m", "4h" or "2d")";
  place = *duration;
  if (place.count() >= option.rule.minimum && place.count() <= option.rule.maximum)
    return std::nullopt;
  return Bounds(option.rule.minimum, option.rule.maximum,
                [](int64_t n) { return FormatDuration(std::chrono::seconds(n)); });
}

Problem Read(const toml::node& node, const Option& option, Durations& place) {
  const Problem problem =
      ReadList(node, place, TypeNameOf(place),
               [&](const toml::node& entry, auto& to) { return Read(entry, option, to); });
  if (!problem && place.empty()) return "must not be empty";
  return problem;
}

template <typename Enum>
Problem ReadEnum(const toml::node& node, const Option& option, Enum& place) {
  std::string text;
  if (const Problem problem = Read(node, option, text)) return problem;
  const auto& choices = option.rule.choices;
  place = Enum(std::find(choices.begin(), choices.end(), text) - choices.begin());
  return std::nullopt;
}
Problem Read(const toml::node& node, const Option& option, log::Level& place) {
  return ReadEnum(node, option, place);
}
Problem Read(const toml::node& node, const Option& option, log::Format& place) {
  return ReadEnum(node, option, place);
}

Problem ReadRecord(const toml::node& node, DnsRecordTemplate& record) {
  const auto* table = node.as_table();
  if (!table) return "must be " + std::string(TypeNameOf(Records()));
  for (const auto& [key, value] : *table) {
    if (std::find(kRecordKeys.begin(), kRecordKeys.end(), key.str()) == kRecordKeys.end()) {
      return "has the unknown key " + Quoted(key.str()) +
             DidYouMean(key.str(), Strings(kRecordKeys));
    }
  }
  std::string* const places[] = {&record.purpose, &record.host, &record.type, &record.value};
  for (size_t i = 0; i < kRecordKeys.size(); ++i) {
    const auto* text = table->get_as<std::string>(kRecordKeys[i]);
    if (!text || text->get().empty() || HasControl(text->get())) {
      return "needs " + std::string(kRecordKeys[i]) + ", a string";
    }
    *places[i] = text->get();
    if (const Problem problem = CheckPlaceholders(*places[i])) {
      return Quoted(*places[i]) + " " + *problem;
    }
  }
  if (std::find(kRecordTypes.begin(), kRecordTypes.end(), record.type) == kRecordTypes.end()) {
    return "type " + Quoted(record.type) + " is not one of " + Join(Strings(kRecordTypes), ", ");
  }
  return std::nullopt;
}

Problem Read(const toml::node& node, const Option&, Records& place) {
  return ReadList(node, place, TypeNameOf(place), ReadRecord);
}

using Rules = std::vector<DestinationRule>;
constexpr std::array<std::string_view, 6> kRuleKeys = {
    "domain", "mx", "connections", "messages_per_connection", "messages_per_minute", "tls"};

Problem ReadRuleText(std::string_view key, const toml::node& node, std::string& place) {
  const auto* text = node.as_string();
  if (!text) return std::string(key) + " must be a string";
  place = Lower(text->get());
  const std::string_view host = std::string_view(place).substr(place.starts_with('.') ? 1 : 0);
  if (host.empty()) return std::string(key) + " must not be empty";
  const Problem problem = CheckHostName(host);
  return problem ? std::string(key) + " " + Quoted(place) + " " + *problem : problem;
}

Problem ReadRuleEntry(std::string_view key, const toml::node& node, DestinationRule& rule) {
  if (key == "domain") return ReadRuleText(key, node, rule.domain);
  if (key == "mx") return ReadRuleText(key, node, rule.mx);
  if (key == "tls") {
    const auto* text = node.as_string();
    rule.tls = text ? text->get() : "";
    if (std::find(kTlsNeeds.begin(), kTlsNeeds.end(), rule.tls) != kTlsNeeds.end()) return {};
    return "tls must be one of " + Join(Strings(kTlsNeeds), ", ");
  }
  constexpr int64_t kMost = 1'000'000;
  const auto* number = node.as_integer();
  if (!number || number->get() < 1 || number->get() > kMost) {
    return std::string(key) + " must be an integer from 1 to " + std::to_string(kMost);
  }
  int& place = key == "connections"               ? rule.connections
               : key == "messages_per_connection" ? rule.messages_per_connection
                                                  : rule.messages_per_minute;
  place = int(number->get());
  return {};
}

Problem ReadRule(const toml::node& node, DestinationRule& rule) {
  const auto* table = node.as_table();
  if (!table) return "must be " + std::string(TypeNameOf(Rules()));
  for (const auto& [key, value] : *table) {
    if (std::find(kRuleKeys.begin(), kRuleKeys.end(), key.str()) == kRuleKeys.end()) {
      return "has the unknown key " + Quoted(key.str()) + DidYouMean(key.str(), Strings(kRuleKeys));
    }
    if (const Problem problem = ReadRuleEntry(key.str(), value, rule)) return problem;
  }
  if (rule.domain.empty() == rule.mx.empty()) return "needs either domain or mx";
  return {};
}

Problem Read(const toml::node& node, const Option&, Rules& place) {
  return ReadList(node, place, TypeNameOf(place), ReadRule);
}

using Node = std::unique_ptr<toml::node>;

Node TextNode(std::string_view text) {
  return std::make_unique<toml::value<std::string>>(std::string(text));
}

Node ListNode(std::string_view text) {
  auto list = std::make_unique<toml::array>();
  if (Trim(text).empty()) return list;
  for (const auto part : Split(text, ',')) list->push_back(std::string(Trim(part)));
  return list;
}

Node IntegerNode(std::string_view text) {
  const auto number = ParseInteger(text);
  if (!number) return TextNode(text);  // Read says what it wants instead
  return std::make_unique<toml::value<int64_t>>(*number);
}

Node BooleanNode(std::string_view text) {
  if (text != "true" && text != "false") return TextNode(text);
  return std::make_unique<toml::value<bool>>(text == "true");
}

Node RecordsNode(std::string_view text) {
  try {
    toml::table table = toml::parse("value = " + std::string(text));
    if (const auto* list = table.get_as<toml::array>("value")) {
      return std::make_unique<toml::array>(*list);
    }
  } catch (const toml::parse_error&) {  // Read says what it wants instead
  }
  return TextNode(text);
}

Node NodeFor(const std::string&, std::string_view text) {
  return TextNode(text);
}
Node NodeFor(const std::vector<std::string>&, std::string_view text) {
  return ListNode(text);
}
Node NodeFor(int64_t, std::string_view text) {
  return IntegerNode(text);
}
Node NodeFor(int, std::string_view text) {
  return IntegerNode(text);
}
Node NodeFor(bool, std::string_view text) {
  return BooleanNode(text);
}
Node NodeFor(std::chrono::seconds, std::string_view text) {
  return TextNode(text);
}
Node NodeFor(const Durations&, std::string_view text) {
  return ListNode(text);
}
Node NodeFor(log::Level, std::string_view text) {
  return TextNode(text);
}
Node NodeFor(log::Format, std::string_view text) {
  return TextNode(text);
}
Node NodeFor(const Records&, std::string_view text) {
  return RecordsNode(text);
}
Node NodeFor(const Rules&, std::string_view text) {
  return RecordsNode(text);
}

}  // namespace

std::string Quoted(std::string_view text) {
  return "\"" + Printable(text) + "\"";
}

std::string DidYouMean(std::string_view word, const std::vector<std::string>& candidates) {
  const auto near = Nearest(word, candidates);
  return near ? "; did you mean " + Quoted(*near) + "?" : "";
}

Problem ReadValue(const toml::node& node, const Option& option, Config& config) {
  return std::visit([&](auto place) { return Read(node, option, place(config)); }, option.field);
}

std::unique_ptr<toml::node> NodeFromText(const Option& option, std::string_view text) {
  Config scratch;  // its places only tell the type
  return std::visit([&](auto place) { return NodeFor(place(scratch), text); }, option.field);
}

}  // namespace egd::config
