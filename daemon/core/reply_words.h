// The words of a server's reply, as the rules of reply_rules.cpp are compared with. Pure.
//
// Addresses (in angle brackets or not), host names, IP addresses, URLs and numbers are taken out
// first: they are chosen by strangers and must not pass for what the server says. What is left is
// lower case without accents and apostrophes, each word by itself; '-' and other punctuation
// separate words, '_' does not. A dot inside "rejected.Please" ends a sentence, as the capital
// after it tells; "mail.example.com" is a host name.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace egd::core {

class ReplyWords {
 public:
  // Of more than kMaxBytes the rest is not read.
  static constexpr size_t kMaxBytes = 8192;
  explicit ReplyWords(std::string_view text);

  // A phrase by words: "block*" fits any word that begins so, "~" up to four words, or none.
  using Phrase = std::vector<std::string_view>;

  const std::vector<std::string>& words() const { return words_; }
  // What fits `phrase` from word `at` on, as the reply has it.
  std::optional<std::string> Match(const Phrase& phrase, size_t at) const;

 private:
  std::vector<std::string> words_;
};

}  // namespace egd::core
