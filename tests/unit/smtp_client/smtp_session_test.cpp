#include "daemon/smtp_client/smtp_session.h"

#include <catch2/catch.hpp>

#include "tests/unit/smtp_client/dialogue.h"

namespace egd::smtp_client {

TEST_CASE("A plain server gets one command at a time") {
  Dialogue dialogue({kPlain + R"(
    C: MAIL FROM:<a@example.org>
    S: 250 2.1.0 ok
    C: RCPT TO:<b@example.com>
    S: 250 2.1.5 ok
    C: DATA
    S: 354 go
    X: content
    S: 250 2.0.0 queued as 1
  )" + kQuit});
  const Report report = dialogue.Run({Mail("Subject: x\r\n\r\n.hidden\r\nbare\nlf")});
  CHECK(report.opening == "open");
  CHECK(report.sent.at(0) == Sent{"end of data 250 2.0.0 queued as 1"});
  CHECK(report.tls.empty());
  CHECK(dialogue.server.contents().at(0) == "Subject: x\r\n\r\n..hidden\r\nbare\r\nlf\r\n");
}

TEST_CASE("Where CHUNKING is offered, canonical content goes as one chunk, dots as they are") {
  Dialogue dialogue({kGreeting + R"(
    S: 250-mx.example.com
    S: 250-PIPELINING
    S: 250 CHUNKING
    C: MAIL FROM:<a@example.org>
    C: RCPT TO:<b@example.com>
    S: 250 ok
    S: 250 ok
    C: BDAT 20 LAST
    C: Subject: x
    C:
    C: .dot
    S: 250 2.0.0 queued
    C: MAIL FROM:<a@example.org>
    C: RCPT TO:<b@example.com>
    S: 250 ok
    S: 550 5.1.1 no
    C: RSET
    S: 250 ok
    C: MAIL FROM:<a@example.org>
    C: RCPT TO:<b@example.com>
    C: DATA
    S: 250 ok
    S: 250 ok
    S: 354 go
    X: content
    S: 250 2.0.0 queued
  )" + kQuit});
  const std::string canonical = "Subject: x\r\n\r\n.dot\r\n";
  REQUIRE(canonical.size() == 20);
  const Report report = dialogue.Run({Mail(canonical), Mail(canonical), Mail("bare\nlf")});
  CHECK(report.sent.at(0) == Sent{"end of data 250 2.0.0 queued"});
  CHECK(report.sent.at(1) == Sent{"RCPT 550 5.1.1 no"});
  CHECK(report.sent.at(2) == Sent{"end of data 250 2.0.0 queued"});
  CHECK(dialogue.server.contents().at(0) == "bare\r\nlf\r\n");
}

TEST_CASE("EHLO unknown: HELO, and nothing is offered") {
  Dialogue dialogue({kGreeting + R"(
    S: 502 5.5.1 what?
    C: HELO gw.example.org
    S: 250 hello
    C: MAIL FROM:<a@example.org>
    S: 250 ok
    C: RCPT TO:<b@example.com>
    S: 251 will forward
    C: DATA
    S: 354 go
    X: content
    S: 250 ok
  )" + kQuit});
  CHECK(dialogue.Run({Mail()}).sent.at(0) == Sent{"end of data 250 ok"});
}

TEST_CASE(
    "With pipelining the commands of a transaction leave together, each recipient gets its own "
    "answer") {
  Dialogue dialogue({kPipelining + R"(
    C: MAIL FROM:<a@example.org>
    C: RCPT TO:<b@example.com>
    C: RCPT TO:<c@example.com>
    C: RCPT TO:<d@example.com>
    C: RCPT TO:<e@example.com>
    C: DATA
    S: 250 ok
    S: 250 ok
    S: 550 5.1.1 no such user
    S: 452 4.2.2 full
    S: 252 cannot verify
    S: 354 go
    X: content
    S: 250 2.0.0 queued
  )" + kQuit});
  Job job = Mail();
  job.recipients = {"b@example.com", "c@example.com", "d@example.com", "e@example.com"};
  CHECK(dialogue.Run({job}).sent.at(0) == Sent{"end of data 250 2.0.0 queued",
                                               "RCPT 550 5.1.1 no such user", "RCPT 452 4.2.2 full",
                                               "end of data 250 2.0.0 queued"});
}

TEST_CASE("Nobody is left: without pipelining DATA is not said, and the next message resets") {
  Dialogue dialogue({kPlain + R"(
    C: MAIL FROM:<a@example.org>
    S: 250 ok
    C: RCPT TO:<b@example.com>
    S: 550 5.1.1 no
    C: RSET
    S: 250 reset
    C: MAIL FROM:<a@example.org>
    S: 451 4.3.0 later
    C: MAIL FROM:<a@example.org>
    S: 250 ok
    C: RCPT TO:<b@example.com>
    S: 250 ok
    C: DATA
    S: 451 4.3.0 disk full
    C: RSET
    S: 250 ok
    C: MAIL FROM:<a@example.org>
    S: 250 ok
    C: RCPT TO:<b@example.com>
    S: 250 ok
    C: DATA
    S: 354 go
    X: content
    S: 554 5.6.0 no
    C: MAIL FROM:<a@example.org>
    S: 250 ok
    C: RCPT TO:<b@example.com>
    S: 250 ok
    C: DATA
    S: 354 go
    X: content
    S: 250 ok
  )" + kQuit});
  const Report report = dialogue.Run({Mail(), Mail(), Mail(), Mail(), Mail()});
  CHECK(report.sent == std::vector<Sent>{{"RCPT 550 5.1.1 no"},
                                         {"MAIL 451 4.3.0 later"},
                                         {"DATA 451 4.3.0 disk full"},
                                         {"end of data 554 5.6.0 no"},
                                         {"end of data 250 ok"}});
}

TEST_CASE("Nobody is left: with pipelining the message is a lone dot") {
  const std::string group = R"(
    C: MAIL FROM:<a@example.org>
    C: RCPT TO:<b@example.com>
    C: DATA
  )";
  Dialogue dialogue({kPipelining + group + R"(
    S: 250 ok
    S: 550 5.1.1 no
    S: 354 go all the same
    X: dot
    S: 250 delivered to nobody
  )" + group + R"(
    S: 550 5.7.1 not you
    S: 503 no sender
    S: 503 no recipients
  )" + group + R"(
    S: 250 ok
    S: 550 5.1.1 no
    S: 554 no valid recipients
    C: RSET
    S: 250 ok
  )" + group + R"(
    S: 550 5.7.1 not you
    S: 250 whatever
    S: 354 go
    X: dot
    S: 554 nothing there
  )" + group + R"(
    S: 250 ok
    S: 250 ok
    S: 354 go
    X: content
    S: 250 ok
  )" + kQuit});
  const Report report = dialogue.Run({Mail(), Mail(), Mail(), Mail(), Mail()});
  CHECK(report.sent == std::vector<Sent>{{"RCPT 550 5.1.1 no"},
                                         {"MAIL 550 5.7.1 not you"},
                                         {"RCPT 550 5.1.1 no"},
                                         {"MAIL 550 5.7.1 not you"},
                                         {"end of data 250 ok"}});
  CHECK(dialogue.server.contents() == std::vector<std::string>{"Subject: x\r\n\r\nhello\r\n"});
}

TEST_CASE("MAIL carries what the message needs and the server offers") {
  Dialogue dialogue({kGreeting + R"(
    S: 250-mx
    S: 250-SIZE 50
    S: 250-8BITMIME
    S: 250 SMTPUTF8
    C: MAIL FROM:<> SIZE=5 BODY=8BITMIME SMTPUTF8
    S: 250 ok
    C: RCPT TO:<bjørn@example.com>
    S: 250 ok
    C: DATA
    S: 354 go
    X: content
    S: 250 ok
  )" + kQuit});
  Job job = Mail("\xc3\xa9t\xc3\xa9");
  job.message.eight_bit = true;
  job.message.return_path.clear();
  job.recipients = {"bj\xc3\xb8rn@example.com"};
  Job too_large = Mail(std::string(51, 'x'));
  const Report report = dialogue.Run({too_large, job});
  CHECK(report.sent == std::vector<Sent>{{"MAIL the message has 51 bytes, the server takes 50"},
                                         {"end of data 250 ok"}});
}

TEST_CASE("What the server cannot take is refused without asking, and the session goes on") {
  Dialogue dialogue({kPlain + R"(
    C: MAIL FROM:<a@example.org>
    S: 250 ok
    C: RCPT TO:<d@example.com>
    S: 250 ok
    C: DATA
    S: 354 go
    X: content
    S: 250 ok
  )" + kQuit});
  Job utf8 = Mail(), from_utf8 = Mail(), eight_bit = Mail(), smuggler = Mail(), partly = Mail();
  utf8.recipients = {"bj\xc3\xb8rn@example.com"};
  from_utf8.message.return_path = "bj\xc3\xb8rn@example.org";
  eight_bit.message.eight_bit = true;
  smuggler.message.return_path = "a@example.org>\r\nRCPT TO:<x@example.com";
  partly.recipients = {"c@example.com>\r\nDATA\r\n", "d@example.com"};
  const Report report = dialogue.Run({utf8, from_utf8, eight_bit, smuggler, partly});
  CHECK(report.sent == std::vector<Sent>{
                           {"RCPT the server does not offer SMTPUTF8, which the address needs"},
                           {"MAIL the server does not offer SMTPUTF8, which the return-path needs"},
                           {"MAIL the server does not offer 8BITMIME, which the content needs"},
                           {"MAIL the return-path has a control character"},
                           {"RCPT the address has a control character", "end of data 250 ok"},
                       });
}

TEST_CASE(
    "A refused RSET, or a refused BDAT that was offered, ends the connection and no message") {
  Dialogue reset({kPlain + R"(
    C: MAIL FROM:<a@example.org>
    S: 250 ok
    C: RCPT TO:<b@example.com>
    S: 550 5.1.1 no
    C: RSET
    S: 503 5.5.1 what?
  )"});
  const Report refused = reset.Run({Mail(), Mail()});
  CHECK(refused.sent.at(1) == Sent{"MAIL MAIL: RSET was refused"});
  CHECK_FALSE(refused.usable);

  Dialogue chunk({kGreeting + R"(
    S: 250-mx.example.com
    S: 250 CHUNKING
    C: MAIL FROM:<a@example.org>
    S: 250 ok
    C: RCPT TO:<b@example.com>
    S: 250 ok
    C: BDAT 4 LAST
    C: ok
    S: 500 5.5.1 what?
  )"});
  CHECK(chunk.Run({Mail("ok\r\n")}).sent.at(0) == Sent{"MAIL MAIL: BDAT was offered and refused"});
}

TEST_CASE("A smarthost's login by PLAIN or LOGIN; secrets stay out of the dialogue") {
  const Login login = {"user", "pass"};
  Dialogue plain({kGreeting + R"(
    S: 250-mx.example.com
    S: 250 AUTH LOGIN PLAIN
    C: AUTH PLAIN AHVzZXIAcGFzcw==
    S: 235 2.7.0 welcome
  )" + kQuit});
  plain.options.login = login;
  CHECK(plain.Run({}).opening == "open");

  Dialogue by_name({kGreeting + R"(
    S: 250-mx.example.com
    S: 250 AUTH LOGIN
    C: AUTH LOGIN
    S: 334 VXNlcm5hbWU6
    C: dXNlcg==
    S: 334 UGFzc3dvcmQ6
    C: cGFzcw==
    S: 235 2.7.0 welcome
  )" + kQuit});
  by_name.options.login = login;
  CHECK(by_name.Run({}).opening == "open");

  Dialogue wrong({kGreeting + R"(
    S: 250-mx.example.com
    S: 250 AUTH PLAIN
    C: AUTH PLAIN AHVzZXIAcGFzcw==
    S: 535 5.7.8 wrong
  )" + kQuit});
  wrong.options.login = login;
  CHECK(wrong.Run({}).opening == "AUTH 535 5.7.8 wrong");

  Dialogue none({kGreeting + R"(
    S: 250 mx.example.com
    X: hang
  )"});
  none.options.login = login;
  CHECK(none.Run({}).opening == "AUTH AUTH: the server offers neither AUTH PLAIN nor AUTH LOGIN");
}

TEST_CASE("Large content arrives whole") {
  Dialogue dialogue({kPipelining + R"(
    C: MAIL FROM:<a@example.org>
    C: RCPT TO:<b@example.com>
    C: DATA
    S: 250 ok
    S: 250 ok
    S: 354 go
    X: content
    S: 250 ok
  )" + kQuit});
  std::string content;
  for (int i = 0; i < 30'000; ++i) content += "line " + std::to_string(i) + "\r\n";
  CHECK(dialogue.Run({Mail(content)}).sent.at(0) == Sent{"end of data 250 ok"});
  CHECK(dialogue.server.contents().at(0) == content);
}

TEST_CASE("A hundred recipients in one group") {
  std::string script = kPipelining + "C: MAIL FROM:<a@example.org>\n", replies = "S: 250 ok\n";
  Job job = Mail();
  job.recipients.clear();
  for (size_t i = 0; i < SmtpSession::kMaxRecipients; ++i) {
    job.recipients.push_back("user" + std::to_string(i) + "@example.com");
    script += "C: RCPT TO:<" + job.recipients.back() + ">\n";
    replies += i % 2 ? "S: 250 ok\n" : "S: 550 5.1.1 no\n";
  }
  Dialogue dialogue(
      {script + "C: DATA\n" + replies + "S: 354 go\nX: content\nS: 250 ok\n" + kQuit});
  const Report report = dialogue.Run({job});
  REQUIRE(report.sent.at(0).size() == SmtpSession::kMaxRecipients);
  for (size_t i = 0; i < SmtpSession::kMaxRecipients; ++i) {
    CHECK(report.sent[0][i] == (i % 2 ? "end of data 250 ok" : "RCPT 550 5.1.1 no"));
  }
}

}  // namespace egd::smtp_client
