#include "shared/spf/record.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include <arpa/inet.h>

#include "shared/base/strings.h"
#include "shared/spf/macro.h"

namespace egd::spf {
namespace {

constexpr std::string_view kVersion = "v=spf1";
constexpr std::string_view kQualifiers = "+-~?";

constexpr std::pair<std::string_view, Kind> kKinds[] = {
    {"all", Kind::kAll}, {"include", Kind::kInclude}, {"a", Kind::kA},
    {"mx", Kind::kMx},   {"ptr", Kind::kPtr},         {"ip4", Kind::kIp4},
    {"ip6", Kind::kIp6}, {"exists", Kind::kExists}};

std::optional<Kind> KindOf(std::string_view name) {
  for (const auto& [known, kind] : kKinds) {
    if (EqualsIgnoreCase(name, known)) return kind;
  }
  return std::nullopt;
}

bool IsLetter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

// name = ALPHA *( ALPHA / DIGIT / "-" / "_" / "." )
bool IsModifierName(std::string_view name) {
  return !name.empty() && IsLetter(name.front()) && std::ranges::all_of(name, [](char c) {
    return IsLetter(c) || IsDigit(c) || c == '-' || c == '_' || c == '.';
  });
}

Error Wrong(std::string_view term, std::string_view why) {
  return InvalidArgument("\"" + Printable(term) + "\" " + std::string(why));
}

// Takes "/24" off the end of `text`; `slashes` is "/" or "//". Nothing when there is none.
std::optional<std::string_view> TakePrefix(std::string_view& text, std::string_view slashes) {
  const size_t last = text.find_last_not_of("0123456789");
  if (last == std::string_view::npos || last + 1 == text.size()) return std::nullopt;
  const std::string_view before = text.substr(0, last + 1);
  if (!before.ends_with(slashes)) return std::nullopt;
  const std::string_view digits = text.substr(last + 1);
  text = before.substr(0, before.size() - slashes.size());
  return digits;
}

bool ReadPrefix(std::string_view digits, int most, int& prefix) {
  const bool leading_zero = digits.size() > 1 && digits.front() == '0';
  const auto number = std::ranges::all_of(digits, IsDigit) ? ParseInteger(digits) : std::nullopt;
  if (!number || *number > most || leading_zero) return false;
  prefix = int(*number);
  return true;
}

std::string SpecOf(std::string_view text) {
  if (text.ends_with('.')) text.remove_suffix(1);
  return Lower(text);
}

class MechanismReader {
 public:
  // `rest`: what follows the name, from ":" or "/" on.
  MechanismReader(Mechanism& mechanism, std::string_view rest)
      : mechanism_(mechanism), rest_(rest) {}

  // Why not; empty: it is well-formed.
  std::string Read() {
    switch (mechanism_.kind) {
      case Kind::kAll:
        return rest_.empty() ? "" : "has something after \"all\"";
      case Kind::kInclude:
      case Kind::kExists:
        return rest_.empty() ? "does not name a domain" : ReadDomain();
      case Kind::kPtr:
        return rest_.empty() ? "" : ReadDomain();
      case Kind::kA:
      case Kind::kMx:
        return ReadHosts();
      case Kind::kIp4:
        return ReadNetwork(AF_INET, 32, mechanism_.prefix4);
      case Kind::kIp6:
        return ReadNetwork(AF_INET6, 128, mechanism_.prefix6);
    }
    return {};
  }

 private:
  std::string ReadDomain() {
    if (!rest_.starts_with(':')) return "has a prefix length where none can be";
    const std::string problem = DomainSpecProblem(rest_.substr(1));
    if (problem.empty()) mechanism_.target = SpecOf(rest_.substr(1));
    return problem;
  }

  // [ ":" domain-spec ] [ "/" prefix4 ] [ "//" prefix6 ]
  std::string ReadHosts() {
    if (const auto digits = TakePrefix(rest_, "//")) {
      if (!ReadPrefix(*digits, 128, mechanism_.prefix6))
        return "has an IPv6 prefix length that is not 0 to 128";
    }
    if (const auto digits = TakePrefix(rest_, "/")) {
      if (!ReadPrefix(*digits, 32, mechanism_.prefix4))
        return "has a prefix length that is not 0 to 32";
    }
    if (rest_.empty()) return {};
    if (rest_.starts_with('/')) return "has a malformed prefix length";
    return ReadDomain();
  }

  std::string ReadNetwork(int family, int most, int& prefix) {
    const bool is_ip4 = family == AF_INET;
    if (!rest_.starts_with(':')) return "does not name a network";
    rest_.remove_prefix(1);
    const size_t slash = rest_.find('/');
    if (slash != std::string_view::npos && !ReadPrefix(rest_.substr(slash + 1), most, prefix)) {
      return "has a prefix length that is not 0 to " + std::to_string(most);
    }
    std::array<char, 16> bytes{};
    if (inet_pton(family, std::string(rest_.substr(0, slash)).c_str(), bytes.data()) != 1) {
      return is_ip4 ? "has no IPv4 address after ip4:" : "has no IPv6 address after ip6:";
    }
    mechanism_.target.assign(bytes.data(), is_ip4 ? 4 : 16);
    return {};
  }

  Mechanism& mechanism_;
  std::string_view rest_;
};

Result<Mechanism> ParseMechanism(std::string_view term) {
  Mechanism mechanism;
  std::string_view text = term;
  if (kQualifiers.find(text.front()) != std::string_view::npos) {
    mechanism.qualifier = text.front();
    text.remove_prefix(1);
  }
  const size_t end = std::min(text.find_first_of(":/"), text.size());
  const auto kind = KindOf(text.substr(0, end));
  if (!kind) return Wrong(term, "is not a mechanism of SPF");
  mechanism.kind = *kind;
  mechanism.text = Lower(text);
  const std::string problem = MechanismReader(mechanism, text.substr(end)).Read();
  if (!problem.empty()) return Wrong(term, problem);
  return mechanism;
}

// Of "redirect" and "exp" each may be there once (section 6).
struct Seen {
  bool redirect = false, exp = false;
};

Result<void> ReadModifier(std::string_view term, Record& record, Seen& seen) {
  const size_t equals = term.find('=');
  const std::string_view name = term.substr(0, equals), value = term.substr(equals + 1);
  if (!IsModifierName(name)) return Wrong(term, "has no modifier's name before \"=\"");
  const bool redirect = EqualsIgnoreCase(name, "redirect"), exp = EqualsIgnoreCase(name, "exp");
  if (!redirect && !exp) {
    const std::string problem = MacroStringProblem(value);
    return problem.empty() ? Result<void>() : Wrong(term, problem);
  }
  bool& already = redirect ? seen.redirect : seen.exp;
  if (std::exchange(already, true))
    return Wrong(term, "is the second " + Lower(name) + "= of the record");
  const std::string problem = DomainSpecProblem(value);
  if (!problem.empty()) return Wrong(term, problem);
  if (redirect) record.redirect = SpecOf(value);
  return {};
}

}  // namespace

bool IsSpf(std::string_view text) {
  return EqualsIgnoreCase(text.substr(0, kVersion.size()), kVersion) &&
         (text.size() == kVersion.size() || text[kVersion.size()] == ' ');
}

bool IsMistakenForSpf(std::string_view text) {
  if (IsSpf(text)) return false;
  const size_t start = text.find_first_not_of(" \t\"'");
  return start != std::string_view::npos &&
         EqualsIgnoreCase(text.substr(start, 5), kVersion.substr(0, 5));
}

Result<Record> Parse(std::string_view text) {
  if (!IsSpf(text)) return InvalidArgument("it does not begin with v=spf1 and a space");
  const auto is_visible = [](char c) { return c >= ' ' && c <= '~'; };
  if (!std::ranges::all_of(text, is_visible)) {
    return InvalidArgument("it holds a control character or one outside ASCII");
  }
  Record record;
  Seen seen;
  for (const std::string_view term : Split(text.substr(kVersion.size()), ' ')) {
    if (term.empty()) continue;
    const size_t mark = term.find_first_of(":/=");
    if (mark != std::string_view::npos && term[mark] == '=') {
      if (const auto read = ReadModifier(term, record, seen); !read) return read.error();
      continue;
    }
    auto mechanism = ParseMechanism(term);
    if (!mechanism) return mechanism.error();
    record.mechanisms.push_back(*std::move(mechanism));
  }
  return record;
}

bool NeedsLookup(Kind kind) {
  return kind != Kind::kAll && kind != Kind::kIp4 && kind != Kind::kIp6;
}

}  // namespace egd::spf
