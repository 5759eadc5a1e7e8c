#include "daemon/tracking/html_tokenizer.h"

#include <algorithm>
#include <iterator>

#include "shared/base/strings.h"

namespace egd::tracking {
namespace {

// Deeper nesting than any drawing has; beyond it elements are taken as their parent's content.
constexpr size_t kMaxForeignDepth = 512;

bool IsSpace(char c) {
  return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f';
}

bool IsLetter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool EndsName(char c) {
  return IsSpace(c) || c == '/' || c == '>';
}

template <size_t N>
bool IsAmong(const std::string_view (&sorted)[N], std::string_view name) {
  return std::binary_search(std::begin(sorted), std::end(sorted), name);
}

constexpr std::string_view kRawText[] = {"iframe", "noembed",  "noframes", "script",
                                         "style",  "textarea", "title",    "xmp"};

// Start tags that end foreign content (section 13.2.6.5).
constexpr std::string_view kBreakout[] = {
    "b",      "big",  "blockquote", "body",  "br",   "center", "code",    "dd",   "div",
    "dl",     "dt",   "em",         "embed", "h1",   "h2",     "h3",      "h4",   "h5",
    "h6",     "head", "hr",         "i",     "img",  "li",     "listing", "menu", "meta",
    "nobr",   "ol",   "p",          "pre",   "ruby", "s",      "small",   "span", "strike",
    "strong", "sub",  "sup",        "table", "tt",   "u",      "ul",      "var"};

constexpr std::string_view kSvgHtmlPoints[] = {"desc", "foreignobject", "title"};
constexpr std::string_view kMathTextPoints[] = {"mi", "mn", "mo", "ms", "mtext"};

bool BreaksOut(const HtmlTag& tag) {
  if (tag.end_tag) return tag.name == "br" || tag.name == "p";
  if (tag.name == "font") return tag.Find("color") || tag.Find("face") || tag.Find("size");
  return IsAmong(kBreakout, tag.name);
}

// The start tags whose parsing ends an open select (section 13.2.6.4.16).
bool EndsSelect(std::string_view name) {
  return name == "select" || name == "input" || name == "keygen" || name == "textarea";
}

}  // namespace

const HtmlAttribute* HtmlTag::Find(std::string_view wanted) const {
  for (const HtmlAttribute& attribute : attributes) {
    if (EqualsIgnoreCase(attribute.name, wanted)) return &attribute;
  }
  return nullptr;
}

bool HtmlTokenizer::Next(HtmlTag& tag) {
  while (at_ < html_.size()) {
    const size_t open = html_.find('<', at_);
    safe_end_ = std::min(open, html_.size());
    if (safe_end_ + 1 >= html_.size()) {
      at_ = std::string_view::npos;
      return false;
    }
    at_ = open;
    const char next = html_[open + 1];
    const bool end_tag = next == '/' && open + 2 < html_.size() && IsLetter(html_[open + 2]);
    if (IsLetter(next) || end_tag) {
      if (!ReadTag(tag)) {
        at_ = std::string_view::npos;
        return false;
      }
      Construct(tag);
      return true;
    }
    if (next == '!' || next == '?' || next == '/') {
      SkipMarkup();
    } else {
      ++at_;
    }
  }
  if (at_ == html_.size()) safe_end_ = at_;
  return false;
}

void HtmlTokenizer::SkipMarkup() {
  const std::string_view rest = html_.substr(at_);
  if (rest.starts_with("<!--")) return SkipComment();
  if (rest.starts_with("<![CDATA[") && content() != Content::kHtml) {
    return SkipPast("]]>", at_ + 9);
  }
  SkipPast(">", at_ + 2);  // a DOCTYPE ends there too, in the middle of a quoted identifier as well
}

// Ends at -->, --!>, or at once with <!--> and <!--->.
void HtmlTokenizer::SkipComment() {
  size_t at = at_ + 4;
  if (html_.substr(at, 1) == ">") return void(at_ = at + 1);
  if (html_.substr(at, 2) == "->") return void(at_ = at + 2);
  for (;; at += 2) {
    at = html_.find("--", at);
    if (at == std::string_view::npos) break;
    size_t end = at + 2;
    while (end < html_.size() && html_[end] == '-') ++end;
    if (html_.substr(end, 1) == ">") return void(at_ = end + 1);
    if (html_.substr(end, 2) == "!>") return void(at_ = end + 2);
    at = end - 2;
  }
  at_ = std::string_view::npos;
}

void HtmlTokenizer::SkipPast(std::string_view end, size_t from) {
  const size_t found = html_.find(end, from);
  at_ = found == std::string_view::npos ? found : found + end.size();
}

void HtmlTokenizer::SkipSpaces() {
  while (at_ < html_.size() && IsSpace(html_[at_])) ++at_;
}

// False: the text ends in it.
bool HtmlTokenizer::ReadTag(HtmlTag& tag) {
  tag.begin = at_;
  tag.end_tag = html_[at_ + 1] == '/';
  tag.self_closing = false;
  tag.visible = true;
  tag.attributes.clear();
  at_ += tag.end_tag ? 2 : 1;
  const size_t name = at_;
  while (at_ < html_.size() && !EndsName(html_[at_])) ++at_;
  tag.name.assign(html_.substr(name, at_ - name));
  for (char& c : tag.name) {
    if (c >= 'A' && c <= 'Z') c = char(c - 'A' + 'a');
  }
  while (at_ < html_.size() && html_[at_] != '>') {
    if (html_[at_] == '/') {
      ++at_;
      tag.self_closing = html_.substr(at_, 1) == ">";
    } else if (IsSpace(html_[at_])) {
      ++at_;
    } else if (!ReadAttribute(tag)) {
      return false;
    }
  }
  if (at_ >= html_.size()) return false;
  ++at_;
  return true;
}

// At its name's first character, which may be a =.
bool HtmlTokenizer::ReadAttribute(HtmlTag& tag) {
  const size_t begin = at_++;
  while (at_ < html_.size() && !EndsName(html_[at_]) && html_[at_] != '=') ++at_;
  HtmlAttribute& attribute = tag.attributes.emplace_back();
  attribute.name = html_.substr(begin, at_ - begin);
  attribute.value = html_.substr(at_, 0);
  SkipSpaces();
  if (html_.substr(at_, 1) != "=") return at_ < html_.size();
  ++at_;
  SkipSpaces();
  ReadValue(attribute);
  return at_ < html_.size();
}

void HtmlTokenizer::ReadValue(HtmlAttribute& attribute) {
  if (at_ >= html_.size() || html_[at_] == '>') {
    attribute.value = html_.substr(std::min(at_, html_.size()), 0);
    return;
  }
  if (const char quote = html_[at_]; quote == '"' || quote == '\'') {
    const size_t end = html_.find(quote, ++at_);
    attribute.value = html_.substr(at_, end == std::string_view::npos ? end : end - at_);
    at_ = end == std::string_view::npos ? html_.size() : end + 1;
    return;
  }
  const size_t begin = at_;
  while (at_ < html_.size() && !IsSpace(html_[at_]) && html_[at_] != '>') ++at_;
  attribute.value = html_.substr(begin, at_ - begin);
}

void HtmlTokenizer::Construct(HtmlTag& tag) {
  if (content() != Content::kHtml) {
    if (!BreaksOut(tag)) return ConstructForeign(tag);
    while (content() != Content::kHtml) open_.pop_back();
  }
  tag.visible = templates_ == 0 && !in_select_;
  if (tag.end_tag) {
    if (tag.name == "select") in_select_ = false;
    if (tag.name == "template" && templates_ > 0) --templates_;
    return CloseForeign(tag.name);
  }
  if (in_select_) {
    if (EndsSelect(tag.name)) {
      in_select_ = false;
      if (tag.name == "select") return;
    } else if (tag.name != "script" && tag.name != "template") {
      return;
    }
  } else if (tag.name == "select") {
    in_select_ = true;
    return;
  }
  if (tag.name == "template") ++templates_;
  if (tag.name == "svg") return OpenForeign(tag, Content::kSvg);
  if (tag.name == "math") return OpenForeign(tag, Content::kMath);
  if (tag.name == "plaintext") at_ = std::string_view::npos;
  if (IsAmong(kRawText, tag.name)) SkipRawText(tag.name);
}

void HtmlTokenizer::ConstructForeign(HtmlTag& tag) {
  const Content here = content();
  tag.visible = templates_ == 0 && here == Content::kSvg;
  if (tag.end_tag) return CloseForeign(tag.name);
  Content inside = here;
  if (here == Content::kSvg && IsAmong(kSvgHtmlPoints, tag.name)) inside = Content::kHtml;
  if (here == Content::kMath && IsAmong(kMathTextPoints, tag.name)) inside = Content::kHtml;
  if (here == Content::kMath && tag.name == "annotation-xml") {
    const HtmlAttribute* encoding = tag.Find("encoding");
    const bool html = encoding && (EqualsIgnoreCase(encoding->value, "text/html") ||
                                   EqualsIgnoreCase(encoding->value, "application/xhtml+xml"));
    if (html) inside = Content::kHtml;
  }
  if (here == Content::kMath && tag.name == "svg") inside = Content::kSvg;
  OpenForeign(tag, inside);
}

void HtmlTokenizer::OpenForeign(const HtmlTag& tag, Content inside) {
  if (tag.self_closing || open_.size() >= kMaxForeignDepth) return;
  open_.push_back({tag.name, inside});
}

// Closes the innermost open foreign element of that name, and what is open in it.
void HtmlTokenizer::CloseForeign(const std::string& name) {
  const auto found = std::find_if(open_.rbegin(), open_.rend(),
                                  [&](const Open& element) { return element.name == name; });
  if (found != open_.rend()) open_.erase(std::prev(found.base()), open_.end());
}

// To the end tag, which is read next; to the end of the text where there is none.
void HtmlTokenizer::SkipRawText(const std::string& name) {
  at_ = name == "script" ? FindScriptEnd() : FindEndTag(name, at_);
}

size_t HtmlTokenizer::FindEndTag(const std::string& name, size_t from) const {
  for (size_t at = from; (at = html_.find("</", at)) != std::string_view::npos; at += 2) {
    const size_t after = at + 2 + name.size();
    if (after >= html_.size()) break;
    if (EndsName(html_[after]) && EqualsIgnoreCase(html_.substr(at + 2, name.size()), name)) {
      return at;
    }
  }
  return std::string_view::npos;
}

// Section 13.2.5.15 and after: <!-- escapes, <script> inside that escapes doubly, and then
// </script> only undoes the second.
size_t HtmlTokenizer::FindScriptEnd() const {
  enum class State { kPlain, kEscaped, kDoublyEscaped } state = State::kPlain;
  const auto is_tag = [&](size_t name_at) {
    return name_at + 6 < html_.size() && EndsName(html_[name_at + 6]) &&
           EqualsIgnoreCase(html_.substr(name_at, 6), "script");
  };
  for (size_t at = at_; at < html_.size(); ++at) {
    const std::string_view rest = html_.substr(at);
    if (state != State::kPlain && rest.starts_with("-->")) {
      state = State::kPlain;
    } else if (html_[at] != '<') {
      continue;
    } else if (state == State::kPlain && rest.starts_with("<!--")) {
      state = State::kEscaped;
      at += 1;  // its two dashes count for an end that follows at once
    } else if (rest.starts_with("</") && is_tag(at + 2)) {
      if (state != State::kDoublyEscaped) return at;
      state = State::kEscaped;
    } else if (state == State::kEscaped && is_tag(at + 1)) {
      state = State::kDoublyEscaped;
    }
  }
  return std::string_view::npos;
}

}  // namespace egd::tracking
