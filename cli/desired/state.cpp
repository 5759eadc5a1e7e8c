#include "cli/desired/state.h"

#include <algorithm>
#include <map>
#include <utility>

#include "cli/desired/read_value.h"
#include "shared/base/strings.h"

namespace egd::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kMostMistakes = 20;  // a screen of them
constexpr std::string_view kOptions = "options.";

std::string Quoted(std::string_view key) {
  return "`" + Printable(key) + "`";
}

class Reader {
 public:
  Reader(const std::string& file, const FileReader& read) : file_(file), read_(read) {}

  void ReadDocument(const Node& document) {
    std::vector<std::string> known = {"suppressions"};
    for (const Schema& schema : Schemas()) {
      if (schema.parent != Parent::kDomain) known.emplace_back(schema.key);
    }
    for (const Node::Member& member : *document.As<Node::Table>()) {
      if (member.key == "suppressions") {
        ReadSuppressions(member);
      } else if (std::ranges::find(known, member.key) == known.end()) {
        Unknown(member, known, "");
      } else {
        ReadItems(member, *std::ranges::find(Schemas(), member.key, &Schema::key), nullptr);
      }
    }
    const auto& items = checked_.state.items;
    const bool someone = !items.empty() || !checked_.state.suppressions.empty();
    if (!someone) checked_.state.owners.insert("");
  }

  CheckedState Take() {
    std::ranges::stable_sort(checked_.state.items, {}, &Item::kind);
    auto& mistakes = checked_.mistakes;
    if (mistakes.size() > kMostMistakes) {
      const size_t more = mistakes.size() - kMostMistakes;
      mistakes.resize(kMostMistakes);
      mistakes.push_back(file_ + ": and " + std::to_string(more) + " more mistakes");
    }
    return std::move(checked_);
  }

 private:
  void Complain(size_t line, const std::string& text) {
    checked_.mistakes.push_back(file_ + ":" + std::to_string(line) + ": " + text);
  }
  void Unknown(const Node::Member& member, const std::vector<std::string>& known,
               const std::string& where) {
    const auto nearest = Nearest(member.key, known);
    Complain(member.line, "unknown key " + Quoted(member.key) + where +
                              (nearest ? "; did you mean " + Quoted(*nearest) + "?" : ""));
  }

  // The list of a kind, below `domain` or, null, of the document.
  void ReadItems(const Node::Member& member, const Schema& schema, const Item* domain) {
    const auto* list = member.value.As<Node::List>();
    if (!list) {
      const std::string where = domain ? " in " + Described(*domain) : "";
      return Complain(member.line, Quoted(member.key) + where + " must be a list of tables");
    }
    if (domain) {
      checked_.state.belongings.insert({domain->owner, domain->Text("name"), schema.kind});
    } else {
      checked_.state.kinds.insert(schema.kind);
    }
    for (const Node& element : *list) ReadItem(element, schema, domain);
  }

  void ReadItem(const Node& node, const Schema& schema, const Item* domain) {
    const auto* table = node.As<Node::Table>();
    if (!table) {
      return Complain(node.line, "an element of " + Quoted(schema.key) + " must be a table");
    }
    Item item{.kind = schema.kind, .line = node.line};
    if (domain) {
      item.owner = domain->owner;
      item.domain = domain->Text("name");
    }
    const bool outer = std::exchange(identity_refused_, false);
    // What says which it is comes first, so that other mistakes can name it.
    for (const bool identifying : {true, false}) {
      for (const Node::Member& member : *table) {
        const Property* property = schema.Find(member.key);
        const bool identifies = member.key == "user" || (property && property->identifies);
        if (identifies == identifying) ReadMember(member, schema, "", item);
      }
    }
    const bool complete = HasIdentity(item, schema);
    identity_refused_ = outer;
    if (!complete) return;
    if (schema.kind == Kind::kTemplate) InferContentType(item);
    checked_.state.owners.insert(schema.kind == Kind::kUser ? Lower(item.Text("username"))
                                                            : item.owner);
    checked_.state.items.push_back(std::move(item));
  }

  bool HasIdentity(const Item& item, const Schema& schema) {
    for (const Property& property : schema.properties) {
      const bool may_be_empty = schema.kind == Kind::kSmtpCredentials || property.key == "test";
      if (!property.identifies || may_be_empty || !item.Text(property.key).empty()) continue;
      if (!identity_refused_) {
        Complain(item.line, std::string(schema.singular) + " without " + Quoted(property.key));
      }
      return false;
    }
    return true;
  }

  // `prefix`: "options." within that table.
  void ReadMember(const Node::Member& member, const Schema& schema, const std::string& prefix,
                  Item& item) {
    if (member.value.IsNull()) return;
    if (prefix.empty() && ReadSpecial(member, schema, item)) return;
    const Property* property = schema.Find(prefix + member.key);
    if (!property || property->param.empty()) {
      return Unknown(member, KnownKeys(schema, prefix), " in " + Described(item));
    }
    auto value = ReadValue(member.value, schema, *property);
    if (!value) return Wrong(member, item, value.error().public_text, property->identifies);
    item.values[std::string(property->key)] = *std::move(value);
  }

  void Wrong(const Node::Member& member, const Item& item, const std::string& why,
             bool identifies = false) {
    if (identifies) identity_refused_ = true;
    Complain(member.line, Quoted(member.key) + " in " + Described(item) + " " + why);
  }

  // What is not simply a setting. False: it is.
  bool ReadSpecial(const Node::Member& member, const Schema& schema, Item& item) {
    if (member.key == "user" && schema.parent == Parent::kUser) {
      ReadOwner(member, item);
    } else if (member.key == "options" && schema.kind == Kind::kDomain) {
      ReadOptions(member, schema, item);
    } else if (member.key == "password_file" && schema.kind == Kind::kUser) {
      const auto* text = member.value.As<std::string>();
      if (!text) Wrong(member, item, "must be the name of a file");
      if (text) item.password_file = *text;
    } else if (schema.kind == Kind::kTemplate &&
               (member.key == "html_file" || member.key == "plain_file")) {
      ReadContentFile(member, schema, item);
    } else if (schema.kind == Kind::kDomain && IsBelonging(member.key)) {
      ReadItems(member, *std::ranges::find(Schemas(), member.key, &Schema::key), &item);
    } else {
      return false;
    }
    return true;
  }

  void ReadOwner(const Node::Member& member, Item& item) {
    const auto* text = member.value.As<std::string>();
    if (!text || text->empty()) return Wrong(member, item, "must be the name of a user");
    item.owner = Lower(*text);
  }

  void ReadOptions(const Node::Member& member, const Schema& schema, Item& item) {
    const auto* table = member.value.As<Node::Table>();
    if (!table) return Wrong(member, item, "must be a table");
    for (const Node::Member& option : *table) {
      ReadMember(option, schema, std::string(kOptions), item);
    }
  }

  void ReadContentFile(const Node::Member& member, const Schema& schema, Item& item) {
    const auto* name = member.value.As<std::string>();
    if (!name) return Wrong(member, item, "must be the name of a file");
    auto text = read_(*name);
    if (!text) return Wrong(member, item, text.error().public_text);
    if (!IsUtf8(*text)) return Wrong(member, item, "is not valid UTF-8");
    const Property& property =
        *schema.Find(member.key == "html_file" ? "html_content" : "plain_content");
    const std::string key(property.key);
    if (item.values.contains(key)) return Wrong(member, item, "and " + Quoted(key) + " are given");
    auto value = ReadValue({*std::move(text), member.line}, schema, property);
    if (!value) return Wrong(member, item, value.error().public_text);
    item.values[key] = *std::move(value);
  }

  static bool IsBelonging(std::string_view key) {
    return std::ranges::any_of(Schemas(), [&](const Schema& schema) {
      return schema.parent == Parent::kDomain && schema.key == key;
    });
  }

  static std::vector<std::string> KnownKeys(const Schema& schema, const std::string& prefix) {
    std::vector<std::string> known;
    for (const Property& property : schema.properties) {
      if (property.param.empty()) continue;
      const bool inside = property.key.starts_with(kOptions);
      if (inside == !prefix.empty()) known.emplace_back(property.key.substr(prefix.size()));
    }
    if (!prefix.empty()) return known;
    if (schema.parent == Parent::kUser) known.emplace_back("user");
    if (schema.kind == Kind::kUser) known.emplace_back("password_file");
    if (schema.kind == Kind::kTemplate) {
      known.insert(known.end(), {"html_file", "plain_file"});
    }
    if (schema.kind != Kind::kDomain) return known;
    known.emplace_back("options");
    for (const Schema& other : Schemas()) {
      if (other.parent == Parent::kDomain) known.emplace_back(other.key);
    }
    return known;
  }

  // As a mistake names it: it may have no name yet.
  static std::string Described(const Item& item) {
    const Schema& schema = SchemaOf(item.kind);
    std::string text(schema.singular);
    for (const Property& property : schema.properties) {
      const std::string name = property.identifies ? item.Text(property.key) : "";
      if (name.empty()) continue;
      text += " " + Printable(name);
      break;
    }
    if (!item.domain.empty()) text += " of " + item.domain;
    return text;
  }

  static void InferContentType(Item& item) {
    if (item.values.contains("content_type")) return;
    const bool html = item.values.contains("html_content");
    const bool plain = item.values.contains("plain_content");
    if (html || plain)
      item.values["content_type"] = html && plain ? "Both" : html ? "HTML" : "Plain";
  }

  void ReadSuppressions(const Node::Member& member) {
    const auto* list = member.value.As<Node::List>();
    if (!list) return Complain(member.line, "`suppressions` must be a list");
    checked_.state.has_suppressions = true;
    checked_.state.suppressions.reserve(list->size());
    for (const Node& node : *list) {
      Suppression suppression{.line = node.line};
      if (!node.As<Node::Table>()) {
        SetAddress(node, suppression);
      } else if (!node.Find("address")) {
        Complain(node.line, "suppression without `address`");
      } else {
        for (const auto& entry : *node.As<Node::Table>()) ReadSuppressed(entry, suppression);
      }
      if (suppression.address.empty()) continue;
      checked_.state.owners.insert(suppression.owner);
      checked_.state.suppressions.push_back(std::move(suppression));
    }
  }

  void SetAddress(const Node& node, Suppression& suppression) {
    auto address = ReadAddress(node);
    if (!address) return Complain(node.line, "a suppression " + address.error().public_text);
    suppression.address = *std::move(address);
  }

  void ReadSuppressed(const Node::Member& member, Suppression& suppression) {
    if (member.value.IsNull()) return;
    if (member.key == "address") return SetAddress(member.value, suppression);
    static const std::map<std::string_view, std::pair<std::string Suppression::*, size_t>> kTexts =
        {{"source", {&Suppression::source, 64}},
         {"reason", {&Suppression::reason, 255}},
         {"user", {&Suppression::owner, 128}}};
    const auto row = kTexts.find(member.key);
    if (row == kTexts.end()) {
      return Unknown(member, {"address", "source", "reason", "user"}, " in a suppression");
    }
    const auto* text = member.value.As<std::string>();
    if (!text || HasControl(*text) || text->size() > row->second.second) {
      return Complain(member.line, Quoted(member.key) +
                                       " in a suppression must be a text of at most " +
                                       std::to_string(row->second.second) + " bytes");
    }
    suppression.*(row->second.first) = member.key == "user" ? Lower(*text) : *text;
  }

  const std::string file_;
  const FileReader& read_;
  CheckedState checked_;
  bool identity_refused_ = false;  // of the item that is being read: it has been said
};

}  // namespace

std::string Item::Text(std::string_view key) const {
  const auto value = values.find(std::string(key));
  return value != values.end() && value->is_string() ? value->get<std::string>() : "";
}

bool Item::Is(std::string_view key) const {
  const auto value = values.find(std::string(key));
  return value != values.end() && value->is_boolean() && value->get<bool>();
}

std::string Item::Name() const {
  const Schema& schema = SchemaOf(kind);
  std::string name = (Is("test") ? "test " : "") + std::string(schema.singular);
  if (kind == Kind::kWebhook) {
    name += " " + Text("event") + " to " + Text("url");
  } else {
    const std::string text = Text(schema.properties.front().key);
    const bool plain = kind == Kind::kUser || kind == Kind::kDomain;
    name += plain ? " " + text : " \"" + text + "\"";
  }
  if (!domain.empty()) name += " of " + domain;
  if (!owner.empty()) name += " (user " + owner + ")";
  return Printable(name);
}

CheckedState ReadState(const Node& document, const std::string& file, const FileReader& read) {
  Reader reader(file, read);
  reader.ReadDocument(document);
  return reader.Take();
}

std::vector<std::string> SetOwner(DesiredState& state, const std::string& asker,
                                  const std::string& file) {
  const std::string own = Lower(asker);
  std::vector<std::string> mistakes;
  std::map<std::tuple<Kind, std::string, std::string>, size_t> lines;
  for (Item& item : state.items) {
    if (item.kind != Kind::kUser && item.owner.empty()) item.owner = own;
    if (item.kind != Kind::kUser && item.kind != Kind::kDomain) continue;
    const std::string name = Lower(item.Text(SchemaOf(item.kind).properties.front().key));
    const auto [first, is_new] = lines.insert({{item.kind, item.owner, name}, item.line});
    if (is_new) continue;
    mistakes.push_back(file + ":" + std::to_string(item.line) + ": " + item.Name() +
                       " is listed twice; first on line " + std::to_string(first->second));
  }
  for (Suppression& suppression : state.suppressions) {
    if (suppression.owner.empty()) suppression.owner = own;
  }
  if (state.owners.erase("")) state.owners.insert(own);
  std::set<std::tuple<std::string, std::string, Kind>> belongings;
  for (const auto& [owner, domain, kind] : state.belongings) {
    belongings.insert({owner.empty() ? own : owner, domain, kind});
  }
  state.belongings = std::move(belongings);
  return mistakes;
}

}  // namespace egd::cli
