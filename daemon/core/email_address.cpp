#include "daemon/core/email_address.h"

#include <algorithm>

#include "daemon/core/host_name.h"
#include "shared/base/strings.h"

namespace egd::core {
namespace {

bool IsNonAscii(char c) {
  return uint8_t(c) >= 0x80;
}

// atext of RFC 5322 section 3.2.3, with UTF8-non-ascii of RFC 6531.
bool IsAtomText(char c) {
  constexpr std::string_view kMarks = "!#$%&'*+-/=?^_`{|}~";
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         IsNonAscii(c) || kMarks.find(c) != std::string_view::npos;
}

bool IsDotAtom(std::string_view text) {
  const auto atoms = Split(text, '.');
  return std::all_of(atoms.begin(), atoms.end(), [](std::string_view atom) {
    return !atom.empty() && std::all_of(atom.begin(), atom.end(), IsAtomText);
  });
}

// The meaning of a quoted-string (`text` without its quotes), or nothing. Control characters are
// already excluded, so every other character may stand for itself or behind a backslash; a
// backslash before UTF-8 is not in the grammar.
std::optional<std::string> Unquote(std::string_view text) {
  std::string meaning;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') return std::nullopt;
    if (text[i] == '\\' && (++i == text.size() || IsNonAscii(text[i]))) return std::nullopt;
    meaning += text[i];
  }
  return meaning;
}

// RFC 5321 section 4.1.2: send "the form that uses the minimum quoting possible", so that one
// mailbox has one spelling.
std::string QuoteIfNeeded(const std::string& meaning) {
  if (IsDotAtom(meaning)) return meaning;
  std::string quoted = "\"";
  for (const char c : meaning) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

std::optional<std::string> ParseLocalPart(std::string_view text) {
  if (text.size() > kMaxLocalPartBytes) return std::nullopt;
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') {
    const auto meaning = Unquote(text.substr(1, text.size() - 2));
    if (!meaning) return std::nullopt;
    return QuoteIfNeeded(*meaning);
  }
  if (!IsDotAtom(text)) return std::nullopt;
  return std::string(text);
}

}  // namespace

std::optional<EmailAddress> ParseEmailAddress(std::string_view text) {
  const size_t at = text.rfind('@');  // a quoted local part may hold more of them
  if (at == std::string_view::npos || HasControl(text) || !IsUtf8(text)) return std::nullopt;
  auto local = ParseLocalPart(text.substr(0, at));
  auto domain = NormalizeDomainName(text.substr(at + 1));
  if (!local || !domain || text.back() == '.') return std::nullopt;
  if (local->size() + 1 + domain->size() > kMaxEmailAddressBytes) return std::nullopt;
  const bool non_ascii = std::any_of(local->begin(), local->end(), IsNonAscii);
  return EmailAddress{std::move(*local), std::move(*domain), non_ascii};
}

}  // namespace egd::core
