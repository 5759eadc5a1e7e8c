#include "daemon/tracking/rewrite_html.h"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

namespace egd::tracking {
namespace {

// The URLs that would be counted.
std::vector<std::string> Links(const std::string& html) {
  std::vector<std::string> links;
  HtmlRewrite rewrite;
  rewrite.replace = [&](const std::string& url, size_t index) -> std::optional<std::string> {
    CHECK(index == links.size());
    links.push_back(url);
    return std::nullopt;
  };
  CHECK(RewriteHtml(html, rewrite) == html);
  return links;
}

// The first of them; empty: none.
std::string First(const std::string& html) {
  const auto links = Links(html);
  return links.empty() ? "" : links.front();
}

std::string Rewritten(const std::string& html, const std::string& pixel = {}) {
  HtmlRewrite rewrite;
  rewrite.replace = [](const std::string&, size_t index) -> std::optional<std::string> {
    return "T" + std::to_string(index);
  };
  rewrite.pixel = pixel;
  return RewriteHtml(html, rewrite);
}

std::string WithPixel(const std::string& html) {
  return RewriteHtml(html, {{}, "PIXEL", true});
}

}  // namespace

TEST_CASE("only the value of href changes, whatever its quotes") {
  CHECK(Rewritten("<p><A  class=x\nHREF = \"https://a.example/\" >t</A>\xff") ==
        "<p><A  class=x\nHREF = \"T0\" >t</A>\xff");
  CHECK(Rewritten("<a href='https://a.example/'><area href=https://b.example/>") ==
        "<a href='T0'><area href=T1>");
  CHECK(Rewritten("<a/href=https://a.example/?x=1 title=y>") == "<a/href=T0 title=y>");
  CHECK(Rewritten("<a href=\"https://a.example/\" href=\"https://b.example/\">") ==
        "<a href=\"T0\" href=\"https://b.example/\">");
}

TEST_CASE("only http and https links of a and area are counted") {
  for (const std::string& html : std::vector<std::string>{
           "<a href=\"mailto:a@b.example\">", "<a href=\"#top\">", "<a href>", "<a href=\"\">",
           "<a href=\"page.html\">", "<a href=\"//a.example/\">", "<a href=\"java\nscript:x\">",
           "<link href=\"https://a.example/\">", "<ahref=\"https://a.example/\">",
           "<a data-href=\"https://a.example/\">", "<a title=\"href='https://a.example/'\">",
           "<v:rect href=\"https://a.example/\">", "&lt;a href=\"https://a.example/\"&gt;",
           "</a href=\"https://a.example/\">", "<a href=\"{{ url }}\">",
           "< a href=https://a.example/>", "<a href=\"https://a.example/\" data-eg-track=\"off\">",
           "<a DATA-EG-TRACK=Off href=\"https://a.example/\">"}) {
    INFO(html);
    CHECK(Links(html).empty());
  }
  CHECK(First("<a data-eg-track=\"on\" href=\"https://a.example/\">") == "https://a.example/");
}

TEST_CASE("comments, raw text and unfinished tags hold no links") {
  const std::string link = "<a href=\"https://a.example/\">x</a>";
  for (const std::string& html :
       std::vector<std::string>{"<!--" + link + "-->",
                                "<!--[if mso]>" + link + "<![endif]-->",
                                "<!-- -- >" + link,
                                "<script>" + link + "</script>",
                                "<style>" + link + "</style >",
                                "<title>" + link + "</title>",
                                "<textarea>" + link,
                                "<xmp>" + link,
                                "<iframe>" + link,
                                "<noembed>" + link,
                                "<noframes>" + link,
                                "<plaintext>" + link,
                                "<script><!--<script></script>" + link,
                                "<template>" + link + "</template>",
                                "<select>" + link,
                                "<?x " + link,
                                "<!x " + link,
                                std::string("<a href=\"https://a.example/\""),
                                std::string("<a href=\"https://a.example/>"),
                                "<svg><![CDATA[" + link + "]]></svg>",
                                "<math>" + link + "</math>",
                                "<template><template></template>" + link}) {
    INFO(html);
    CHECK(Links(html).empty());
  }
}

TEST_CASE("what looks like a comment or raw text and is none ends where a browser ends it") {
  const std::string link = "<a href=\"https://a.example/\">x</a>";
  for (const std::string& html :
       std::vector<std::string>{"<!-->" + link,
                                "<!--->" + link,
                                "<!-- a --!>" + link,
                                "<!-- <!-->" + link,
                                "<!----->" + link,
                                "<![if !mso]>" + link + "<![endif]>",
                                "<!DOCTYPE x \"a>" + link,
                                "<script><!-- </script>" + link,
                                "<script>\"<!--<script>\"</script>--></script>" + link,
                                "<style></styles></style/>" + link,
                                "<title></title x=y>" + link,
                                "</ x>" + link,
                                "<noscript>" + link + "</noscript>",
                                "<![CDATA[x]]>" + link,
                                "<svg></svg><style></style>" + link,
                                "<svg><style>" + link,
                                "<svg><title>" + link,
                                "<svg><desc><p>" + link,
                                "<math><mi>" + link,
                                "<math><annotation-xml encoding=text/html>" + link,
                                "<svg><p>" + link,
                                "<template></template>" + link,
                                "<select></select>" + link,
                                "<select><input>" + link,
                                "<a b=<>" + link,
                                "<<a href=https://a.example/>"}) {
    INFO(html);
    CHECK(First(html) == "https://a.example/");
  }
}

TEST_CASE("character references are decoded once, as the attribute rule says") {
  const auto query = [](const std::string& text) {
    const std::string url = First("<a href=\"https://a.example/?" + text + "\">");
    return url.substr(url.find('?') + 1);
  };
  CHECK(query("a=1&amp;b=2") == "a=1&b=2");
  CHECK(query("a=1&b=2&c") == "a=1&b=2&c");
  CHECK(query("a=1&ampb=2&amp=3&amp&x") == "a=1&ampb=2&amp=3&&x");
  CHECK(query("a&amp;amp;b") == "a&amp;b");
  CHECK(query("&copy=1&copy;&copy") == "&copy=1%C2%A9%C2%A9");
  CHECK(query("&notit;&notin;&NotEqualTilde;") == "&notit;%E2%88%89%E2%89%82%CC%B8");
  CHECK(query("&#65&#x41;&#X42&#;&#x;&#xg") == "AAB&#;&#x;&#xg");
  CHECK(query("&#0;&#xD800;&#1114112;&#99999999999999;") == "%EF%BF%BD%EF%BF%BD%EF%BF%BD%EF%BF%BD");
  CHECK(query("&#128;&#x9f;&#x81;") == "%E2%82%AC%C5%B8%C2%81");
  CHECK(query("%26amp;+%2B%c3") == "%26amp;+%2B%c3");
  CHECK(First("<a href=\"&#104;ttps&colon;&sol;&sol;a.example\">") == "https://a.example");
}

TEST_CASE("a base counts wherever it stands, the first one") {
  CHECK(First("<base href=\"https://b.example/d/e?q#f\"><a href=\"x?y\">") ==
        "https://b.example/d/x?y");
  CHECK(First("<a href=\"../x\"><base target=_blank><base href=\"https://b.example/d/\">"
              "<base href=\"https://c.example/\">") == "https://b.example/d/../x");
  CHECK(First("<base href=\"http://b.example/\"><a href=\"//c.example/x\">") ==
        "http://c.example/x");
  CHECK(First("<base href=\"mailto:x\"><a href=\"x\">").empty());
  CHECK(First("<!--<base href=\"https://b.example/\">--><a href=\"x\">").empty());
}

TEST_CASE("the pixel goes before the last end of the body, never into something open") {
  CHECK(WithPixel("<body>x</body></html>") ==
        "<body>x"
        "PIXEL"
        "</body></html>");
  CHECK(WithPixel("a</BODY >b</body\n>c") == "a</BODY >bPIXEL</body\n>c");
  CHECK(WithPixel("<html>x</html>\r\n") == "<html>xPIXEL</html>\r\n");
  CHECK(WithPixel("x<b>y</b>") == "x<b>y</b>PIXEL");
  CHECK(WithPixel("x</body><!-- </body> -->") == "xPIXEL</body><!-- </body> -->");
  CHECK(WithPixel("x<!-- open") == "xPIXEL<!-- open");
  CHECK(WithPixel("x<a href=") == "xPIXEL<a href=");
  CHECK(WithPixel("x<style>a") == "xPIXEL<style>a");
  CHECK(WithPixel("x<") == "xPIXEL<");
  CHECK(WithPixel("<br>") == "<br>PIXEL");
  CHECK(Rewritten("<a href=https://a.example/>x</body>", "P") == "<a href=T0>xP</body>");
}

TEST_CASE("without a known charset only links of ASCII are sure") {
  HtmlRewrite rewrite;
  rewrite.utf8 = false;
  rewrite.replace = [](const std::string&, size_t) { return std::optional<std::string>("T"); };
  CHECK(RewriteHtml("<a href=\"https://a.example/\xfc\"><a href=\"https://a.example/\">",
                    rewrite) == "<a href=\"https://a.example/\xfc\"><a href=\"T\">");
}

TEST_CASE("rewriting hostile text takes linear time") {
  for (const std::string& piece :
       std::vector<std::string>{"<svg>", "<a ", "<!--", "<", "</", "<a href=\"&", "<script><!--",
                                "<template>", "&#", "<title></titl", "--", "<base "}) {
    std::string html;
    while (html.size() < 2'000'000) html += piece;
    INFO(piece);
    CHECK(RewriteHtml(html, {{}, "", true}) == html);
  }
}

}  // namespace egd::tracking
