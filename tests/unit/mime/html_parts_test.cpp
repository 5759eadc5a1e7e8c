#include "daemon/mime/html_parts.h"

#include <catch2/catch.hpp>

namespace egd::mime {
namespace {

// Every "link" in a shown HTML part becomes "LINK".
std::string Changed(const std::string& message) {
  return ChangeHtmlParts(message, [](std::string_view html, bool) -> std::optional<std::string> {
    std::string text(html);
    for (size_t at = 0; (at = text.find("link", at)) != std::string::npos;) {
      text.replace(at, 4, "LINK");
    }
    return text;
  });
}

const std::string kHtml = "Content-Type: text/html\r\n\r\n<a>link</a>";

std::string Multipart(const std::string& type, const std::vector<std::string>& parts) {
  std::string text =
      "Subject: link\r\nContent-Type: " + type + "; boundary=\"=_b 1\"\r\n\r\nlink\r\n";
  for (const auto& part : parts) text += "--=_b 1\r\n" + part + "\r\n";
  return text + "--=_b 1--\r\nlink\r\n";
}

}  // namespace

TEST_CASE("only the HTML parts that are shown change") {
  const std::string plain = "Content-Type: text/plain\r\n\r\nlink";
  const std::string changed = "Content-Type: text/html\r\n\r\n<a>LINK</a>";
  CHECK(Changed(kHtml) == changed);
  CHECK(Changed("content-type: TEXT/HTML; charset=utf-8\r\n\r\nlink\r\n") ==
        "content-type: TEXT/HTML; charset=utf-8\r\n\r\nLINK\r\n");
  CHECK(Changed(plain) == plain);
  CHECK(Changed("Subject: link\r\n\r\n<a>link") == "Subject: link\r\n\r\n<a>link");
  CHECK(Changed(Multipart("multipart/alternative", {plain, kHtml})) ==
        Multipart("multipart/alternative", {plain, changed}));
  CHECK(Changed(Multipart("multipart/mixed (x)", {"\r\nlink", kHtml, kHtml})) ==
        Multipart("multipart/mixed (x)", {"\r\nlink", changed, changed}));
  const std::string file = "Content-Disposition: ATTACHMENT; filename=a.html\r\n" + kHtml;
  CHECK(Changed(Multipart("multipart/mixed", {file})) == Multipart("multipart/mixed", {file}));
}

TEST_CASE("multiparts nest, and a forwarded message is shown too") {
  const std::string inner =
      "Content-Type: multipart/related;\r\n boundary=b2\r\n\r\n--b2\r\n" + kHtml + "\r\n--b2--\r\n";
  std::string expected = Multipart("multipart/mixed", {inner});
  expected.replace(expected.find("<a>link"), 7, "<a>LINK");
  CHECK(Changed(Multipart("multipart/mixed", {inner})) == expected);
  const std::string forwarded = "Content-Type: message/rfc822\r\n\r\nSubject: link\r\n" + kHtml;
  CHECK(Changed(forwarded) ==
        "Content-Type: message/rfc822\r\n\r\nSubject: link\r\nContent-Type: "
        "text/html\r\n\r\n<a>LINK</a>");
}

TEST_CASE("what is signed or encrypted stays") {
  for (const std::string& text : std::vector<std::string>{
           Multipart("multipart/signed; protocol=\"application/pgp-signature\"", {kHtml}),
           Multipart("multipart/encrypted", {kHtml}), "DKIM-Signature: v=1\r\n" + kHtml,
           "ARC-Seal: i=1\r\n" + kHtml,
           std::string("Content-Type: application/pkcs7-mime\r\n\r\nlink"),
           std::string(
               "Content-Type: text/html\r\n\r\n-----BEGIN PGP SIGNED MESSAGE-----\r\nlink\r\n"),
           "Content-Type: message/rfc822\r\n\r\nDKIM-Signature: v=1\r\n" + kHtml}) {
    INFO(text);
    CHECK(Changed(text) == text);
  }
}

TEST_CASE("a part keeps its transfer encoding") {
  const std::string head = "Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: ";
  CHECK(Changed(head + "base64\r\n\r\nPGE+bGlu\r\naw==\r\n") ==
        head + "base64\r\n\r\nPGE+TElOSw==\r\n");
  CHECK(Changed(head + "quoted-printable\r\n\r\n<a x=3D1>li=\r\nnk =C3=BC\r\nb =20\r\n") ==
        head + "quoted-printable\r\n\r\n<a x=3D1>LINK =C3=BC\r\nb =20\r\n");
  CHECK(Changed(head + "8bit\r\n\r\nlink \xc3\xbc\r\n") == head + "8bit\r\n\r\nLINK \xc3\xbc\r\n");
  CHECK(Changed(head + "base64\r\n\r\n!!!\r\n") == head + "base64\r\n\r\n!!!\r\n");
}

TEST_CASE("a line that became too long makes the part quoted-printable") {
  const std::string message =
      "Content-Transfer-Encoding: 7bit\r\nContent-Type: text/html\r\n\r\nx=y\r\n";
  const std::string made = ChangeHtmlParts(message, [](std::string_view, bool) {
    return std::optional<std::string>("x=y" + std::string(1000, 'a') + "\r\n");
  });
  CHECK(made.starts_with(
      "Content-Type: text/html\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nx=3Dyaaa"));
}

TEST_CASE("charsets in which < is not < stay, and others are told apart") {
  const auto utf8 = [](const std::string& charset) -> std::optional<bool> {
    std::optional<bool> seen;
    ChangeHtmlParts("Content-Type: text/html; charset=" + charset + "\r\n\r\nx",
                    [&](std::string_view, bool is_utf8) -> std::optional<std::string> {
                      seen = is_utf8;
                      return std::nullopt;
                    });
    return seen;
  };
  CHECK(utf8("\"UTF-8\"") == true);
  CHECK(utf8("us-ascii") == true);
  CHECK(utf8("iso-8859-1") == false);
  CHECK_FALSE(utf8("utf-16"));
  CHECK_FALSE(utf8("ISO-2022-JP"));
}

TEST_CASE("hostile structure stays as it is") {
  std::string nested;
  for (int i = 0; i < 5000; ++i) {
    nested += "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n";
  }
  for (const std::string& text : std::vector<std::string>{
           nested, std::string(), std::string("\r\n"), std::string("x"),
           std::string("Content-Type"),
           std::string("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b"),
           std::string("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n--b--")}) {
    CHECK(Changed(text) == text);
  }
}

}  // namespace egd::mime
