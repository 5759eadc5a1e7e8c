// AUTH (RFC 4954) of a Session.
#include "daemon/smtp_server/blocking.h"
#include "daemon/smtp_server/sasl.h"
#include "daemon/smtp_server/session.h"
#include "shared/base/log.h"
#include "shared/base/strings.h"

namespace egd::smtp_server {
namespace {

constexpr size_t kLongestResponse = 12'288;  // RFC 4954 section 4
constexpr int kMostWrongLogins = 3;

constexpr std::string_view kCancelled = "501 5.0.0 Authentication cancelled";
constexpr std::string_view kNotBase64 = "501 5.5.2 A response is in base64";
constexpr std::string_view kEncrypt =
    "538 5.7.11 Encryption is required to log in: send STARTTLS first";

}  // namespace

// A response to a challenge, or why there is none: `problem` is the reply then, unless no line
// came.
struct Session::Response {
  std::optional<std::string> text;
  std::string problem;
  ClientStream::Got line_problem = ClientStream::Got::kLine;
};

net::Task<Session::Response> Session::Ask(std::string challenge) {
  Response response;
  Reply("334 " + challenge);
  const ClientStream::Line line = co_await stream_.ReadLine(kLongestResponse, CommandTimeout());
  if (line.got != ClientStream::Got::kLine) {
    response.line_problem = line.got;
    co_return response;
  }
  const bool cancelled = Trim(line.text) == "*";
  transcript_.Ours(cancelled ? "*" : "***");
  if (!cancelled) response.text = DecodeResponse(line.text);
  if (!response.text) response.problem = cancelled ? kCancelled : kNotBase64;
  co_return response;
}

net::Task<bool> Session::Authenticate(std::string argument) {
  const std::string_view whole = argument;
  const std::string_view mechanism = whole.substr(0, whole.find_first_of(" \t"));
  const std::string_view initial = Trim(whole.substr(mechanism.size()));
  const bool plain = EqualsIgnoreCase(mechanism, "PLAIN"),
             login = EqualsIgnoreCase(mechanism, "LOGIN");
  tried_login_ = true;
  transcript_.Ours("AUTH " + (plain || login ? std::string(mechanism) : "…") +
                   (initial.empty() ? "" : " ***"));
  if (!stream_.secured() && !host_.options.allow_plaintext_auth) {
    co_return Refuse(kEncrypt,
                     "Turn on STARTTLS in the client, or SSL/TLS on a port of [smtp] "
                     "listen_tls");
  }
  if (sink_) co_return Refuse("503 5.5.1 You have authenticated already");
  if (InTransaction()) co_return Refuse("503 5.5.1 Not during a mail transaction");
  if (hello_.empty()) co_return Refuse("503 5.5.1 Send EHLO first");
  if (mechanism.empty()) co_return Refuse("501 5.5.4 AUTH needs a mechanism: PLAIN or LOGIN");
  if (!plain && !login) {
    co_return Refuse("504 5.5.4 Only AUTH PLAIN and AUTH LOGIN are offered",
                     "Set the client's authentication to PLAIN or LOGIN");
  }
  Response first;
  if (initial.empty()) {
    const std::string challenge(plain ? "" : kUsernamePrompt);
    first = co_await Ask(challenge);
  } else {
    first.text = DecodeResponse(initial);
    if (!first.text) first.problem = kNotBase64;
  }
  if (!first.text) co_return OnBadResponse(first);
  if (plain) {
    auto credentials = ReadPlain(*first.text);
    if (!credentials) {
      co_return Refuse("501 5.5.2 AUTH PLAIN is NUL, user name, NUL, password in base64");
    }
    co_return co_await LogIn(std::move(credentials->username), std::move(credentials->password));
  }
  const std::string prompt(kPasswordPrompt);
  Response second = co_await Ask(prompt);
  if (!second.text) co_return OnBadResponse(second);
  co_return co_await LogIn(std::move(*first.text), std::move(*second.text));
}

bool Session::OnBadResponse(const Response& response) {
  return response.problem.empty() ? OnLineProblem(response.line_problem) : Refuse(response.problem);
}

net::Task<bool> Session::LogIn(std::string username, std::string password) {
  using Verdict = core::MailLogin::Verdict;
  using Outcome = core::MailLogin::Outcome;
  const std::function<Outcome()> job = [&] {
    try {
      return host_.login.LogIn(username, password, address());
    } catch (const std::exception& bug) {
      log::Error("an SMTP login threw", {{"why", bug.what()}});
      return Outcome();
    }
  };
  Outcome outcome = co_await Blocking(host_, job);
  username_ = Printable(username.substr(0, 255));
  if (outcome.verdict != Verdict::kUnavailable) {
    if (outcome.domain_id != domain_id_ && domain_id_ != 0) {
      transcript_ = {};  // its owner is another
      id_ = host_.next_session_id++;
    }
    domain_id_ = outcome.domain_id;
  }
  if (outcome.verdict == Verdict::kRight) {
    sink_ = std::move(outcome.sink);
    host_.connected.Authenticated(*this);
    bad_ = 0;
    co_return Reply("235 2.7.0 Authentication successful");
  }
  if (outcome.verdict == Verdict::kUnavailable) {
    co_return Refuse("454 4.7.0 Cannot check it now; try again later");
  }
  constexpr std::string_view kCheck =
      "Check user name and password: egctl getsmtps lists the names, egctl resetsmtppassword makes "
      "a new password";
  if (++wrong_logins_ >= kMostWrongLogins) {
    co_return Farewell("421 4.7.0 Too many wrong user names or passwords", kCheck);
  }
  if (outcome.verdict == Verdict::kThrottled) {
    co_return Refuse("454 4.7.0 Too many failed logins; try again in 15 minutes", kCheck);
  }
  co_return Refuse("535 5.7.8 Wrong user name or password", kCheck);
}

}  // namespace egd::smtp_server
