#include "shared/catalogue/arguments.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <stdexcept>
#include <utility>

#include <nlohmann/json.hpp>

#include "shared/base/clock.h"
#include "shared/base/strings.h"
#include "shared/catalogue/json_text.h"

namespace egd::catalogue {
namespace {

using Json = nlohmann::ordered_json;
using Read = std::variant<Json, Problem>;

constexpr size_t kMaxNameBytes = 255;               // of a mailbox's display name
constexpr size_t kMaxEmailBytes = 320;              // 64 + @ + 255 (RFC 5321 section 4.5.3.1)
constexpr size_t kMaxElementBytes = 1024;           // of a list
constexpr size_t kMaxHeaderBytes = 4096;            // of a map's value
constexpr int64_t kMaxTimestamp = 253'402'300'799;  // 9999-12-31 23:59:59

bool IsStructured(ParamType type) {
  switch (type) {
    case ParamType::kStringList:
    case ParamType::kMailbox:
    case ParamType::kMailboxList:
    case ParamType::kStringMap:
    case ParamType::kAttachmentList:
    case ParamType::kRequestList:
    case ParamType::kJson:
      return true;
    case ParamType::kString:
    case ParamType::kText:
    case ParamType::kSecret:
    case ParamType::kInteger:
    case ParamType::kBoolean:
    case ParamType::kFlag:
    case ParamType::kDay:
    case ParamType::kTimestamp:
      return false;
  }
  return false;
}

// Why `text` cannot be taken, to follow the parameter's name; empty when it can.
std::string LinesFault(std::string_view text) {
  if (text.find('\0') != text.npos) return "must not contain NUL";
  return IsUtf8(text) ? "" : "is not valid UTF-8";
}
std::string TextFault(std::string_view text) {
  if (!IsUtf8(text)) return "is not valid UTF-8";
  return HasControl(text) ? "must not contain control characters" : "";
}

// A number without a fraction, as some encoders write integers: 1.0, 1e3. Beyond 2^53 a double has
// lost the last digits.
std::optional<int64_t> WholeNumber(double number) {
  constexpr double kExact = 9007199254740992;
  if (!(std::abs(number) <= kExact) || number != std::trunc(number)) return std::nullopt;
  return int64_t(number);
}

std::string LengthFault(size_t limit) {
  return "must be at most " + std::to_string(limit) + " bytes long";
}

// The member of an object, whatever the case of its key; null when absent.
Json* FindMember(Json& object, std::string_view key) {
  for (auto member = object.begin(); member != object.end(); ++member) {
    if (EqualsIgnoreCase(member.key(), key)) return &*member;
  }
  return nullptr;
}
const Json& Member(const Json& object, std::string_view key) {
  static const Json null;
  for (auto member = object.begin(); member != object.end(); ++member) {
    if (EqualsIgnoreCase(member.key(), key)) return *member;
  }
  return null;
}

// Reads the values of one parameter, and moves what may be large out of them: texts and attachments.
// A method that reads part of a value is told `where` that is: "To[2].email".
class Reader {
 public:
  Reader(const Command& command, const Param& param) : command_(command), param_(param) {}

  Problem Refuse(int code, std::string_view where, std::string_view why) const {
    const ErrorEntry* entry = command_.FindError(code);
    return {code, entry ? entry->kind : ErrorKind::kInvalidArgument,
            std::string(where) + " " + std::string(why)};
  }

  Read Value(Json& value) const {
    switch (param_.type) {
      case ParamType::kString:
      case ParamType::kText:
      case ParamType::kSecret:
        return Text(value);
      case ParamType::kInteger:
        return Integer(value, param_.minimum, param_.maximum);
      case ParamType::kTimestamp:
        return Integer(value, std::max<int64_t>(param_.minimum, 0),
                       std::min(param_.maximum, kMaxTimestamp));
      case ParamType::kBoolean:
      case ParamType::kFlag:
        return Boolean(value);
      case ParamType::kDay:
        return Day(value);
      case ParamType::kStringList:
        return List(value, "a list of texts", &Reader::Element);
      case ParamType::kMailbox:
        return Mailbox(value, std::string(param_.name));
      case ParamType::kMailboxList:
        return List(value, "a list of {name, email}", &Reader::Mailbox);
      case ParamType::kAttachmentList:
        return List(value, "a list of {filename, content, type, disposition, contentid}",
                    &Reader::Attachment);
      case ParamType::kStringMap:
        return Map(value);
      case ParamType::kRequestList:
        return List(value, "a list of objects", &Reader::Request);
      case ParamType::kJson:
        return value;
    }
    return value;
  }

 private:
  Problem Invalid(std::string_view where, std::string_view why) const {
    return Refuse(param_.invalid_code, where, why);
  }
  Problem Invalid(std::string_view why) const { return Invalid(param_.name, why); }
  Problem TooLong(std::string_view why) const {
    return Refuse(param_.too_long_code ? param_.too_long_code : param_.invalid_code, param_.name,
                  why);
  }

  Read Text(Json& value) const {
    if (!value.is_string()) return Invalid("must be a text");
    const auto& text = value.get_ref<const std::string&>();
    if (text.size() > param_.max_length) return TooLong(LengthFault(param_.max_length));
    std::string fault = param_.type == ParamType::kText ? LinesFault(text) : TextFault(text);
    if (param_.octets && text.find('\0') == text.npos) fault.clear();
    if (!fault.empty()) return Invalid(fault);
    if (param_.choices.empty()) return std::move(value);
    return Choice(text, param_.name);
  }

  // The declared spelling of `text`, when the parameter has choices.
  Read Choice(const std::string& text, std::string_view where) const {
    if (param_.choices.empty() || text.empty()) return Json(text);
    for (const std::string_view choice : param_.choices) {
      if (EqualsIgnoreCase(choice, text)) return Json(choice);
    }
    const std::vector<std::string> choices(param_.choices.begin(), param_.choices.end());
    return Invalid(where, "must be one of " + Join(choices, ", "));
  }

  Read Integer(const Json& value, int64_t minimum, int64_t maximum) const {
    std::optional<int64_t> number;
    if (value.is_string()) number = ParseInteger(value.get_ref<const std::string&>());
    if (value.is_number_integer()) number = value.get<int64_t>();
    if (value.is_number_unsigned() && value.get<uint64_t>() > INT64_MAX) number.reset();
    if (value.is_number_float()) number = WholeNumber(value.get<double>());
    if (!number) return Invalid("must be an integer");
    if (param_.type == ParamType::kTimestamp && *number > kMaxTimestamp) {
      return Invalid("must be Unix time in seconds; this looks like milliseconds");
    }
    if (*number < minimum) return Invalid("must be at least " + std::to_string(minimum));
    if (*number > maximum) return Invalid("must be at most " + std::to_string(maximum));
    return Json(*number);
  }

  Read Boolean(const Json& value) const {
    if (value.is_boolean()) return value;
    std::string word;
    if (value.is_number_integer()) word = value.dump();
    if (value.is_string()) word = Lower(value.get_ref<const std::string&>());
    if (word == "1" || word == "true" || word == "yes") return Json(true);
    if (word == "0" || word == "false" || word == "no") return Json(false);
    return Invalid("must be true or false, 1 or 0");
  }

  Read Day(const Json& value) const {
    std::optional<UnixMillis> day;
    if (value.is_string()) day = ParseDay(value.get_ref<const std::string&>());
    if (!day) return Invalid("must be a day like 2026-01-31");
    return Json(*day);
  }

  Read List(Json& value, std::string_view expected,
            Read (Reader::*read)(Json&, const std::string&) const) const {
    if (!value.is_array()) return Invalid("must be " + std::string(expected));
    if (value.size() > param_.max_length) {
      return TooLong("must have at most " + std::to_string(param_.max_length) + " entries");
    }
    Json list = Json::array();
    for (size_t i = 0; i < value.size(); ++i) {
      Read entry =
          (this->*read)(value[i], std::string(param_.name) + "[" + std::to_string(i) + "]");
      if (std::holds_alternative<Problem>(entry)) return entry;
      list.push_back(std::move(std::get<Json>(entry)));
    }
    return list;
  }

  // Of a list of texts. IDs may be numbers.
  Read Element(Json& value, const std::string& where) const {
    if (value.is_number_integer()) return Json(value.dump());
    if (!value.is_string()) return Invalid(where, "must be a text");
    const auto& text = value.get_ref<const std::string&>();
    if (text.empty()) return Invalid(where, "must not be empty");
    if (text.size() > kMaxElementBytes) return Invalid(where, LengthFault(kMaxElementBytes));
    const std::string fault = TextFault(text);
    if (!fault.empty()) return Invalid(where, fault);
    return Choice(text, where);
  }

  // {"name": …, "email": …}, both texts. An absent email is empty: the handler has a code of its
  // own for it.
  Read Mailbox(Json& value, const std::string& where) const {
    if (!value.is_object()) return Invalid(where, "must be an object {name, email}");
    Read name = Part(value, "name", where, kMaxNameBytes);
    if (std::holds_alternative<Problem>(name)) return name;
    const Json& email = Member(value, "email");
    if (email.is_null()) return Json{{"name", std::get<Json>(name)}, {"email", ""}};
    if (!email.is_string()) return Invalid(where + ".email", "must be a text");
    const auto& address = email.get_ref<const std::string&>();
    std::string fault = TextFault(address);
    if (address.size() > kMaxEmailBytes) fault = LengthFault(kMaxEmailBytes);
    if (!fault.empty()) {
      return Refuse(param_.address_code ? param_.address_code : param_.invalid_code,
                    where + ".email", fault);
    }
    return Json{{"name", std::get<Json>(name)}, {"email", address}};
  }

  // A text member of an object; "" when absent.
  Read Part(const Json& object, std::string_view key, const std::string& where,
            size_t limit) const {
    const Json& value = Member(object, key);
    if (value.is_null()) return Json("");
    const std::string part = where + "." + std::string(key);
    if (!value.is_string()) return Invalid(part, "must be a text");
    const auto& text = value.get_ref<const std::string&>();
    if (text.size() > limit) return Invalid(part, LengthFault(limit));
    const std::string fault = TextFault(text);
    if (!fault.empty()) return Invalid(part, fault);
    return value;
  }

  // All five members as texts. The content is not looked at: decoding it is the handler's.
  Read Attachment(Json& value, const std::string& where) const {
    if (!value.is_object()) return Invalid(where, "must be an object {filename, content, ...}");
    Json attachment;
    for (const std::string_view key : {"filename", "type", "disposition", "contentid"}) {
      Read part = Part(value, SpellingOf(value, key), where, kMaxNameBytes);
      if (std::holds_alternative<Problem>(part)) return part;
      attachment[std::string(key)] = std::move(std::get<Json>(part));
    }
    Json* const content = FindMember(value, "content");
    if (attachment["filename"] == "") return Invalid(where + ".filename", "is missing");
    if (!content || !content->is_string()) {
      return Invalid(where + ".content", "must be a base64 text");
    }
    attachment["content"] = std::move(*content);
    const std::string disposition = Lower(attachment["disposition"].get_ref<std::string&>());
    if (disposition != "" && disposition != "attachment" && disposition != "inline") {
      return Invalid(where + ".disposition", "must be attachment or inline");
    }
    attachment["disposition"] = disposition.empty() ? "attachment" : disposition;
    return attachment;
  }

  // How `object` spells an attachment's member: other services' clients say content_id or cid.
  static std::string_view SpellingOf(const Json& object, std::string_view key) {
    if (key != "contentid" || !Member(object, key).is_null()) return key;
    for (const std::string_view other : {"content_id", "content-id", "cid"}) {
      if (!Member(object, other).is_null()) return other;
    }
    return key;
  }

  // As it is: one that is wrong must not keep the others from being read.
  Read Request(Json& value, const std::string&) const { return std::move(value); }

  Read Map(const Json& value) const {
    if (!value.is_object()) return Invalid("must be an object of texts");
    if (value.size() > param_.max_length) {
      return TooLong("must have at most " + std::to_string(param_.max_length) + " entries");
    }
    Json map = Json::object();
    for (const auto& [key, given] : value.items()) {
      if (key.empty() || key.size() > kMaxNameBytes || !TextFault(key).empty()) {
        return Invalid("must have keys of 1 to " + std::to_string(kMaxNameBytes) +
                       " bytes without control characters");
      }
      if (given.is_null()) continue;
      const std::string where = std::string(param_.name) + "." + key;
      if (!given.is_string() && !given.is_number() && !given.is_boolean()) {
        return Invalid(where, "must be a text");
      }
      std::string text = given.is_string() ? given.get<std::string>() : given.dump();
      if (text.size() > kMaxHeaderBytes) return Invalid(where, LengthFault(kMaxHeaderBytes));
      const std::string fault = param_.multi_line ? LinesFault(text) : TextFault(text);
      if (!fault.empty()) return Invalid(where, fault);
      map[key] = std::move(text);
    }
    return map;
  }

  const Command& command_;
  const Param& param_;
};

// A structured value that came as text: JSON, or for a list of strings its elements between commas.
// Nothing when `value` is to be taken as it is.
std::optional<Json> FromText(const Param& param, const Json& value) {
  if (!IsStructured(param.type) || !value.is_string()) return std::nullopt;
  const std::string_view text = Trim(value.get_ref<const std::string&>());
  if (param.type != ParamType::kStringList || text.starts_with('[')) return ParseJson(text);
  // One more than is allowed is enough to refuse them.
  Json list = Json::array();
  for (std::string_view rest = text; !rest.empty() && list.size() <= param.max_length;) {
    const size_t end = std::min(rest.find(','), rest.size());
    if (const std::string_view part = Trim(rest.substr(0, end)); !part.empty()) {
      list.push_back(part);
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return list;
}

bool IsMissing(const Param& param, const Json& value) {
  if (value.is_null()) return true;
  const bool structured = IsStructured(param.type);
  if (value.is_string() && value.get_ref<const std::string&>().empty()) {
    return structured || !param.empty_is_value;
  }
  return structured && value.empty() && !param.empty_is_value;
}

using Given = std::map<std::string_view, Json*, LessIgnoreCase>;

// `value` with the entries that were given as parameters of their own; nothing when there are none.
std::optional<Json> WithNumbered(const Param& param, const Given& given, const Json& value) {
  const std::string_view prefix = param.numbered_entries;
  if (prefix.empty() || !(value.is_null() || value.is_object())) return std::nullopt;
  Json map = value.is_object() ? value : Json::object();
  size_t found = 0;
  for (const auto& [name, entry] : given) {
    const std::string_view number = name.substr(std::min(prefix.size(), name.size()));
    if (number.empty() || !EqualsIgnoreCase(name.substr(0, prefix.size()), prefix)) continue;
    if (number.find_first_not_of("0123456789") != number.npos) continue;
    map[std::string(prefix) + std::string(number)] = *entry;
    ++found;
  }
  return found > 0 ? std::optional(std::move(map)) : std::nullopt;
}

// `required_unless` may name several, with commas between them.
bool IsRequired(const Command& command, const Param& param, const Given& given) {
  if (!param.required || param.required_unless.empty()) return param.required;
  return std::ranges::none_of(Split(param.required_unless, ','), [&](std::string_view name) {
    const auto other = given.find(name);
    return other != given.end() && !IsMissing(*command.Find(name), *other->second);
  });
}

// The checked value; the default's when absent; nothing when absent without a default.
std::optional<Read> ReadOne(const Command& command, const Param& param, Json& value,
                            bool required) {
  const Reader reader(command, param);
  if (!IsMissing(param, value)) return reader.Value(value);
  if (required) return reader.Refuse(param.missing_code, param.name, "is missing");
  if (param.default_text.empty()) return std::nullopt;
  Json fallback(param.default_text);
  if (auto structured = FromText(param, fallback)) fallback = *std::move(structured);
  return reader.Value(fallback);
}

const Json kNull;

// A period that ends before it begins, in any Command that takes one.
std::optional<Problem> CheckPeriod(const Command& command, const Arguments& arguments) {
  if (!command.Find("StartDate") || !command.Find("EndDate")) return std::nullopt;
  const Json &first = arguments.Json("StartDate"), &last = arguments.Json("EndDate");
  if (first.is_null() || last.is_null() || first <= last) return std::nullopt;
  return Problem{kCodeMalformed, ErrorKind::kInvalidArgument, "EndDate is before StartDate"};
}

}  // namespace

Parsed ReadArguments(const Command& command, Json raw) {
  Given given;
  Parsed parsed{Arguments(command), {}};
  auto& [arguments, problems] = parsed;
  if (!raw.is_object()) {
    problems.push_back(
        {kCodeMalformed, ErrorKind::kInvalidArgument, "The parameters must be a JSON object"});
    return parsed;
  }
  for (auto member = raw.begin(); member != raw.end(); ++member) given[member.key()] = &*member;

  // Before values are moved: one that is there may stand in for another.
  std::vector<bool> required;
  for (const Param& param : command.params) {
    required.push_back(IsRequired(command, param, given));
  }
  for (size_t i = 0; i < command.params.size(); ++i) {
    const Param& param = command.params[i];
    const auto found = given.find(param.name);
    Json absent;
    Json& raw_value = found == given.end() ? absent : *found->second;
    std::optional<Json> from_text = FromText(param, raw_value);
    if (auto entries = WithNumbered(param, given, from_text ? *from_text : raw_value)) {
      from_text = std::move(entries);
    }
    Json& value = from_text ? *from_text : raw_value;
    std::optional<Read> read = ReadOne(command, param, value, required[i]);
    if (!read) continue;
    if (auto* problem = std::get_if<Problem>(&*read)) {
      problems.push_back(std::move(*problem));
    } else {
      (*arguments.values_)[std::string(param.name)] = std::move(std::get<Json>(*read));
    }
  }
  if (auto problem = CheckPeriod(command, arguments)) problems.push_back(std::move(*problem));
  std::ranges::stable_sort(problems, {}, &Problem::code);
  return parsed;
}

std::variant<Arguments, std::vector<Problem>> ParseArguments(const Command& command, Json raw) {
  Parsed parsed = ReadArguments(command, std::move(raw));
  if (parsed.problems.empty()) return std::move(parsed.arguments);
  return std::move(parsed.problems);
}

Arguments::Arguments(const Command& command)
    : command_(&command),
      values_(std::make_unique<nlohmann::ordered_json>(nlohmann::ordered_json::object())) {}
Arguments::Arguments(Arguments&&) noexcept = default;
Arguments& Arguments::operator=(Arguments&&) noexcept = default;
Arguments::~Arguments() = default;

// Of a parameter that is declared, and of one of `types`; any will do when none is given.
const Json& Arguments::Value(std::string_view name, std::initializer_list<ParamType> types) const {
  const auto param = std::ranges::find(command_->params, name, &Param::name);
  const auto bug = [&](std::string_view what) {
    return std::logic_error(std::string(command_->name) + ": its handler asks for " +
                            std::string(name) + ", which is " + std::string(what));
  };
  if (param == command_->params.end()) throw bug("not declared");
  if (types.size() > 0 && std::ranges::find(types, param->type) == types.end()) {
    throw bug("declared with another type");
  }
  const auto value = values_->find(name);
  return value == values_->end() ? kNull : *value;
}

const Json& Arguments::Json(std::string_view name) const {
  return Value(name, {});
}

bool Arguments::Has(std::string_view name) const {
  return !Json(name).is_null();
}

std::string Arguments::String(std::string_view name) const {
  return OptionalString(name).value_or("");
}
int64_t Arguments::Integer(std::string_view name) const {
  return OptionalInteger(name).value_or(0);
}
bool Arguments::Boolean(std::string_view name) const {
  return OptionalBoolean(name).value_or(false);
}

std::optional<std::string> Arguments::OptionalString(std::string_view name) const {
  const auto& value = Value(name, {ParamType::kString, ParamType::kText, ParamType::kSecret});
  return value.is_string() ? std::optional(value.get<std::string>()) : std::nullopt;
}

std::optional<int64_t> Arguments::OptionalInteger(std::string_view name) const {
  const auto& value = Value(name, {ParamType::kInteger, ParamType::kTimestamp});
  return value.is_number_integer() ? std::optional(value.get<int64_t>()) : std::nullopt;
}

std::optional<bool> Arguments::OptionalBoolean(std::string_view name) const {
  const auto& value = Value(name, {ParamType::kBoolean, ParamType::kFlag});
  return value.is_boolean() ? std::optional(value.get<bool>()) : std::nullopt;
}

std::optional<UnixMillis> Arguments::OptionalDay(std::string_view name) const {
  const auto& value = Value(name, {ParamType::kDay});
  return value.is_number_integer() ? std::optional(value.get<UnixMillis>()) : std::nullopt;
}

std::string Arguments::Take(std::string_view name) {
  Value(name, {ParamType::kString, ParamType::kText, ParamType::kSecret});  // as declared
  const auto value = values_->find(name);
  if (value == values_->end() || !value->is_string()) return {};
  std::string text = std::move(value->get_ref<std::string&>());
  *value = nullptr;
  return text;
}

std::vector<std::string> Arguments::Strings(std::string_view name) const {
  const auto& value = Value(name, {ParamType::kStringList});
  return value.is_array() ? value.get<std::vector<std::string>>() : std::vector<std::string>();
}

}  // namespace egd::catalogue
