#include "daemon/service/inbound/inbound_sink.h"

#include <algorithm>
#include <utility>

#include "daemon/auth/address.h"
#include "shared/base/log.h"
#include "shared/base/strings.h"

namespace egd::service {
namespace {

core::MailReply TooFast() {
  return {451, "4.7.1", "Too much mail from your address, try again later"};
}

core::MailReply TryLater() {
  return {451, "4.3.0", "Temporary trouble here, try again later"};
}

core::MailReply ReplyTo(const Error& error) {
  if (error.kind == ErrorKind::kNotFound) return {550, "5.1.1", "No such address"};
  return error.kind == ErrorKind::kForbidden ? core::RelayDenied() : TryLater();
}

std::string ClientOf(const core::MailEnvelope& envelope) {
  const std::string address = "[" + envelope.client_address + "]";
  return envelope.client_name.empty() ? address : envelope.client_name + " " + address;
}

// What a final delivery adds (RFC 5321 section 4.4), so that the kept mail says where it came from.
std::string Trace(const core::MailEnvelope& envelope, UnixMillis now) {
  return "Return-Path: <" + Printable(envelope.sender) + ">\r\nReceived: from " +
         Printable(ClientOf(envelope)) + " by egd with " + Printable(envelope.protocol) + "; " +
         FormatRfc5322Date(now) + "\r\n";
}

class Transaction : public core::MailTransaction {
 public:
  Transaction(InboundSink& sink, const core::MailEnvelope& envelope)
      : sink_(sink), source_(auth::ClientNetwork(envelope.client_address)) {
    mail_.sender = envelope.sender;
    mail_.client = ClientOf(envelope);
    mail_.content = Trace(envelope, sink.clock().Now());
  }

  core::MailReply AddRecipient(const std::string& address) override {
    const bool again = std::ranges::any_of(mail_.addresses, [&](const InboundAddress& one) {
      return EqualsIgnoreCase(one.text, address);
    });
    if (again) return {250, "2.1.5", "Ok"};
    if (mail_.addresses.size() >= InboundSink::kMostRecipients) {
      return {452, "4.5.3", "Too many recipients"};
    }
    auto resolved = sink_.addresses().Resolve(address);
    if (!resolved) return ReplyTo(resolved.error());
    if (!mail_.addresses.empty() && !sink_.Spend(source_)) return TooFast();
    mail_.addresses.push_back(*std::move(resolved));
    return {250, "2.1.5", "Ok"};
  }

  bool Write(std::string_view piece) override {
    mail_.size += int64_t(piece.size());
    for (; !too_fast_ && mail_.size > paid_; paid_ += int64_t(InboundSink::kUnitBytes)) {
      for (size_t i = 0; !too_fast_ && i < mail_.addresses.size(); ++i) {
        too_fast_ = !sink_.Spend(source_);
      }
    }
    const size_t room = kMostInboundBytes - std::min(kMostInboundBytes, mail_.content.size());
    if (!too_fast_) mail_.content.append(piece.substr(0, room));
    return !too_fast_;
  }

  core::MailReply Commit() override {
    if (too_fast_) return TooFast();
    const Result<void> taken = sink_.inbound().Take(mail_);
    if (taken) return {250, "2.0.0", "Ok"};
    log::Warning("inbound mail not taken",
                 {{"reason", taken.error().public_text}, {"detail", taken.error().detail}});
    return TryLater();
  }

 private:
  InboundSink& sink_;
  const std::string source_;
  ReceivedMail mail_;
  int64_t paid_ = int64_t(InboundSink::kUnitBytes);  // octets that the units taken are good for
  bool too_fast_ = false;
};

}  // namespace

core::MailSink::Begun InboundSink::Begin(const core::MailEnvelope& envelope) {
  if (!Spend(auth::ClientNetwork(envelope.client_address))) return {nullptr, TooFast()};
  return {std::make_unique<Transaction>(*this, envelope), {250, "2.1.0", "Ok"}};
}

bool InboundSink::Spend(const std::string& source) {
  return sources_.Take(source).allowed && all_.Take("").allowed;
}

}  // namespace egd::service
