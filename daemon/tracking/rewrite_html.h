// Makes an HTML text's links countable: the href of each <a> and <area> that leads to http or https
// is replaced, and a picture of one pixel is put in. Every other byte stays as it is. Which links
// there are is what a browser would follow (html_tokenizer.h, character_references.h, link_url.h).
// Policy:
//  - a link with data-eg-track="off" stays, and so does one for which `replace` returns nothing
//  - <base href> counts, the first one, also for links before it
//  - links in comments stay, conditional ones too: only one family of clients reads them, and
//    browsers, which the rest resembles, never
//  - the pixel goes before the last </body>; without one before the last </html>; else to the end,
//    but never into an open comment, tag or raw text
// Pure function, thread-safe.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace egd::tracking {

struct HtmlRewrite {
  // What takes the place of a link: text without quotes, white space, & and >, or nothing to leave
  // it. `index` counts the document's links from 0, those left alone too. Null: no link changes.
  std::function<std::optional<std::string>(const std::string& url, size_t index)> replace;
  std::string pixel;  // markup; empty: none
  // False: in another superset of ASCII, in which only links of ASCII alone are sure, and the rest
  // stays.
  bool utf8 = true;
};

std::string RewriteHtml(std::string_view html, const HtmlRewrite& rewrite);

}  // namespace egd::tracking
