// Finds one e-mail address in texts of any kind: header fields, servers' replies, URLs, dialogues.
// Compared as the suppression list compares: without the case of ASCII letters, domains in A-labels
// or in their own letters. In URLs also with "%40". What only contains it, as "xjane@example.org"
// or "jane@example.org.uk" do, is another address. Immutable: thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/email_address.h"

namespace egd::core {

class AddressFinder {
 public:
  explicit AddressFinder(const EmailAddress& address);

  const std::string& address() const { return address_; }  // in lower case
  bool Is(std::string_view address) const;                 // the whole text is it
  bool IsIn(std::string_view text) const;
  // Each replaced by `by`, the rest as it was.
  std::string Replace(std::string_view text, std::string_view by) const;
  // The same in a list of mailboxes, such as a To field; the name before it goes with it.
  std::string ReplaceMailboxes(std::string_view text, std::string_view by) const;
  // As Replace, and the local part where it stands alone, as in "550 no user jane": for what was
  // said about this address.
  std::string ReplaceLocalPart(std::string_view text, std::string_view by) const;

 private:
  struct Place {
    size_t begin = 0, end = 0;  // begin == end: there is none
  };
  Place Find(std::string_view text, size_t from) const;
  Place At(std::string_view text, size_t sign, size_t sign_length) const;

  std::string address_;
  std::vector<std::string> locals_, domains_;  // in all their spellings, lower case
};

}  // namespace egd::core
