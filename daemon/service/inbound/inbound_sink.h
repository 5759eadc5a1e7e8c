// Takes mail from whoever has not authenticated (core/mail_sink.h), for the addresses that
// inbound_addresses.h names, and hands it to Inbound.
//  - At most kMostRecipients a mail, of which kMostInboundBytes are kept.
//  - A source (an IPv4 address or an IPv6 /64) has kUnitsASource a minute, all together have
//    kUnitsOfAll: a mail costs a unit for each recipient and 64 KiB, as it is kept for each. Over
//    that: 451, and mail servers try again. So nobody fills the disk between two clean-ups.
//  - A refusal says nothing of messages, tenants or other recipients.
#pragma once

#include "daemon/auth/rate_limit.h"
#include "daemon/core/mail_sink.h"
#include "daemon/service/inbound/inbound.h"
#include "shared/base/clock.h"

namespace egd::service {

// Owned by Daemon. Thread-safe; its transactions as core::MailTransaction says.
class InboundSink : public core::MailSink {
 public:
  static constexpr size_t kMostRecipients = 10;  // a notice has one
  static constexpr size_t kUnitBytes = 64 << 10;
  static constexpr int kUnitsASource = 1200;  // 20 notices a second from one provider's server
  static constexpr int kUnitsOfAll = 12'000;

  InboundSink(Inbound& inbound, const InboundAddresses& addresses, const Clock& clock)
      : inbound_(inbound),
        addresses_(addresses),
        clock_(clock),
        sources_(clock, kUnitsASource),
        all_(clock, kUnitsOfAll) {}

  Begun Begin(const core::MailEnvelope& envelope) override;

  // Takes a unit of the source's.
  bool Spend(const std::string& source);
  Inbound& inbound() { return inbound_; }
  const InboundAddresses& addresses() const { return addresses_; }
  const Clock& clock() const { return clock_; }

 private:
  Inbound& inbound_;
  const InboundAddresses& addresses_;
  const Clock& clock_;
  auth::RateLimit sources_, all_;
};

}  // namespace egd::service
