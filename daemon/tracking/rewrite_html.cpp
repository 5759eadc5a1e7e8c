#include "daemon/tracking/rewrite_html.h"

#include <algorithm>
#include <cstdint>

#include "daemon/tracking/character_references.h"
#include "daemon/tracking/html_tokenizer.h"
#include "daemon/tracking/link_url.h"
#include "shared/base/strings.h"

namespace egd::tracking {
namespace {

bool MayHaveBase(std::string_view html) {
  for (size_t at = 0; (at = html.find('<', at)) != std::string_view::npos; ++at) {
    if (EqualsIgnoreCase(html.substr(at + 1, 4), "base")) return true;
  }
  return false;
}

// The URL of the first <base> with an href; empty if there is none, or a browser ignores it.
std::string FindBase(std::string_view html) {
  if (!MayHaveBase(html)) return {};
  HtmlTokenizer tokenizer(html);
  for (HtmlTag tag; tokenizer.Next(tag);) {
    if (tag.end_tag || tag.name != "base" || !tag.visible) continue;
    if (const HtmlAttribute* href = tag.Find("href")) {
      return LinkUrl(DecodeAttribute(href->value)).value_or("");
    }
  }
  return {};
}

// The link's href, or null where the tag is no link to count.
const HtmlAttribute* HrefOf(const HtmlTag& tag) {
  if (tag.end_tag || !tag.visible || (tag.name != "a" && tag.name != "area")) return nullptr;
  const HtmlAttribute* track = tag.Find("data-eg-track");
  if (track && EqualsIgnoreCase(Trim(track->value), "off")) return nullptr;
  const HtmlAttribute* href = tag.Find("href");
  return href && !href->value.empty() ? href : nullptr;
}

bool IsAscii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return uint8_t(c) < 0x80; });
}

class Rewriter {
 public:
  Rewriter(std::string_view html, const HtmlRewrite& rewrite)
      : html_(html), rewrite_(rewrite), base_(FindBase(html)), tokenizer_(html) {}

  std::string Run() {
    out_.reserve(html_.size() + html_.size() / 4 + rewrite_.pixel.size());
    for (HtmlTag tag; tokenizer_.Next(tag);) {
      if (tag.end_tag && tag.name == "body") before_body_end_ = PlaceOf(tag.begin);
      if (tag.end_tag && tag.name == "html") before_html_end_ = PlaceOf(tag.begin);
      if (const HtmlAttribute* href = HrefOf(tag); href && rewrite_.replace) Replace(*href);
    }
    const size_t end = PlaceOf(tokenizer_.safe_end());
    out_ += html_.substr(copied_);
    if (!rewrite_.pixel.empty()) {
      out_.insert(before_body_end_.value_or(before_html_end_.value_or(end)), rewrite_.pixel);
    }
    return std::move(out_);
  }

 private:
  // Where in the output stands what stands at `at` in the input, behind the last replacement.
  size_t PlaceOf(size_t at) const { return out_.size() + (at - copied_); }

  void Replace(const HtmlAttribute& href) {
    const std::string link = DecodeAttribute(href.value);
    if (!rewrite_.utf8 && !IsAscii(link)) return;
    const auto url = LinkUrl(link, base_);
    if (!url) return;
    const auto replacement = rewrite_.replace(*url, index_++);
    if (!replacement) return;
    const size_t begin = size_t(href.value.data() - html_.data());
    out_ += html_.substr(copied_, begin - copied_);
    out_ += *replacement;
    copied_ = begin + href.value.size();
  }

  const std::string_view html_;
  const HtmlRewrite& rewrite_;
  const std::string base_;
  HtmlTokenizer tokenizer_;
  std::string out_;
  size_t copied_ = 0;  // of html_, into out_
  size_t index_ = 0;
  std::optional<size_t> before_body_end_, before_html_end_;  // places in out_
};

}  // namespace

std::string RewriteHtml(std::string_view html, const HtmlRewrite& rewrite) {
  return Rewriter(html, rewrite).Run();
}

}  // namespace egd::tracking
