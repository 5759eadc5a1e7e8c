#include "daemon/mime/raw_message.h"

#include <catch2/catch.hpp>

#include "tests/unit/mime/parsed_message.h"

namespace egd::mime {
namespace {

RawOptions Options() {
  RawOptions options;
  options.message_id = *Uuid::Parse("018f0000-0000-7000-8000-000000000001");
  options.message_id_host = "sl.example.com";
  options.sender_domain = "example.com";
  options.date = 1'700'000'000'000;
  options.received_by = "gw.example.net";
  options.protocol = "HTTP";
  return options;
}

RawMessage Complete(std::string_view text) {
  auto raw = CompleteRaw(text, Options());
  if (!raw) FAIL(raw.error().public_text);
  return *std::move(raw);
}

std::string Refusal(std::string_view text) {
  const auto raw = CompleteRaw(text, Options());
  REQUIRE_FALSE(raw);
  CHECK(raw.error().kind == ErrorKind::kInvalidArgument);
  return raw.error().public_text;
}

bool Has(const RawMessage& raw, std::string_view text) {
  return raw.data.find(text) != std::string::npos;
}

}  // namespace

TEST_CASE("what a message lacks is added, and nothing else changes") {
  const RawMessage raw = Complete("From: a@example.com\r\nX-Odd:  kept \r\n\r\nHello\r\n.\r\n");
  CHECK(raw.data ==
        "Received: by gw.example.net with HTTP id 018f0000-0000-7000-8000-000000000001;\r\n"
        " Tue, 14 Nov 2023 22:13:20 +0000\r\n"
        "From: a@example.com\r\nX-Odd:  kept \r\n"
        "Date: Tue, 14 Nov 2023 22:13:20 +0000\r\n"
        "Message-ID: <018f0000-0000-7000-8000-000000000001@sl.example.com>\r\n"
        "\r\nHello\r\n.\r\n");
  CHECK_FALSE(raw.eight_bit_header);
}

TEST_CASE("what a message has stays") {
  const RawMessage raw = Complete(
      "Date: Mon, 1 Jan 2024 00:00:00 +0000\r\nmessage-id: <own@example.com>\r\n"
      "From: a@example.com\r\n\r\n");
  CHECK(Has(raw, "Date: Mon, 1 Jan 2024"));
  CHECK_FALSE(Has(raw, "14 Nov 2023 22:13:20 +0000\r\nMessage-ID"));
  CHECK_FALSE(Has(raw, "@sl.example.com"));
}

TEST_CASE("blind copies leave no trace") {
  const RawMessage raw = Complete(
      "From: a@example.com\r\nBCC: secret@example.net,\r\n other@example.net\r\n"
      "Resent-Bcc: third@example.net\r\nReturn-Path: <x@y.example>\r\nTo: b@example.net\r\n\r\n");
  CHECK_FALSE(Has(raw, "secret"));
  CHECK_FALSE(Has(raw, "other@"));
  CHECK_FALSE(Has(raw, "third@"));
  CHECK_FALSE(Has(raw, "Return-Path"));
  REQUIRE(raw.bcc.size() == 2);
  CHECK(raw.bcc[1].email == "other@example.net");
}

TEST_CASE("fields are read as their writers meant them") {
  const RawMessage raw = Complete(
      "From: =?utf-8?q?J=C3=B6rg?= <joerg@example.com>\r\n"
      "To: \"Doe, Jane\" <jane@example.net>, friends: joe@example.net, jim@example.net;\r\n"
      "Cc: c@example.org (a comment)\r\n"
      "Subject: =?iso-8859-1?q?Gr=FC=DFe?=\r\n =?utf-8?q?=0A?= there\r\n\r\n");
  REQUIRE(raw.from.size() == 1);
  CHECK(raw.from[0].name == "Jörg");
  CHECK(raw.from[0].email == "joerg@example.com");
  REQUIRE(raw.to.size() == 3);
  CHECK(raw.to[0].name == "Doe, Jane");
  CHECK(raw.to[2].email == "jim@example.net");
  CHECK(raw.cc.at(0).email == "c@example.org");
  CHECK(raw.subject.starts_with("Grüße"));
  CHECK(raw.subject.find('\n') == std::string::npos);
}

TEST_CASE("lines that end with LF throughout are converted") {
  const RawMessage raw = Complete("From: a@example.com\nTo: b@example.net\n\nHello\nthere");
  CHECK(raw.data.ends_with("\r\n\r\nHello\r\nthere\r\n"));
  CHECK(raw.to.at(0).email == "b@example.net");
}

TEST_CASE("a message of a header alone gets an empty body") {
  const RawMessage raw = Complete("From: sender@example.com...");
  CHECK(raw.from.at(0).email == "sender@example.com");
  CHECK(Has(raw, "\r\nFrom: sender@example.com\r\n"));
  CHECK(raw.data.ends_with(">\r\n\r\n"));
}

TEST_CASE("messages that servers read differently are refused") {
  const std::string from = "From: a@example.com\r\n";
  CHECK(Refusal(from + "\r\na\nb\r\n") == "The message has a line that does not end with CR LF");
  CHECK(Refusal(from + "\r\na\rb\r\n") == "The message has a line that does not end with CR LF");
  CHECK(Refusal(from + std::string("\r\n\0\r\n", 5)) == "The message has a NUL");
  CHECK(Refusal(from + "Subject: a\x01\r\n\r\n") ==
        "The message has a field Subject with a control character");
  CHECK(Refusal(from + "Subject: \xff\r\n\r\n") ==
        "The message has a field Subject that is not UTF-8");
  CHECK(Refusal(from + "no field\r\n\r\n") ==
        "The message has a line in its header that is no field: no field");
  CHECK(Refusal(" " + from).ends_with("begins with a folded line"));
  CHECK(Refusal(from + from + "\r\n") == "The message has more than one field From");
  CHECK(Refusal(from + "subject: a\r\nSubject: b\r\n\r\n") ==
        "The message has more than one field Subject");
  CHECK(Refusal("To: a@example.com\r\n\r\n") == "The message has no From field");
  CHECK(Refusal("") == "The message has no From field");
}

TEST_CASE("lines and headers are bounded") {
  const std::string from = "From: a@example.com\r\n";
  CHECK(Complete(from + "\r\n" + std::string(998, 'x') + "\r\n").data.size() > 998);
  CHECK(Has(Complete(from + "\r\n" + std::string(999, 'x') + "\r\n"), "quoted-printable"));
  CHECK(Refusal(from + "X: " + std::string(996, 'x') + "\r\n\r\n").find("998") !=
        std::string::npos);
  std::string many = from;
  for (int i = 0; i < 1001; ++i) many += "X-A: b\r\n";
  CHECK(Refusal(many).ends_with("too large a header"));
}

TEST_CASE("a header outside ASCII says so") {
  CHECK(Complete("From: a@example.com\r\nSubject: Grüße\r\n\r\n").eight_bit_header);
  CHECK_FALSE(
      Complete("From: a@example.com\r\nBcc: ü@example.com\r\n\r\nGrüße\r\n").eight_bit_header);
}

TEST_CASE("From goes out as it was understood, so that nobody reads another address") {
  const auto from = [](const std::string& value) {
    const RawMessage raw = Complete("From: " + value + "\r\n\r\n");
    const size_t at = raw.data.find("\r\nFrom: ") + 8;
    return raw.data.substr(at, raw.data.find("\r\nDate: ") - at);
  };
  CHECK(from("ceo@victim.test <me@example.com>") == "\"ceo@victim.test\" <me@example.com>");
  CHECK(from("Doe, Jane <jane@example.com>") == "\"Doe, Jane\" <jane@example.com>");
  CHECK(from("Doe, Jane, PhD <jane@example.com>") == "\"Doe, Jane, PhD\" <jane@example.com>");
  CHECK(from("\"Doe, Jane\"\r\n <jane@example.com>") == "\"Doe, Jane\" <jane@example.com>");
  CHECK(from("jane@EXAMPLE.com.") == "jane@example.com");
  CHECK(from("=?iso-8859-1?q?J=F6rg?= <joerg@example.com>") ==
        "=?utf-8?b?SsO2cmc=?= <joerg@example.com>");
  CHECK(from("jane@example.com (ceo@victim.test)").find("<ceo@") == std::string::npos);
}

TEST_CASE("several authors have one sender, and a foreign sender goes") {
  CHECK(Has(Complete("From: a@example.com, b@example.com\r\n\r\n"), "Sender: a@example.com\r\n"));
  const RawMessage own =
      Complete("From: a@example.com, b@example.com\r\nSender: B <b@sub.example.com>\r\n\r\n");
  CHECK(Has(own, "\r\nSender: B <b@sub.example.com>\r\n"));
  CHECK_FALSE(Has(own, "Sender: a@"));
  for (const char* sender : {"ceo@victim.test", "nonsense", ""}) {
    CAPTURE(sender);
    const RawMessage foreign =
        Complete("From: a@example.com\r\nSender: " + std::string(sender) + "\r\n\r\n");
    CHECK_FALSE(Has(foreign, "Sender:"));
  }
  CHECK(Refusal("From: a@example.com\r\nSender: a@example.com, b@example.com\r\n\r\n") ==
        "The message has more than one address in its Sender field");
}

TEST_CASE("Reply-To goes out as it was understood, or not at all") {
  CHECK(Has(Complete("From: a@example.com\r\nReply-To: x@y.test <b@example.net>\r\n\r\n"),
            "Reply-To: \"x@y.test\" <b@example.net>\r\n"));
  CHECK(Refusal("From: a@example.com\r\nReply-To: nobody\r\n\r\n") ==
        "The message has an address in its Reply-To field that has no @");
}

TEST_CASE("what only the servers behind us may say is removed, what may be there once is refused") {
  const RawMessage raw = Complete(
      "Authentication-Results: bank.test; dkim=pass\r\nFrom: a@example.com\r\n"
      "Received-SPF: pass\r\nX-Own: stays\r\n\r\n");
  CHECK_FALSE(Has(raw, "bank.test"));
  CHECK_FALSE(Has(raw, "Received-SPF"));
  CHECK(Has(raw, "X-Own: stays\r\n"));
  for (const std::string name : {"Content-Type", "Reply-To", "In-Reply-To", "List-Unsubscribe"}) {
    CHECK(Refusal("From: a@example.com\r\n" + name + ": a@b.test\r\n" + name +
                  ": c@d.test\r\n\r\n") == "The message has more than one field " + name);
  }
}

TEST_CASE("who handed it in is in the trace") {
  RawOptions options = Options();
  options.received_from = "client.example ([192.0.2.1])";
  options.protocol = "ESMTPSA";
  const auto raw = CompleteRaw("From: a@example.com\r\n\r\n", options);
  REQUIRE(raw);
  CHECK(raw->data.starts_with("Received: from client.example ([192.0.2.1]) by gw.example.net"));
}

}  // namespace egd::mime
