#include "daemon/core/address_finder.h"

#include <algorithm>

#include "daemon/core/host_name.h"
#include "shared/base/strings.h"

namespace egd::core {
namespace {

constexpr size_t kLeastAlone = 3;  // characters of a local part that is no word of everybody's

bool IsWord(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         static_cast<unsigned char>(c) >= 0x80;
}

// What would belong to a longer local part. '=' and '/' may too, but stand before addresses in URLs.
bool GoesOnBefore(std::string_view text, size_t begin) {
  if (begin == 0) return false;
  const char c = text[begin - 1];
  return IsWord(c) || c == '.' || c == '_' || c == '+' || c == '-';
}

bool GoesOnBehind(std::string_view text, size_t end) {
  if (end == text.size()) return false;
  if (text[end] == '.') return end + 1 < text.size() && IsWord(text[end + 1]);
  return IsWord(text[end]) || text[end] == '-';
}

bool HasAt(std::string_view text, size_t begin, const std::string& what) {
  return begin <= text.size() && EqualsIgnoreCase(text.substr(begin, what.size()), what);
}

// As in a query of a URL.
std::string PercentEncoded(std::string_view text) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string encoded;
  for (const char c : text) {
    if (IsWord(c) || c == '.' || c == '-' || c == '_') {
      encoded += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      encoded.append({'%', kDigits[byte >> 4], kDigits[byte & 15]});
    }
  }
  return encoded;
}

void AddOther(std::vector<std::string>& spellings, std::string spelling) {
  if (std::ranges::find(spellings, spelling) == spellings.end()) {
    spellings.push_back(std::move(spelling));
  }
}

// The end of the mailbox that begins at `begin`: the next comma outside quotes.
size_t EndOfMailbox(std::string_view text, size_t begin) {
  bool quoted = false;
  for (size_t at = begin; at < text.size(); ++at) {
    if (text[at] == '\\' && quoted) {
      ++at;
    } else if (text[at] == '"') {
      quoted = !quoted;
    } else if (text[at] == ',' && !quoted) {
      return at;
    }
  }
  return text.size();
}

}  // namespace

AddressFinder::AddressFinder(const EmailAddress& address)
    : address_(Lower(address.Text())),
      locals_{Lower(address.local)},
      domains_{Lower(address.domain)} {
  AddOther(locals_, PercentEncoded(locals_.front()));
  AddOther(domains_, Lower(ToUnicode(domains_.front())));
}

bool AddressFinder::Is(std::string_view address) const {
  return EqualsIgnoreCase(address, address_);
}

AddressFinder::Place AddressFinder::At(std::string_view text, size_t sign,
                                       size_t sign_length) const {
  for (const std::string& local : locals_) {
    if (sign < local.size() || !HasAt(text, sign - local.size(), local)) continue;
    const size_t begin = sign - local.size();
    if (GoesOnBefore(text, begin)) continue;
    for (const std::string& domain : domains_) {
      const size_t end = sign + sign_length + domain.size();
      if (HasAt(text, sign + sign_length, domain) && !GoesOnBehind(text, end)) return {begin, end};
    }
  }
  return {};
}

AddressFinder::Place AddressFinder::Find(std::string_view text, size_t from) const {
  for (size_t at = text.find_first_of("@%", from); at != std::string_view::npos;
       at = text.find_first_of("@%", at + 1)) {
    const bool encoded = text[at] == '%';
    if (encoded && text.substr(at, 3) != "%40") continue;
    const Place place = At(text, at, encoded ? 3 : 1);
    if (place.end > place.begin && place.begin >= from) return place;
  }
  return {};
}

bool AddressFinder::IsIn(std::string_view text) const {
  return Find(text, 0).end > 0;
}

std::string AddressFinder::Replace(std::string_view text, std::string_view by) const {
  std::string replaced;
  size_t done = 0;
  for (Place at = Find(text, 0); at.end > 0; at = Find(text, at.end)) {
    replaced.append(text.substr(done, at.begin - done)).append(by);
    done = at.end;
  }
  return replaced.append(text.substr(done));
}

std::string AddressFinder::ReplaceMailboxes(std::string_view text, std::string_view by) const {
  std::string replaced;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = EndOfMailbox(text, begin);
    const std::string_view mailbox = text.substr(begin, end - begin);
    if (IsIn(mailbox)) {
      replaced.append(mailbox.starts_with(' ') ? " " : "").append(by);
    } else {
      replaced.append(mailbox);
    }
    if (end < text.size()) replaced += ',';
    begin = end + 1;
  }
  return replaced;
}

std::string AddressFinder::ReplaceLocalPart(std::string_view text, std::string_view by) const {
  const std::string without = Replace(text, by);
  const std::string& local = locals_.front();
  if (local.size() < kLeastAlone) return without;
  const std::string_view alias = by.substr(0, by.find('@'));
  const std::string lower = Lower(without);
  std::string replaced;
  size_t done = 0;
  for (size_t at = lower.find(local); at != std::string::npos; at = lower.find(local, at + 1)) {
    const size_t end = at + local.size();
    if (at < done || GoesOnBefore(without, at) || (end < without.size() && IsWord(without[end]))) {
      continue;
    }
    replaced.append(without, done, at - done).append(alias);
    done = end;
  }
  return replaced.append(without, done);
}

}  // namespace egd::core
