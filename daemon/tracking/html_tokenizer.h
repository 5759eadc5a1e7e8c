// Finds the tags of an HTML text as a browser does, and where each attribute's value stands in it,
// so that a caller can replace a value and leave every other byte as it is. After the states of the
// HTML standard, section 13.2.5 (tokenization), and the little of section 13.2.6 (tree
// construction) that changes what a tokenizer sees:
//  - comments, bogus comments (<!x, <?x, </1), DOCTYPEs and CDATA sections hold no tags
//  - script (with its escaped and double escaped states), style, xmp, iframe, noembed, noframes,
//    title and textarea hold text up to their end tag; plaintext holds the rest of the document.
//    noscript holds tags: mail is read without scripts
//  - inside svg and math these rules are off and CDATA sections are on; HTML integration points
//    (foreignObject, desc, title, mi, annotation-xml, …) turn them back, and an HTML tag such as
//    <p> leaves the foreign content
//  - a tag that the text ends in is none
// Policy for what a browser never shows: links inside template are not reported as visible, nor
// those inside select, whose parser drops them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace egd::tracking {

struct HtmlAttribute {
  std::string_view name;   // as written: compare without case
  std::string_view value;  // as written, without quotes, character references not decoded
};

struct HtmlTag {
  std::string name;  // lower case
  bool end_tag = false;
  bool self_closing = false;
  bool visible = true;  // false: in a template or select, or in MathML
  size_t begin = 0;     // where its < stands
  std::vector<HtmlAttribute> attributes;

  // The first of that name, as the standard says; null if there is none. `name` in lower case.
  const HtmlAttribute* Find(std::string_view name) const;
};

// One pass over `html`, which must outlive it. Linear time, and memory for one tag and the open
// foreign elements (bounded). Use from one thread.
class HtmlTokenizer {
 public:
  explicit HtmlTokenizer(std::string_view html) : html_(html) {}

  // Reads on to the next tag. False at the end; `tag` is then undefined.
  bool Next(HtmlTag& tag);
  // After the end: where markup could still be inserted without falling into an open comment, tag
  // or raw text.
  size_t safe_end() const { return safe_end_; }

 private:
  enum class Content { kHtml, kSvg, kMath };
  struct Open {  // an element inside foreign content
    std::string name;
    Content inside;  // what its children are
  };

  void SkipMarkup();  // at "<!", "<?" or "</" that begins no tag
  void SkipComment();
  void SkipPast(std::string_view end, size_t from);
  bool ReadTag(HtmlTag& tag);
  bool ReadAttribute(HtmlTag& tag);
  void ReadValue(HtmlAttribute& attribute);
  void Construct(HtmlTag& tag);
  void ConstructForeign(HtmlTag& tag);
  void OpenForeign(const HtmlTag& tag, Content inside);
  void CloseForeign(const std::string& name);
  void SkipRawText(const std::string& name);
  size_t FindEndTag(const std::string& name, size_t from) const;
  size_t FindScriptEnd() const;
  void SkipSpaces();
  Content content() const { return open_.empty() ? Content::kHtml : open_.back().inside; }

  const std::string_view html_;
  size_t at_ = 0;
  size_t safe_end_ = 0;
  size_t templates_ = 0;
  bool in_select_ = false;
  std::vector<Open> open_;
};

}  // namespace egd::tracking
