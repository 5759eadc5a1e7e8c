#include "cli/request.h"

#include <nlohmann/json.hpp>

#include "cli/values.h"
#include "shared/base/encoding.h"
#include "shared/base/strings.h"
#include "shared/catalogue/arguments.h"

namespace egd::cli {
namespace {

using catalogue::CliOption;
using catalogue::Command;
using catalogue::OptionSource;
using catalogue::Param;
using catalogue::ParamType;
using Json = nlohmann::ordered_json;

// Builds one request; each step stops at the first mistake.
class Builder {
 public:
  Builder(const Command& command, const Words& words, Input& input)
      : command_(command), words_(words), input_(input) {}

  Result<Json> Build() {
    for (const CliOption& option : catalogue::OptionsOf(command_)) {
      const auto given = words_.options.find(option.names[0]);
      const bool is_own = !option.param && (option.source == OptionSource::kValue ||
                                            option.source == OptionSource::kSwitch);
      if (given == words_.options.end() || is_own) continue;
      if (auto added = Add(option, given->second); !added) return added.error();
    }
    if (auto placed = PlacePositionals(); !placed) return placed.error();
    InferContentType();
    AskForSecrets();
    if (auto checked = Check(); !checked) return checked.error();
    return std::move(request_);
  }

 private:
  Result<void> Add(const CliOption& option, const std::vector<std::string>& words) {
    switch (option.source) {
      case OptionSource::kValue:
      case OptionSource::kSwitch:
        return Set(*option.param, ValueOf(*option.param, option.names[0], words));
      case OptionSource::kFile:
        return SetFromFile(*option.param, words.front());
      case OptionSource::kBodyFile:
        return AddBody(words.front());
      case OptionSource::kAttachment:
      case OptionSource::kInlineAttachment:
        return Attach(option, words);
      case OptionSource::kIdempotencyKey:
        return {};  // a header, not a parameter
    }
    return {};
  }

  Result<void> Set(const Param& param, Result<Json> value) {
    if (!value) return value.error();
    Json& place = request_[std::string(param.name)];
    if (!place.is_null()) return InvalidArgument(std::string(param.name) + " is given twice");
    place = *std::move(value);
    return {};
  }

  // JSON holds no octets but UTF-8: others go in base64, to the parameter that takes it.
  Result<void> SetFromFile(const Param& param, const std::string& path) {
    auto text = FileText(param, path);
    if (!text || !param.octets || IsUtf8(text->get_ref<const std::string&>())) {
      return Set(param, std::move(text));
    }
    return Set(*command_.Find(std::string(param.name) + "Base64"),
               Json(Base64(text->get_ref<const std::string&>())));
  }

  Result<Json> FileText(const Param& param, const std::string& path) {
    auto text = input_.Read(path);
    if (!text) return text.error();
    if (param.type == ParamType::kSecret && text->ends_with('\n')) text->pop_back();
    if (param.type == ParamType::kSecret && text->ends_with('\r')) text->pop_back();
    return Json(*std::move(text));
  }

  Result<void> AddBody(const std::string& path) {
    const auto type = words_.One("--content-type");
    const bool html = type ? EqualsIgnoreCase(*type, "html")
                           : Lower(path).ends_with(".html") || Lower(path).ends_with(".htm");
    const Param& param = *command_.Find(html ? "HTMLContent" : "PlainContent");
    return Set(param, FileText(param, path));
  }

  Result<void> Attach(const CliOption& option, const std::vector<std::string>& paths) {
    Json& list = request_[std::string(option.param->name)];
    if (list.is_null()) list = Json::array();
    for (const std::string& path : paths) {
      auto file = AttachmentOf(path, option.source == OptionSource::kInlineAttachment, input_);
      if (!file) return file.error();
      list.push_back(*std::move(file));
    }
    return {};
  }

  bool Lacks(const Param& param) const { return !request_.contains(std::string(param.name)); }

  Result<void> PlacePositionals() {
    auto word = words_.positionals.begin();
    for (const Param* param : catalogue::PositionalsOf(command_)) {
      if (word == words_.positionals.end()) return {};
      if (!Lacks(*param)) continue;
      const auto end = catalogue::TakesMany(*param) ? words_.positionals.end() : word + 1;
      const std::string name = "<" + catalogue::ArgumentName(*param) + ">";
      const auto set = catalogue::IsFileByPosition(*param)
                           ? SetFromFile(*param, *word)
                           : Set(*param, ValueOf(*param, name, {word, end}));
      if (!set) return set.error();
      word = end;
    }
    if (word == words_.positionals.end()) return {};
    return InvalidArgument("unexpected argument " + Printable(*word));
  }

  void InferContentType() {
    const Param* type = command_.Find("ContentType");
    if (!type || !Lacks(*type)) return;
    const bool html = request_.contains("HTMLContent"), plain = request_.contains("PlainContent");
    if (html || plain) request_["ContentType"] = html && plain ? "both" : html ? "html" : "plain";
  }

  void AskForSecrets() {
    for (const Param& param : command_.params) {
      if (param.type != ParamType::kSecret || !param.required || !Lacks(param)) continue;
      if (auto typed = input_.Ask(std::string(param.name), true)) {
        request_[std::string(param.name)] = *std::move(typed);
      }
    }
  }

  // What the daemon would refuse without looking anything up is a mistake of the command line.
  Result<void> Check() const {
    Json checked = request_;
    for (const Param& param : command_.params) {
      const auto value = checked.find(std::string(param.name));
      if (value == checked.end()) continue;
      if (catalogue::IsDomainId(param) && value->is_string() && *value != "") *value = 1;
    }
    const auto parsed = catalogue::ParseArguments(command_, std::move(checked));
    const auto* problems = std::get_if<std::vector<catalogue::Problem>>(&parsed);
    if (!problems) return {};
    std::vector<std::string> texts;
    for (const catalogue::Problem& problem : *problems) texts.push_back(problem.text);
    return InvalidArgument(Join(texts, "; "));
  }

  const Command& command_;
  const Words& words_;
  Input& input_;
  Json request_ = Json::object();
};

}  // namespace

Result<Json> BuildRequest(const Command& command, const Words& words, Input& input) {
  return Builder(command, words, input).Build();
}

Result<void> ActForUser(const Words& words, Json& request) {
  const auto user = words.One("--as-user");
  if (!user) return {};
  const auto id = ParseInteger(*user);
  if (!id) return InvalidArgument("--as-user must be a UserID, a number");
  request["UserID"] = *id;
  return {};
}

}  // namespace egd::cli
