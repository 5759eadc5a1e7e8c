// The mail transaction of a Session: MAIL, RCPT, DATA or BDAT, and what becomes of the content.
#include <algorithm>

#include "daemon/smtp_server/blocking.h"
#include "daemon/smtp_server/session.h"
#include "shared/base/log.h"
#include "shared/base/strings.h"

namespace egd::smtp_server {
namespace {

constexpr std::string_view kTooLarge = "552 5.3.4 The message is larger than ";
constexpr std::string_view kNoRoom = "452 4.3.1 There is no room for the message now";
constexpr std::string_view kHelloFirst = "503 5.5.1 Send EHLO first";
constexpr std::string_view kBareNewline =
    "550 5.5.2 The message has a line that does not end with CR LF";
constexpr std::string_view kEndLines = "End every line of the message with CR LF";

// Of a message: it may be as slow as a modem, and is never given less than a quarter of an hour.
constexpr milliseconds kLongestMessage{15 * 60'000};
constexpr uint64_t kLeastBytesPerSecond = 1024;
constexpr uint64_t kMarkBytes = 4096;
// Content that is refused anyway is read to its end, so that the client hears why, but not for
// ever.
constexpr uint64_t kMostTimesTooLarge = 4;
constexpr uint64_t kLargeBytes = 1 << 20;         // of these only a few are in memory at once
constexpr size_t kMostStrangersRecipients = 100;  // RFC 5321 section 4.5.3.1.8

core::MailReply Trouble(const char* why) {
  log::Error("an SMTP job failed", {{"why", why}});
  return {451, "4.3.0", "Internal error; try again later", {}};
}

// Jobs run on a worker thread, where nobody catches what they throw.
core::MailReply Guarding(const std::function<core::MailReply()>& job) {
  try {
    return job();
  } catch (const std::exception& bug) {
    return Trouble(bug.what());
  }
}

}  // namespace

void Session::ResetTransaction() {
  transaction_.reset();
  chunks_.reset();
  recipients_ = 0;
}

std::string Session::Protocol(bool smtputf8) const {
  if (!esmtp_) return "SMTP";
  std::string name = smtputf8 ? "UTF8SMTP" : "ESMTP";
  if (stream_.secured()) name += 'S';
  if (sink_) name += 'A';
  return name;
}

net::Task<bool> Session::Mail(std::string argument) {
  if (hello_.empty()) co_return Refuse(kHelloFirst);
  if (InTransaction()) co_return Refuse("503 5.5.1 One message at a time: send RSET first");
  if (host_.draining) co_return Farewell("421 4.3.2 Shutting down");
  const auto path = ParsePath(argument, "FROM", !is_stranger());
  if (!path) co_return Refuse("501 5.5.4 The form is MAIL FROM:<address>");
  std::string problem;
  const auto parameters = ReadMailParameters(*path, !is_stranger(), problem);
  if (!parameters) co_return Refuse(problem);
  const uint64_t most = host_.options.max_message_bytes;
  if (parameters->size > most) {
    co_return Refuse(std::string(kTooLarge) + std::to_string(most) + " bytes");
  }
  core::MailEnvelope envelope;
  envelope.sender = path->path;
  envelope.smtputf8 = parameters->smtputf8;
  envelope.client_address = address();
  envelope.client_name = hello_;
  envelope.protocol = Protocol(envelope.smtputf8);
  const std::function<core::MailReply()> begin = [&] {
    return Guarding([&] {
      core::MailSink& sink = sink_ ? *sink_ : host_.inbound;
      core::MailSink::Begun begun = sink.Begin(envelope);
      transaction_ = std::move(begun.transaction);
      return begun.reply;
    });
  };
  core::MailReply reply = co_await Blocking(host_, begin);
  if (!reply.IsPositive()) transaction_.reset();
  co_return Reply(reply);
}

net::Task<bool> Session::Rcpt(std::string argument) {
  if (!InTransaction()) co_return Refuse("503 5.5.1 Send MAIL first");
  const auto path = ParsePath(argument, "TO", !is_stranger());
  if (!path || path->path.empty()) co_return Refuse("501 5.5.4 The form is RCPT TO:<address>");
  std::string problem;
  if (!CheckRcptParameters(*path, !is_stranger(), problem)) co_return Refuse(problem);
  size_t most = host_.options.max_recipients;
  if (is_stranger()) most = std::min(most, kMostStrangersRecipients);
  if (recipients_ >= most) {
    co_return Refuse("452 4.5.3 A message has at most " + std::to_string(most) + " recipients",
                     "Send the message in parts, or raise [limits] max_recipients");
  }
  const std::function<core::MailReply()> add = [&] {
    return Guarding([&] { return transaction_->AddRecipient(path->path); });
  };
  core::MailReply reply = co_await Blocking(host_, add);
  if (reply.IsPositive()) ++recipients_;
  co_return Reply(reply);
}

milliseconds Session::ContentTimeout(Content& content) const {
  const auto now = std::chrono::steady_clock::now();
  if (content.received - content.marked_at >= kMarkBytes) {
    content.marked = now;
    content.marked_at = content.received;
  }
  const auto whole = kLongestMessage + milliseconds(content.received * 1000 / kLeastBytesPerSecond);
  const auto until = std::min(content.marked + host_.options.content_timeout,
                              content.started + std::chrono::duration_cast<milliseconds>(whole));
  return std::max(std::chrono::duration_cast<milliseconds>(until - now), milliseconds(1));
}

// Appends decoded content, to the disk when it is large.
net::Task<void> Session::Keep(Content& content, std::string piece) {
  if (content.spool.size() + piece.size() > host_.options.max_message_bytes) {
    content.too_large = true;
  }
  if (content.too_large || content.no_room) co_return;
  if (!content.spool.Append(piece)) {
    content.no_room = true;
  } else if (content.spool.IsLarge()) {
    const std::function<bool()> move = [&content] { return content.spool.MoveToDisk(); };
    const bool moved = co_await Blocking(host_, move);
    if (!moved) content.no_room = true;
  }
}

// More content into the stream's buffer. False: the session ends.
net::Task<bool> Session::ReadContent(Content& content) {
  if (content.received > kMostTimesTooLarge * host_.options.max_message_bytes) {
    co_return Farewell("421 4.7.0 The message does not end");
  }
  const milliseconds timeout = ContentTimeout(content);
  const ClientStream::Got got = co_await stream_.ReadMore(timeout);
  if (got == ClientStream::Got::kLine) co_return true;
  if (got == ClientStream::Got::kCut) {
    if (farewell_.empty()) farewell_ = "421 4.4.2 Timed out waiting for the message";
    const std::string farewell = farewell_;
    Farewell(farewell);
  }
  co_return false;
}

net::Task<bool> Session::Data(std::string argument) {
  if (!argument.empty()) co_return Refuse("501 5.5.4 DATA takes no argument");
  if (!InTransaction() || chunks_) co_return Refuse("503 5.5.1 Send MAIL and RCPT first");
  if (recipients_ == 0) co_return Refuse("554 5.5.1 There is no valid recipient");
  Reply("354 End with <CR><LF>.<CR><LF>");
  Content content(host_.spool);
  DataDecoder decoder;
  for (bool ended = false; !ended;) {
    if (stream_.buffered().empty()) {
      const bool more = co_await ReadContent(content);
      if (!more) co_return false;
    }
    std::string_view input = stream_.buffered();
    const size_t size = input.size();
    std::string piece;
    ended = decoder.Feed(input, piece);
    content.received += size - input.size();
    stream_.Consume(size - input.size());
    co_await Keep(content, std::move(piece));
  }
  content.bare_newline = decoder.saw_bare_newline();
  const bool go_on = co_await Commit(content);
  co_return go_on;
}

// A chunk follows its command whether it is wanted or not (RFC 3030 section 2).
net::Task<bool> Session::Bdat(std::string argument) {
  const auto chunk = ParseBdat(argument);
  if (!chunk) co_return Refuse("501 5.5.4 The form is BDAT size [LAST]");
  std::string_view problem;
  if (!InTransaction()) {
    problem = "503 5.5.1 Send MAIL and RCPT first";
  } else if (recipients_ == 0) {
    problem = "554 5.5.1 There is no valid recipient";
  }
  if (!chunks_) chunks_ = std::make_unique<Content>(host_.spool);
  Content& content = *chunks_;
  if (chunk->size > kMostTimesTooLarge * host_.options.max_message_bytes) {
    Refuse(std::string(kTooLarge) + std::to_string(host_.options.max_message_bytes) + " bytes");
    co_return Farewell("421 4.7.0 Nobody waits for such a chunk");
  }
  const bool read = co_await ReadChunk(content, chunk->size, problem.empty());
  if (!read) co_return false;
  if (!problem.empty()) {
    chunks_.reset();
    co_return Refuse(problem);
  }
  if (chunk->last) {
    std::string rest;
    content.chunks.Finish(rest);
    co_await Keep(content, std::move(rest));
    content.bare_newline = content.chunks.saw_bare_newline();
    const bool go_on = co_await Commit(content);
    co_return go_on;
  }
  if (content.too_large || content.no_room) {
    co_return Refuse(ContentProblem(content));
  }
  co_return Reply("250 2.0.0 " + std::to_string(chunk->size) + " octets received");
}

net::Task<bool> Session::ReadChunk(Content& content, const uint64_t size, const bool keep) {
  content.marked = std::chrono::steady_clock::now();  // the pause before it is no slow content
  content.marked_at = content.received;
  for (uint64_t left = size; left > 0;) {
    if (stream_.buffered().empty()) {
      const bool more = co_await ReadContent(content);
      if (!more) co_return false;
    }
    const std::string_view input =
        stream_.buffered().substr(0, size_t(std::min<uint64_t>(left, SIZE_MAX)));
    std::string piece;
    if (keep) content.chunks.Feed(input, piece);
    const size_t taken = input.size();
    content.received += taken;
    left -= taken;
    stream_.Consume(taken);
    if (keep) co_await Keep(content, std::move(piece));
  }
  co_return true;
}

// Empty: there is none.
std::string Session::ContentProblem(const Content& content) const {
  if (content.bare_newline && is_stranger()) return std::string(kBareNewline);
  if (content.too_large) {
    return std::string(kTooLarge) + std::to_string(host_.options.max_message_bytes) + " bytes";
  }
  return content.no_room ? std::string(kNoRoom) : "";
}

core::MailReply Session::CommitNow(Content& content) {
  return Guarding([&] { return CommitSpool(content.spool, *transaction_); });
}

net::Task<bool> Session::Commit(Content& content) {
  if (const std::string problem = ContentProblem(content); !problem.empty()) {
    Refuse(problem, problem == kBareNewline ? kEndLines : std::string_view());
    ResetTransaction();
    co_return true;
  }
  const uint64_t bytes = content.spool.size();
  if (bytes > kLargeBytes) {
    const auto enter = [this, bytes](std::function<void(bool)> go_on) {
      host_.large_messages.Enter(bytes, std::move(go_on));
    };
    co_await net::AwaitCallback<bool>(enter);
  }
  const std::function<core::MailReply()> commit = [&] { return CommitNow(content); };
  core::MailReply reply = co_await Blocking(host_, commit);
  if (bytes > kLargeBytes) host_.large_messages.Leave(bytes);
  if (reply.IsPositive()) idle_commands_ = 0;
  const bool go_on = Reply(reply);
  ResetTransaction();
  if (reply.code == 421) co_return false;
  co_return go_on;
}

}  // namespace egd::smtp_server
