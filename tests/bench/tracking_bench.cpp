// How fast links are rewritten, and what links_score.py asks for.
//   bench_tracking            one JSON line: a newsletter of 100 KiB with 200 links, on one core
//   bench_tracking rewrite    reads documents from standard input, a NUL after each; writes for
//   each
//                             its rewritten text, its links' URLs, each after a \x01, and a NUL.
//                             Link n becomes "@n@", the pixel is "<!--pixel-->"
#include <chrono>
#include <cstdio>
#include <iostream>
#include <iterator>
#include <string>

#include "daemon/tracking/rewrite_html.h"

using namespace egd;

namespace {

std::string Newsletter() {
  std::string html = "<!DOCTYPE html><html><head><style>p { margin: 0 }</style></head><body>\n";
  for (int i = 0; i < 200; ++i) {
    html +=
        "<tr><td style=\"padding: 0 24px; font-family: Arial, sans-serif\" class=\"cell\">"
        "<a href=\"https://shop.example/products/" +
        std::to_string(i) +
        "?utm_source=mail&amp;utm_campaign=spring&amp;id=" + std::to_string(i * 7919) +
        "\" style=\"color: #0066cc\">" + std::string(290, 'x') + "</a></td></tr>\n";
  }
  return html + "</body></html>\n";
}

int Measure() {
  const std::string html = Newsletter();
  const std::string link = "https://track-sl.example.com/c/" + std::string(160, 't');
  tracking::HtmlRewrite rewrite;
  rewrite.replace = [&](const std::string&, size_t) { return std::optional<std::string>(link); };
  rewrite.pixel = "<img src=\"" + link + "\" width=\"1\" height=\"1\" alt=\"\">";
  constexpr int kRounds = 2000;
  size_t bytes = 0;
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < kRounds; ++i) bytes += tracking::RewriteHtml(html, rewrite).size();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  const double mib = double(html.size()) * kRounds / 1048576 / took.count();
  std::printf(
      "{\"bench\": \"rewrite\", \"bytes\": %zu, \"links\": 200, \"mib_per_s\": %.0f, "
      "\"written\": %zu}\n",
      html.size(), mib, bytes / kRounds);
  return 0;
}

void Rewrite(const std::string& document) {
  std::string links;
  tracking::HtmlRewrite rewrite;
  rewrite.replace = [&](const std::string& url, size_t index) -> std::optional<std::string> {
    links += '\x01' + url;
    return "@" + std::to_string(index) + "@";
  };
  rewrite.pixel = "<!--pixel-->";
  std::cout << tracking::RewriteHtml(document, rewrite) << links << '\0';
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return Measure();
  if (std::string(argv[1]) != "rewrite") return 2;
  for (std::string document; std::getline(std::cin, document, '\0');) Rewrite(document);
  return std::cout.flush() ? 0 : 1;
}
