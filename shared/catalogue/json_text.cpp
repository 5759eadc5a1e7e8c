#include "shared/catalogue/json_text.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "shared/catalogue/long_strings.h"

namespace egd::catalogue {
namespace {

using Json = nlohmann::ordered_json;

bool WithinLimits(std::string_view text, JsonLimits limits) {
  std::vector<size_t>
      members;  // one counter an open bracket; of a list it is only counted, not limited
  std::vector<bool> is_object;
  size_t values = 1;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"') {
      i = EndOfString(text, i);
    } else if (c == '{' || c == '[') {
      if (members.size() == limits.depth) return false;
      members.push_back(1);
      is_object.push_back(c == '{');
      ++values;
    } else if ((c == '}' || c == ']') && !members.empty()) {
      members.pop_back();
      is_object.pop_back();
    } else if (c == ',' && !members.empty()) {
      if (++members.back() > limits.members && is_object.back()) return false;
      ++values;
    }
    if (values > limits.values) return false;
  }
  return true;
}

// Builds the value of a text whose long strings were taken out, and puts them back.
class Builder : public nlohmann::json_sax<Json> {
 public:
  explicit Builder(LongStrings& strings)
      : next_(strings.taken.begin()), end_(strings.taken.end()) {}

  Json& value() { return value_; }

  bool null() override { return Add(nullptr); }
  bool boolean(bool value) override { return Add(value); }
  bool number_integer(int64_t value) override { return Add(value); }
  bool number_unsigned(uint64_t value) override { return Add(value); }
  bool number_float(double value, const std::string&) override { return Add(value); }
  bool binary(Json::binary_t&) override { return false; }  // not in a text
  bool string(std::string& text) override {
    PutBack(text);
    return Add(std::move(text));
  }
  bool key(std::string& name) override {
    PutBack(name);
    member_ = &(*open_.back())[std::move(name)];
    return true;
  }
  bool start_object(size_t) override { return Open(Json::object()); }
  bool start_array(size_t) override { return Open(Json::array()); }
  bool end_object() override { return Close(); }
  bool end_array() override { return Close(); }
  bool parse_error(size_t, const std::string&, const nlohmann::detail::exception&) override {
    return false;
  }

 private:
  Json& Place(Json value) {
    if (open_.empty()) return value_ = std::move(value);
    if (open_.back()->is_object()) return *member_ = std::move(value);
    return open_.back()->emplace_back(std::move(value));
  }
  bool Add(Json value) {
    Place(std::move(value));
    return true;
  }
  bool Open(Json value) {
    open_.push_back(&Place(std::move(value)));
    return true;
  }
  bool Close() {
    open_.pop_back();
    return true;
  }
  void PutBack(std::string& text) {
    if (next_ != end_ && next_->first == ordinal_) text = std::move((next_++)->second);
    ++ordinal_;
  }

  std::vector<std::pair<size_t, std::string>>::iterator next_, end_;
  size_t ordinal_ = 0;
  Json value_;
  std::vector<Json*> open_;  // an open value is the last of its parent: nothing moves it
  Json* member_ = nullptr;   // of the innermost open object, whose value comes next
};

// Why nlohmann refuses `text`, to follow its name.
std::string FaultOf(std::string_view text) {
  try {
    static_cast<void>(Json::parse(text).size());
  } catch (const Json::parse_error& error) {
    const std::string_view what = error.what();
    const std::string at = " at byte " + std::to_string(error.byte);
    if (what.find("surrogate") != what.npos) {
      return "is not valid JSON: the \\u escape" + at + " is half of a surrogate pair";
    }
    if (what.find("ill-formed UTF-8") != what.npos) return "is not valid JSON: not UTF-8" + at;
    return "is not valid JSON: unexpected text" + at;
  } catch (const Json::exception&) {
    return "is not valid JSON: it has a number that is out of range";
  }
  return "is not valid JSON";
}

}  // namespace

// The next quote behind an even number of backslashes.
size_t EndOfString(std::string_view text, size_t at) {
  const size_t first = at + 1;
  for (at = text.find('"', first); at != std::string_view::npos; at = text.find('"', at + 1)) {
    size_t backslashes = 0;
    while (at - backslashes > first && text[at - backslashes - 1] == '\\') ++backslashes;
    if (backslashes % 2 == 0) return at;
  }
  return text.size();
}

std::optional<nlohmann::ordered_json> ParseJson(std::string_view text, JsonLimits limits,
                                                std::string* fault) {
  const auto refuse = [&](std::string why) {
    if (fault) *fault = std::move(why);
    return std::nullopt;
  };
  // nlohmann takes a NUL for the text's end, and what follows for nothing.
  if (const size_t nul = text.find('\0'); nul != text.npos) {
    return refuse("is not valid JSON: byte " + std::to_string(nul + 1) + " is NUL");
  }
  if (!WithinLimits(text, limits)) return refuse("is nested too deep or has too many members");
  LongStrings strings = TakeLongStrings(text);
  Builder builder(strings);
  if (!Json::sax_parse(strings.taken.empty() ? text : strings.text, &builder)) {
    return refuse(fault ? FaultOf(text) : "");
  }
  return std::move(builder.value());
}

}  // namespace egd::catalogue
