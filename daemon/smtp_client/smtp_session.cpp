#include "daemon/smtp_client/smtp_session.h"

#include <algorithm>
#include <string_view>

#include "daemon/smtp/content_encoder.h"
#include "shared/base/encoding.h"
#include "shared/base/strings.h"

namespace egd::smtp_client {
namespace {

constexpr int kServiceClosing = 421;
constexpr int kStartContent = 354;
constexpr const char* kDataCommand = "DATA\r\n";

using std::chrono::milliseconds;

bool IsAscii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return uint8_t(c) < 0x80; });
}

std::string RcptCommand(const std::string& recipient) {
  return "RCPT TO:<" + recipient + ">\r\n";
}

// Every line ends with CRLF, and no CR or LF stands alone.
bool IsCanonical(std::string_view content) {
  if (!content.ends_with("\r\n")) return false;
  size_t line_ends = 0;
  for (size_t at = content.find("\r\n"); at != std::string_view::npos;
       at = content.find("\r\n", at + 2)) {
    ++line_ends;
  }
  const auto count = [content](char c) {
    return size_t(std::count(content.begin(), content.end(), c));
  };
  return count('\r') == line_ends && count('\n') == line_ends;
}

bool IsThisMachine(const core::IpAddress& address) {
  const std::string text = address.ToString();
  return text.starts_with("127.") || text == "::1";
}

bool IsUnknownCommand(const smtp::SmtpReply& reply) {
  return reply.code == 500 || reply.code == 502;
}

// After this reply there is nobody to talk to.
bool EndsSession(const smtp::SmtpReply& reply) {
  return reply.code == 0 || reply.code == kServiceClosing;
}

}  // namespace

// What each recipient got so far. One without an answer is still in the running.
class SmtpSession::Transaction {
 public:
  Transaction(const core::OutgoingMessage& content, std::string from,
              const std::vector<std::string>& to)
      : message(content), return_path(std::move(from)), recipients(to), answers_(to.size()) {}

  bool IsOpen(size_t i) const { return !answers_[i]; }
  bool AnyOpen() const {
    return std::any_of(answers_.begin(), answers_.end(), [](const auto& a) { return !a; });
  }
  void Decide(size_t i, const Answer& answer) {
    if (IsOpen(i)) answers_[i] = answer;
  }
  void DecideAll(const Answer& answer) {
    for (size_t i = 0; i < answers_.size(); ++i) Decide(i, answer);
  }
  std::vector<Answer> TakeAnswers() {
    std::vector<Answer> taken;
    for (auto& answer : answers_) taken.push_back(std::move(*answer));
    return taken;
  }

  const core::OutgoingMessage& message;
  const std::string return_path;
  const std::vector<std::string>& recipients;
  std::vector<size_t> named;  // which recipients are named to the server
  bool wants_utf8 = false;
  bool in_a_chunk = false;  // content goes by BDAT
  std::chrono::steady_clock::time_point content_began;
  size_t written = 0;       // of the content
  bool sent_ahead = false;  // all commands are on their way (PIPELINING): only replies are to come

 private:
  std::vector<std::optional<Answer>> answers_;
};

SmtpSession::SmtpSession(net::Executor executor, const SessionOptions& options,
                         boost::asio::ssl::context& tls)
    : options_(options), tls_context_(tls), wire_(executor) {}

// ---- Opening
// ---------------------------------------------------------------------------------------

net::Task<std::optional<Answer>> SmtpSession::Open(Target target, TlsNeed tls) {
  target_ = std::move(target);
  tls_need_ = tls;
  transcript_.Remark("connecting to " + target_->host + " [" + target_->address.ToString() +
                     "]:" + std::to_string(target_->port));
  auto failure = co_await Begin();
  if (failure) co_await Quit();
  usable_ = !failure;
  co_return failure;
}

net::Task<std::optional<Answer>> SmtpSession::Begin() {
  std::string problem =
      co_await wire_.Connect(target_->address, target_->port, options_.timeouts.connect);
  if (!problem.empty()) co_return Ended(Stage::kConnect, smtp::NoReply("4.4.1", problem));

  if (options_.tls_at_once) {
    problem =
        co_await wire_.StartTls(tls_context_, target_->host, false, options_.timeouts.start_tls);
    if (!problem.empty()) co_return Ended(Stage::kStartTls, smtp::NoReply("4.7.5", problem));
    transcript_.Remark("TLS: " + wire_.tls());
  }
  smtp::SmtpReply banner = co_await Hear(options_.timeouts.banner);
  if (banner.code != 220) co_return Ended(Stage::kBanner, std::move(banner));

  auto failure = co_await SayHello();
  const bool may_encrypt = offers_.start_tls && tls_need_ != TlsNeed::kNone && wire_.tls().empty();
  if (!failure && may_encrypt) failure = co_await Encrypt();
  if (!failure && NeedsTls() && wire_.tls().empty()) {
    failure = Ended(Stage::kStartTls, smtp::NoReply("4.7.10", "TLS is required and not offered"));
  }
  if (!failure && options_.login) failure = co_await LogIn();
  co_return failure;
}

net::Task<std::optional<Answer>> SmtpSession::SayHello() {
  offers_ = {};
  smtp::SmtpReply reply =
      co_await Ask("EHLO " + options_.hello_name + "\r\n", options_.timeouts.hello);
  if (reply.IsPositive()) {
    offers_ = ParseOffers(reply);
    co_return std::nullopt;
  }
  if (reply.code >= 500) {
    reply = co_await Ask("HELO " + options_.hello_name + "\r\n", options_.timeouts.hello);
  }
  if (!reply.IsPositive()) co_return Ended(Stage::kHello, std::move(reply));
  co_return std::nullopt;
}

net::Task<std::optional<Answer>> SmtpSession::Encrypt() {
  smtp::SmtpReply reply = co_await Ask("STARTTLS\r\n", options_.timeouts.start_tls);
  if (EndsSession(reply)) co_return Ended(Stage::kStartTls, std::move(reply));
  if (reply.code != 220) co_return std::nullopt;  // offered, refused: as if it had not been offered

  const bool verified = tls_need_ == TlsNeed::kVerified, dane = tls_need_ == TlsNeed::kDane;
  core::TlsaPtr records;
  if (dane) records = target_->dane;
  std::string problem = co_await wire_.StartTls(tls_context_, target_->host, verified,
                                                options_.timeouts.start_tls, std::move(records));
  if (!problem.empty()) co_return Ended(Stage::kStartTls, smtp::NoReply("4.7.5", problem));
  transcript_.Remark("TLS: " + wire_.tls());
  if ((verified || dane) && !wire_.tls().ends_with(" verified")) {
    co_return Ended(Stage::kStartTls,
                    smtp::NoReply("4.7.5", "a valid certificate is required: " + wire_.tls()));
  }
  co_return co_await SayHello();
}

SmtpSession::Offers SmtpSession::ParseOffers(const smtp::SmtpReply& ehlo) {
  Offers offers;
  for (size_t i = 1; i < ehlo.lines.size(); ++i) {  // the first line greets
    const auto words = Split(ehlo.lines[i], ' ');
    const std::string keyword = Lower(words[0]);
    if (keyword == "starttls") offers.start_tls = true;
    if (keyword == "pipelining") offers.pipelining = true;
    if (keyword == "chunking") offers.chunking = true;
    if (keyword == "8bitmime") offers.eight_bit = true;
    if (keyword == "smtputf8") offers.smtputf8 = true;
    if (keyword == "auth") {
      const std::string mechanisms = Lower(ehlo.lines[i]) + " ";
      offers.auth_plain = mechanisms.find(" plain ") != std::string::npos;
      offers.auth_login = mechanisms.find(" login ") != std::string::npos;
    }
    if (keyword == "size") {
      offers.size = true;
      const auto bytes = words.size() > 1 ? ParseInteger(words[1]) : std::nullopt;
      if (bytes && *bytes > 0) offers.max_bytes = uint64_t(*bytes);
    }
  }
  return offers;
}

// PLAIN (RFC 4616) or LOGIN; the password goes in plain text only where the operator says so, or
// never leaves the machine.
net::Task<std::optional<Answer>> SmtpSession::LogIn() {
  const bool is_private =
      !wire_.tls().empty() || tls_need_ == TlsNeed::kNone || IsThisMachine(target_->address);
  if (!is_private) {
    co_return Ended(Stage::kAuth, smtp::NoReply("4.7.11", "TLS is required to log in"));
  }
  smtp::SmtpReply reply;
  const std::string zero(1, '\0');
  if (offers_.auth_plain) {
    const std::string both = zero + options_.login->user + zero + options_.login->password;
    reply = co_await Tell("AUTH PLAIN " + Base64(both), "AUTH PLAIN ***");
  } else if (offers_.auth_login) {
    reply = co_await Tell("AUTH LOGIN", "AUTH LOGIN");
    if (reply.code == 334) reply = co_await Tell(Base64(options_.login->user), "***");
    if (reply.code == 334) reply = co_await Tell(Base64(options_.login->password), "***");
  } else {
    reply = smtp::NoReply("4.7.4", "the server offers neither AUTH PLAIN nor AUTH LOGIN");
  }
  if (reply.code == 235) co_return std::nullopt;
  co_return Ended(Stage::kAuth, std::move(reply));
}

// As Ask; the transcript has only what is `shown`.
net::Task<smtp::SmtpReply> SmtpSession::Tell(std::string secret, std::string_view shown) {
  transcript_.Ours(shown);
  if (wire_.HasUnread()) co_return smtp::NoReply("4.5.0", "unexpected data from the server");
  secret += "\r\n";
  std::string problem = co_await wire_.Write(secret, options_.timeouts.hello);
  if (!problem.empty()) co_return co_await ReadLastWords(std::move(problem));
  co_return co_await Hear(options_.timeouts.hello);
}

// ---- Transactions
// ----------------------------------------------------------------------------------

net::Task<std::vector<Answer>> SmtpSession::Send(const core::OutgoingMessage& message,
                                                 std::string return_path,
                                                 const std::vector<std::string>& recipients) {
  ++transactions_;
  transcript_.BeginTransaction();
  Transaction transaction(message, std::move(return_path), recipients);
  transaction.wants_utf8 = message.smtputf8 || !IsAscii(transaction.return_path) ||
                           !std::all_of(recipients.begin(), recipients.end(), IsAscii);
  CheckRecipients(transaction);
  if (const auto why_not = WhyNot(transaction)) {
    transcript_.Remark(smtp::OneLine(why_not->reply));
    transaction.DecideAll(*why_not);
  }
  transaction.in_a_chunk = offers_.chunking && may_chunk_ && IsCanonical(message.data);
  if (transaction.AnyOpen()) co_await Transact(transaction);
  co_return transaction.TakeAnswers();
}

// Addresses were checked when they were accepted; here for the last time, since a line break in one
// would be a command.
void SmtpSession::CheckRecipients(Transaction& transaction) const {
  const Answer broken = {Stage::kRcpt,
                         smtp::NoReply("5.1.3", "the address has a control character")};
  const Answer no_utf8 = {
      Stage::kRcpt,
      smtp::NoReply("5.6.7", "the server does not offer SMTPUTF8, which the address needs")};
  for (size_t i = 0; i < transaction.recipients.size(); ++i) {
    const std::string& recipient = transaction.recipients[i];
    if (HasControl(recipient)) {
      transaction.Decide(i, broken);
    } else if (!IsAscii(recipient) && !offers_.smtputf8) {
      transaction.Decide(i, no_utf8);
    } else {
      transaction.named.push_back(i);
    }
  }
}

std::optional<Answer> SmtpSession::WhyNot(const Transaction& transaction) const {
  const core::OutgoingMessage& message = transaction.message;
  const auto refuse = [](const char* enhanced, const std::string& why) {
    return Answer{Stage::kMail, smtp::NoReply(enhanced, why)};
  };
  if (HasControl(transaction.return_path)) {
    return refuse("5.1.7", "the return-path has a control character");
  }
  if (!IsAscii(transaction.return_path) && !offers_.smtputf8) {
    return refuse("5.6.7", "the server does not offer SMTPUTF8, which the return-path needs");
  }
  if (message.eight_bit && !offers_.eight_bit) {
    return refuse("5.6.3", "the server does not offer 8BITMIME, which the content needs");
  }
  if (offers_.max_bytes > 0 && message.data.size() > offers_.max_bytes) {
    return refuse("5.3.4", "the message has " + std::to_string(message.data.size()) +
                               " bytes, the server takes " + std::to_string(offers_.max_bytes));
  }
  return std::nullopt;
}

std::string SmtpSession::MailCommand(const Transaction& transaction) const {
  const core::OutgoingMessage& message = transaction.message;
  std::string command = "MAIL FROM:<" + transaction.return_path + ">";
  if (offers_.size) command += " SIZE=" + std::to_string(message.data.size());
  if (message.eight_bit) command += " BODY=8BITMIME";
  // Without it, an address outside ASCII that only the header has does no harm: the mail is for
  // somebody else.
  if (transaction.wants_utf8 && offers_.smtputf8) command += " SMTPUTF8";
  return command += "\r\n";
}

std::string SmtpSession::AllCommands(const Transaction& transaction) const {
  std::string commands = MailCommand(transaction);
  for (const size_t i : transaction.named) commands += RcptCommand(transaction.recipients[i]);
  if (!transaction.in_a_chunk) commands += kDataCommand;
  return commands;
}

net::Task<void> SmtpSession::Transact(Transaction& transaction) {
  if (needs_reset_) {
    smtp::SmtpReply reply = co_await Ask("RSET\r\n", options_.timeouts.mail);
    if (!reply.IsPositive()) co_return Reconnect(transaction, "RSET was refused");
    needs_reset_ = false;
  }
  if (!co_await NameSender(transaction)) co_return;
  if (!co_await NameRecipients(transaction)) co_return;
  if (transaction.in_a_chunk) {
    if (transaction.AnyOpen()) co_await SendChunk(transaction);
    co_return;
  }
  if (!co_await StartContent(transaction)) co_return;
  co_await SendContent(transaction);
}

// These three return false when the transaction has ended: everybody has an answer and no reply is
// to come.

net::Task<bool> SmtpSession::NameSender(Transaction& transaction) {
  transaction.sent_ahead = offers_.pipelining;
  std::string commands;
  if (transaction.sent_ahead) {
    commands = AllCommands(transaction);
  } else {
    commands = MailCommand(transaction);
  }
  smtp::SmtpReply reply = co_await Ask(std::move(commands), options_.timeouts.mail);
  if (EndsSession(reply)) {
    transaction.DecideAll(Ended(Stage::kMail, std::move(reply)));
    co_return false;
  }
  needs_reset_ = reply.IsPositive();
  if (!reply.IsPositive()) transaction.DecideAll({Stage::kMail, std::move(reply)});
  co_return transaction.sent_ahead || needs_reset_;
}

net::Task<bool> SmtpSession::NameRecipients(Transaction& transaction) {
  for (const size_t i : transaction.named) {
    smtp::SmtpReply reply;
    transcript_.About(i);
    if (transaction.sent_ahead) {
      transcript_.Ours(RcptCommand(transaction.recipients[i]));
      reply = co_await Hear(options_.timeouts.rcpt);
    } else {
      reply = co_await Ask(RcptCommand(transaction.recipients[i]), options_.timeouts.rcpt);
    }
    if (EndsSession(reply)) {
      transcript_.About(std::nullopt);
      transaction.DecideAll(Ended(Stage::kRcpt, std::move(reply)));
      co_return false;
    }
    if (!reply.IsPositive()) transaction.Decide(i, {Stage::kRcpt, std::move(reply)});
  }
  transcript_.About(std::nullopt);
  co_return transaction.sent_ahead || transaction.AnyOpen();
}

net::Task<bool> SmtpSession::StartContent(Transaction& transaction) {
  smtp::SmtpReply reply;
  if (transaction.sent_ahead) {
    transcript_.Ours(kDataCommand);
    reply = co_await Hear(options_.timeouts.data);
  } else {
    reply = co_await Ask(kDataCommand, options_.timeouts.data);
  }
  if (reply.code == kStartContent && wire_.HasUnread()) {
    // Content sent now could be confirmed by a reply that was meant for something else.
    reply = smtp::NoReply("4.5.0", "more replies from the server than commands");
  }
  if (EndsSession(reply) || (reply.code < 400 && reply.code != kStartContent)) {
    transaction.DecideAll(Ended(Stage::kData, std::move(reply)));
    co_return false;
  }
  if (reply.code == kStartContent) co_return true;
  transaction.DecideAll({Stage::kData, std::move(reply)});
  co_return false;
}

// With nobody left to receive it, the content is a lone dot (RFC 2920 section 3.1).
net::Task<void> SmtpSession::SendContent(Transaction& transaction) {
  needs_reset_ = false;
  transaction.content_began = std::chrono::steady_clock::now();
  transcript_.Remark("sending the content, " + std::to_string(transaction.message.data.size()) +
                     " bytes");
  smtp::ContentEncoder encoder(transaction.AnyOpen() ? transaction.message.data
                                                     : std::string_view());
  for (auto piece = encoder.Next(); !piece.empty(); piece = encoder.Next()) {
    const bool written = co_await WriteAll(transaction, piece);
    if (!written) co_return;
  }
  co_await ReadFinalReply(transaction);
}

net::Task<void> SmtpSession::SendChunk(Transaction& transaction) {
  if (wire_.HasUnread()) {  // as at DATA
    smtp::SmtpReply reply = smtp::NoReply("4.5.0", "more replies from the server than commands");
    co_return transaction.DecideAll(Ended(Stage::kData, std::move(reply)));
  }
  needs_reset_ = false;
  transaction.content_began = std::chrono::steady_clock::now();
  const std::string_view content = transaction.message.data;
  const std::string command = "BDAT " + std::to_string(content.size()) + " LAST\r\n";
  transcript_.Ours(command);
  bool written = co_await WriteAll(transaction, command);
  for (size_t at = 0; written && at < content.size(); at += smtp::ContentEncoder::kPieceBytes) {
    written = co_await WriteAll(transaction, content.substr(at, smtp::ContentEncoder::kPieceBytes));
  }
  if (written) co_await ReadFinalReply(transaction);
}

// Nobody heard of this transaction, and this connection is of no use any more.
void SmtpSession::Reconnect(Transaction& transaction, const char* why) {
  must_reconnect_ = true;
  transaction.DecideAll(Ended(Stage::kMail, smtp::NoReply("4.4.2", why)));
}

std::chrono::milliseconds SmtpSession::LeftForContent(const Transaction& transaction) const {
  const Timeouts& timeouts = options_.timeouts;
  const auto earned =
      milliseconds(int64_t(transaction.written) * 1000 / timeouts.least_bytes_a_second);
  const auto allowed = std::min(timeouts.block + earned, timeouts.content);
  const auto spent = std::chrono::floor<milliseconds>(std::chrono::steady_clock::now() -
                                                      transaction.content_began);
  return std::max(allowed - spent, milliseconds(1));
}

// Returns false when it failed: the transaction has ended.
net::Task<bool> SmtpSession::WriteAll(Transaction& transaction, std::string_view bytes) {
  const auto timeout = std::min(options_.timeouts.block, LeftForContent(transaction));
  std::string problem = co_await wire_.Write(bytes, timeout);
  transaction.written += bytes.size();
  if (problem.empty()) co_return true;
  smtp::SmtpReply reply = co_await ReadLastWords(std::move(problem));
  transaction.DecideAll(Ended(Stage::kEndOfData, std::move(reply)));
  co_return false;
}

net::Task<void> SmtpSession::ReadFinalReply(Transaction& transaction) {
  smtp::SmtpReply reply = co_await Hear(options_.timeouts.end_of_data);
  if (transaction.in_a_chunk && IsUnknownCommand(reply)) {
    refused_chunking_ = true;
    co_return Reconnect(transaction, "BDAT was offered and refused");
  }
  const bool in_turn = reply.IsPositive() || reply.code >= 400;
  if (EndsSession(reply) || !in_turn) {
    co_return transaction.DecideAll(Ended(Stage::kEndOfData, std::move(reply)));
  }
  transaction.DecideAll({Stage::kEndOfData, std::move(reply)});
}

// ---- Both
// ------------------------------------------------------------------------------------------

net::Task<smtp::SmtpReply> SmtpSession::Ask(std::string commands, Timeout timeout) {
  // Of commands sent ahead the rest is noted with their replies.
  transcript_.Ours(std::string_view(commands).substr(0, commands.find('\n')));
  if (wire_.HasUnread()) co_return smtp::NoReply("4.5.0", "unexpected data from the server");
  std::string problem = co_await wire_.Write(commands, timeout);
  if (!problem.empty()) co_return co_await ReadLastWords(std::move(problem));
  co_return co_await Hear(timeout);
}

net::Task<smtp::SmtpReply> SmtpSession::Hear(Timeout timeout) {
  smtp::SmtpReply reply = co_await wire_.Read(timeout);
  if (reply.code != 0) transcript_.Theirs(smtp::OneLine(reply));
  co_return reply;
}

// Writing failed, perhaps because the server had enough of us and said so. Only a refusal counts:
// what was not sent completely cannot have been taken.
net::Task<smtp::SmtpReply> SmtpSession::ReadLastWords(std::string problem) {
  smtp::SmtpReply reply = co_await Hear(options_.timeouts.quit);
  if (reply.code < 400) co_return smtp::NoReply("4.4.2", problem);
  co_return reply;
}

// The answer of a session that cannot go on.
Answer SmtpSession::Ended(Stage stage, smtp::SmtpReply reply) {
  usable_ = false;
  if (reply.code == 0) {
    wire_.Close();
    reply.lines[0] = std::string(Name(stage)) + ": " + reply.lines[0];
    transcript_.Remark(reply.lines[0]);
  }
  return {stage, std::move(reply)};
}

net::Task<void> SmtpSession::Quit() {
  usable_ = false;
  if (wire_.IsOpen()) co_await Ask("QUIT\r\n", options_.timeouts.quit);
  wire_.Close();
}

}  // namespace egd::smtp_client
