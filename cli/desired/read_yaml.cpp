#include <sstream>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "cli/desired/document.h"
#include "shared/base/strings.h"

namespace egd::cli {
namespace {

// A plain scalar by the core schema of YAML 1.2.
Node Plain(const std::string& text, size_t line) {
  if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL") {
    return {{}, line};
  }
  if (text == "true" || text == "True" || text == "TRUE") return {true, line};
  if (text == "false" || text == "False" || text == "FALSE") return {false, line};
  const bool number = text.find_first_not_of("+-.0123456789eE") == text.npos &&
                      text.find_first_of("0123456789") != text.npos;
  if (!number) return {text, line};
  if (const auto integer = ParseInteger(text[0] == '+' ? text.substr(1) : text)) {
    return {*integer, line};
  }
  char* end = nullptr;
  std::strtod(text.c_str(), &end);
  if (*end != 0) return {text, line};  // 192.0.2.1
  return {Node::Other{"a number with a fraction"}, line};
}

// The parser's events, which come without aliases being followed: what would expand is refused.
class Handler : public YAML::EventHandler {
 public:
  NodeBuilder& builder() { return builder_; }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Scalar({{}, Line(mark)}, "", anchor);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    builder_.Refuse(Line(mark), "aliases (*name) are not supported");
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    Scalar(tag == "?" ? Plain(value, Line(mark)) : Node{value, Line(mark)}, value, anchor);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    Begin({Node::List(), Line(mark)}, anchor);
  }
  void OnSequenceEnd() override { End(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    Begin({Node::Table(), Line(mark)}, anchor);
  }
  void OnMapEnd() override { End(); }

 private:
  enum class Next { kElement, kKey, kValue };

  static size_t Line(const YAML::Mark& mark) { return size_t(mark.line) + 1; }
  bool MayHave(size_t line, YAML::anchor_t anchor) {
    if (anchor != YAML::NullAnchor) builder_.Refuse(line, "anchors (&name) are not supported");
    return !builder_.mistake();
  }
  void Scalar(Node node, const std::string& text, YAML::anchor_t anchor) {
    if (!MayHave(node.line, anchor)) return;
    if (!next_.empty() && next_.back() == Next::kKey) {
      next_.back() = Next::kValue;
      return builder_.Key(text, node.line);
    }
    builder_.Add(std::move(node));
    ValueEnded();
  }
  void Begin(Node empty, YAML::anchor_t anchor) {
    if (!MayHave(empty.line, anchor)) return;
    if (!next_.empty() && next_.back() == Next::kKey) {
      return builder_.Refuse(empty.line, "a key must be a text");
    }
    next_.push_back(empty.As<Node::Table>() ? Next::kKey : Next::kElement);
    builder_.Begin(std::move(empty));
  }
  void End() {
    if (builder_.mistake()) return;
    next_.pop_back();
    builder_.End();
    ValueEnded();
  }
  void ValueEnded() {
    if (!next_.empty() && next_.back() == Next::kValue) next_.back() = Next::kKey;
  }

  NodeBuilder builder_;
  std::vector<Next> next_;  // of each list and table that has not ended
};

}  // namespace

Result<Node> ReadYaml(const std::string& text) {
  const auto wrong = [](size_t line, const std::string& why) {
    return InvalidArgument(std::to_string(line) + ": " + why);
  };
  std::istringstream stream(text);
  Handler handler;
  try {
    YAML::Parser parser(stream);
    parser.HandleNextDocument(handler);
    if (!handler.builder().mistake() && parser) {
      return InvalidArgument("1: the file has a second document");
    }
  } catch (const YAML::Exception& error) {
    return wrong(size_t(error.mark.line) + 1, error.msg);
  }
  if (const auto& mistake = handler.builder().mistake()) return wrong(mistake->line, mistake->text);
  return handler.builder().Take();
}

}  // namespace egd::cli
