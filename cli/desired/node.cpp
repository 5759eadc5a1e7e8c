#include "cli/desired/node.h"

#include <algorithm>

#include "shared/base/strings.h"

namespace egd::cli {

const Node::Member* Node::Find(std::string_view key) const {
  const Table* table = As<Table>();
  if (!table) return nullptr;
  const auto member = std::ranges::find(*table, key, &Member::key);
  return member == table->end() ? nullptr : &*member;
}

void NodeBuilder::Add(Node node) {
  if (mistake_) return;
  if (open_.empty()) {
    root_ = std::move(node);
  } else if (auto* list = std::get_if<Node::List>(&open_.back().value)) {
    list->push_back(std::move(node));
  } else {
    auto& [key, line] = keys_.back();
    std::get<Node::Table>(open_.back().value).push_back({std::move(key), line, std::move(node)});
    keys_.pop_back();
  }
}

void NodeBuilder::Begin(Node empty) {
  if (mistake_) return;
  if (open_.size() == kMaxDepth) return Refuse(empty.line, "nested too deeply");
  open_.push_back(std::move(empty));
}

void NodeBuilder::Key(std::string key, size_t line) {
  if (mistake_) return;
  const Node& table = open_.back();
  if (const auto* first = table.Find(key)) {
    return Refuse(line, "key `" + Printable(key) + "` is given twice; first on line " +
                            std::to_string(first->line));
  }
  if (table.As<Node::Table>()->size() == kMaxKeys) return Refuse(line, "too many keys");
  keys_.emplace_back(std::move(key), line);
}

void NodeBuilder::End() {
  if (mistake_) return;
  Node done = std::move(open_.back());
  open_.pop_back();
  Add(std::move(done));
}

void NodeBuilder::Refuse(size_t line, std::string text) {
  if (!mistake_) mistake_ = Mistake{line, std::move(text)};
}

}  // namespace egd::cli
