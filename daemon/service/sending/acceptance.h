// Accepting a message (contract section 5): checked, then durable, or refused without a trace.
// Policy:
//  - Account and domain are judged before the content, and once more in the transaction that
//    accepts: between the two a domain may have been deleted or suspended.
//  - An idempotency key is looked up before limits: a repeated request gets its first answer even
//    when the month's last recipient was its own. Only success is remembered, so a refused request
//    may be tried again.
//  - A suppressed recipient gets a `rejected` event and nothing else. When all are, the message is
//    refused, and the events remain to tell why.
//  - Limits count recipients that are accepted. The month's is exact; the rate is kept in memory
//    (send_rate.h).
//  - The messages of a batch go the same way each, in one commit; its key and its answer are those
//    of the whole.
//  - A test key's message is checked like any other, and counts for no limit of what is sent.
//    Scheduled ones are counted apart from live ones, and its idempotency keys are its own.
//  - A message may wait for 30 days at most: longer plans belong to the sender, who can still
//    change them.
//  - A template's content is copied when the message is accepted: changing it changes nothing that
//    is under way. What the message says itself goes before the template.
//  - A send to a list is one row until ListExpansion makes its recipients; the whole list counts
//    against the limits at once.
//  - A raw message is the sender's own work: it is completed (mime/raw_message.h), never
//    personalised. It is tracked as the domain's settings say, or as whoever hands it in.
//  - Until [tracking] listen is set nothing is tracked and no message gets an unsubscribe link. Who
//    asks for one is refused, for mail without it would break their promise; a domain's default is
//    only a wish for when there is one, and breaks nothing.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "daemon/core/message.h"
#include "daemon/service/sending/draft_check.h"
#include "daemon/service/sending/send_problem.h"
#include "daemon/service/sending/send_references.h"
#include "daemon/service/sending/sender_rules.h"
#include "daemon/store/sending_store.h"
#include "daemon/store/store.h"
#include "shared/base/clock.h"
#include "shared/base/result.h"

namespace egd::service {

struct NewMessage {
  int64_t domain_id = 0;
  core::Draft draft;  // its last three flags are set from these, or from the domain's settings:
  std::optional<bool> track_links, track_opens, unsubscribe_link;
  // Which bodies are sent, and must be there; nullopt: as the template says, or those there are.
  std::optional<core::TemplateContent> content;
  SendIds ids;  // a target list takes the place of the draft's To
  std::vector<std::string> tags;
  UnixMillis send_at = 0;       // not before; 0 or the past: at once
  std::string idempotency_key;  // at most 255 bytes; empty: none
  std::string body_digest;      // with a key: equal for equal requests
  bool is_test = false;         // a test key's
};

// A complete message, submitted over SMTP or as if.
struct RawSubmission {
  int64_t domain_id = 0;
  std::string data;                     // RFC 5322
  std::vector<std::string> recipients;  // of the envelope; none: those of To, Cc and Bcc
  // Those the client has been refused for being suppressed: each gets its `rejected` event.
  std::vector<std::string> suppressed = {};
  std::string subject;  // for events, where the message has none
  // For the Received field: "HTTP", "ESMTPSA"; and who handed it in: "client.example
  // ([192.0.2.1])", empty: not told.
  std::string protocol = "HTTP", client = {};
  std::string idempotency_key = {}, body_digest = {};
  bool is_test = false;  // with test credentials
};

struct AcceptedMessage {
  Uuid id;
  std::vector<std::string> suppressed;  // recipients left out
};
using AcceptOutcome = std::variant<AcceptedMessage, SendRefusals>;

// Messages of one domain, accepted or refused each for itself, in one commit.
struct Batch {
  int64_t domain_id = 0;
  bool is_test = false;                      // a test key's, and so are its messages
  std::vector<NewMessage> messages;          // without idempotency keys of their own
  std::string idempotency_key, body_digest;  // of all
  // Makes the answer from what became of each, in their order: pure and quick. A request repeated
  // under the same key gets it again.
  std::function<std::string(const std::vector<AcceptOutcome>&)> answer;
};
// The answer, or why not even one of them may be sent.
using BatchOutcome = std::variant<std::string, SendRefusals>;

struct AcceptanceOptions {
  DraftLimits limits;
  int64_t max_scheduled = 0;           // messages of a user that wait for their time; 0: no limit
  std::string hostname = "localhost";  // the gateway's, in Received fields
  bool tracking = false;               // [tracking] listen is set
  std::chrono::seconds expire_after =
      std::chrono::hours(96);  // of delivery attempts, from when it is due
};

// Owned by Daemon. Thread-safe; blocks on the store.
class Acceptance {
 public:
  static constexpr std::chrono::hours kLongestDelay{30 * 24};
  static constexpr std::chrono::hours kKeyLifetime{24};
  static constexpr size_t kMaxKeyBytes = 255;
  // Of all messages of a batch: some 40 ms of the writer, for which everybody else waits.
  static constexpr size_t kMaxBatchRecipients = 1000;

  // `on_accepted` runs after each commit that queued something: it wakes the queue, must be
  // thread-safe and not block.
  Acceptance(store::Store& store, const Clock& clock, AcceptanceOptions options,
             std::function<void()> on_accepted);

  // The message and its events are on the disk, or there is at least one refusal, or the store's
  // kUnavailable or kInternal.
  Result<AcceptOutcome> Accept(NewMessage message);
  Result<AcceptOutcome> Accept(RawSubmission submission);
  Result<BatchOutcome> Accept(Batch batch);

  // What would refuse any message of the domain now: for who only asks whether it may send.
  Result<SendRefusals> Judge(int64_t domain_id, Channel channel);

 private:
  struct Prepared;
  struct Context;
  using PrepareOutcome = std::variant<Prepared, SendRefusals>;

  Result<Context> FindContext(int64_t domain_id, Channel channel, const SendIds& ids);
  Result<PrepareOutcome> Prepare(NewMessage& message, Context context, UnixMillis now);
  SendRefusals Check(NewMessage& message, const Context& context, UnixMillis now) const;
  Prepared Begin(int64_t domain_id, const Context& context, Channel channel, UnixMillis now) const;
  Result<void> FindSubscribers(int64_t list_id, Prepared& prepared);
  static bool IsLarge(const Prepared& prepared);
  Result<AcceptOutcome> Commit(const Prepared& prepared);
  AcceptOutcome Commit(store::Transaction& transaction, const Prepared& prepared);
  BatchOutcome Commit(store::Transaction& transaction, const Batch& batch, UnixMillis now,
                      const std::vector<PrepareOutcome>& prepared);
  AcceptOutcome CommitOne(store::Transaction& transaction, const Prepared& prepared,
                          const store::SendingFacts& facts);
  bool HasTooManyScheduled(store::Transaction& transaction, const core::Message& message) const;
  std::optional<SendRefusal> Charge(store::Transaction& transaction, const core::Message& message,
                                    const store::SendingFacts& facts, int64_t recipients);
  AcceptOutcome CommitToList(store::Transaction& transaction, const Prepared& prepared,
                             const store::SendingFacts& facts);
  AcceptOutcome CommitToRecipients(store::Transaction& transaction, const Prepared& prepared,
                                   const store::SendingFacts& facts);

  store::Store& store_;
  const Clock& clock_;
  const AcceptanceOptions options_;
  const std::function<void()> on_accepted_;
  SendLimits limits_;
};

}  // namespace egd::service
