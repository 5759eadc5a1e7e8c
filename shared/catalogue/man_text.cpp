#include "shared/catalogue/man_text.h"

#include <algorithm>

#include "shared/base/strings.h"
#include "shared/catalogue/help.h"

namespace egd::catalogue {
namespace {

constexpr size_t kWidth = 78;  // of source lines; mandoc -T lint warns above 80
// The pages are compared with what is committed, so their date is not the day of the build.
constexpr std::string_view kDate = "November 22, 2026";

std::string Replace(std::string text, std::string_view from, std::string_view to) {
  for (size_t at = text.find(from); at != text.npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

}  // namespace

std::string Word(std::string_view word) {
  return Replace(Replace(std::string(word), "\\", "\\e"), "-", "\\-");
}

std::string Literal(std::string_view line) {
  std::string text = Replace(Word(line), "'", "\\(aq");
  text = Replace(Replace(text, "`", "\\(ga"), "~", "\\(ti");
  return text.starts_with('.') ? "\\&" + text : text;
}

std::string Text(std::string_view text) {
  std::string out;
  for (std::string_view rest = text; !rest.empty();) {
    const size_t stop = rest.find(". ");
    const size_t end = stop == rest.npos ? rest.size() : stop + 1;
    out += Wrap(rest.substr(0, end), kWidth, 0) + "\n";
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  out = Replace(std::move(out), "\\", "\\e");
  out = Replace(Replace(std::move(out), "\n.", "\n\\&."), "\n'", "\n\\&'");
  return out.starts_with('.') || out.starts_with('\'') ? "\\&" + out : out;
}

std::string Sentence(std::string text) {
  return text.ends_with('.') ? text : text + ".";
}

std::string Item(const std::string& term, std::string_view text) {
  return ".It " + term + "\n" + Text(text);
}

std::string List(std::string_view width, const std::string& items) {
  return ".Bl -tag -width " + std::string(width) + "\n" + items + ".El\n";
}

std::string Header(const std::string& name, std::string_view summary, int section) {
  std::string title = name;
  for (char& c : title) c = c >= 'a' && c <= 'z' ? char(c - 'a' + 'A') : c;
  std::string description(summary);
  description[0] = Lower(summary.substr(0, 1))[0];
  return ".\\\" Rendered from the catalogue by \"egctl generate\"; do not edit.\n.Dd " +
         std::string(kDate) + "\n.Dt " + title + " " + std::to_string(section) +
         "\n.Os\n.Sh NAME\n.Nm " + name + "\n.Nd " + description + "\n";
}

}  // namespace egd::catalogue
