#include "daemon/api/bracketed_fields.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace egd::api {
namespace {

constexpr size_t kMaxDepth = 8;

// A value, or children by key in the order they first came.
struct Node {
  std::string key;
  std::string value;
  std::vector<Node> children;
  std::map<std::string, size_t, std::less<>> index;  // of named children
  bool is_list = true;                               // every key so far is a number or empty

  Node& Child(std::string_view key) {
    if (const auto known = index.find(key); known != index.end()) return children[known->second];
    if (!key.empty()) index.emplace(key, children.size());
    is_list = is_list && key.find_first_not_of("0123456789") == std::string_view::npos;
    Node& child = children.emplace_back();
    child.key = key;
    return child;
  }

  // The last one wins, over children too.
  void SetValue(std::string text) {
    value = std::move(text);
    children.clear();
    index.clear();
    is_list = true;
  }

  Json ToJson() && {
    if (children.empty()) return std::move(value);
    if (!is_list) return std::move(*this).ToObject();
    Json list = Json::array();
    for (Node& child : children) list.push_back(std::move(child).ToJson());
    return list;
  }

  Json ToObject() && {
    Json object = Json::object();
    auto& members = object.get_ref<Json::object_t&>();
    for (Node& child : children) {
      // emplace_back: the keys differ already; ordered_json's own insertion compares each with
      // each.
      std::string name = child.key.empty() ? std::to_string(members.size()) : child.key;
      members.emplace_back(std::move(name), std::move(child).ToJson());
    }
    return object;
  }
};

struct Name {
  std::string_view base;
  std::vector<std::string_view> keys;
};

// "To[0][email]" → To, {0, email}. A name whose brackets do not match is plain.
Name ParseName(std::string_view text) {
  const size_t open = text.find('[');
  if (open == 0 || open == std::string_view::npos || text.back() != ']') return {text, {}};
  Name name{text.substr(0, open), {}};
  for (std::string_view rest = text.substr(open); !rest.empty();) {
    const size_t close = rest.find(']');
    if (rest.front() != '[' || close == std::string_view::npos) return {text, {}};
    name.keys.push_back(rest.substr(1, close - 1));
    rest.remove_prefix(close + 1);
  }
  return name;
}

}  // namespace

bool AddFields(std::vector<FormField> fields, Parameters& parameters) {
  std::map<std::string, Node, LessIgnoreCase> roots;
  for (auto& field : fields) {
    const Name name = ParseName(field.name);
    if (name.keys.size() > kMaxDepth) return false;
    Node* node = &roots[std::string(name.base)];
    for (const auto key : name.keys) node = &node->Child(key);
    node->SetValue(std::move(field.value));
  }
  for (auto& [name, node] : roots) parameters.insert_or_assign(name, std::move(node).ToJson());
  return true;
}

}  // namespace egd::api
