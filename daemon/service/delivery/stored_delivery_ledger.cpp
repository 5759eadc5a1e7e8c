#include "daemon/service/delivery/stored_delivery_ledger.h"

#include <algorithm>
#include <map>
#include <utility>

#include "daemon/core/event.h"
#include "daemon/mime/compose.h"
#include "daemon/mime/long_lines.h"
#include "daemon/service/audience/unsubscribing.h"
#include "daemon/service/delivery/test_delivery.h"
#include "daemon/service/sending/draft_codec.h"
#include "daemon/service/sending/fill_draft.h"
#include "daemon/service/sending/queue_message.h"
#include "daemon/service/tracking/tracking_keys.h"
#include "daemon/store/attempt_store.h"
#include "daemon/store/domain_store.h"
#include "daemon/store/events.h"
#include "daemon/store/hit_store.h"
#include "daemon/store/message_store.h"
#include "daemon/store/queue_store.h"
#include "daemon/store/report_store.h"
#include "daemon/store/rollup_store.h"
#include "daemon/store/subscriber_store.h"
#include "daemon/tracking/return_path.h"
#include "shared/base/cut_text.h"
#include "shared/base/log.h"
#include "shared/base/strings.h"

namespace egd::service {
namespace {

constexpr size_t kMostResponseBytes = 1000;
constexpr UnixMillis kAfterStoreFailure = 1000;

void LogFailure(std::string_view event, const Error& error) {
  log::Warning(event, {{"reason", error.public_text}, {"detail", error.detail}});
}

core::EventType TypeOf(core::Disposition disposition) {
  switch (disposition) {
    case core::Disposition::kDelivered:
      return core::EventType::kDelivery;
    case core::Disposition::kDeferred:
      return core::EventType::kDeferred;
    case core::Disposition::kBounced:
      return core::EventType::kBounce;
  }
  return core::EventType::kDeferred;
}

// What a foreign server said, fit for an event: printable, whole characters, bounded.
std::string Shown(std::string_view response) {
  return std::string(CutText(Printable(response), kMostResponseBytes));
}

core::Event EventOf(const core::DeliveryOutcome& outcome, const store::QueuedRecipient& row) {
  core::Event event;
  event.type = TypeOf(outcome.disposition);
  event.at = outcome.at;
  event.message_id = row.message_id;
  event.recipient = row.address;
  event.smtp_code = outcome.smtp_code;
  event.enhanced_code = outcome.enhanced_code;
  event.smtp_response = Shown(outcome.smtp_response);
  event.mx_host = outcome.mx_host;
  event.mx_address = outcome.mx_address;
  event.tls = outcome.tls;
  event.bounce_class = outcome.bounce_class;
  event.suppress = outcome.suppress;
  event.attempt = outcome.attempt;
  event.delivery_ms = std::max<int64_t>(0, outcome.at - std::max(row.accepted_at, row.send_at));
  return event;
}

// As Shown, line by line.
std::string Printed(std::string_view dialogue) {
  std::string text;
  for (const std::string_view line : Split(dialogue, '\n')) {
    if (!line.empty()) text += Shown(line) + '\n';
  }
  return text;
}

}  // namespace

namespace {

void CountSessions(store::Transaction& transaction, const core::DeliveryOutcome& outcome) {
  const std::string domain = Lower(outcome.address.substr(outcome.address.rfind('@') + 1));
  for (const core::TlsSession& session : outcome.tls_sessions) {
    store::ReportStore(transaction).CountSession(store::DayOf(outcome.at), domain, session);
  }
}

}  // namespace

bool SettleOutcome(store::Transaction& transaction, const core::DeliveryOutcome& outcome) {
  CountSessions(transaction, outcome);
  const auto row = store::QueueStore(transaction).Settle(outcome);
  if (!row) return false;
  core::Event event = EventOf(outcome, *row);
  store::events::Record(transaction, event);
  store::AttemptStore(transaction)
      .Put(row->message_id,
           {row->id, outcome.at, row->address, outcome.rule, Printed(outcome.dialogue)});
  return true;
}

StoredDeliveryLedger::StoredDeliveryLedger(store::Store& store, const auth::Vault& vault,
                                           const Clock& clock, const LinkTracker& tracker,
                                           std::string feedback_id)
    : store_(store),
      clock_(clock),
      tracker_(tracker),
      feedback_id_(std::move(feedback_id)),
      return_path_key_(vault.Derive(kReturnPathPurpose)),
      signers_(vault) {}

void StoredDeliveryLedger::Claim(size_t most, UnixMillis lease_until, std::vector<int64_t> without,
                                 Claimed done) {
  struct Due {
    std::vector<core::DueRecipient> live, tests;
  };
  store_.WriteAsync(
      [this, most, lease_until, without = std::move(without)](store::Transaction& transaction) {
        Due due;
        due.live = store::QueueStore(transaction)
                       .Claim(most, clock_.Now(), {store_.lease_owner(), lease_until}, without);
        RejectSuppressed(transaction, due.live, clock_.Now());
        due.tests = TakeTests(transaction, due.live);
        return due;
      },
      [this, done = std::move(done)](Result<Due> due) {
        if (!due) LogFailure("nothing claimed", due.error());
        if (due && !due->tests.empty()) tests_->Take(std::move(due->tests));
        done(due ? std::move(due->live) : std::vector<core::DueRecipient>());
      });
}

// Those for whom there is room; the others are due again in a second.
std::vector<core::DueRecipient> StoredDeliveryLedger::TakeTests(
    store::Transaction& transaction, std::vector<core::DueRecipient>& due) {
  constexpr UnixMillis kNoRoom = 1000;
  std::map<int64_t, size_t> room;  // of each user
  std::vector<core::DueRecipient> tests;
  std::vector<int64_t> later;
  std::erase_if(due, [&](core::DueRecipient& recipient) {
    if (!recipient.is_test) return false;
    const auto known = room.find(recipient.user_id);
    size_t& left = known != room.end() ? known->second : room[recipient.user_id];
    if (known == room.end() && tests_ != nullptr) left = tests_->Room(recipient.user_id);
    if (left > 0) {
      --left;
      tests.push_back(std::move(recipient));
    } else {
      later.push_back(recipient.id);
    }
    return true;
  });
  if (!later.empty()) {
    store::QueueStore(transaction).Postpone(later, clock_.Now() + kNoRoom);
  }
  return tests;
}

UnixMillis StoredDeliveryLedger::NextDue() {
  const Result<UnixMillis> due = store_.Read(
      [](store::Connection& connection) { return store::QueueStore(connection).NextDue(); });
  if (due) return *due;
  LogFailure("the queue cannot be read", due.error());
  return clock_.Now() + kAfterStoreFailure;
}

Result<core::OutgoingMessage> StoredDeliveryLedger::Prepare(const Uuid& message_id,
                                                            const core::DueRecipient& recipient) {
  const Result<Stored> stored = Load(message_id, recipient.subscriber_id);
  if (!stored) return stored.error();
  std::vector<LongLink> long_links;
  Result<core::OutgoingMessage> message = Unsigned(*stored, recipient, long_links);
  if (!message) return message;
  if (const auto kept = Keep(message_id, long_links); !kept) return kept.error();
  const auto signer = signers_.For(stored->domain);
  if (!signer) return signer.error();
  const UnixMillis at = std::max(stored->message.accepted_at, stored->message.send_at);
  const Result<std::string> signature = (*signer)->Sign(message->data, at);
  if (!signature) return signature.error();
  message->data.insert(0, *signature);
  return message;
}

Result<StoredDeliveryLedger::Stored> StoredDeliveryLedger::Load(const Uuid& message_id,
                                                                int64_t subscriber_id) {
  return store_.Read([&](store::Connection& connection) -> Result<Stored> {
    store::MessageStore messages(connection);
    auto message = messages.Find(message_id);
    auto content = messages.FindContent(message_id);
    if (!message || !content) return NotFound("The message is gone");
    auto domain = store::DomainStore(connection).FindToSign(message->domain_id);
    if (!domain) return NotFound("The sender domain is gone");
    if (!store::QueueStore(connection).HasRecipients(message_id)) {
      return NotFound("Its recipients are no longer queued");
    }
    Stored stored{std::move(*message), std::move(*content), std::move(*domain), std::nullopt};
    if (subscriber_id != 0) {
      stored.subscriber = store::SubscriberStore(connection).FindAnywhere(subscriber_id);
    }
    return stored;
  });
}

// Before a copy goes out whose links need them. The same links again are kept once.
Result<void> StoredDeliveryLedger::Keep(const Uuid& message_id,
                                        const std::vector<LongLink>& links) {
  if (links.empty()) return {};
  return store_.Write([&](store::Transaction& transaction) {
    store::HitStore hits(transaction);
    for (const LongLink& link : links) hits.KeepLink(message_id, link.digest, link.url);
  });
}

Result<core::OutgoingMessage> StoredDeliveryLedger::Unsigned(
    const Stored& stored, const core::DueRecipient& recipient,
    std::vector<LongLink>& long_links) const {
  core::OutgoingMessage outgoing;
  const tracking::Mac mac = MacWith(return_path_key_);
  const auto return_path = [mac, id = stored.message.id,
                            host = stored.domain.mfrom_host](int64_t recipient_id) {
    return tracking::MakeReturnPath({id, recipient_id}, mac) + "@" + host;
  };
  outgoing.return_path_from = [mac, id = stored.message.id,
                               host = stored.domain.mfrom_host](const std::string& destination) {
    const uint32_t tag = tracking::DestinationTag(destination, mac);
    return tracking::MakeReturnPath({id, 0, tag}, mac) + "@" + host;
  };
  outgoing.return_path = return_path(0);
  outgoing.own_return_path = return_path;
  outgoing.smtputf8 = stored.message.smtputf8;
  const TrackedCopy copy = CopyFor(stored, recipient);
  if (stored.message.content_kind == core::ContentKind::kRaw) {
    CompleteRaw(stored, copy, outgoing, long_links);
  } else if (auto composed = ComposeDraft(stored, copy, outgoing, long_links); !composed) {
    return composed.error();
  }
  if (recipient.seven_bit) outgoing.data = mime::InSevenBits(outgoing.data);
  outgoing.eight_bit = std::ranges::any_of(outgoing.data, [](char c) { return uint8_t(c) > 0x7f; });
  return outgoing;
}

TrackedCopy StoredDeliveryLedger::CopyFor(const Stored& stored,
                                          const core::DueRecipient& recipient) const {
  TrackedCopy copy;
  copy.message_id = stored.message.id;
  copy.domain_id = stored.domain.id;
  copy.list_id = ListOfScope(stored.message.unsubscribe_scope);
  copy.recipient = recipient.address;
  copy.recipient_id = recipient.id;
  copy.tracking_host = stored.domain.tracking_host;
  copy.mfrom_host = stored.domain.mfrom_host;
  copy.links = tracker_.enabled() && stored.message.track_links;
  copy.opens = tracker_.enabled() && stored.message.track_opens;
  return copy;
}

mime::ListFields StoredDeliveryLedger::ListFieldsOf(const Stored& stored, const TrackedCopy& copy,
                                                    bool unsubscribe_link) const {
  mime::ListFields fields;
  if (unsubscribe_link && tracker_.enabled()) {
    fields.unsubscribe_url = tracker_.UnsubscribeUrl(copy);
    fields.unsubscribe_address = tracker_.UnsubscribeAddress(copy);
  }
  if (!feedback_id_.empty()) fields.feedback_id = FeedbackId(stored.message, stored.domain.name);
  return fields;
}

// Google's form: three values of ours, from the narrowest, and the sender's own name last.
std::string StoredDeliveryLedger::FeedbackId(const core::Message& message,
                                             const std::string& domain) const {
  const std::string kind = message.unsubscribe_scope.empty() ? "transactional" : "bulk";
  return std::to_string(message.journey_id) + ":" + domain + ":" + kind + ":" + feedback_id_;
}

void StoredDeliveryLedger::CompleteRaw(const Stored& stored, const TrackedCopy& copy,
                                       core::OutgoingMessage& outgoing,
                                       std::vector<LongLink>& long_links) const {
  outgoing.data = copy.links || copy.opens ? tracker_.TrackMessage(stored.content, copy, long_links)
                                           : stored.content;
  const bool unsubscribe_link = !stored.message.unsubscribe_scope.empty();
  outgoing.personal = outgoing.data != stored.content || (unsubscribe_link && tracker_.enabled());
  outgoing.data.insert(
      0, mime::ListFieldsFor(outgoing.data, ListFieldsOf(stored, copy, unsubscribe_link)));
}

Result<void> StoredDeliveryLedger::ComposeDraft(const Stored& stored, const TrackedCopy& copy,
                                                core::OutgoingMessage& outgoing,
                                                std::vector<LongLink>& long_links) const {
  Result<core::Draft> draft = DecodeDraft(stored.content);
  if (!draft) return draft.error();
  const core::Subscriber* subscriber = stored.subscriber ? &*stored.subscriber : nullptr;
  const bool personal = FillDraft(
      *draft, {subscriber, copy.recipient, [&] { return tracker_.UnsubscribeUrl(copy); }});
  const bool tracked = (copy.links || copy.opens) && !draft->html.empty();
  if (tracked) draft->html = tracker_.TrackHtml(draft->html, copy, long_links);
  mime::ComposeOptions options;
  options.message_id = stored.message.id;
  options.message_id_host = stored.domain.mfrom_host;
  options.date = std::max(stored.message.accepted_at, stored.message.send_at);
  options.list = ListFieldsOf(stored, copy, draft->unsubscribe_link);
  outgoing.data = mime::Compose(*draft, options);
  outgoing.personal = personal || tracked || !options.list.unsubscribe_url.empty();
  return {};
}

void StoredDeliveryLedger::Settle(std::vector<core::DeliveryOutcome> outcomes,
                                  std::function<void(Result<void>)> done) {
  store_.WriteAsync(
      [outcomes = std::move(outcomes)](store::Transaction& transaction) {
        for (const auto& outcome : outcomes) SettleOutcome(transaction, outcome);
      },
      std::move(done));
}

void StoredDeliveryLedger::Renew(std::vector<int64_t> recipient_ids, UnixMillis lease_until) {
  store_.WriteAsync(
      [this, ids = std::move(recipient_ids), lease_until](store::Transaction& transaction) {
        store::QueueStore(transaction).Renew(ids, {store_.lease_owner(), lease_until});
      },
      [](Result<void> renewed) {
        if (!renewed) LogFailure("leases not renewed", renewed.error());
      });
}

void StoredDeliveryLedger::Release(std::vector<int64_t> recipient_ids) {
  store_.WriteAsync(
      [ids = std::move(recipient_ids)](store::Transaction& transaction) {
        store::QueueStore(transaction).Release(ids);
      },
      [](Result<void> released) {
        if (!released) LogFailure("leases not released", released.error());
      });
}

void StoredDeliveryLedger::Hold(std::vector<int64_t> recipient_ids) {
  store_.WriteAsync(
      [ids = std::move(recipient_ids)](store::Transaction& transaction) {
        store::QueueStore(transaction).Hold(ids);
      },
      [](Result<void> held) {
        if (!held) LogFailure("mail of a paused destination not put back", held.error());
      });
}

void StoredDeliveryLedger::Postpone(std::vector<int64_t> recipient_ids, UnixMillis until) {
  store_.WriteAsync(
      [ids = std::move(recipient_ids), until](store::Transaction& transaction) {
        store::QueueStore(transaction).Postpone(ids, until);
      },
      [](Result<void> postponed) {
        if (!postponed) LogFailure("leases not postponed", postponed.error());
      });
}

}  // namespace egd::service
