// A client session and a scripted server that talk to each other, for the tests of SmtpSession.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <catch2/catch.hpp>

#include "daemon/net/client_tls.h"
#include "daemon/smtp_client/smtp_session.h"
#include "tests/unit/smtp_client/scripted_server.h"

namespace egd::smtp_client {

// What came of it: "RCPT 550 5.1.1 no" for each recipient, or of opening.
inline std::string Text(const Answer& answer) {
  return std::string(Name(answer.stage)) + " " + smtp::OneLine(answer.reply);
}

inline std::vector<std::string> Texts(const std::vector<Answer>& answers) {
  std::vector<std::string> texts;
  for (const auto& answer : answers) texts.push_back(Text(answer));
  return texts;
}

struct Job {
  core::OutgoingMessage message;
  std::vector<std::string> recipients = {"b@example.com"};
};

inline Job Mail(const std::string& data = "Subject: x\r\n\r\nhello\r\n") {
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
      Target target = {"mx.example.com", *loopback, server.port(), dane};
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
  core::TlsaPtr dane;
  std::shared_ptr<boost::asio::ssl::context> tls = net::MakeOpportunisticTlsContext();
};

using Sent = std::vector<std::string>;

inline const std::string kGreeting = R"(
  S: 220 mx.example.com ESMTP
  C: EHLO gw.example.org
)";
inline const std::string kPlain = kGreeting + "S: 250 mx.example.com\n";
inline const std::string kPipelining = kGreeting + "S: 250-mx.example.com\nS: 250 PIPELINING\n";
inline const std::string kQuit = "C: QUIT\nS: 221 bye\n";

}  // namespace egd::smtp_client
