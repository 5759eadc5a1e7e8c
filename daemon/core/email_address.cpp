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

// A dot-atom that may have dots in a row and at its end.
bool IsLooseDotAtom(std::string_view text) {
  return !text.empty() && text.front() != '.' &&
         std::all_of(text.begin(), text.end(), [](char c) { return c == '.' || IsAtomText(c); });
}

Error Wrong(std::string why) {
  return InvalidArgument(std::move(why));
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
  if (IsLooseDotAtom(meaning)) return meaning;
  std::string quoted = "\"";
  for (const char c : meaning) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

// Why an unquoted local part is none.
Error WrongLocalPart(std::string_view text) {
  if (text.empty()) return Wrong("has nothing before the @");
  if (text.front() == '.') return Wrong("begins with a dot");
  if (text.find('<') != std::string_view::npos) {
    return Wrong("has angle brackets; give the bare address");
  }
  for (const char c : text) {
    if (c == ' ') return Wrong("has a space in it");
    if (c == '@') return Wrong("has more than one @");
    if (c == ',' || c == ';') return Wrong("holds more than one address; give them one by one");
    if (!IsAtomText(c) && c != '.') {
      return Wrong(std::string("has the character ") + c +
                   " before the @, which needs quotes there");
    }
  }
  return Wrong("is not well-formed");
}

Result<std::string> ParseLocalPart(std::string_view text) {
  if (text.size() > kMaxLocalPartBytes) {
    return Wrong("has more than " + std::to_string(kMaxLocalPartBytes) + " bytes before the @");
  }
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') {
    const auto meaning = Unquote(text.substr(1, text.size() - 2));
    if (!meaning) return Wrong("has quotes or backslashes inside its quotes that are not escaped");
    return QuoteIfNeeded(*meaning);
  }
  if (!IsLooseDotAtom(text)) return WrongLocalPart(text);
  return std::string(text);
}

Error WrongDomain(std::string_view text) {
  if (text.empty()) return Wrong("has nothing after the @");
  if (text.front() == '[') return Wrong("has an address literal in place of a domain");
  if (text.find_first_of(" ,;<>") != std::string_view::npos) {
    return Wrong("has something after its domain; give the bare address");
  }
  if (text.ends_with('.')) return Wrong("ends with a dot");
  if (text.find("..") != std::string_view::npos)
    return Wrong("has two dots in a row in its domain");
  if (NormalizeHostName(text)) return Wrong("has a domain without a dot");
  if (std::any_of(text.begin(), text.end(), IsNonAscii)) {
    return Wrong("has a domain that cannot be written in ASCII (as xn--…)");
  }
  const bool is_number = text.find_first_not_of("0123456789.") == std::string_view::npos;
  if (is_number) return Wrong("has an IP address in place of a domain");
  return Wrong("has a domain that is no host name");
}

}  // namespace

Result<EmailAddress> ParseEmailAddress(std::string_view text) {
  if (text.empty()) return Wrong("is empty");
  if (!IsUtf8(text)) return Wrong("is not UTF-8");
  if (HasControl(text)) return Wrong("has a line break or another control character in it");
  const size_t at = text.rfind('@');  // a quoted local part may hold more of them
  if (at == std::string_view::npos) return Wrong("has no @");
  auto local = ParseLocalPart(text.substr(0, at));
  if (!local) return local.error();
  auto domain = NormalizeDomainName(text.substr(at + 1));
  if (!domain || text.back() == '.') return WrongDomain(text.substr(at + 1));
  if (local->size() + 1 + domain->size() > kMaxEmailAddressBytes) {
    return Wrong("is longer than " + std::to_string(kMaxEmailAddressBytes) + " bytes");
  }
  const bool non_ascii = std::any_of(local->begin(), local->end(), IsNonAscii);
  return EmailAddress{*std::move(local), *std::move(domain), non_ascii};
}

}  // namespace egd::core
