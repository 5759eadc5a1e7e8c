// Whatever the text: rewritten with each link's own source it stays as it is, each link is an
// http(s) URL in visible ASCII that is a link to itself, and the pixel goes in once.
#include "daemon/tracking/rewrite_html.h"

#include <algorithm>

#include "daemon/tracking/link_url.h"
#include "tests/fuzz/fuzz.h"

using namespace egd;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view html = fuzz::AsText(data, size);
  size_t links = 0;
  tracking::HtmlRewrite rewrite;
  rewrite.replace = [&](const std::string& url, size_t index) -> std::optional<std::string> {
    fuzz::Require(index == links++);
    fuzz::Require(url.starts_with("http://") || url.starts_with("https://"));
    fuzz::Require(std::ranges::all_of(url, [](char c) { return c > ' ' && c < 0x7f; }));
    fuzz::Require(tracking::LinkUrl(url) == url);
    return std::nullopt;
  };
  fuzz::Require(tracking::RewriteHtml(html, rewrite) == html);
  rewrite.replace = nullptr;
  rewrite.pixel = "<PIXEL>";
  std::string marked = tracking::RewriteHtml(html, rewrite);
  fuzz::Require(marked.size() == html.size() + rewrite.pixel.size());
  const size_t same =
      size_t(std::mismatch(html.begin(), html.end(), marked.begin()).first - html.begin());
  bool found = false;  // where the two part, or a little before, when the text goes on alike
  for (size_t at = same + 1; at-- > 0 && !found && same - at <= rewrite.pixel.size();) {
    found = marked.compare(at, rewrite.pixel.size(), rewrite.pixel) == 0 &&
            marked.substr(at + rewrite.pixel.size()) == html.substr(at);
  }
  fuzz::Require(found);
  return 0;
}
