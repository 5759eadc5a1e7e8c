// `egctl export`: what there is, as a document that apply takes. Suppressions come last and are
// printed page by page: there may be millions.
#include <algorithm>
#include <ostream>

#include "cli/desired/document.h"
#include "cli/desired/gateway.h"
#include "cli/output.h"
#include "cli/printing.h"
#include "cli/request.h"
#include "cli/run.h"
#include "shared/base/strings.h"
#include "shared/catalogue/exit_status.h"

namespace egd::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kName = "export";

bool IsEmpty(const Json& value) {
  return value.is_null() || (value.is_string() && value.get<std::string>().empty());
}

// A status that only the admin gives; the others come of verification.
bool IsGiven(const Item& item, std::string_view key) {
  if (item.kind != Kind::kDomain || !key.starts_with("status")) return true;
  const std::string status = item.Text("status");
  return status == "Disabled" || status == "Suspended";
}

Json TableOf(const Item& item, const Asker& asker) {
  const Schema& schema = SchemaOf(item.kind);
  Json table = Json::object();
  for (const Property& property : schema.properties) {
    const Json value = item.values.value(std::string(property.key), Json());
    const bool told = !property.param.empty() && (!property.admin_only || asker.is_admin) &&
                      IsGiven(item, property.key) &&
                      (property.identifies ? !value.is_null() && value != false : !IsEmpty(value));
    if (!told) continue;
    const size_t dot = property.key.find('.');
    Json& place =
        dot == property.key.npos ? table : table[std::string(property.key.substr(0, dot))];
    place[std::string(dot == property.key.npos ? property.key : property.key.substr(dot + 1))] =
        value;
    if (property.identifies && schema.parent == Parent::kUser && asker.is_admin) {
      table["user"] = item.owner;
    }
  }
  return table;
}

class Exporting {
 public:
  Exporting(Console& console, Gateway& gateway, DocumentFormat format)
      : console_(console), gateway_(gateway), format_(format) {}

  int Run() {
    if (!ReadUsers()) return gateway_.status();
    for (const auto& [owner, id] : gateway_.users()) {
      for (const Kind kind : {Kind::kDomain, Kind::kTemplate, Kind::kList}) {
        if (!Read(owner, SchemaOf(kind))) return gateway_.status();
      }
    }
    Begin();
    for (const auto& [owner, id] : gateway_.users()) {
      if (!PrintSuppressions(owner)) return gateway_.status() ? gateway_.status() : Flush(console_);
    }
    End();
    return Flush(console_);
  }

 private:
  bool ReadUsers() {
    if (!gateway_.asker().sees_all) return true;
    const auto users = gateway_.Users();
    if (!users) return false;
    document_["users"] = Json::array();
    for (const Item& user : *users) {
      document_["users"].push_back(TableOf(user, gateway_.asker()));
    }
    return true;
  }

  bool Read(const std::string& owner, const Schema& schema) {
    auto items = gateway_.Of(owner, schema);
    if (!items) return false;
    for (Item& item : *items) {
      if (item.kind == Kind::kTemplate && !gateway_.AddContents(item)) return false;
      Json table = TableOf(item, gateway_.asker());
      if (item.kind == Kind::kDomain && !AddBelongings(item, table)) return false;
      document_[std::string(schema.key)].push_back(std::move(table));
    }
    return true;
  }

  bool AddBelongings(const Item& domain, Json& table) {
    for (const Schema& schema : Schemas()) {
      if (schema.parent != Parent::kDomain) continue;
      const auto items = gateway_.Of(domain, schema);
      if (!items) return false;
      for (const Item& item : *items) {
        table[std::string(schema.key)].push_back(TableOf(item, gateway_.asker()));
      }
    }
    return true;
  }

  // Everything but suppressions.
  void Begin() {
    switch (format_) {
      case DocumentFormat::kToml:
        console_.out << "# What egctl export found; egctl apply makes a gateway so.\n"
                     << RenderToml(document_);
        return;
      case DocumentFormat::kYaml:
        console_.out << "# What egctl export found; egctl apply makes a gateway so.\n";
        if (!document_.empty()) console_.out << RenderYaml(document_);
        return;
      case DocumentFormat::kJson: {
        const std::string json = RenderJson(document_, 2);
        console_.out << (document_.empty() ? "{" : json.substr(0, json.size() - 2));
        return;
      }
    }
  }

  void End() {
    if (format_ != DocumentFormat::kJson) return;
    console_.out << (has_suppressions_ ? "\n  ]\n}\n" : "\n}\n");
  }

  bool PrintSuppressions(const std::string& owner) {
    for (int64_t at = 0;; at += Gateway::kPage) {
      const auto page = gateway_.Suppressions(owner, "*", at);
      if (!page) return false;
      for (const Json& row : page->rows) {
        if (row.value("Scope", "") == "all") PrintSuppression(owner, row);
      }
      if (!console_.out || console_.pause.OutputClosed()) return false;
      if (at + Gateway::kPage >= page->total) return true;
    }
  }

  void PrintSuppression(const std::string& owner, const Json& row) {
    Json table = {{"address", row.value("EmailAddress", "")}};
    if (gateway_.asker().is_admin) table["user"] = owner;
    table["source"] = row.value("SuppressionSource", "");
    table["reason"] = row.value("Reason", "");
    if (IsEmpty(table["reason"])) table.erase("reason");
    const bool first = !std::exchange(has_suppressions_, true);
    switch (format_) {
      case DocumentFormat::kToml:
        console_.out << "\n[[suppressions]]\n" << RenderToml(table);
        return;
      case DocumentFormat::kYaml:
        console_.out << (first ? "suppressions:\n" : "") << "  - " << RenderJson(table, -1) << "\n";
        return;
      case DocumentFormat::kJson:
        console_.out << (!first              ? ",\n    "
                         : document_.empty() ? "\n  \"suppressions\": [\n    "
                                             : ",\n  \"suppressions\": [\n    ")
                     << RenderJson(table, -1);
        return;
    }
  }

  Console& console_;
  Gateway& gateway_;
  const DocumentFormat format_;
  Json document_ = Json::object();
  bool has_suppressions_ = false;
};

Result<Words> WordsOf(const std::vector<std::string>& arguments) {
  auto options = catalogue::GlobalOptions();
  for (const auto& own : catalogue::OwnCommands()) {
    if (own.name == kName) options.insert(options.end(), own.options.begin(), own.options.end());
  }
  auto words = ParseWords(options, arguments);
  if (words && !words->positionals.empty()) {
    return InvalidArgument("unexpected argument " + Printable(words->positionals[0]));
  }
  return words;
}

Result<DocumentFormat> FormatOf(const Words& words) {
  const auto name = words.Has("--format") ? words.One("--format") : words.One("--output");
  if (!name) return DocumentFormat::kToml;
  if (const auto format = ParseDocumentFormat(*name)) return *format;
  return InvalidArgument("export prints toml, yaml or json");
}

}  // namespace

int Export(Console& console, const std::vector<std::string>& arguments) {
  const auto wrong = [&](const Error& error) {
    return UsageError(console, error.public_text, kName);
  };
  const auto words = WordsOf(arguments);
  if (!words) return wrong(words.error());
  const auto format = FormatOf(*words);
  if (!format) return wrong(format.error());
  if (words->Has("--field")) return wrong(InvalidArgument("export has no --field"));
  Json acting = Json::object();
  if (auto given = ActForUser(*words, acting); !given) return wrong(given.error());
  auto session = Session::Open(console, *words);
  if (!session) return wrong(session.error());
  Gateway gateway(console, *session);
  if (!gateway.FindAsker(acting)) return gateway.status();
  return Exporting(console, gateway, *format).Run();
}

}  // namespace egd::cli
