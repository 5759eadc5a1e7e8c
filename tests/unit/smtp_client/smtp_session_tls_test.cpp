#include <fstream>

#include <catch2/catch.hpp>

#include "daemon/smtp_client/smtp_session.h"
#include "tests/unit/smtp_client/dialogue.h"
#include "tests/unit/temp_dir.h"

namespace egd::smtp_client {

TEST_CASE("Replies may come a byte at a time, under TLS too") {
  Dialogue dialogue({"X: slowly\n" + kGreeting + R"(
    S: 250-mx.example.com greets you
    S: 250-8BITMIME
    S: 250-starttls
    S: 250 SIZE 100000
    C: STARTTLS
    S: 220 2.0.0 go ahead
    X: tls
    C: EHLO gw.example.org
    S: 250-mx.example.com
    S: 250-PIPELINING
    S: 250 SIZE
    C: MAIL FROM:<a@example.org> SIZE=21
    C: RCPT TO:<b@example.com>
    C: DATA
    S: 250-2.1.0 ok
    S: 250-2.1.0 quite
    S: 250 2.1.0 ok
    S: 250 2.1.5 ok
    S: 354 go
    X: content
    S: 250 2.0.0 queued
  )" + kQuit});
  const Report report = dialogue.Run({Mail()});
  CHECK(report.sent.at(0) == Sent{"end of data 250 2.0.0 queued"});
}

TEST_CASE("A certificate counts where it is trusted; one to be relied on has to name its host") {
  const std::string upgraded = kGreeting + R"(
    S: 250-mx
    S: 250 STARTTLS
    C: STARTTLS
    S: 220 go
    X: tls
  )";
  Dialogue recorded({upgraded + R"(
    C: EHLO gw.example.org
    S: 250 mx
  )" + kQuit});
  const TempDir folder;
  std::ofstream(folder.File("ca.pem")) << recorded.server.certificate();
  recorded.tls = net::MakeOpportunisticTlsContext(folder.File("ca.pem"));
  CHECK_THAT(recorded.Run({}).tls, Catch::Matchers::EndsWith(" verified"));

  // Its name is where names no longer count: in the subject alone.
  Dialogue demanded({upgraded + "X: hang"});
  std::ofstream(folder.File("ca.pem")) << demanded.server.certificate();
  demanded.tls = net::MakeOpportunisticTlsContext(folder.File("ca.pem"));
  demanded.need = TlsNeed::kVerified;
  CHECK_THAT(demanded.Run({}).opening,
             Catch::Matchers::Contains("a valid certificate is required: TLSv1.3") &&
                 Catch::Matchers::Contains("unverified (hostname mismatch)"));
}

TEST_CASE("Authorities that cannot be read are refused") {
  CHECK_THROWS_WITH(net::MakeOpportunisticTlsContext("/nonexistent.pem"),
                    "delivery.ca_file: no certificates to be read in /nonexistent.pem");
}

TEST_CASE("STARTTLS is used when offered, whatever the certificate, and recorded") {
  Dialogue dialogue({kGreeting + R"(
    S: 250-mx
    S: 250 STARTTLS
    C: STARTTLS
    S: 220 go
    X: tls
    C: EHLO gw.example.org
    S: 250-mx
    S: 250 SIZE
    C: MAIL FROM:<a@example.org> SIZE=21
    S: 250 ok
    C: RCPT TO:<b@example.com>
    S: 250 ok
    C: DATA
    S: 354 go
    X: content
    S: 250 ok
  )" + kQuit});
  const Report report = dialogue.Run({Mail()});
  CHECK(report.sent.at(0) == Sent{"end of data 250 ok"});
  CHECK_THAT(report.tls, Catch::Matchers::StartsWith("TLSv1.3 TLS_") &&
                             Catch::Matchers::EndsWith(" unverified (self-signed certificate)"));
}

TEST_CASE(
    "What was said before TLS counts for nothing: injected replies and offers are discarded") {
  Dialogue dialogue({kGreeting + R"(
    S: 250-mx
    S: 250-PIPELINING
    S: 250-SMTPUTF8
    S: 250 STARTTLS
    C: STARTTLS
    S: 220 go
    S: 250-injected
    S: 250 PIPELINING
    X: tls
    C: EHLO gw.example.org
    S: 250 mx
    C: MAIL FROM:<a@example.org>
    S: 250 ok
    C: RCPT TO:<b@example.com>
    S: 250 ok
    C: DATA
    S: 354 go
    X: content
    S: 250 ok
  )" + kQuit});
  // One of the recipients alone needs it; the header, which names both, goes to the other as it is.
  Job both = Mail();
  both.recipients.insert(both.recipients.begin(), "bj\xc3\xb8rn@example.com");
  both.message.smtputf8 = true;
  const Report report = dialogue.Run({both});
  CHECK(report.sent ==
        std::vector<Sent>{{"RCPT the server does not offer SMTPUTF8, which the address needs",
                           "end of data 250 ok"}});
}

TEST_CASE("A failed handshake ends the session: no plain text after STARTTLS") {
  Dialogue dialogue({kGreeting + R"(
    S: 250-mx
    S: 250 STARTTLS
    C: STARTTLS
    S: 220 go
    S: this is not TLS
  )"});
  const Report report = dialogue.Run({Mail()});
  CHECK_THAT(report.opening, Catch::Matchers::StartsWith("STARTTLS "));
  CHECK(report.sent.empty());
}

TEST_CASE("A server that drops the EHLO after TLS is not talked to in plain text") {
  Dialogue dialogue({kGreeting + R"(
    S: 250-mx
    S: 250 STARTTLS
    C: STARTTLS
    S: 220 go
    X: tls
    C: EHLO gw.example.org
    X: close
  )"});
  const Report report = dialogue.Run({Mail()});
  CHECK(report.opening == "EHLO EHLO: the server closed the connection");
}

TEST_CASE("STARTTLS offered and then refused is as if not offered; 421 is a goodbye") {
  const std::string offer = kGreeting + "S: 250-mx\nS: 250 STARTTLS\nC: STARTTLS\n";
  Dialogue refused(
      {offer + "S: 454 4.7.0 TLS not available\nC: MAIL FROM:<a@example.org>\nS: 550 5.7.1 no\n" +
       kQuit});
  CHECK(refused.Run({Mail()}).sent.at(0) == Sent{"MAIL 550 5.7.1 no"});
  Dialogue closing({offer + "S: 421 4.3.2 bye\n"});
  CHECK(closing.Run({Mail()}).opening == "STARTTLS 421 4.3.2 bye");
}

TEST_CASE("TLS of no use is not begun when none is asked for") {
  Dialogue dialogue({kGreeting + R"(
    S: 250-mx.example.com
    S: 250 STARTTLS
  )" + kQuit});
  dialogue.need = TlsNeed::kNone;
  const Report report = dialogue.Run({});
  CHECK(report.opening == "open");
  CHECK(report.tls.empty());
}

}  // namespace egd::smtp_client
