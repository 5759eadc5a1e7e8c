// Header fields (RFC 5322 section 2.2) as they go on the wire: folded to 78 octets where a word
// allows and never over 998, text outside ASCII as encoded-words (RFC 2047), parameters as RFC 2231
// says. Whatever the input, a control character or a broken UTF-8 byte comes out as visible text
// ("\x0a"), so no value can start a field of its own. Pure functions, thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/message.h"

namespace egd::mime {

// Builds one field at the end of `out`; End() finishes it.
class Field {
 public:
  Field(std::string& out, std::string_view name);

  // One unbreakable word; white space goes before it, or a line break with white space when the
  // line is full. The first word stays beside the name: readers stumble over an empty first line.
  Field& Word(std::string_view word);
  Field& Append(std::string_view text);  // joins the last word
  // `text` as encoded-words; nothing else may touch them.
  Field& EncodedWords(std::string_view text);
  // Printable text to read, a subject: an accidental "=?" in it is encoded as well.
  Field& Text(std::string_view text);
  // A client's own field: as it is, where it is ASCII.
  Field& Verbatim(std::string_view text);
  // "Jane Doe" <jane@example.com>, … The local part stays UTF-8 when it is (RFC 6532).
  Field& Mailboxes(const std::vector<core::Mailbox>& mailboxes);
  Field& Parameter(std::string_view name, std::string_view value);  // ; name="value"
  // The same as readers knew it before RFC 2231: encoded-words between the quotes.
  Field& OldParameter(std::string_view name, std::string_view value);
  void End();

 private:
  Field& Words(std::string_view text, bool (*needs_encoding)(std::string_view word));
  Field& Phrase(std::string_view name);
  Field& ExtendedParameter(std::string_view name, std::string_view value);
  void Fold(std::string_view space, size_t width);

  std::string& out_;
  size_t line_start_;
  bool at_first_word_ = true;
};

// Whether `name` can name a field: 1 to 76 printable ASCII characters but the colon (RFC 5322
// section 3.6.8).
bool IsFieldName(std::string_view name);

}  // namespace egd::mime
