#include "daemon/tracking_server/unsubscribe_page.h"

#include <utility>
#include <vector>

namespace egd::tracking_server {
namespace {

constexpr std::string_view kPage = R"(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta name="color-scheme" content="light dark">
<title>Unsubscribe</title>
<style>
:root { color-scheme: light dark; --ground: #f4f5f7; --sheet: #fff; --text: #1c1e21; --button: #1d4ed8; --label: #fff; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #121417; --sheet: #1e2126; --text: #eceef1; --button: #93b4ff; --label: #10131a; }
}
* { box-sizing: border-box; }
body { margin: 0; padding: 1rem; background: var(--ground); color: var(--text);
  font: 1.0625rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
main { max-width: 32rem; margin: 8vh auto 0; padding: 1.5rem; background: var(--sheet); border-radius: .75rem; }
h1 { margin: 0 0 .75rem; font-size: 1.375rem; line-height: 1.25; }
p { margin: 0 0 1rem; }
button { width: 100%; min-height: 3rem; padding: .75rem 1rem; border: 0; border-radius: .5rem;
  background: var(--button); color: var(--label); font: inherit; font-weight: 600; cursor: pointer; }
button:focus-visible { outline: 3px solid var(--text); outline-offset: 3px; }
</style>
</head>
<body>
<main>
<h1>Unsubscribe</h1>
<p>Mail from <strong>{sender}</strong> to <strong>{address}</strong></p>
{done}{form}
</main>
</body>
</html>
)";

// No action: it goes to the page's own address.
constexpr std::string_view kForm =
    "<form method=\"post\">\n<button type=\"submit\" name=\"List-Unsubscribe\" "
    "value=\"One-Click\">Unsubscribe</button>\n</form>";
constexpr std::string_view kDone =
    "<p role=\"status\">You are unsubscribed and will get no more of this mail.</p>";

std::string Escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

}  // namespace

std::string DefaultUnsubscribePage() {
  return std::string(kPage);
}

std::string MissingPlaceholder(std::string_view page) {
  for (const std::string_view name : {"{form}", "{done}"}) {
    if (page.find(name) == std::string_view::npos) return std::string(name);
  }
  return {};
}

// One pass: a value is never read as a placeholder.
std::string RenderUnsubscribePage(std::string_view page, const UnsubscribeView& view) {
  const std::vector<std::pair<std::string_view, std::string>> values = {
      {"{sender}", Escaped(view.sender)},
      {"{address}", Escaped(view.address)},
      {"{form}", view.done ? std::string() : std::string(kForm)},
      {"{done}", view.done ? std::string(kDone) : std::string()}};
  std::string out;
  for (size_t at = 0; at < page.size();) {
    const std::string_view rest = page.substr(at);
    size_t length = 0;
    for (const auto& [name, value] : values) {
      if (!rest.starts_with(name)) continue;
      out += value;
      length = name.size();
      break;
    }
    if (length == 0) out += rest[length++];
    at += length;
  }
  return out;
}

std::string PartlyHidden(std::string_view address) {
  const std::string_view dots = "\u2022\u2022\u2022";
  const size_t at = address.rfind('@');
  if (at == std::string_view::npos || at == 0) return std::string(dots);
  size_t first = 1;  // a whole character
  while (first < at && (static_cast<unsigned char>(address[first]) & 0xc0) == 0x80) ++first;
  return std::string(address.substr(0, first)).append(dots).append(address.substr(at));
}

}  // namespace egd::tracking_server
