#include "daemon/mime/feedback_reader.h"

#include <catch2/catch.hpp>

namespace egd::mime {
namespace {

std::string Arf(std::string_view fields, std::string_view original) {
  std::string mail =
      "From: <feedback@fbl.example.net>\nTo: fbl@gw.example.com\nSubject: FW: Hello\n"
      "Content-Type: multipart/report; report-type=feedback-report; boundary=\"f1\"\n\n--f1\n"
      "Content-Type: text/plain\n\nThis is an email abuse report.\n\n--f1\n"
      "Content-Type: message/feedback-report\n\n";
  return mail.append(fields)
      .append("\n--f1\nContent-Type: message/rfc822\n\n")
      .append(original)
      .append("\n--f1--\n");
}

std::optional<FeedbackReport> Read(std::string_view mail) {
  return ReadFeedback(TakeApart(mail));
}

TEST_CASE("A feedback report names type, reporter and recipient", "[feedback]") {
  const std::string mail =
      Arf("Feedback-Type: abuse\nUser-Agent: Example-FBL/2.0\nVersion: 1\n"
          "Original-Mail-From: <b-token@sl.example.com>\nOriginal-Rcpt-To: <jane@example.org>\n"
          "Reporting-MTA: dns; fbl.example.org\n",
          "Message-ID: <1@sl.example.com>\nTo: jane@example.org\n\nHello\n");
  const auto report = Read(mail);
  REQUIRE(report);
  CHECK(report->type == "abuse");
  CHECK(report->user_agent == "Example-FBL/2.0");
  CHECK(report->reporter == "fbl.example.org");
  CHECK(report->original_mail_from == "b-token@sl.example.com");
  CHECK(report->recipients == std::vector<std::string>{"jane@example.org"});
  CHECK(report->original.starts_with("Message-ID: <1@sl.example.com>"));
  CHECK(report->IsComplaint());
}

TEST_CASE("A report without fields is one all the same", "[feedback]") {
  const auto report = Read(Arf("\nContent-Type: text/plain\n\n", "Subject: Hello\n\nHi\n"));
  REQUIRE(report);
  CHECK(report->type == "abuse");
  CHECK(report->reporter == "fbl.example.net");
  CHECK(report->recipients.empty());
}

TEST_CASE("Fields are found behind a blank line", "[feedback]") {
  const auto report = Read(Arf("Content-Type: text/plain\n\nFeedback-Type: Fraud\nUser-Agent: X\n",
                               "Subject: Hello\n\nHi\n"));
  REQUIRE(report);
  CHECK(report->type == "fraud");
}

TEST_CASE("Reports that are no recipient's complaint say so", "[feedback]") {
  for (const char* type : {"not-spam", "auth-failure"}) {
    const auto report = Read(Arf("Feedback-Type: " + std::string(type) + "\n", "Subject: x\n\n"));
    REQUIRE(report);
    CHECK_FALSE(report->IsComplaint());
  }
}

TEST_CASE("What encloses a message and reports abuse is a report", "[feedback]") {
  const std::string enclosed =
      "\nContent-Type: multipart/mixed; boundary=j\n\n--j\nContent-Type: message/rfc822\n\n"
      "X-HmXmrOriginalRecipient: jane@example.org\nMessage-ID: <1@sl.example.com>\n\nHi\n--j--\n";
  const auto jmrp = Read(
      "From: staff@hotmail.example\nSubject: complaint about message from 192.0.2.1" + enclosed);
  REQUIRE(jmrp);
  CHECK(jmrp->type == "abuse");
  CHECK(jmrp->recipients == std::vector<std::string>{"jane@example.org"});
  CHECK_FALSE(Read("From: jane@example.org\nSubject: look at this" + enclosed));
  const auto apple = Read(
      "From: jane@icloud.example\nSubject: unsubscribe\n"
      "X-Apple-Unsubscribe: true\n\nApple Mail sent this email.\n");
  REQUIRE(apple);
  CHECK(apple->type == "opt-out");
}

TEST_CASE("A delivery notice is no feedback report", "[feedback]") {
  CHECK_FALSE(
      Read("From: MAILER-DAEMON@example.net\nSubject: Undelivered: abuse report\n"
           "Content-Type: multipart/report; report-type=delivery-status; boundary=d\n\n"
           "--d\nContent-Type: message/delivery-status\n\nAction: failed\n\n--d\n"
           "Content-Type: message/rfc822\n\nSubject: x\n\n--d--\n"));
  CHECK_FALSE(Read(""));
}

}  // namespace
}  // namespace egd::mime
