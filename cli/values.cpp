#include "cli/values.h"

#include <nlohmann/json.hpp>

#include "shared/base/encoding.h"
#include "shared/base/strings.h"
#include "shared/catalogue/json_text.h"

namespace egd::cli {
namespace {

using catalogue::Param;
using catalogue::ParamType;
using Json = nlohmann::ordered_json;

struct MediaType {
  std::string_view ending, type;
};
constexpr MediaType kMediaTypes[] = {
    {"csv", "text/csv"},    {"gif", "image/gif"},         {"htm", "text/html"},
    {"html", "text/html"},  {"ics", "text/calendar"},     {"jpeg", "image/jpeg"},
    {"jpg", "image/jpeg"},  {"json", "application/json"}, {"pdf", "application/pdf"},
    {"png", "image/png"},   {"svg", "image/svg+xml"},     {"txt", "text/plain"},
    {"webp", "image/webp"}, {"xml", "application/xml"},   {"zip", "application/zip"},
};

std::string_view MediaTypeOf(std::string_view file_name) {
  const std::string ending = Lower(file_name.substr(file_name.rfind('.') + 1));
  for (const MediaType& row : kMediaTypes) {
    if (row.ending == ending) return row.type;
  }
  return "application/octet-stream";
}

std::string Unquoted(std::string_view name) {
  if (name.size() < 2 || !name.starts_with('"') || !name.ends_with('"')) return std::string(name);
  std::string text;
  for (size_t i = 1; i + 1 < name.size(); ++i) {
    if (name[i] == '\\' && i + 2 < name.size()) ++i;
    text += name[i];
  }
  return text;
}

Json Number(const std::string& word) {
  const auto number = ParseInteger(word);
  return number ? Json(*number) : Json(word);
}

Json Switch(const Param& param, const std::string& word) {
  const std::string lower = Lower(word);
  const bool yes = lower == "true" || lower == "yes" || lower == "1";
  const bool no = lower == "false" || lower == "no" || lower == "0";
  if (!yes && !no) return word;
  return param.type == ParamType::kFlag ? Json(yes ? 1 : 0) : Json(yes);
}

Json Mailboxes(const std::vector<std::string>& words) {
  Json list = Json::array();
  for (const std::string& word : words) list.push_back(MailboxOf(word));
  return list;
}

Json Texts(const std::vector<std::string>& words) {
  Json list = Json::array();
  for (const std::string& word : words) {
    for (const std::string_view part : Split(word, ',')) {
      if (!Trim(part).empty()) list.push_back(Trim(part));
    }
  }
  return list;
}

Result<Json> Map(const std::string& name, const std::vector<std::string>& words) {
  Json map = Json::object();
  for (const std::string_view word : words) {
    const size_t separator = word.find_first_of(":=");
    const std::string key(Trim(word.substr(0, separator)));
    if (separator == word.npos || key.empty()) {
      return InvalidArgument(name + " must be like 'Key: value'");
    }
    map[key] = Trim(word.substr(separator + 1));
  }
  return map;
}

bool MayBeJson(ParamType type) {
  return type == ParamType::kMailbox || type == ParamType::kMailboxList ||
         type == ParamType::kStringList || type == ParamType::kStringMap ||
         type == ParamType::kAttachmentList || type == ParamType::kRequestList ||
         type == ParamType::kJson;
}

}  // namespace

Json MailboxOf(std::string_view text) {
  text = Trim(text);
  const size_t open = text.rfind('<');
  if (open == text.npos || !text.ends_with('>')) return {{"name", ""}, {"email", text}};
  const std::string_view email = text.substr(open + 1, text.size() - open - 2);
  return {{"name", Unquoted(Trim(text.substr(0, open)))}, {"email", Trim(email)}};
}

Result<Json> ValueOf(const Param& param, const std::string& name,
                     const std::vector<std::string>& words) {
  const std::string& word = words.front();
  if (word.empty() && words.size() == 1) return Json("");  // missing, whatever the type
  if (MayBeJson(param.type) && (word.starts_with('[') || word.starts_with('{'))) {
    auto json = catalogue::ParseJson(word);
    if (!json) return InvalidArgument(name + " begins like JSON, but is none");
    return *std::move(json);
  }
  switch (param.type) {
    case ParamType::kInteger:
    case ParamType::kTimestamp:
      return Number(word);
    case ParamType::kBoolean:
    case ParamType::kFlag:
      return Switch(param, word);
    case ParamType::kStringList:
      return Texts(words);
    case ParamType::kMailbox:
      return MailboxOf(word);
    case ParamType::kMailboxList:
      return Mailboxes(words);
    case ParamType::kStringMap:
      return Map(name, words);
    case ParamType::kString:
    case ParamType::kText:
    case ParamType::kSecret:
    case ParamType::kDay:
    case ParamType::kAttachmentList:
    case ParamType::kRequestList:
    case ParamType::kJson:
      return Json(word);
  }
  return Json(word);
}

Result<Json> AttachmentOf(const std::string& path, bool is_inline, Input& input) {
  auto content = input.Read(path);
  if (!content) return content.error();
  const std::string file_name = path.substr(path.rfind('/') + 1);
  return Json{{"filename", file_name},
              {"content", Base64(*content)},
              {"type", MediaTypeOf(file_name)},
              {"disposition", is_inline ? "inline" : "attachment"},
              {"contentid", is_inline ? file_name : ""}};
}

}  // namespace egd::cli
