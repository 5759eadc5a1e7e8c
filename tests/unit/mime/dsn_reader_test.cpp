#include "daemon/mime/dsn_reader.h"

#include <algorithm>

#include <catch2/catch.hpp>

namespace egd::mime {
namespace {

std::string Standard(std::string_view recipient_fields, std::string_view text = "It failed.\n",
                     std::string_view header = "") {
  std::string mail = "From: MAILER-DAEMON@mx.example.net (Mail Delivery System)\n";
  mail.append(header).append(
      "To: b-token@sl.example.com\nSubject: Undelivered Mail Returned to Sender\n"
      "MIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status;\n"
      "\tboundary=\"aa/bb\"\n\nThis is a MIME-encapsulated message.\n\n--aa/bb\n"
      "Content-Type: text/plain; charset=us-ascii\n\n");
  mail.append(text).append(
      "\n--aa/bb\nContent-Type: message/delivery-status\n\n"
      "Reporting-MTA: dns; mx.example.net\nArrival-Date: Tue, 1 Jul 2025 10:00:00 +0000\n\n");
  mail.append(recipient_fields)
      .append(
          "\n--aa/bb\nContent-Type: message/rfc822\n\nReceived: by x\nSubject: Hello\n\n"
          "user unknown\n--aa/bb--\n");
  return mail;
}

std::string Plain(std::string_view from, std::string_view subject, std::string_view text,
                  std::string_view more = "") {
  return "From: " + std::string(from) + "\nSubject: " + std::string(subject) + "\n" +
         std::string(more) + "Content-Type: text/plain; charset=utf-8\n\n" + std::string(text);
}

constexpr std::string_view kMailer = "Mail Delivery System <Mailer-Daemon@mx.example.net>";

FailedRecipient OnlyOne(const std::string& mail) {
  const Notice notice = ReadNotice(mail);
  INFO(mail);
  REQUIRE(notice.kind == NoticeKind::kBounce);
  REQUIRE(notice.recipients.size() == 1);
  return notice.recipients[0];
}

void CheckOne(const std::string& mail, std::string_view address, std::string_view reason,
              bool hard) {
  const FailedRecipient recipient = OnlyOne(mail);
  INFO(mail);
  CHECK(recipient.address == address);
  CHECK(recipient.reason == reason);
  CHECK(recipient.hard == hard);
}

std::string WithLineEnds(std::string mail, std::string_view end) {
  for (size_t at = 0; (at = mail.find('\n', at)) != std::string::npos; at += end.size()) {
    mail.replace(at, 1, end);
  }
  return mail;
}

TEST_CASE("A delivery status notification names recipient, status, reply and reason", "[dsn]") {
  const std::string mail = Standard(
      "Final-Recipient: rfc822; jane@example.org\nOriginal-Recipient: rfc822;jane@example.net\n"
      "Action: failed\nStatus: 5.1.1\nRemote-MTA: dns; mx.example.org\n"
      "Diagnostic-Code: smtp; 550-5.1.1 <jane@example.org>: Recipient address\n"
      "    rejected: User unknown in virtual mailbox table\n");
  for (const std::string_view end : {"\n", "\r\n", "\r"}) {
    const std::string sent = WithLineEnds(mail, end);
    CHECK(ReadNotice(sent).reporting_mta == "mx.example.net");
    const FailedRecipient recipient = OnlyOne(sent);
    CHECK(recipient.address == "jane@example.org");
    CHECK(recipient.original == "jane@example.net");
    CHECK(recipient.status == "5.1.1");
    CHECK(recipient.code == 550);
    CHECK(recipient.reason == "userunknown");
    CHECK(recipient.hard);
    CHECK(
        recipient.response.starts_with("550-5.1.1 <jane@example.org>: Recipient address rejected"));
  }
}

TEST_CASE("Each recipient of a notification has a verdict of its own", "[dsn]") {
  const Notice notice = ReadNotice(
      Standard("Final-Recipient: rfc822; a@example.org\nAction: failed\nStatus: 5.2.2\n"
               "Diagnostic-Code: smtp; 552 5.2.2 <a@example.org>... Mailbox Full\n\n"
               "Final-Recipient: rfc822; b@example.org\nAction: delayed\nStatus: 4.4.1\n\n"
               "Final-Recipient: rfc822; c@example.org\nAction: delivered\nStatus: 2.0.0\n\n"
               "Final-Recipient: rfc822; d@example.org\nAction: failed\nStatus: 5.1.1\n"
               "Final-Recipient: rfc822; e@example.org\nAction: failed\nStatus: 5.7.1\n"
               "Diagnostic-Code: smtp; 550 5.7.1 Message refused for spam\n"));
  REQUIRE(notice.kind == NoticeKind::kBounce);
  REQUIRE(notice.recipients.size() == 3);
  CHECK(notice.recipients[0].reason == "mailboxfull");
  CHECK_FALSE(notice.recipients[0].hard);
  CHECK(notice.recipients[1].address == "d@example.org");
  CHECK(notice.recipients[1].hard);
  CHECK(notice.recipients[2].reason == "spamdetected");
}

TEST_CASE("A status is looked up where a reply is missing, and words where both are", "[dsn]") {
  CheckOne(Standard("Final-Recipient: rfc822; a@example.org\nAction: failed\nStatus: 5.2.2\n"),
           "a@example.org", "mailboxfull", false);
  CheckOne(Standard("Final-Recipient: rfc822; a@example.org\nAction: failed\nStatus: 5.0.0\n",
                    "<a@example.org>: The account is disabled.\n"),
           "a@example.org", "suspend", false);
  CheckOne(Standard("Final-Recipient: rfc822; a@example.org\nAction: failed\nStatus: 4.4.7\n"),
           "a@example.org", "expired", false);
  CheckOne(Standard("Final-Recipient: LOCAL;/var/spool/a\nAction: failed\nStatus: 5.0.0\n",
                    "generated by a@example.org\nmailbox is full\n",
                    "X-Failed-Recipients: a@example.org\n"),
           "a@example.org", "mailboxfull", false);
}

TEST_CASE("The command that was answered tells a dead mailbox from refused content", "[dsn]") {
  const auto fields = [](std::string_view words) {
    return "Final-Recipient: rfc822; a@example.org\nAction: failed\nStatus: 5.0.0\n"
           "Diagnostic-Code: smtp; 550 " +
           std::string(words) + "\n";
  };
  CheckOne(Standard(fields("User unknown"),
                    "<a@example.org>: host mx said: 550 User unknown\n    (in reply to RCPT TO "
                    "command)\n"),
           "a@example.org", "userunknown", true);
  CheckOne(Standard(fields("User unknown"),
                    "<a@example.org>: host mx said: 550 User unknown (in reply\n    to end of DATA "
                    "command)\n"),
           "a@example.org", "filtered", false);
  CheckOne(Standard(fields("No such domain example.com"),
                    "<a@example.org>: host mx said: 550 No such domain (in reply to MAIL FROM "
                    "command)\n"),
           "a@example.org", "hostunknown", true);
  CheckOne(Standard(fields("Refused"),
                    "   ----- Transcript of session follows -----\n>>> MAIL From:<b@example.com>\n"
                    "<<< 550 Refused\n"),
           "a@example.org", "rejected", false);
}

TEST_CASE("What mail servers write in words is read", "[dsn]") {
  // Exim
  CheckOne(Plain(kMailer, "Mail delivery failed: returning message to sender",
                 "This message was created automatically by mail delivery software.\n\n"
                 "A message that you sent could not be delivered to one or more of its\n"
                 "recipients. This is a permanent error. The following address(es) failed:\n\n"
                 "  jane@example.org\n"
                 "    host mx.example.org [192.0.2.1]\n"
                 "    SMTP error from remote mail server after RCPT TO:<jane@example.org>:\n"
                 "    550 5.1.1 <jane@example.org>... User Unknown\n\n"
                 "------ This is a copy of the message, including all the headers. ------\n\n"
                 "From: shop@example.com\n\nmailbox is full\n",
                 "X-Failed-Recipients: jane@example.org\nAuto-Submitted: auto-replied\n"),
           "jane@example.org", "userunknown", true);
  // qmail
  CheckOne(Plain("MAILER-DAEMON@example.net", "failure notice",
                 "Hi. This is the qmail-send program at example.net.\n"
                 "I'm afraid I wasn't able to deliver your message to the following addresses.\n"
                 "This is a permanent error; I've given up. Sorry it didn't work out.\n\n"
                 "<jane@example.org>:\n192.0.2.1 does not like recipient.\n"
                 "Remote host said: 550 5.1.1 unknown user\nGiving up on 192.0.2.1.\n\n"
                 "--- Below this line is a copy of the message.\n\nReturn-Path: <x@example.com>\n"),
           "jane@example.org", "userunknown", true);
  // Sendmail 5
  CheckOne(
      Plain("Mail Delivery Subsystem <MAILER-DAEMON@example.net>", "Returned mail: Host unknown",
            "   ----- Transcript of session follows -----\n"
            "550 example.org (smtp)... 550 Host unknown\n"
            "554 <jane@example.org>... 550 Host unknown (Authoritative answer from name "
            "server)\n\n   ----- Unsent message follows -----\n"),
      "jane@example.org", "hostunknown", true);
  // Exchange 2003
  CheckOne(Plain("System Administrator <postmaster@example.org>", "Undeliverable: Hello",
                 "Your message\n\n  To:      list@example.org\n  Subject: Hello\n"
                 "  Sent:    Tue, 1 Jul 2025 10:00:00 +0000\n\n"
                 "did not reach the following recipient(s):\n\n"
                 "jane@example.org on Tue, 1 Jul 2025 10:00:01 +0000\n"
                 "    The recipient name is not recognized\n"
                 "    MSEXCH:IMS:EXAMPLE:SITE:HOST 0 (000C05A6) Unknown Recipient\n"),
           "jane@example.org", "userunknown", true);
  // Gmail, before it wrote notifications
  CheckOne(Plain("Mail Delivery Subsystem <mailer-daemon@googlemail.example>",
                 "Delivery Status Notification (Failure)",
                 "Delivery to the following recipient failed permanently:\n\n"
                 "     jane@example.org\n\nTechnical details of permanent failure:\n"
                 "The error that the other server returned was:\n"
                 "552 5.2.2 <jane@example.org>... Over quota\n\n----- Original message -----\n"),
           "jane@example.org", "mailboxfull", false);
  // Yahoo
  CheckOne(Plain("MAILER-DAEMON@yahoo.example", "Failure Notice",
                 "Sorry, we were unable to deliver your message to the following address.\n\n"
                 "<jane@example.org>:\nRemote host said:\n550 5.1.1 <jane@example.org>... User "
                 "Unknown\n[RCPT_TO]\n\n--- Below this line is a copy of the message.\n"),
           "jane@example.org", "userunknown", true);
  // GMX
  CheckOne(Plain("MAILER-DAEMON@gmx.example", "Mail delivery failed: returning message to sender",
                 "A message that you sent could not be delivered to one or more of\nits "
                 "recipients. This is a permanent error. The following address\nfailed:\n\n"
                 "\"jane@example.org\":\nSMTP error from remote server after RCPT command:\n"
                 "host: mx.example.org\n5.1.1 <jane@example.org>... User Unknown\n\n"
                 "--- The header of the original message is following. ---\n"),
           "jane@example.org", "userunknown", true);
  // Dragonfly
  CheckOne(Plain("MAILER-DAEMON <>", "Mail delivery failed",
                 "This is the DragonFly Mail Agent v0.13 at example.net.\n\n"
                 "There was an error delivering your mail to <jane@example.org>.\n\n"
                 "mx.example.org [192.0.2.1] did not like our RCPT TO:\n"
                 "550 5.1.1 <jane@example.org>: Recipient address rejected: User unknown\n\n"
                 "Message headers follow.\n\nReceived: by x\n"),
           "jane@example.org", "userunknown", true);
  // Lotus Notes
  CheckOne(Plain("postmaster@example.org", "Undeliverable message",
                 "------- Failure Reasons  --------\n\nUser not listed in public Name & Address "
                 "Book\njane@example.org\n\n------- Returned Message --------\n"),
           "jane@example.org", "userunknown", true);
  // Mimecast
  CheckOne(Plain("\"postmaster\" <postmaster@example.org>", "[Postmaster] Email Delivery Failure",
                 "An email that you attempted to send to the following address could not be "
                 "delivered:\n\n-- jane@example.org\n\nThe problem appears to be :\n"
                 "-- Recipient email address is possibly incorrect\n\nAdditional information "
                 "follows :\n-- 5.4.1 Recipient address rejected: Access denied.\n"),
           "jane@example.org", "userunknown", true);
  // OpenSMTPD
  CheckOne(Plain("Mailer Daemon <MAILER-DAEMON@example.net>", "Delivery status notification: error",
                 "    Hi!\n\n    An error has occurred while attempting to deliver a message for\n"
                 "    the following list of recipients:\n\njane@example.org: Domain does not "
                 "exist\n\n    Below is a copy of the original message:\n"),
           "jane@example.org", "hostunknown", true);
}

TEST_CASE("A notice of several recipients is read paragraph by paragraph", "[dsn]") {
  const Notice notice = ReadNotice(
      Plain("MAILER-DAEMON@example.net", "failure notice",
            "I'm afraid I wasn't able to deliver your message to the following addresses.\n\n"
            "<a@example.org>:\n192.0.2.1 does not like recipient.\n"
            "Remote host said: 550 5.1.1 no such user\n\n"
            "<b@example.org>:\n192.0.2.1 failed after I sent the message.\n"
            "Remote host said: 554 5.7.1 spam\n\n--- Below this line is a copy of the message.\n"));
  REQUIRE(notice.recipients.size() == 2);
  CHECK(notice.recipients[0].reason == "userunknown");
  CHECK(notice.recipients[1].address == "b@example.org");
  CHECK(notice.recipients[1].reason == "spamdetected");
  CHECK(notice.recipients[1].response.starts_with("554 5.7.1 spam"));
}

TEST_CASE("A broken notification is read all the same", "[dsn]") {
  SECTION("fields in the text, no parts") {
    CheckOne(
        Plain(kMailer, "Delivery Status Notification (Failure)",
              "An error occurred while trying to deliver the mail:\njane@example.org\n\n"
              "Reporting-MTA: dsn; mx.example.net\nAction: failed\n"
              "Final-Recipient: rfc822; jane@example.org\n"
              "Diagnostic-Code: smtp; 550 5.1.1 no mailbox here by that name\nStatus: 5.1.1\n"),
        "jane@example.org", "userunknown", true);
  }
  SECTION("a boundary that the header does not name") {
    std::string mail = Standard(
        "Final-Recipient: rfc822; jane@example.org\nAction: failed\nStatus: 5.1.1\n"
        "Diagnostic-Code: smtp; 550 User unknown\n");
    mail.replace(mail.find("boundary=\"aa/bb\""), 16, "boundary=\"other\"");
    CheckOne(mail, "jane@example.org", "userunknown", true);
  }
  SECTION("in base64") {
    CheckOne(
        "From: <>\nSubject: failure notice\nContent-Type: text/plain\n"
        "Content-Transfer-Encoding: base64\n\n"
        "Q291bGQgbm90IGRlbGl2ZXIgdG8KCmphbmVAZXhhbXBsZS5vcmcKCjU1MiA1LjIuMiBvdmVyIHF1\n"
        "b3RhCg==\n",
        "jane@example.org", "mailboxfull", false);
  }
  SECTION("HTML alone") {
    CheckOne(
        "From: postmaster@example.org\nSubject: Undeliverable: Hello\n"
        "Content-Type: text/html; charset=utf-8\n\n"
        "<html><style>p { color: red }</style><p>Delivery has failed to these "
        "recipients:</p><p>jane&#64;example.org</p><p>550 5.1.10 Recipient not found</p>",
        "jane@example.org", "userunknown", true);
  }
  SECTION("a notice inside a gateway's notice") {
    CheckOne(
        "From: MAILER-DAEMON@gw.example.org\nSubject: Returned mail: User unknown\n"
        "Content-Type: multipart/mixed; boundary=outer\n\n--outer\n\n"
        "The following addresses had permanent delivery errors\n\n--outer\n"
        "Content-Type: message/rfc822\n\n" +
            Standard("Final-Recipient: rfc822; jane@example.org\nAction: failed\n"
                     "Status: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 User unknown\n") +
            "\n--outer--\n",
        "jane@example.org", "userunknown", true);
  }
  SECTION("cut off anywhere") {
    const std::string mail =
        Standard("Final-Recipient: rfc822; jane@example.org\nAction: failed\nStatus: 5.1.1\n");
    for (size_t size = 0; size < mail.size(); ++size) ReadNotice(mail.substr(0, size));
  }
}

TEST_CASE("Mail that will be tried again is no bounce", "[dsn]") {
  CHECK(ReadNotice(Standard("Final-Recipient: rfc822; jane@example.org\nAction: delayed\n"
                            "Status: 4.4.1\nDiagnostic-Code: smtp; 421 too busy\n"))
            .kind == NoticeKind::kDelay);
  CHECK(ReadNotice(Plain(kMailer, "Warning: message 1a2b delayed 24 hours",
                         "A message that you sent has not yet been delivered to one or more of "
                         "its\nrecipients after more than 24 hours on the queue.\n\n"
                         "  jane@example.org\n\nNo action is required on your part. Delivery "
                         "attempts will continue.\n"))
            .kind == NoticeKind::kDelay);
  CHECK(ReadNotice(Plain(kMailer, "Delivery Status Notification (Delay)",
                         "THIS IS A WARNING MESSAGE ONLY.\n\nDelivery to the following recipient "
                         "has been delayed:\n\n     jane@example.org\n\nMessage will be retried "
                         "for 2 more day(s)\n"))
            .kind == NoticeKind::kDelay);
}

TEST_CASE("Success, receipts and answers are no bounces", "[dsn]") {
  CHECK(ReadNotice(Standard("Final-Recipient: rfc822; jane@example.org\nAction: relayed\n"
                            "Status: 2.0.0\n"))
            .kind == NoticeKind::kSuccess);
  CHECK(ReadNotice("From: jane@example.org\nSubject: Read: Hello\nContent-Type: multipart/report; "
                   "report-type=disposition-notification; boundary=m\n\n--m\n\nIt was read.\n--m\n"
                   "Content-Type: message/disposition-notification\n\n"
                   "Final-Recipient: rfc822; jane@example.org\nDisposition: manual-action/"
                   "MDN-sent-manually; displayed\n--m--\n")
            .kind == NoticeKind::kSuccess);
  CHECK(ReadNotice(Plain("Jane <jane@example.org>", "Automatic reply: Hello",
                         "I am out of the office. Your mail could not be delivered to my desk.\n"))
            .kind == NoticeKind::kAutoReply);
  CHECK(ReadNotice(Plain("Jane <jane@example.org>", "Abwesenheitsnotiz: Hallo", "Ich bin weg.\n"))
            .kind == NoticeKind::kAutoReply);
  CHECK(ReadNotice(Plain("support@example.org", "[Ticket#2025] received", "Thank you.\n",
                         "Auto-Submitted: auto-replied\n"))
            .kind == NoticeKind::kAutoReply);
  CHECK(ReadNotice(Plain("Jane <jane@example.org>", "Re: delivery failure",
                         "> 550 5.1.1 user unknown\nWhat does this mean? It was undeliverable.\n",
                         "In-Reply-To: <1@example.com>\n"))
            .kind == NoticeKind::kOther);
  CHECK(ReadNotice("").kind == NoticeKind::kOther);
}

TEST_CASE("What a notice says is bounded and printable", "[dsn]") {
  const FailedRecipient recipient =
      OnlyOne(Standard("Final-Recipient: rfc822; jane@example.org\nAction: failed\nStatus: 5.0.0\n"
                       "Diagnostic-Code: smtp; 550 \x1b[31m" +
                       std::string(5000, 'x') + "\n"));
  CHECK(recipient.response.size() <= FailedRecipient::kMostResponse);
  CHECK(recipient.response.find('\x1b') == std::string::npos);
  std::string many;
  for (int i = 0; i < 1000; ++i) {
    many += "Final-Recipient: rfc822; a" + std::to_string(i) + "@example.org\nAction: failed\n\n";
  }
  CHECK(ReadNotice(Standard(many)).recipients.size() == Notice::kMostRecipients);
  std::string nested = "Content-Type: multipart/mixed; boundary=a\n\n";
  for (int i = 0; i < 20000; ++i) nested += "--a\nContent-Type: multipart/mixed; boundary=a\n\n";
  ReadNotice(nested);
}

}  // namespace
}  // namespace egd::mime
