// NAME
//   inbound: mail that came back to the gateway: bounces, complaints, unsubscribes.
//
// POLICY
//   What comes in is stored and takes effect in one commit, before it is acknowledged: the mail,
//   the events it makes with their webhooks and statistics, and the suppression. What it is and
//   what follows is in inbound_reading.h and inbound_effects.h. The same outcome of the same
//   recipient again is stored and makes no second event.
//   What was understood is kept for 7 days, what was not for 30, all within kMostKeptBytes: then
//   the oldest goes first.
//   An operator looks at what is kept, has it read again, and teaches: a phrase with a verdict,
//   which from then on goes before everything the readers know.
//
// FAILURES
//   A mail whose reading fails with an exception is kept as not understood: no mail is lost, and no
//   mail can stop the next.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "daemon/service/inbound/inbound_addresses.h"
#include "daemon/service/inbound/inbound_reading.h"
#include "daemon/store/inbound_store.h"
#include "daemon/store/store.h"
#include "shared/base/clock.h"

namespace egd::service {

struct ReceivedMail {
  std::vector<InboundAddress> addresses;
  std::string sender;   // envelope
  std::string client;   // "mx.example.net [192.0.2.25]"
  std::string content;  // at most kMostInboundBytes, with its trace fields
  int64_t size = 0;     // as it came
};

constexpr size_t kMostInboundBytes = 1 << 20;  // of a mail: the rest of a large one is dropped
constexpr int64_t kMostKeptBytes = 256 * 1024 * 1024;  // of all: some 30,000 notices
constexpr size_t kMostInboundRules = 200;              // each is looked for in each mail

struct ShownInbound {
  store::InboundMail mail;
  InboundReading reading;  // as it would be read now
};

// Owned by Daemon. Thread-safe; blocks on the store and returns its kUnavailable and kInternal.
class Inbound {
 public:
  Inbound(store::Store& store, const InboundAddresses& addresses, const Clock& clock)
      : store_(store), addresses_(addresses), clock_(clock) {}

  // Success: all of it is durable.
  Result<void> Take(const ReceivedMail& received);

  Result<store::InboundPage> List(const std::string& kind, std::optional<bool> understood,
                                  int64_t offset, int64_t limit);
  // These return kNotFound for a mail that is not, or no longer, kept. Retry also kUnprocessable:
  // the message it is about is gone.
  Result<ShownInbound> Show(int64_t id);
  Result<std::string> Raw(int64_t id);
  Result<store::InboundMail> Retry(int64_t id);

  Result<std::vector<store::InboundRule>> Rules();
  // Makes the rule and reads the mail again. kInvalidArgument: the phrase is not in the mail.
  // kConflict: there are kMostInboundRules others. Otherwise as Retry.
  Result<store::InboundMail> Teach(int64_t id, const std::string& phrase,
                                   const std::string& verdict);
  Result<void> Unteach(const std::string& phrase);  // kNotFound

 private:
  struct Kept {
    store::InboundMail mail;
    std::string content;
  };
  Result<Kept> Load(int64_t id);
  Result<InboundAddress> AddressOf(const store::InboundMail& mail) const;

  store::Store& store_;
  const InboundAddresses& addresses_;
  const Clock& clock_;
};

}  // namespace egd::service
