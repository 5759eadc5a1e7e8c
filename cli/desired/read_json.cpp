#include <nlohmann/json.hpp>

#include "cli/desired/document.h"

namespace egd::cli {
namespace {

using Json = nlohmann::ordered_json;

// How far the parser has read.
struct Place {
  size_t line = 1;
  char last = 0;
  // Of a number, which the parser knows by the character behind it.
  size_t LineBefore() const { return last == '\n' ? line - 1 : line; }
};

// Over the text, noting where it is.
class Cursor {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  Cursor(const char* at, Place& place) : at_(at), place_(&place) {}
  reference operator*() const { return *at_; }
  Cursor& operator++() {
    place_->last = *at_;
    if (*at_++ == '\n') ++place_->line;
    return *this;
  }
  bool operator==(const Cursor& other) const { return at_ == other.at_; }
  bool operator!=(const Cursor& other) const { return at_ != other.at_; }

 private:
  const char* at_;
  Place* place_;
};

// What the parser calls: its names are the library's.
class Handler {
 public:
  explicit Handler(const Place& place) : place_(place) {}
  NodeBuilder& builder() { return builder_; }

  bool null() { return Add({{}, place_.line}); }
  bool boolean(bool value) { return Add({value, place_.line}); }
  bool number_integer(int64_t value) { return Add({value, place_.LineBefore()}); }
  bool number_unsigned(uint64_t value) {
    if (value > uint64_t(INT64_MAX)) return Other("a number that is too large");
    return Add({int64_t(value), place_.LineBefore()});
  }
  bool number_float(double, const std::string&) { return Other("a number with a fraction"); }
  bool string(std::string& value) { return Add({std::move(value), place_.line}); }
  bool binary(Json::binary_t&) { return false; }
  bool start_object(size_t) { return Begin({Node::Table(), place_.line}); }
  bool start_array(size_t) { return Begin({Node::List(), place_.line}); }
  bool key(std::string& key) {
    builder_.Key(std::move(key), place_.line);
    return Good();
  }
  bool end_object() { return End(); }
  bool end_array() { return End(); }
  bool parse_error(size_t, const std::string&, const nlohmann::detail::exception& error) {
    // "[json.exception.parse_error.101] parse error at line 1, column 2: why"
    const std::string text = error.what();
    const size_t why = text.find(": ");
    builder_.Refuse(place_.LineBefore(), why == text.npos ? text : text.substr(why + 2));
    return false;
  }

 private:
  bool Good() const { return !builder_.mistake(); }
  bool Add(Node node) {
    builder_.Add(std::move(node));
    return Good();
  }
  bool Other(const char* what) { return Add({Node::Other{what}, place_.LineBefore()}); }
  bool Begin(Node empty) {
    builder_.Begin(std::move(empty));
    return Good();
  }
  bool End() {
    builder_.End();
    return Good();
  }

  const Place& place_;
  NodeBuilder builder_;
};

}  // namespace

Result<Node> ReadJsonText(const std::string& text) {
  Place place;
  Handler handler(place);
  const char* begin = text.data();
  Json::sax_parse(Cursor(begin, place), Cursor(begin + text.size(), place), &handler);
  if (const auto& mistake = handler.builder().mistake()) {
    return InvalidArgument(std::to_string(mistake->line) + ": " + mistake->text);
  }
  return handler.builder().Take();
}

}  // namespace egd::cli
