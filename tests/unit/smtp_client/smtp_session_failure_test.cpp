#include <boost/asio/steady_timer.hpp>
#include <catch2/catch.hpp>

#include "daemon/smtp_client/smtp_session.h"
#include "tests/unit/smtp_client/dialogue.h"

namespace egd::smtp_client {

using std::chrono::milliseconds;

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
