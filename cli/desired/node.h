// A document as it was written, whatever its format: values with their lines. A value.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace egd::cli {

struct Node {
  struct Member;
  using List = std::vector<Node>;
  using Table = std::vector<Member>;  // in the order they are written, no key twice
  struct Other {                      // what no setting has: "a date"
    std::string what;
  };
  std::variant<std::monostate, bool, int64_t, std::string, List, Table, Other> value = {};
  size_t line = 1;

  template <typename Type>
  const Type* As() const {
    return std::get_if<Type>(&value);
  }
  bool IsNull() const { return As<std::monostate>() != nullptr; }
  // Null when there is no such key, or this is no table.
  const Member* Find(std::string_view key) const;
};

struct Node::Member {
  std::string key;
  size_t line = 1;
  Node value;
};

// The bounds of a document. Ours have six levels; what is deeper, or has more keys in a table, is no
// such document and only costs time.
constexpr size_t kMaxDepth = 16, kMaxKeys = 100;

// Makes a tree of what a parser reports, in the order of the text. After the first mistake it
// ignores the rest.
class NodeBuilder {
 public:
  void Add(Node node);  // a single value
  void Begin(Node empty);
  void Key(std::string key, size_t line);
  void End();
  void Refuse(size_t line, std::string text);

  struct Mistake {
    size_t line;
    std::string text;
  };
  const std::optional<Mistake>& mistake() const { return mistake_; }
  Node Take() { return std::move(root_); }

 private:
  std::vector<Node> open_;  // lists and tables that have not ended
  std::vector<std::pair<std::string, size_t>> keys_;
  Node root_;
  std::optional<Mistake> mistake_;
};

}  // namespace egd::cli
