#include "daemon/mime/compose.h"

#include <algorithm>
#include <random>

#include <catch2/catch.hpp>

#include "shared/base/strings.h"
#include "tests/unit/mime/parsed_message.h"

namespace egd::mime {
namespace {

ComposeOptions Options() {
  ComposeOptions options;
  options.message_id = *Uuid::Parse("0190c2f0-7b9e-7d4c-8a53-2f6f1e0d9b11");
  options.message_id_host = "sl.example.com";
  options.date = 1'700'000'000'000;
  return options;
}

core::Draft SmallDraft() {
  core::Draft draft;
  draft.from = {"John Doe", "john@example.com"};
  draft.to = {{"Jane Smith", "jane@example.net"}};
  draft.subject = "Welcome";
  draft.plain = "Hello\nJane\n";
  return draft;
}

core::Draft FullDraft() {
  core::Draft draft = SmallDraft();
  draft.to.push_back({"", "joe@example.net"});
  draft.cc = {{"Zoë", "zoe@example.org"}};
  draft.bcc = {{"Secret", "secret@example.org"}};
  draft.reply_to = {{"Help, Desk", "help@example.com"}};
  draft.subject = "Grüße – 你好";
  draft.html = "<p>Héllo <img src=\"cid:logo\"></p>\r\n";
  draft.headers = {{"X-Campaign", "spring"}};
  draft.attachments = {
      {"日本語.pdf", std::string("\0\1\xff bytes", 9), "application/pdf", false, ""},
      {"logo.png", "png", "image/png", true, "logo"}};
  return draft;
}

std::vector<std::string> Types(const ParsedMessage& message) {
  std::vector<std::string> types;
  for (const auto& part : message.parts())
    types.push_back(std::string(part.depth, ' ') + part.type);
  return types;
}

// What holds of every message, whatever the draft: CR LF only, lines within 998, 7-bit unless an
// address is not, nothing but printable characters and tabs.
void CheckWire(const std::string& data) {
  REQUIRE(data.substr(data.size() - 2) == "\r\n");
  for (size_t at = 0; at < data.size();) {
    const size_t end = data.find("\r\n", at);
    REQUIRE(end != std::string::npos);
    REQUIRE(end - at <= 998);
    REQUIRE(std::none_of(data.begin() + long(at), data.begin() + long(end),
                         [](char c) { return (c >= 0 && c < ' ' && c != '\t') || c == 0x7f; }));
    at = end + 2;
  }
}

TEST_CASE("a plain message is exactly this") {
  CHECK(Compose(SmallDraft(), Options()) ==
        "From: John Doe <john@example.com>\r\n"
        "To: Jane Smith <jane@example.net>\r\n"
        "Subject: Welcome\r\n"
        "Message-ID: <0190c2f0-7b9e-7d4c-8a53-2f6f1e0d9b11@sl.example.com>\r\n"
        "Date: Tue, 14 Nov 2023 22:13:20 +0000\r\n"
        "MIME-Version: 1.0\r\n"
        "Content-Type: text/plain; charset=\"utf-8\"\r\n"
        "Content-Transfer-Encoding: 7bit\r\n"
        "\r\n"
        "Hello\r\nJane\r\n");
}

TEST_CASE("the structure has exactly the levels it needs") {
  core::Draft draft = SmallDraft();
  const auto types = [&] { return Types(ParsedMessage(Compose(draft, Options()))); };
  using List = std::vector<std::string>;
  CHECK(types() == List{"text/plain"});
  draft.html = "<p>Hello</p>";
  CHECK(types() == List{"multipart/alternative", " text/plain", " text/html"});
  draft.attachments = {{"logo.png", "png", "image/png", true, "logo"}};
  CHECK(types() == List{"multipart/alternative", " text/plain", " multipart/related", "  text/html",
                        "  image/png"});
  draft.attachments.push_back({"a.pdf", "pdf", "application/pdf", false, ""});
  CHECK(types() == List{"multipart/mixed", " multipart/alternative", "  text/plain",
                        "  multipart/related", "   text/html", "   image/png", " application/pdf"});
  draft.plain.clear();
  draft.attachments.erase(draft.attachments.begin());
  CHECK(types() == List{"multipart/mixed", " text/html", " application/pdf"});
}

TEST_CASE("an inline part without HTML or without a Content-ID is an attachment shown inline") {
  core::Draft draft = SmallDraft();
  draft.attachments = {{"logo.png", "png", "image/png", true, "logo"}};
  CHECK(Types(ParsedMessage(Compose(draft, Options())))[0] == "multipart/mixed");
  draft.html = "<p>Hello</p>";
  draft.attachments[0].content_id.clear();
  const ParsedMessage message(Compose(draft, Options()));
  CHECK(message.parts()[0].type == "multipart/mixed");
  CHECK(message.parts().back().disposition == "inline");
}

TEST_CASE("GMime reads back what the draft says") {
  const core::Draft draft = FullDraft();
  const std::string data = Compose(draft, Options());
  CheckWire(data);
  CHECK(std::all_of(data.begin(), data.end(), [](char c) { return c >= 0; }));

  const ParsedMessage message(data);
  CHECK(message.subject() == draft.subject);
  CHECK(message.message_id() == "0190c2f0-7b9e-7d4c-8a53-2f6f1e0d9b11@sl.example.com");
  using List = std::vector<ParsedMailbox>;
  CHECK(message.Mailboxes(GMIME_ADDRESS_TYPE_FROM) == List{{"John Doe", "john@example.com"}});
  CHECK(message.Mailboxes(GMIME_ADDRESS_TYPE_TO) ==
        List{{"Jane Smith", "jane@example.net"}, {"", "joe@example.net"}});
  CHECK(message.Mailboxes(GMIME_ADDRESS_TYPE_CC) == List{{"Zoë", "zoe@example.org"}});
  CHECK(message.Mailboxes(GMIME_ADDRESS_TYPE_REPLY_TO) == List{{"Help, Desk", "help@example.com"}});
  CHECK(message.Header("X-Campaign") == "spring");
  CHECK(message.Header("MIME-Version") == "1.0");

  const auto& parts = message.parts();
  REQUIRE(parts.size() == 7);
  CHECK(parts[2].content == "Hello\r\nJane\r\n");
  CHECK(parts[4].content == draft.html);
  CHECK(parts[5].content == "png");
  CHECK(parts[5].content_id == "logo");
  CHECK(parts[5].disposition == "inline");
  CHECK(parts[6].content == draft.attachments[0].content);
  CHECK(parts[6].filename == "日本語.pdf");
  CHECK(parts[6].disposition == "attachment");
}

TEST_CASE("a blind recipient appears nowhere") {
  const std::string data = Compose(FullDraft(), Options());
  CHECK(data.find("secret@") == std::string::npos);
  CHECK(data.find("Secret") == std::string::npos);
  CHECK(Lower(data).find("bcc") == std::string::npos);
}

TEST_CASE("a message to blind recipients alone has a To field all the same") {
  core::Draft draft = SmallDraft();
  draft.to.clear();
  CHECK(ParsedMessage(Compose(draft, Options())).Header("To") == "undisclosed-recipients:;");
}

TEST_CASE("the same draft gives the same bytes, another message another boundary") {
  ComposeOptions other = Options();
  other.message_id.bytes[15] ^= 1;
  CHECK(Compose(FullDraft(), Options()) == Compose(FullDraft(), Options()));
  CHECK(Compose(FullDraft(), Options()) != Compose(FullDraft(), other));
}

TEST_CASE("an unsubscribe link makes both of its headers") {
  ComposeOptions options = Options();
  options.list.unsubscribe_url = "https://track-sl.example.com/u/" + std::string(200, 'a');
  const ParsedMessage message(Compose(SmallDraft(), options));
  CHECK(message.Header("List-Unsubscribe") == "<" + options.list.unsubscribe_url + ">");
  CHECK(message.Header("List-Unsubscribe-Post") == "List-Unsubscribe=One-Click");
  CHECK_FALSE(ParsedMessage(Compose(SmallDraft(), Options())).Header("List-Unsubscribe"));
}

TEST_CASE("a UTF-8 local part goes as it is") {
  core::Draft draft = SmallDraft();
  draft.to = {{"Jörg", "jörg@xn--bcher-kva.example"}};
  const std::string data = Compose(draft, Options());
  CHECK(data.find("<jörg@xn--bcher-kva.example>") != std::string::npos);
}

TEST_CASE("composite attachment types and nonsense go as application/octet-stream") {
  for (const std::string type :
       {"message/partial", "multipart/mixed", "", "pdf", "a/b\r\nX: y", "image/png; name"}) {
    core::Draft draft = SmallDraft();
    draft.attachments = {{"a.eml", "Subject: x\r\n\r\ny", type, false, ""}};
    const ParsedMessage message(Compose(draft, Options()));
    INFO(type);
    REQUIRE(message.parts().size() == 3);
    CHECK(message.parts()[2].type == "application/octet-stream");
    CHECK(message.parts()[2].content == draft.attachments[0].content);
  }
  core::Draft draft = SmallDraft();
  draft.attachments = {
      {"a.eml", "Subject: gr\xc3\xbc\xc3\x9f\r\n\r\ny", "message/rfc822", false, ""}};
  CHECK(ParsedMessage(Compose(draft, Options())).parts()[2].type == "application/octet-stream");
}

TEST_CASE("a clean message is attached as what it is") {
  core::Draft draft = SmallDraft();
  draft.attachments = {{"a.eml", "Subject: x\n\nHello", "message/rfc822", false, ""}};
  const std::string data = Compose(draft, Options());
  CHECK(data.find("Content-Type: message/rfc822; name=\"a.eml\"\r\n"
                  "Content-Disposition: attachment; filename=\"a.eml\"\r\n"
                  "Content-Transfer-Encoding: 7bit\r\n\r\nSubject: x\r\n\r\nHello\r\n--") !=
        std::string::npos);
}

TEST_CASE("an invitation is an alternative of the text, and stays an attachment") {
  const std::string object =
      "BEGIN:VCALENDAR\nMETHOD:request\nBEGIN:VEVENT\nMETHOD:CANCEL\nSUMMARY:Caf\xc3\xa9\n";
  core::Draft draft = SmallDraft();
  draft.html = "<p>Come</p>";
  draft.attachments = {{"invite.ics", object, "text/calendar", false, ""}};
  const ParsedMessage message(Compose(draft, Options()));
  std::vector<std::string> types;
  for (const auto& part : message.parts()) {
    types.push_back(std::string(size_t(part.depth), ' ') + part.type);
  }
  CHECK(types == std::vector<std::string>{"multipart/mixed", " multipart/alternative",
                                          "  text/plain", "  text/html", "  text/calendar",
                                          " text/calendar"});
  CHECK(message.parts()[4].content.find("SUMMARY:Caf\xc3\xa9") != std::string::npos);
  CHECK(message.parts()[4].filename.empty());
  CHECK(message.parts()[5].filename == "invite.ics");
  CHECK(message.parts()[5].content == object);
  const std::string data = Compose(draft, Options());
  CHECK(data.find("Content-Type: text/calendar; charset=\"utf-8\"; method=\"request\"\r\n") !=
        std::string::npos);
  draft.attachments[0].content = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nMETHOD:REQUEST\n";
  CHECK(ParsedMessage(Compose(draft, Options())).parts().size() == 5);
  draft.attachments[0].type = "text/calendar; method=\"CANCEL\"";
  CHECK(ParsedMessage(Compose(draft, Options())).parts().size() == 6);
}

TEST_CASE("a file's name goes out in both forms") {
  core::Draft draft = SmallDraft();
  draft.attachments = {{"Rechnung M\xc3\xa4rz.pdf", "x", "application/pdf", false, ""}};
  const std::string data = Compose(draft, Options());
  CHECK(data.find("name=\" =?utf-8?q?Rechnung_M=C3=A4rz=2Epdf?=\"") == std::string::npos);
  CHECK(data.find("=?utf-8?q?Rechnung_M=C3=A4rz=2Epdf?=\"\r\n") != std::string::npos);
  CHECK(data.find("filename*=utf-8''Rechnung%20M%C3%A4rz.pdf") != std::string::npos);
  CHECK(ParsedMessage(data).parts()[2].filename == "Rechnung M\xc3\xa4rz.pdf");
}

TEST_CASE("no text of a draft can start a header or end the head") {
  const std::string bad = "x\r\nInjected: yes\r\n\r\nbody\n\r\x01\x7f\xc2\x85\xff\xe2\x80\xa8y";
  core::Draft draft;
  draft.from = {bad, "john@example.com" + bad};
  draft.to = {{bad, bad}};
  draft.cc = draft.reply_to = draft.to;
  draft.subject = bad;
  draft.html = draft.plain = bad;
  draft.headers = {{"X-Bad", bad}, {bad, "x"}, {"X: y", "x"}, {"", "x"}, {"X Y", "x"}};
  draft.attachments = {{bad, bad, bad, true, bad}, {bad, bad, bad, false, bad}};
  ComposeOptions options = Options();
  const std::string data = Compose(draft, options);
  CheckWire(data);
  const ParsedMessage message(data);
  CHECK_FALSE(message.Header("Injected"));
  CHECK(message.parts().size() == 7);
  const std::string head = data.substr(0, data.find("\r\n\r\n"));
  CHECK(head.find("\r\nInjected") == std::string::npos);
  CHECK(head.find("\r\nMIME-Version: 1.0\r\n") != std::string::npos);
}

// A random text: words of ASCII, of specials and of other scripts, short and long.
std::string RandomText(std::mt19937& random, size_t words) {
  static const std::vector<std::string> kAlphabet = {"a",
                                                     "b",
                                                     "Z",
                                                     "9",
                                                     "=",
                                                     "?",
                                                     "_",
                                                     "\"",
                                                     "\\",
                                                     ",",
                                                     "<",
                                                     ">",
                                                     "@",
                                                     "(",
                                                     ")",
                                                     ";",
                                                     ":",
                                                     ".",
                                                     "'",
                                                     "%",
                                                     "ä",
                                                     "ß",
                                                     "é",
                                                     "你",
                                                     "好",
                                                     "😀",
                                                     "=?",
                                                     "?=",
                                                     "=?utf-8?q?x?="};
  std::string text;
  for (size_t i = 0; i < words; ++i) {
    if (i > 0) text += std::string(random() % 8 == 0 ? 2 : 1, ' ');
    const bool ascii = random() % 2 == 0;
    const size_t letters = random() % 50 == 0 ? 1200 : 1 + random() % 12;
    for (size_t k = 0; k < letters; ++k)
      text += kAlphabet[random() % (ascii ? 4 : kAlphabet.size())];
  }
  return text;
}

TEST_CASE("random drafts survive the round trip through GMime") {
  std::mt19937 random(20231114);
  for (int round = 0; round < 300; ++round) {
    core::Draft draft = SmallDraft();
    draft.subject = RandomText(random, 1 + random() % 20);
    draft.to = {{RandomText(random, 1 + random() % 5), "jane@example.net"}};
    draft.plain = RandomText(random, random() % 200) + "\r\n" + RandomText(random, random() % 30);
    draft.html = RandomText(random, 1 + random() % 30) + " \r\nFrom here\r\n.\r\n";
    draft.attachments = {
        {RandomText(random, 1 + random() % 9), RandomText(random, 9), "a/b", false, ""}};
    const std::string data = Compose(draft, Options());
    CheckWire(data);
    const ParsedMessage message(data);
    INFO(data);
    REQUIRE(message.subject() == draft.subject);
    const auto to = message.Mailboxes(GMIME_ADDRESS_TYPE_TO);
    REQUIRE(to.size() == 1);
    REQUIRE(to[0].name == draft.to[0].name);
    REQUIRE(message.parts().size() == 5);
    REQUIRE(message.parts()[2].content == draft.plain);
    REQUIRE(message.parts()[3].content == draft.html);
    REQUIRE(message.parts()[4].content == draft.attachments[0].content);
    REQUIRE(message.parts()[4].filename == draft.attachments[0].filename);
  }
}

}  // namespace
}  // namespace egd::mime
