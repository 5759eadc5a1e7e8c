#include "daemon/smtp_server/session.h"

#include <boost/asio/steady_timer.hpp>

#include "daemon/auth/address.h"
#include "shared/base/log.h"
#include "shared/base/strings.h"

namespace egd::smtp_server {
namespace {

// A client that speaks before it is spoken to is no mail client, but a script that does not listen,
// or a browser made to post here. Long enough for its first packet to be here, and no delay that a
// client would notice.
constexpr milliseconds kGreetingPause{10};
constexpr milliseconds kHandshakeTimeout{30'000};
constexpr milliseconds kLinger{1000};

// RFC 4954 section 4 asks for 12,288 octets of AUTH; all other commands are shorter.
constexpr size_t kLongestLine = 12'288;
constexpr int kMostBad = 20;            // refused commands: a client with a bug, or a scanner
constexpr int kMostIdleCommands = 200;  // of a stranger, without any mail
constexpr size_t kMostHelloBytes = 255;

constexpr std::string_view kUseTls =
    "Set the client to STARTTLS on this port, or to SSL/TLS on a port of [smtp] listen_tls";

// The words of a pipelined group's replies, on one line.
std::string OneLine(std::string_view reply) {
  std::string line;
  for (const std::string_view part : Split(reply, '\n')) {
    if (Trim(part).empty()) continue;
    line += line.empty() ? "" : " ";
    line += Trim(part);
  }
  return line;
}

}  // namespace

Session::Session(Host& host, net::Socket socket, bool tls_at_once)
    : host_(host),
      stream_(std::move(socket)),
      network_(auth::ClientNetwork(stream_.address())),
      tls_at_once_(tls_at_once),
      id_(host.next_session_id++) {
  host_.connected.Add(*this);
}

Session::~Session() {
  host_.connected.Remove(*this);
  if (host_.draining && host_.connected.empty() && host_.on_empty) host_.on_empty();
}

net::Task<void> Session::Run() {
  bool go_on = true;
  if (tls_at_once_) go_on = co_await Secure();
  if (go_on) go_on = co_await Greet();
  while (go_on) go_on = co_await Serve();
  co_await Finish();
}

void Session::End(std::string_view farewell) {
  if (!farewell_.empty()) return;
  farewell_ = farewell;
  stream_.Cut();
}

net::Task<bool> Session::Greet() {
  boost::asio::basic_waitable_timer<
      std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>, net::Executor>
      pause(stream_.executor());
  pause.expires_after(kGreetingPause);
  co_await pause.async_wait(net::kAwaitTuple);
  if (stream_.HasSpoken()) {
    if (stream_.buffered().starts_with("\x16\x03")) {
      co_return Farewell("421 4.7.0 TLS was not expected on this port before STARTTLS", kUseTls);
    }
    co_return Farewell("421 4.7.0 You spoke before the greeting",
                       "Wait for the greeting, and for each reply (RFC 5321 section 4.3.1)");
  }
  co_return Reply("220 " + host_.options.hostname + " ESMTP");
}

milliseconds Session::CommandTimeout() const {
  return sink_ ? host_.options.command_timeout : host_.options.stranger_timeout;
}

// One command and its reply.
net::Task<bool> Session::Serve() {
  if (host_.draining && !InTransaction()) co_return Farewell("421 4.3.2 Shutting down");
  waiting_ = true;
  waiting_since_ = std::chrono::steady_clock::now();
  const ClientStream::Line line = co_await stream_.ReadLine(kLongestLine, CommandTimeout());
  waiting_ = false;
  if (line.got != ClientStream::Got::kLine) co_return OnLineProblem(line.got);
  if (bad_ >= kMostBad) co_return Farewell("421 4.7.0 Too many bad commands");
  const Command command = ParseCommand(line.text);
  if (line.bare_newline && (is_stranger() || line.text.find('\r') != std::string::npos)) {
    transcript_.Remark("a line that does not end with CR LF");
    co_return Refuse("550 5.5.2 Lines must end with CR LF",
                     "End every line with CR LF (RFC 5321 section 2.3.8)");
  }
  if (command.verb == Verb::kMail && !InTransaction()) transcript_.BeginTransaction();
  const bool secret = command.verb == Verb::kAuth || command.verb == Verb::kUnknown;
  if (!secret) transcript_.Ours(Printable(line.text.substr(0, 500)));
  if (line.text.find('\0') != std::string::npos || !IsUtf8(line.text)) {
    co_return Refuse("500 5.5.2 A command is text in UTF-8");
  }
  co_return co_await Execute(command);
}

bool Session::OnLineProblem(ClientStream::Got got) {
  switch (got) {
    case ClientStream::Got::kTooLong:
      return Refuse("500 5.5.2 Line too long");
    case ClientStream::Got::kEndless:
      return Farewell("421 4.7.0 The line does not end");
    case ClientStream::Got::kTls:
      return Farewell("421 4.7.0 TLS was not expected on this port before STARTTLS", kUseTls);
    case ClientStream::Got::kCut: {
      if (farewell_.empty()) return Farewell("421 4.4.2 Timed out waiting for a command");
      const std::string farewell = farewell_;
      return Farewell(farewell);
    }
    case ClientStream::Got::kGone:
    case ClientStream::Got::kLine:
      break;
  }
  return false;
}

net::Task<bool> Session::Execute(Command command) {
  const std::string argument(command.argument);
  const bool idle = command.verb != Verb::kMail && command.verb != Verb::kRcpt &&
                    command.verb != Verb::kData && command.verb != Verb::kBdat;
  if (is_stranger() && idle && ++idle_commands_ > kMostIdleCommands) {
    co_return Farewell("421 4.7.0 Too many commands without a message");
  }
  switch (command.verb) {
    case Verb::kHelo:
    case Verb::kEhlo:
      co_return Hello(command);
    case Verb::kMail:
      co_return co_await Mail(argument);
    case Verb::kRcpt:
      co_return co_await Rcpt(argument);
    case Verb::kData:
      co_return co_await Data(argument);
    case Verb::kBdat:
      co_return co_await Bdat(argument);
    case Verb::kAuth:
      co_return co_await Authenticate(argument);
    case Verb::kStartTls:
      co_return co_await StartTls(argument);
    case Verb::kRset:
      ResetTransaction();
      co_return Reply("250 2.0.0 Ok");
    case Verb::kNoop:
      co_return Reply("250 2.0.0 Ok");
    case Verb::kVrfy:
      co_return Reply("252 2.0.0 Send it a message and see");
    case Verb::kExpn:
      co_return Refuse("502 5.5.1 There are no lists to expand here");
    case Verb::kHelp:
      co_return Reply("214 2.0.0 RFC 5321 and RFC 6409; the rest is in EHLO's reply");
    case Verb::kQuit:
      Reply("221 2.0.0 Bye");
      co_return false;
    case Verb::kHttp:
      transcript_.Remark("an HTTP request");
      co_return Farewell("421 4.7.0 This is an SMTP server, not a web server",
                         "Use the API's port for HTTP ([http] listen)");
    case Verb::kUnknown:
      break;
  }
  // After an attempt to log in it may be a password.
  const bool shown = !tried_login_ && command.word.size() <= 20;
  transcript_.Ours(shown ? Printable(command.word) + (argument.empty() ? "" : " …") : "***");
  co_return Refuse("500 5.5.1 Command not recognised");
}

bool Session::Hello(const Command& command) {
  if (command.argument.empty()) {
    return Refuse("501 5.5.4 " + std::string(command.word) + " needs a name, any name");
  }
  ResetTransaction();
  hello_ = Printable(command.argument.substr(0, kMostHelloBytes));
  esmtp_ = command.verb == Verb::kEhlo;
  if (!esmtp_) return Reply("250 " + host_.options.hostname);
  return Reply(Capabilities());
}

std::string Session::Capabilities() const {
  std::string reply = "250-" + host_.options.hostname + "\r\n250-PIPELINING\r\n250-SIZE " +
                      std::to_string(host_.options.max_message_bytes) +
                      "\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-CHUNKING\r\n";
  if (!stream_.secured()) reply += "250-STARTTLS\r\n";
  if (stream_.secured() || host_.options.allow_plaintext_auth) reply += "250-AUTH PLAIN LOGIN\r\n";
  return reply + "250 ENHANCEDSTATUSCODES";
}

net::Task<bool> Session::StartTls(std::string argument) {
  if (stream_.secured()) co_return Refuse("503 5.5.1 TLS is on already");
  if (sink_) co_return Refuse("503 5.5.1 STARTTLS comes before AUTH");
  if (!argument.empty()) co_return Refuse("501 5.5.4 STARTTLS takes no argument");
  if (!stream_.buffered().empty()) transcript_.Remark("text behind STARTTLS, discarded");
  Reply("220 2.0.0 Ready to start TLS");
  const bool flushed = co_await stream_.Flush(CommandTimeout());
  if (!flushed) co_return false;
  const bool secured = co_await Secure();
  co_return secured;
}

// RFC 3207 section 4.2: what was said before is void, but for EHLO, which some clients don't
// repeat.
net::Task<bool> Session::Secure() {
  TlsContext context = host_.tls.With([](const TlsContext& current) { return current; });
  waiting_ = true;
  const ClientStream::Handshake handshake =
      co_await stream_.StartTls(std::move(context), kHandshakeTimeout);
  waiting_ = false;
  if (handshake.problem.empty()) {
    ResetTransaction();
    transcript_.Remark(stream_.DescribeTls());
    co_return true;
  }
  transcript_.Remark(handshake.problem);
  Note(handshake.problem, handshake.remedy);
  stream_.Abandon();
  co_return false;
}

// So that the client reads the last reply: closing with unread input would reset the connection.
// Who has to make room gets no such time.
net::Task<void> Session::Finish() {
  const bool flushed = co_await stream_.Flush(kLinger);
  ResetTransaction();
  if (flushed && farewell_.empty()) co_await stream_.Close(kLinger);
}

bool Session::Reply(std::string_view text) {
  stream_.Queue(std::string(text) + "\r\n");
  transcript_.Theirs(OneLine(text));
  return true;
}

bool Session::Reply(const core::MailReply& reply) {
  const std::string text =
      std::to_string(reply.code) + " " + reply.enhanced + " " + Printable(reply.text);
  return reply.IsPositive() ? Reply(text) : Refuse(text, reply.remedy);
}

bool Session::Refuse(std::string_view text, std::string_view remedy) {
  const bool permanent = text.starts_with('5');
  const bool misused = text.substr(4).starts_with("5.5");
  if (permanent && (is_stranger() || misused)) ++bad_;
  Reply(text);
  Note(text, remedy);
  return true;
}

bool Session::Farewell(std::string_view text, std::string_view remedy) {
  Reply(text);
  // Who is only told that time is up has not been refused anything.
  const bool ordinary = text.starts_with("421 4.3.2") || text.starts_with("421 4.4.2");
  if (!ordinary) Note(text, remedy);
  return false;
}

void Session::Note(std::string_view reason, std::string_view remedy) {
  core::SmtpSession session;
  session.id = id_;
  session.domain_id = domain_id_;
  session.at = host_.clock.Now();
  session.client_address = address();
  session.client_name = hello_;
  session.username = username_;
  session.tls = stream_.DescribeTls();
  session.reason = Printable(reason);
  session.remedy = remedy;
  session.dialogue = transcript_.Of(std::nullopt);
  log::Info("SMTP client refused", {{"client", address()}, {"why", session.reason}});
  host_.log.Note(std::move(session));
}

}  // namespace egd::smtp_server
