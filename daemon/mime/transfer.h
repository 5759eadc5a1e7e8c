// Content-Transfer-Encoding (RFC 2045 section 6): what carries a text unharmed through a 7-bit path
// at the least cost. Pure functions, thread-safe.
#pragma once

#include <string>
#include <string_view>

namespace egd::mime {

enum class Transfer { k7Bit, kQuotedPrintable, kBase64 };
std::string_view Name(Transfer transfer);  // "quoted-printable"

// The text with every line ending (CR LF, lone LF, lone CR) as CR LF: MIME's canonical form (RFC
// 2046 section 4.1.1).
std::string CanonicalText(std::string_view text);

// For a canonical text: 7bit when it is clean ASCII in lines of at most 998 octets, else the
// shorter of the other two.
Transfer BestTransfer(std::string_view canonical_text);

// Appends the encoded content; lines of at most 76 octets, except 7bit, which is a copy.
void AppendEncoded(std::string& out, std::string_view content, Transfer transfer);

// Quoted-printable as a lenient reader takes it (RFC 2045 section 6.7): white space before a line
// end falls away, a = that begins no escape stays.
std::string FromQuotedPrintable(std::string_view text);

}  // namespace egd::mime
