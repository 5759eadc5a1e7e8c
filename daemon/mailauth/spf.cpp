#include "daemon/mailauth/spf.h"

#include <algorithm>
#include <array>

#include <arpa/inet.h>

#include "shared/base/strings.h"

namespace egd::mailauth {
namespace {

constexpr std::string_view kVersion = "v=spf1";

bool IsNetwork(std::string_view text, int family, int64_t max_prefix) {
  const size_t slash = text.find('/');
  if (slash != std::string_view::npos) {
    const auto prefix = ParseInteger(text.substr(slash + 1));
    if (!prefix || *prefix < 0 || *prefix > max_prefix) return false;
  }
  std::array<unsigned char, 16> address;
  return inet_pton(family, std::string(text.substr(0, slash)).c_str(), address.data()) == 1;
}

// Section 5: which mechanisms need, may have and must not have an argument.
bool IsMechanism(const SpfMechanism& term) {
  if (term.name == "all") return term.argument.empty();
  if (term.name == "include" || term.name == "exists") {
    return !term.argument.empty() && term.argument.find('/') == std::string::npos;
  }
  if (term.name == "ip4") return IsNetwork(term.argument, AF_INET, 32);
  if (term.name == "ip6") return IsNetwork(term.argument, AF_INET6, 128);
  return term.name == "a" || term.name == "mx" || term.name == "ptr";
}

bool NeedsLookup(const SpfMechanism& term) {
  return term.name != "all" && term.name != "ip4" && term.name != "ip6";
}

std::string WithoutDot(std::string name) {
  if (name.ends_with('.')) name.pop_back();
  return name;
}

std::optional<SpfMechanism> ParseMechanism(std::string_view text) {
  SpfMechanism term;
  if (std::string_view("+-~?").find(text.front()) != std::string_view::npos) {
    term.qualifier = text.front();
    text.remove_prefix(1);
  }
  const size_t end = std::min(text.find_first_of(":/"), text.size());
  term.name = Lower(text.substr(0, end));
  if (end < text.size()) {
    const bool colon = text[end] == ':';
    term.argument = WithoutDot(Lower(text.substr(colon ? end + 1 : end)));
    if (colon && term.argument.empty()) return std::nullopt;
  }
  if (!IsMechanism(term)) return std::nullopt;
  return term;
}

// "redirect=name" and "exp=name"; names of unknown modifiers are ignored (section 6).
bool IsModifier(std::string_view text) {
  const size_t equals = text.find('=');
  return equals != std::string_view::npos && text.find_first_of(":/") > equals;
}

std::string Text(const SpfMechanism& term) {
  if (term.argument.empty()) return term.name;
  return term.name + (term.argument.front() == '/' ? "" : ":") + term.argument;
}

// Macros (section 7) depend on the mail, so such a name cannot be followed.
bool CanFollow(const std::string& name) {
  return name.find('%') == std::string::npos;
}

// Adds the look-ups of `record` to `count`, and gives up once it passes the limit.
void CountLookups(const SpfRecord& record, const FetchTxt& fetch, int& count);

void CountBehind(const std::string& name, const FetchTxt& fetch, int& count) {
  if (++count > kMaxSpfLookups || !CanFollow(name)) return;
  for (const auto& text : fetch(name).values) {
    if (!IsSpf(text)) continue;
    if (const auto record = ParseSpf(text)) CountLookups(*record, fetch, count);
    return;
  }
}

void CountLookups(const SpfRecord& record, const FetchTxt& fetch, int& count) {
  for (const auto& term : record.mechanisms) {
    if (count > kMaxSpfLookups) return;
    if (term.name == "include") {
      CountBehind(term.argument, fetch, count);
    } else if (NeedsLookup(term)) {
      ++count;
    }
  }
  if (!record.redirect.empty()) CountBehind(record.redirect, fetch, count);
}

}  // namespace

bool IsSpf(std::string_view text) {
  return EqualsIgnoreCase(text.substr(0, kVersion.size()), kVersion) &&
         (text.size() == kVersion.size() || text[kVersion.size()] == ' ');
}

std::optional<SpfRecord> ParseSpf(std::string_view text) {
  if (!IsSpf(text)) return std::nullopt;
  SpfRecord record;
  bool after_all = false;
  for (const std::string_view term : Split(text.substr(kVersion.size()), ' ')) {
    if (term.empty()) continue;
    if (IsModifier(term)) {
      const size_t equals = term.find('=');
      if (!EqualsIgnoreCase(term.substr(0, equals), "redirect")) continue;
      if (!record.redirect.empty() || equals + 1 == term.size()) return std::nullopt;
      record.redirect = WithoutDot(Lower(term.substr(equals + 1)));
      continue;
    }
    auto mechanism = ParseMechanism(term);
    if (!mechanism) return std::nullopt;
    const bool is_all = mechanism->name == "all";
    if (!after_all) record.mechanisms.push_back(std::move(*mechanism));
    after_all = after_all || is_all;
  }
  if (after_all) record.redirect.clear();
  return record;
}

std::string MissingMechanism(const SpfRecord& found, const SpfRecord& required) {
  for (const auto& term : required.mechanisms) {
    if (term.name == "all") continue;
    const auto& theirs = found.mechanisms;
    if (std::find(theirs.begin(), theirs.end(), term) == theirs.end()) return Text(term);
  }
  return {};
}

bool NeedsTooManyLookups(const SpfRecord& record, const FetchTxt& fetch) {
  int count = 0;
  CountLookups(record, fetch, count);
  return count > kMaxSpfLookups;
}

}  // namespace egd::mailauth
