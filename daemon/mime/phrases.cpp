#include "daemon/mime/phrases.h"

#include <algorithm>

#include "shared/base/strings.h"

namespace egd::mime {
namespace {

// Bytes of other scripts start a word wherever they stand: many write without spaces.
bool JoinsWords(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

size_t Pair(char first, char second) {
  return size_t(uint8_t(first)) << 8 | uint8_t(second);
}

}  // namespace

Phrases::Phrases(std::string_view text) {
  text_.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c >= 'A' && c <= 'Z') c = char(c + ('a' - 'A'));
    if (c == '\n' || c == '\t' || c == '\r') c = ' ';
    if (text.compare(i, 3, "\xe2\x80\x99") == 0) {  // a typographic apostrophe
      c = '\'';
      i += 2;
    }
    if (c == ' ' && (text_.empty() || text_.back() == ' ')) continue;
    text_ += c;
  }
  for (size_t i = 0; i + 1 < text_.size(); ++i) {
    if (i > 0 && JoinsWords(text_[i - 1]) && JoinsWords(text_[i])) continue;
    starts_.set(Pair(text_[i], text_[i + 1]));
  }
}

bool Phrases::Have(std::string_view alternatives) const {
  for (size_t at = 0; at <= alternatives.size();) {
    const size_t end = std::min(alternatives.find('|', at), alternatives.size());
    if (HasPhrase(alternatives.substr(at, end - at))) return true;
    at = end + 1;
  }
  return false;
}

bool Phrases::HasPhrase(std::string_view phrase) const {
  constexpr size_t kShortWord = 4;
  if (phrase.size() < 2 || !starts_.test(Pair(phrase[0], phrase[1]))) return false;
  for (size_t at = 0; (at = text_.find(phrase, at)) != std::string::npos; ++at) {
    const size_t end = at + phrase.size();
    const bool starts = at == 0 || !JoinsWords(phrase[0]) || !JoinsWords(text_[at - 1]);
    const bool ends = phrase.size() > kShortWord || end == text_.size() || !JoinsWords(text_[end]);
    if (starts && ends) return true;
  }
  return false;
}

}  // namespace egd::mime
