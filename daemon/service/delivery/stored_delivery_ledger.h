// The queue's memory (core/delivery.h) over the store, the composer and the signers. Policy:
//  - A message is composed and signed when it is due, not when it is accepted, so that accepting
//    costs no signature; its Date is when it was accepted, or when its sender wanted it sent.
//  - Personalised content is filled in at the same time, from the subscriber as it is then: a
//    list's copies are never stored.
//  - Links are rewritten, and the pixel and the unsubscribe headers made, for each recipient's copy
//    alone (service/tracking/link_tracker.h), before it is signed.
//  - Recipients of test keys' messages are claimed like others, and go to TestDelivery: the engine
//    never sees them.
//  - Who was suppressed since the message was accepted is rejected when it is claimed.
//  - The envelope sender is a token at the return-path host (tracking/return_path.h), under the key
//    that the vault derives for "return-path".
//  - Outcomes, their events and a suppression go into one commit. An outcome whose recipient is no
//    longer queued (its domain was deleted, its queue cleared) leaves no event.
//  - The dialogue of each recipient's last attempt is kept; service/upkeep/retention.h says how
//    long.
#pragma once

#include <optional>
#include <string>

#include "daemon/auth/vault.h"
#include "daemon/core/audience.h"
#include "daemon/core/delivery.h"
#include "daemon/core/domain.h"
#include "daemon/core/message.h"
#include "daemon/mime/list_fields.h"
#include "daemon/service/delivery/signer_cache.h"
#include "daemon/service/tracking/link_tracker.h"
#include "daemon/store/store.h"
#include "shared/base/clock.h"

namespace egd::service {

class TestDelivery;

// The outcome in the queue, its event and the attempt, in the caller's commit. False: the recipient
// is no longer queued, and nothing happens.
bool SettleOutcome(store::Transaction& transaction, const core::DeliveryOutcome& outcome);

// Owned by Daemon. Thread-safe.
class StoredDeliveryLedger : public core::DeliveryLedger {
 public:
  // `feedback_id`: [gateway] feedback_id; empty: no Feedback-ID. What is passed by reference must
  // outlive the ledger.
  StoredDeliveryLedger(store::Store& store, const auth::Vault& vault, const Clock& clock,
                       const LinkTracker& tracker, std::string feedback_id = {});

  // Sets who delivers messages of test keys; without one they wait. Call it before the first Claim;
  // `tests` must outlive the last.
  void SetTestDelivery(TestDelivery& tests) { tests_ = &tests; }

  // When the store fails, nothing is claimed and the log says why.
  void Claim(size_t most, UnixMillis lease_until, std::vector<int64_t> without,
             Claimed done) override;
  // When the store fails: a second from now.
  UnixMillis NextDue() override;
  // kNotFound: message, content, domain or all queued recipients are gone, trying again is of no
  // use. kInternal: damaged content, an unusable key. kUnavailable: the store is busy.
  Result<core::OutgoingMessage> Prepare(const Uuid& message_id,
                                        const core::DueRecipient& recipient) override;
  void Settle(std::vector<core::DeliveryOutcome> outcomes,
              std::function<void(Result<void>)> done) override;
  void Hold(std::vector<int64_t> recipient_ids) override;
  void Renew(std::vector<int64_t> recipient_ids, UnixMillis lease_until) override;
  void Release(std::vector<int64_t> recipient_ids) override;
  void Postpone(std::vector<int64_t> recipient_ids, UnixMillis until) override;

 private:
  struct Stored {
    core::Message message;
    std::string content;
    core::SenderDomain domain;
    std::optional<core::Subscriber> subscriber;  // whose fields fill the recipient's copy
  };

  Result<Stored> Load(const Uuid& message_id, int64_t subscriber_id);
  Result<void> Keep(const Uuid& message_id, const std::vector<LongLink>& links);
  Result<core::OutgoingMessage> Unsigned(const Stored& stored, const core::DueRecipient& recipient,
                                         std::vector<LongLink>& long_links) const;
  TrackedCopy CopyFor(const Stored& stored, const core::DueRecipient& recipient) const;
  mime::ListFields ListFieldsOf(const Stored& stored, const TrackedCopy& copy,
                                bool unsubscribe_link) const;
  std::string FeedbackId(const core::Message& message, const std::string& domain) const;
  void CompleteRaw(const Stored& stored, const TrackedCopy& copy, core::OutgoingMessage& outgoing,
                   std::vector<LongLink>& long_links) const;
  Result<void> ComposeDraft(const Stored& stored, const TrackedCopy& copy,
                            core::OutgoingMessage& outgoing,
                            std::vector<LongLink>& long_links) const;

  std::vector<core::DueRecipient> TakeTests(store::Transaction& transaction,
                                            std::vector<core::DueRecipient>& due);

  store::Store& store_;
  const Clock& clock_;
  TestDelivery* tests_ = nullptr;
  const LinkTracker& tracker_;
  const std::string feedback_id_;
  const std::string return_path_key_;
  SignerCache signers_;
};

}  // namespace egd::service
