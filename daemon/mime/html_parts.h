// Changes the HTML of a finished message and leaves every other byte as it is. Policy:
//  - Changed are text/html parts that are shown: in any multipart and in a forwarded message. A
//    part with Content-Disposition: attachment is a file, and so is what is in it.
//  - What is signed or encrypted stays: multipart/signed, multipart/encrypted,
//    application/pkcs7-mime, a text that holds an OpenPGP armour, and a message, whole or
//    forwarded, that carries a DKIM-Signature, ARC-Seal or ARC-Message-Signature of its own.
//  - A part stays in its transfer encoding. One in 7bit or 8bit that came to have a line longer
//    than 998 octets becomes quoted-printable, and its header says so.
//  - Charsets in which "<" need not mean that (UTF-16, UTF-7, ISO-2022-*, HZ) are left alone, and
//    so is what cannot be decoded, or lies more than 32 multiparts deep.
// RFC 2045, 2046, 2183, 3156, 8551. Pure, thread-safe.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace egd::mime {

// Gets a part's text, decoded from its transfer encoding, and returns what takes its place, or
// nothing to leave it. `utf8`: it is in UTF-8 or ASCII.
using HtmlChange = std::function<std::optional<std::string>(std::string_view html, bool utf8)>;

// `message` has CR LF line ends.
std::string ChangeHtmlParts(std::string_view message, const HtmlChange& change);

}  // namespace egd::mime
