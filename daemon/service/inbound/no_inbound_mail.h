// The inbound sink of a gateway that takes no mail from strangers: whoever wants to send has to
// authenticate.
#pragma once

#include "daemon/core/mail_sink.h"

namespace egd::service {

class NoInboundMail : public core::MailSink {
 public:
  Begun Begin(const core::MailEnvelope&) override {
    return {std::make_unique<Transaction>(), {250, "2.1.0", "Ok"}};
  }

 private:
  class Transaction : public core::MailTransaction {
   public:
    core::MailReply AddRecipient(const std::string&) override { return core::RelayDenied(); }
    bool Write(std::string_view) override { return false; }
    core::MailReply Commit() override { return core::RelayDenied(); }
  };
};

}  // namespace egd::service
