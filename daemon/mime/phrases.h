// A text to look for many phrases in: in lower case, on one line with single spaces.
//
// A phrase is found where a word starts; one of up to four letters only as a whole word. Which
// pairs of characters start a word is known beforehand, so that most of a thousand phrases cost a
// bit test each. A value, to be read by one thread or many.
#pragma once

#include <bitset>
#include <cstdint>
#include <string>
#include <string_view>

namespace egd::mime {

class Phrases {
 public:
  explicit Phrases(std::string_view text);

  // Whether one of `alternatives`, in lower case, "|" between several, is there.
  bool Have(std::string_view alternatives) const;
  const std::string& text() const { return text_; }

 private:
  bool HasPhrase(std::string_view phrase) const;

  std::string text_;
  std::bitset<65536> starts_;
};

}  // namespace egd::mime
