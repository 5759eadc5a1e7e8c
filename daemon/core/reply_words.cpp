#include "daemon/core/reply_words.h"

#include <algorithm>

#include "shared/base/strings.h"

namespace egd::core {
namespace {

constexpr size_t kMostBetween = 4;   // words that "~" stands for
constexpr const char* kBreak = ".";  // the end of a sentence, among the words

bool IsLower(char c) {
  return c >= 'a' && c <= 'z';
}
bool IsUpper(char c) {
  return c >= 'A' && c <= 'Z';
}
bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}
bool IsLetter(char c) {
  return IsLower(c) || IsUpper(c);
}
bool IsSpace(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}
bool IsOfAddress(char c) {
  return IsLetter(c) || IsDigit(c) || uint8_t(c) >= 0x80 ||
         std::string_view(".!#$%&*+/=?^_`{|}~-").find(c) != std::string_view::npos;
}
bool IsOfHost(char c) {
  return IsLetter(c) || IsDigit(c) || uint8_t(c) >= 0x80 || c == '.' || c == '-' || c == '_';
}

// Overwrites with spaces, so that what stood on both sides stays apart.
void Blank(std::string& text, size_t begin, size_t end) {
  std::fill(text.begin() + long(begin), text.begin() + long(end), ' ');
}

// "<anything>" without a space, or with an '@' in it.
void DropBracketed(std::string& text) {
  for (size_t begin = text.find('<'); begin != std::string::npos;
       begin = text.find('<', begin + 1)) {
    const size_t end = text.find('>', begin);
    if (end == std::string::npos) return;
    const std::string_view inside = std::string_view(text).substr(begin, end - begin);
    const bool is_word = std::none_of(inside.begin(), inside.end(), IsSpace);
    if (is_word || inside.find('@') != std::string_view::npos) Blank(text, begin, end + 1);
  }
}

void DropUrls(std::string& text) {
  const std::string lower = Lower(text);
  for (const std::string_view start : {"http://", "https://", "www."}) {
    for (size_t begin = lower.find(start); begin != std::string::npos;
         begin = lower.find(start, begin + 1)) {
      size_t end = begin;
      while (end < text.size() && !IsSpace(text[end]) && text[end] != '>' && text[end] != '"')
        ++end;
      Blank(text, begin, end);
    }
  }
}

void DropAddresses(std::string& text) {
  for (size_t at = text.find('@'); at != std::string::npos; at = text.find('@', at + 1)) {
    size_t begin = at, end = at + 1;
    if (begin > 0 && text[begin - 1] == '"') {  // a quoted local part
      const size_t quote = begin > 1 ? text.rfind('"', begin - 2) : std::string::npos;
      if (quote != std::string::npos) begin = quote;
    }
    while (begin > 0 && IsOfAddress(text[begin - 1])) --begin;
    while (end < text.size() && IsOfHost(text[end])) ++end;
    Blank(text, begin, end);
  }
}

// "mail.example.com", and "EXAMPLE.JP", not "rejected.Please" nor "5.1.1".
bool IsHostName(std::string_view token) {
  const auto labels = Split(token, '.');
  if (labels.size() < 2) return false;
  for (size_t i = 0; i < labels.size(); ++i) {
    if (labels[i].empty()) return false;
    const bool new_sentence = i > 0 && IsUpper(labels[i][0]) && IsLower(labels[i - 1].back());
    const bool camel_case = labels[i].size() > 1 && IsUpper(labels[i][0]) && IsLower(labels[i][1]);
    if (new_sentence || (i > 0 && camel_case)) return false;
  }
  const std::string_view top = labels.back();
  return top.size() >= 2 && (std::all_of(top.begin(), top.end(), IsLetter) ||
                             uint8_t(top[0]) > 0x7f || top.starts_with("xn--"));
}

void DropHostNames(std::string& text) {
  for (size_t begin = 0; begin < text.size(); ++begin) {
    if (!IsOfHost(text[begin])) continue;
    size_t end = begin;
    while (end < text.size() && IsOfHost(text[end])) ++end;
    std::string_view token = std::string_view(text).substr(begin, end - begin);
    while (!token.empty() && token.back() == '.') token.remove_suffix(1);
    while (!token.empty() && token.front() == '.') token.remove_prefix(1);
    if (IsHostName(token)) Blank(text, begin, end);
    begin = end;
  }
}

// The base letter of U+00C0 to U+017F, '?' where there is none.
char BaseLetter(unsigned code_point) {
  constexpr std::string_view kBase =
      "aaaaaaaceeeeiiiidnooooo?ouuuuyts"   // 00c0
      "aaaaaaaceeeeiiiidnooooo?ouuuuyty"   // 00e0
      "aaaaaaccccccccddddeeeeeeeeeegggg"   // 0100
      "gggghhhhiiiiiiiiiiiijjkkklllllll"   // 0120
      "lllnnnnnnnnnoooooooorrrrrrssssss"   // 0140
      "ssttttttuuuuuuuuuuuuwwyyyzzzzzzs";  // 0160
  const unsigned index = code_point - 0xc0;
  return index < kBase.size() ? kBase[index] : '?';
}

// Or a part of one: no phrase goes on behind it.
bool EndsSentence(std::string_view text, size_t at) {
  if (std::string_view(".,;!?").find(text[at]) == std::string_view::npos) return false;
  if (at + 1 == text.size() || IsSpace(text[at + 1])) return true;
  return at > 0 && IsLower(text[at - 1]) && IsUpper(text[at + 1]);
}

bool IsNumber(std::string_view word) {
  return std::all_of(word.begin(), word.end(), IsDigit);
}

bool FitsWord(std::string_view pattern, std::string_view word) {
  if (!pattern.ends_with('*')) return pattern == word;
  return word.starts_with(pattern.substr(0, pattern.size() - 1));
}

// The end of the match of pattern[p…] at words[w…], or nothing.
std::optional<size_t> MatchFrom(const ReplyWords::Phrase& pattern, size_t p,
                                const std::vector<std::string>& words, size_t w) {
  if (p == pattern.size()) return w;
  if (pattern[p] == "~") {
    for (size_t skipped = 0; skipped <= kMostBetween && w + skipped <= words.size(); ++skipped) {
      if (const auto end = MatchFrom(pattern, p + 1, words, w + skipped)) return end;
      if (w + skipped < words.size() && words[w + skipped] == kBreak) break;
    }
    return std::nullopt;
  }
  if (w == words.size() || !FitsWord(pattern[p], words[w])) return std::nullopt;
  return MatchFrom(pattern, p + 1, words, w + 1);
}

}  // namespace

ReplyWords::ReplyWords(std::string_view given) {
  std::string text(given.substr(0, kMaxBytes));
  DropBracketed(text);
  DropUrls(text);
  DropAddresses(text);
  DropHostNames(text);

  std::string word;
  const auto end_word = [&] {
    // "e-mail" is the one word in these rules that is written both ways.
    if (word == "mail" && !words_.empty() && words_.back() == "e") {
      words_.back() = "email";
    } else if (!word.empty() && !IsNumber(word)) {
      words_.push_back(word);
    }
    word.clear();
  };
  for (size_t i = 0; i < text.size(); ++i) {
    const uint8_t byte = uint8_t(text[i]);
    const bool accented = byte >= 0xc3 && byte <= 0xc5 && i + 1 < text.size();
    if (accented) {
      word += BaseLetter((byte & 0x1fu) << 6 | (uint8_t(text[++i]) & 0x3fu));
    } else if (text.compare(i, 3, "\xe2\x80\x99") == 0) {  // a typographic apostrophe
      i += 2;
    } else if (IsLetter(text[i]) || IsDigit(text[i]) || text[i] == '_' || byte >= 0x80) {
      word += IsUpper(text[i]) ? char(text[i] + 'a' - 'A') : text[i];
    } else if (text[i] != '\'') {
      end_word();
      if (EndsSentence(text, i) && !words_.empty() && words_.back() != kBreak) {
        words_.push_back(kBreak);
      }
    }
  }
  end_word();
}

std::optional<std::string> ReplyWords::Match(const Phrase& phrase, size_t at) const {
  const auto end = MatchFrom(phrase, 0, words_, at);
  if (!end) return std::nullopt;
  return Join({words_.begin() + long(at), words_.begin() + long(*end)}, " ");
}

}  // namespace egd::core
