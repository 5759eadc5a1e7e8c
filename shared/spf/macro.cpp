#include "shared/spf/macro.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "shared/base/strings.h"
#include "shared/spf/record.h"

namespace egd::spf {
namespace {

constexpr std::string_view kLetters = "slodipvh";
constexpr std::string_view kExplanationLetters = "crt";
constexpr std::string_view kDelimiters = ".-+,/_=";
constexpr size_t kMaxNameBytes = 253;  // section 7.3

char LowerOf(char c) {
  return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c;
}
bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}
bool IsLetter(char c) {
  return LowerOf(c) >= 'a' && LowerOf(c) <= 'z';
}

// "%{d2r-}"
struct Macro {
  char letter = 0;  // lower case
  size_t parts = SIZE_MAX;
  bool reversed = false;
  std::string delimiters = ".";
};

// Reads what is between "%{" and "}". Nothing: it is malformed.
std::optional<Macro> ReadMacro(std::string_view text) {
  if (text.empty()) return std::nullopt;
  Macro macro{.letter = LowerOf(text.front())};
  if (kLetters.find(macro.letter) == std::string_view::npos) return std::nullopt;
  text.remove_prefix(1);
  const size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  if (digits > 0) {
    const auto number = ParseInteger(text.substr(0, digits));
    if (number == 0) return std::nullopt;       // section 7.3: it must not be zero
    if (number) macro.parts = size_t(*number);  // one beyond 64 bits takes every part there is
    text.remove_prefix(digits);
  }
  if (!text.empty() && LowerOf(text.front()) == 'r') {
    macro.reversed = true;
    text.remove_prefix(1);
  }
  if (text.find_first_not_of(kDelimiters) != std::string_view::npos) return std::nullopt;
  if (!text.empty()) macro.delimiters = text;
  return macro;
}

// The macro that begins at `at`, where a "%" is: its length; nothing when it is malformed.
std::optional<size_t> MacroLength(std::string_view text, size_t at) {
  const char next = at + 1 < text.size() ? text[at + 1] : '\0';
  if (next == '%' || next == '_' || next == '-') return 2;
  const size_t end = text.find('}', at);
  if (next != '{' || end == std::string_view::npos) return std::nullopt;
  if (!ReadMacro(text.substr(at + 2, end - at - 2))) return std::nullopt;
  return end + 1 - at;
}

std::string MacroProblem(std::string_view text, size_t at) {
  const char letter = at + 2 < text.size() && text[at + 1] == '{' ? LowerOf(text[at + 2]) : '\0';
  if (letter != 0 && kExplanationLetters.find(letter) != std::string_view::npos) {
    return std::string("uses the macro ") + letter + ", which only explanations may";
  }
  return "has a malformed macro: a \"%\" begins %{letter…}, %%, %_ or %-";
}

// toplabel: letters, digits and hyphens, not all digits, no hyphen at either end.
bool IsTopLabel(std::string_view label) {
  if (label.empty() || label.front() == '-' || label.back() == '-') return false;
  const auto fits = [](char c) { return IsLetter(c) || IsDigit(c) || c == '-'; };
  return std::ranges::all_of(label, fits) && !std::ranges::all_of(label, IsDigit);
}

// Where the last macro ends; 0 when there is none. `text` is a macro-string.
size_t EndOfMacros(std::string_view text) {
  size_t end = 0;
  for (size_t at = text.find('%'); at != std::string_view::npos; at = text.find('%', end)) {
    end = at + *MacroLength(text, at);
  }
  return end;
}

std::string Transformed(std::string_view value, const Macro& macro) {
  std::vector<std::string> parts(1);
  for (const char c : value) {
    if (macro.delimiters.find(c) == std::string::npos) {
      parts.back() += c;
    } else {
      parts.emplace_back();
    }
  }
  if (macro.reversed) std::ranges::reverse(parts);
  if (parts.size() > macro.parts)
    parts.erase(parts.begin(), parts.end() - std::ptrdiff_t(macro.parts));
  return Join(parts, ".");
}

}  // namespace

std::string MacroStringProblem(std::string_view text) {
  for (size_t at = text.find('%'); at != std::string_view::npos;) {
    const auto length = MacroLength(text, at);
    if (!length) return MacroProblem(text, at);
    at = text.find('%', at + *length);
  }
  return {};
}

std::string DomainSpecProblem(std::string_view text) {
  if (text.empty()) return "does not name a domain";
  std::string problem = MacroStringProblem(text);
  if (!problem.empty()) return problem;
  if (EndOfMacros(text) == text.size()) return {};
  if (text.ends_with('.')) text.remove_suffix(1);
  const size_t dot = text.rfind('.');
  const bool has_dot = dot != std::string_view::npos && dot >= EndOfMacros(text);
  if (!has_dot) return "names a single label where a domain name has to be";
  const std::string_view top = text.substr(dot + 1);
  if (!top.empty() && std::ranges::all_of(top, IsDigit)) {
    return "names no domain: its last label is a number (an address belongs after ip4: or ip6:)";
  }
  return IsTopLabel(top)
             ? ""
             : "names no domain: \"" + Printable(top) + "\" cannot be a top-level label";
}

std::string Expand(std::string_view domain_spec, std::string_view domain) {
  std::string name;
  for (size_t at = 0; at < domain_spec.size();) {
    if (domain_spec[at] != '%') {
      name += domain_spec[at++];
      continue;
    }
    const auto length = MacroLength(domain_spec, at);
    if (!length) return {};
    const std::string_view text = domain_spec.substr(at, *length);
    at += *length;
    if (text == "%%") name += '%';
    if (text == "%_") name += ' ';
    if (text == "%-") name += "%20";
    if (text[1] != '{') continue;
    const auto macro = ReadMacro(text.substr(2, text.size() - 3));
    if (macro->letter != 'd' && macro->letter != 'o') return {};
    name += Transformed(domain, *macro);
  }
  while (name.size() > kMaxNameBytes && name.find('.') != std::string::npos) {
    name.erase(0, name.find('.') + 1);
  }
  if (name.ends_with('.')) name.pop_back();
  return Lower(name);
}

}  // namespace egd::spf
