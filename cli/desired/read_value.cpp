#include "cli/desired/read_value.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "shared/base/strings.h"

namespace egd::cli {
namespace {

using catalogue::Param;
using catalogue::ParamType;
using Json = nlohmann::ordered_json;

constexpr size_t kMaxAddress = 254;

// The words that the gateway takes for an event, and the one it answers with.
constexpr std::pair<std::string_view, std::string_view> kEventWords[] = {
    {"delivered", "delivery"}, {"bounced", "bounce"},           {"opened", "open"},
    {"clicked", "click"},      {"unsubscribed", "unsubscribe"}, {"complained", "complaint"}};

Error MustBe(const std::string& what) {
  return InvalidArgument("must be " + what);
}

bool IsAscii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return uint8_t(c) < 0x80; });
}

std::string Choices(const Param& param) {
  return Join({param.choices.begin(), param.choices.end()}, ", ");
}

Result<std::string> Chosen(const std::string& text, const Param& param) {
  if (param.choices.empty()) return text;
  for (const std::string_view choice : param.choices) {
    if (EqualsIgnoreCase(choice, text)) return std::string(choice);
  }
  return MustBe("one of " + Choices(param));
}

// What a text must be is said of the value that was written in its place.
Error NotText(const Node& node) {
  const bool scalar = node.As<bool>() || node.As<int64_t>() || node.As<Node::Other>();
  return MustBe(scalar ? "a text: put it in quotes" : "a text");
}

Result<Json> Text(const Node& node, const Param& param) {
  const auto* text = node.As<std::string>();
  if (!text) return NotText(node);
  if (text->size() > param.max_length) {
    return MustBe("at most " + std::to_string(param.max_length) + " bytes long");
  }
  if (param.type == ParamType::kText) {
    if (text->find('\0') != text->npos) return InvalidArgument("must not contain NUL");
  } else if (HasControl(*text)) {
    return InvalidArgument("must not contain control characters");
  }
  if (text->empty()) return Json("");
  auto chosen = Chosen(*text, param);
  if (!chosen) return chosen.error();
  return Json(*std::move(chosen));
}

Result<Json> Integer(const Node& node, const Param& param) {
  const auto* number = node.As<int64_t>();
  if (!number) return MustBe("a whole number");
  if (*number < param.minimum || *number > param.maximum) {
    return MustBe("from " + std::to_string(param.minimum) + " to " + std::to_string(param.maximum));
  }
  return Json(*number);
}

Result<Json> Texts(const Node& node, const Param& param) {
  const auto* list = node.As<Node::List>();
  if (!list) return MustBe("a list of texts");
  Json texts = Json::array();
  for (const Node& element : *list) {
    const auto* text = element.As<std::string>();
    if (!text) return MustBe("a list of texts");
    auto chosen = Chosen(*text, param);
    if (!chosen) return InvalidArgument("may have only " + Choices(param));
    texts.push_back(*std::move(chosen));
  }
  return texts;
}

// Names that the gateway converts before it keeps them; here only what needs no tables is.
Result<Json> DomainName(std::string name) {
  if (!IsAscii(name)) return InvalidArgument("must be written in ASCII: xn--…");
  while (name.ends_with('.')) name.pop_back();
  return Json(Lower(name));
}

std::string EventWord(const std::string& text) {
  for (const auto& [word, own] : kEventWords) {
    if (word == text) return std::string(own);
  }
  return text;
}

}  // namespace

Result<Json> ReadValue(const Node& node, const Schema& schema, const Property& property) {
  const Param& param = schema.ParamOf(property);
  if (param.type == ParamType::kBoolean || param.type == ParamType::kFlag) {
    return node.As<bool>() ? Result<Json>(*node.As<bool>()) : MustBe("true or false");
  }
  if (param.type == ParamType::kInteger) return Integer(node, param);
  if (param.type == ParamType::kStringList) return Texts(node, param);
  auto text = Text(node, param);
  if (!text) return text;
  if (property.param == "DomainName") return DomainName(text->get<std::string>());
  if (property.param == "Event") return Json(EventWord(text->get<std::string>()));
  return text;
}

Result<std::string> ReadAddress(const Node& node) {
  const auto* text = node.As<std::string>();
  if (!text) return NotText(node);
  const size_t at = text->rfind('@');
  const bool plausible = at != text->npos && at > 0 && at + 1 < text->size() &&
                         text->size() <= kMaxAddress && !HasControl(*text) &&
                         text->find(' ') == text->npos;
  if (!plausible) return MustBe("an email address");
  if (!IsAscii(std::string_view(*text).substr(at))) {
    return InvalidArgument("must have its domain in ASCII: xn--…");
  }
  return Lower(*text);
}

}  // namespace egd::cli
