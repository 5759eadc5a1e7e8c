#include "daemon/smtp_client/smtp_session.h"

#include <fstream>
#include <future>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <catch2/catch.hpp>

#include "daemon/net/client_tls.h"
#include "tests/unit/smtp_client/scripted_server.h"
#include "tests/unit/temp_dir.h"

namespace egd::smtp_client {
namespace {

using std::chrono::milliseconds;

// What came of it: "RCPT 550 5.1.1 no" for each recipient, or of opening.
std::string Text(const Answer& answer) {
  return std::string(Name(answer.stage)) + " " + smtp::OneLine(answer.reply);
}

std::vector<std::string> Texts(const std::vector<Answer>& answers) {
  std::vector<std::string> texts;
  for (const auto& answer : answers) texts.push_back(Text(answer));
  return texts;
}

struct Job {
  core::OutgoingMessage message;
  std::vector<std::string> recipients = {"b@example.com"};
};

Job Mail(const std::string& data = "Subject: x\r\n\r\nhello\r\n") {
  Job job;
  job.message.return_path = "a@example.org";
  job.message.data = data;
  return job;
}

struct Report {
  std::string opening = "open";
  std::vector<std::vector<std::string>> sent;  // of each job
  std::string tls;
  bool usable = false;  // after the last job
};

// A client and a server that plays `scripts`, run to the end.
struct Dialogue {
  explicit Dialogue(std::vector<std::string> scripts) : server(context, std::move(scripts)) {
    options.hello_name = "gw.example.org";
    for (auto* timeout :
         {&options.timeouts.connect, &options.timeouts.banner, &options.timeouts.hello,
          &options.timeouts.start_tls, &options.timeouts.mail, &options.timeouts.rcpt,
          &options.timeouts.data, &options.timeouts.block, &options.timeouts.end_of_data,
          &options.timeouts.quit}) {
      *timeout = std::chrono::seconds(20);
    }
  }

  Report Run(std::vector<Job> jobs) {
    Report report;
    boost::asio::co_spawn(context.get_executor(), Converse(std::move(jobs), report),
                          boost::asio::detached);
    context.run();
    CHECK(server.problems() == std::vector<std::string>{});
    return report;
  }

  net::Task<void> Converse(std::vector<Job> jobs, Report& report) {
    {
      SmtpSession session(context.get_executor(), options, *tls);
      const auto loopback = core::IpAddress::Parse("127.0.0.1");
      Target target = {"mx.example.com", *loopback, server.port()};
      const auto failure = co_await session.Open(std::move(target), need);
      if (failure) report.opening = Text(*failure);
      report.tls = session.tls();
      for (size_t i = 0; i < jobs.size() && session.IsUsable(); ++i) {
        const auto answers =
            co_await session.Send(jobs[i].message, jobs[i].message.return_path, jobs[i].recipients);
        report.sent.push_back(Texts(answers));
      }
      report.usable = session.IsUsable();
      co_await session.Quit();
    }
    server.Stop();
  }

  boost::asio::io_context context;
  ScriptedServer server;
  SessionOptions options;
  TlsNeed need = TlsNeed::kOpportunistic;
  std::shared_ptr<boost::asio::ssl::context> tls = net::MakeOpportunisticTlsContext();
};

using Sent = std::vector<std::string>;

const std::string kGreeting = R"(
  S: 220 mx.example.com ESMTP
  C: EHLO gw.example.org
)";
const std::string kPlain = kGreeting + "S: 250 mx.example.com\n";
const std::string kPipelining = kGreeting + "S: 250-mx.example.com\nS: 250 PIPELINING\n";
const std::string kQuit = "C: QUIT\nS: 221 bye\n";

}  // namespace

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

TEST_CASE("A greeting or EHLO that refuses us ends the session politely") {
  Dialogue banner({"S: 554 5.7.1 go away\n" + kQuit});
  CHECK(banner.Run({Mail()}).opening == "greeting 554 5.7.1 go away");
  Dialogue busy({"S: 421 4.3.2 too many connections\n"});
  CHECK(busy.Run({Mail()}).opening == "greeting 421 4.3.2 too many connections");
  Dialogue hello({kGreeting + "S: 450 4.7.1 who?\n" + kQuit});
  CHECK(hello.Run({Mail()}).opening == "EHLO 450 4.7.1 who?");
  Dialogue helo({kGreeting + "S: 550 no\nC: HELO gw.example.org\nS: 550 no\n" + kQuit});
  CHECK(helo.Run({Mail()}).opening == "EHLO 550 no");
}

TEST_CASE("A server that is not there, or not a mail server") {
  Dialogue closed({});
  closed.server.Stop();
  CHECK(closed.Run({}).opening == "connect connect: Connection refused");
  Dialogue silent({"X: close"});
  CHECK(silent.Run({}).opening == "greeting greeting: the server closed the connection");
  Dialogue http({"S: HTTP/1.1 400 Bad Request"});
  CHECK(http.Run({}).opening == "greeting greeting: a reply does not begin with a code");
  Dialogue endless({"S: 220 " + std::string(5000, 'x')});
  CHECK(endless.Run({}).opening == "greeting greeting: a reply line is longer than 2 KiB");
}

TEST_CASE("The connection drops at each stage: everybody without an answer is told where") {
  const auto [upto, expected] = GENERATE(values<std::pair<std::string, std::string>>({
      {"C: MAIL FROM:<a@example.org>", "MAIL MAIL: "},
      {"C: MAIL FROM:<a@example.org>\nS: 250 ok\nC: RCPT TO:<b@example.com>", "RCPT RCPT: "},
      {"C: MAIL FROM:<a@example.org>\nS: 250 ok\nC: RCPT TO:<b@example.com>\nS: 250 ok\nC: RCPT "
       "TO:<c@example.com>",
       "RCPT RCPT: "},
      {"C: MAIL FROM:<a@example.org>\nS: 250 ok\nC: RCPT TO:<b@example.com>\nS: 250 ok\nC: RCPT "
       "TO:<c@example.com>\n"
       "S: 250 ok\nC: DATA",
       "DATA DATA: "},
      {"C: MAIL FROM:<a@example.org>\nS: 250 ok\nC: RCPT TO:<b@example.com>\nS: 250 ok\nC: RCPT "
       "TO:<c@example.com>\n"
       "S: 250 ok\nC: DATA\nS: 354 go\nX: content",
       "end of data end of data: "},
  }));
  const bool rudely = GENERATE(false, true);
  Dialogue dialogue({kPlain + upto + (rudely ? "\nX: reset" : "\nX: close")});
  Job job = Mail();
  job.recipients = {"b@example.com", "c@example.com"};
  const Report report = dialogue.Run({job});
  const std::string how = rudely ? "Connection reset by peer" : "the server closed the connection";
  CHECK(report.sent.at(0) == Sent{expected + how, expected + how});
  CHECK_FALSE(report.usable);
}

TEST_CASE("A drop in the middle of pipelined replies keeps the answers that came") {
  Dialogue dialogue({kPipelining + R"(
    C: MAIL FROM:<a@example.org>
    C: RCPT TO:<b@example.com>
    C: RCPT TO:<c@example.com>
    C: DATA
    S: 250 ok
    S: 550 5.1.1 no
  )"});
  Job job = Mail();
  job.recipients = {"b@example.com", "c@example.com"};
  CHECK(dialogue.Run({job}).sent.at(0) ==
        Sent{"RCPT 550 5.1.1 no", "RCPT RCPT: the server closed the connection"});
}

TEST_CASE("A 421 in the middle is the answer of all who have none") {
  Dialogue dialogue({kPipelining + R"(
    C: MAIL FROM:<a@example.org>
    C: RCPT TO:<b@example.com>
    C: RCPT TO:<c@example.com>
    C: DATA
    S: 250 ok
    S: 550 5.1.1 no
    S: 421 4.7.0 enough
  )"});
  Job job = Mail();
  job.recipients = {"b@example.com", "c@example.com"};
  const Report report = dialogue.Run({job});
  CHECK(report.sent.at(0) == Sent{"RCPT 550 5.1.1 no", "RCPT 421 4.7.0 enough"});
  CHECK_FALSE(report.usable);
}

TEST_CASE("More replies than commands: nothing is confirmed by a reply to something else") {
  const std::string group = "C: MAIL FROM:<a@example.org>\nC: RCPT TO:<b@example.com>\nC: DATA\n";
  Dialogue surplus(
      {kPipelining + group + "S: 250 ok\nS: 250 ok\nS: 354 go\nS: 250 taken, really\nX: hang"});
  CHECK(surplus.Run({Mail()}).sent.at(0) ==
        Sent{"DATA DATA: more replies from the server than commands"});
  CHECK(surplus.server.contents().empty());

  Dialogue early({kGreeting + "S: 250 mx\nS: 250 and another\nX: hang"});
  CHECK(early.Run({Mail()}).sent.at(0) == Sent{"MAIL MAIL: unexpected data from the server"});

  Dialogue shifted({kPipelining + group + "S: 250 ok\nS: 250 ok\nS: 250 ok\nC: QUIT"});
  CHECK(shifted.Run({Mail()}).sent.at(0) == Sent{"DATA 250 ok"});

  Dialogue confused({kPipelining + group + "S: 250 ok\nS: 354 go\nS: 250 ok\nC: QUIT"});
  CHECK(confused.Run({Mail()}).sent.at(0) == Sent{"RCPT 354 go"});
}

TEST_CASE("Too few replies to a pipelined group run into the time-out") {
  Dialogue dialogue({kPipelining + R"(
    C: MAIL FROM:<a@example.org>
    C: RCPT TO:<b@example.com>
    C: DATA
    S: 250 ok
    X: hang
  )"});
  dialogue.options.timeouts.rcpt = milliseconds(20);
  CHECK(dialogue.Run({Mail()}).sent.at(0) == Sent{"RCPT RCPT: timed out"});
}

TEST_CASE("Every phase has its time-out") {
  const std::string mail = "C: MAIL FROM:<a@example.org>\n",
                    rcpt = "S: 250 ok\nC: RCPT TO:<b@example.com>\n";
  const std::string data = rcpt + "S: 250 ok\nC: DATA\n";
  const auto run = [](const std::string& script, milliseconds Timeouts::*phase) {
    Dialogue dialogue({script + "X: hang"});
    dialogue.options.timeouts.*phase = milliseconds(20);
    const Report report = dialogue.Run({Mail()});
    return report.sent.empty() ? report.opening : report.sent.at(0).at(0);
  };
  CHECK(run("", &Timeouts::banner) == "greeting greeting: timed out");
  CHECK(run(kGreeting, &Timeouts::hello) == "EHLO EHLO: timed out");
  CHECK(run(kGreeting + "S: 250-mx\nS: 250 STARTTLS\nC: STARTTLS\n", &Timeouts::start_tls) ==
        "STARTTLS STARTTLS: timed out");
  CHECK(run(kGreeting + "S: 250-mx\nS: 250 STARTTLS\nC: STARTTLS\nS: 220 go\n",
            &Timeouts::start_tls) == "STARTTLS STARTTLS: timed out");
  CHECK(run(kPlain + mail, &Timeouts::mail) == "MAIL MAIL: timed out");
  CHECK(run(kPlain + mail + rcpt, &Timeouts::rcpt) == "RCPT RCPT: timed out");
  CHECK(run(kPlain + mail + data, &Timeouts::data) == "DATA DATA: timed out");
  CHECK(run(kPlain + mail + data + "S: 354 go\nX: content\n", &Timeouts::end_of_data) ==
        "end of data end of data: timed out");
}

TEST_CASE("A server that stops reading the content runs into the block time-out") {
  Dialogue stuck({kPlain + R"(
    C: MAIL FROM:<a@example.org>
    S: 250 ok
    C: RCPT TO:<b@example.com>
    S: 250 ok
    C: DATA
    S: 354 go
    X: stall
  )"});
  stuck.options.timeouts.block = milliseconds(50);
  CHECK(stuck.Run({Mail(std::string(30'000'000, 'x'))}).sent.at(0) ==
        Sent{"end of data end of data: timed out"});
}

TEST_CASE("Content has a longest time as a whole, whatever each piece may take") {
  Dialogue stuck({kPlain + R"(
    C: MAIL FROM:<a@example.org>
    S: 250 ok
    C: RCPT TO:<b@example.com>
    S: 250 ok
    C: DATA
    S: 354 go
    X: stall
  )"});
  stuck.options.timeouts.content = milliseconds(50);
  CHECK(stuck.Run({Mail(std::string(30'000'000, 'x'))}).sent.at(0) ==
        Sent{"end of data end of data: timed out"});
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

TEST_CASE("A refusal in the middle of the content is the answer, an acceptance is not") {
  const std::string start = kPlain + R"(
    C: MAIL FROM:<a@example.org>
    S: 250 ok
    C: RCPT TO:<b@example.com>
    S: 250 ok
    C: DATA
    S: 354 go
    X: take 10
  )";
  std::string lines;
  for (int i = 0; i < 300'000; ++i) lines += std::string(98, 'x') + "\r\n";
  Dialogue refused({start + "S: 552 5.3.4 too much\n"});
  const Report report = refused.Run({Mail(lines)});
  // The reset that follows may overtake the words.
  CHECK((report.sent.at(0) == Sent{"end of data 552 5.3.4 too much"} ||
         report.sent.at(0) == Sent{"end of data end of data: Connection reset by peer"} ||
         report.sent.at(0) == Sent{"end of data end of data: Broken pipe"}));
  Dialogue accepted({start + "S: 250 that is enough for me\n"});
  CHECK_THAT(accepted.Run({Mail(lines)}).sent.at(0).at(0),
             Catch::Matchers::StartsWith("end of data end of data: "));
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

TEST_CASE("Aborting from outside ends whatever waits") {
  Dialogue dialogue({kPlain + "C: MAIL FROM:<a@example.org>\nX: hang"});
  boost::asio::steady_timer soon(dialogue.context, milliseconds(20));
  Report report;
  boost::asio::co_spawn(
      dialogue.context.get_executor(),
      [&]() -> net::Task<void> {
        SmtpSession session(dialogue.context.get_executor(), dialogue.options, *dialogue.tls);
        soon.async_wait([&](auto) { session.Abort(); });
        const auto loopback = core::IpAddress::Parse("127.0.0.1");
        Target target = {"mx.example.com", *loopback, dialogue.server.port()};
        co_await session.Open(std::move(target));
        const Job job = Mail();
        const auto answers =
            co_await session.Send(job.message, job.message.return_path, job.recipients);
        report.sent.push_back(Texts(answers));
        dialogue.server.Stop();
      },
      boost::asio::detached);
  dialogue.context.run();
  CHECK(report.sent.at(0) == Sent{"MAIL MAIL: interrupted"});
}

}  // namespace egd::smtp_client
