#include "daemon/service/acceptance.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "daemon/core/event.h"
#include "daemon/core/host_name.h"
#include "daemon/service/draft_codec.h"
#include "daemon/store/event_store.h"
#include "daemon/store/idempotency_store.h"
#include "daemon/store/message_store.h"
#include "daemon/store/suppression_store.h"
#include "daemon/store/usage_store.h"
#include "shared/base/strings.h"

namespace egd::service {

using enum SendProblem;
using std::chrono::milliseconds;

// All that the commit needs, made before the writer is asked.
struct Acceptance::Prepared {
  core::Message message;
  std::string content;
  std::vector<store::NewRecipient> recipients;
  std::string idempotency_key, body_digest;
};

namespace {

constexpr size_t kMostHeaderText = 1000;  // bytes of To that events show: enough to recognise

std::string_view HostOf(std::string_view address) {
  return address.substr(address.rfind('@') + 1);
}

bool IsAscii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return uint8_t(c) < 0x80; });
}

std::string Shown(const core::Mailbox& mailbox) {
  return mailbox.name.empty() ? mailbox.email : mailbox.name + " <" + mailbox.email + ">";
}

std::string Shown(const std::vector<core::Mailbox>& mailboxes) {
  std::string text;
  for (const auto& mailbox : mailboxes) {
    if (!text.empty()) text += ", ";
    if (text.size() > kMostHeaderText) return text + "…";
    text += Shown(mailbox);
  }
  return text;
}

// Whether a server without SMTPUTF8 could not take the message (RFC 6531 section 3.2): a local part
// is not ASCII.
bool NeedsSmtpUtf8(const core::Draft& draft) {
  const auto foreign = [](const core::Mailbox& mailbox) { return !IsAscii(mailbox.email); };
  return foreign(draft.from) || std::ranges::any_of(draft.to, foreign) ||
         std::ranges::any_of(draft.cc, foreign) || std::ranges::any_of(draft.bcc, foreign) ||
         std::ranges::any_of(draft.reply_to, foreign);
}

// One for each distinct address of To, CC and BCC, in their order. Domains are lower case by now;
// local parts keep their case, whose meaning is their host's business (RFC 5321 section 2.4).
std::vector<store::NewRecipient> EnvelopeRecipients(const core::Draft& draft) {
  std::vector<store::NewRecipient> recipients;
  std::unordered_set<std::string_view> known;
  for (const auto* mailboxes : {&draft.to, &draft.cc, &draft.bcc}) {
    for (const auto& mailbox : *mailboxes) {
      if (!known.insert(mailbox.email).second) continue;
      recipients.push_back({mailbox.email, std::string(HostOf(mailbox.email))});
    }
  }
  return recipients;
}

// What the account and the domain say, whatever the message.
SendRefusals Judge(const std::optional<store::SendingFacts>& facts) {
  if (!facts) return {{kDomainMissing, "The sender domain does not exist"}};
  if (!facts->user_enabled) return {{kUserDisabled, "The user account is disabled"}};
  if (!facts->user_verified) return {{kUserNotVerified, "The user account is not verified"}};
  if (facts->domain_status != core::DomainStatus::kEnabled) {
    return {{kDomainNotEnabled, "The sender domain " + facts->domain_name + " is not enabled but " +
                                    std::string(core::Name(facts->domain_status))}};
  }
  return {};
}

void SetFlags(NewMessage& message, const store::SendingFacts& facts) {
  core::Draft& draft = message.draft;
  draft.track_links = message.track_links.value_or(facts.link_tracking);
  draft.track_opens = message.track_opens.value_or(facts.open_tracking);
  draft.unsubscribe_link = message.unsubscribe_link.value_or(facts.unsubscribe_link);
}

void AppendEvent(store::EventStore& events, core::EventType type, const core::Message& message,
                 const std::string& recipient) {
  core::Event event;
  event.type = type;
  event.at = message.accepted_at;
  event.message_id = message.id;
  event.recipient = recipient;
  if (type == core::EventType::kRejected) event.reason = "suppressed";
  events.Append(event);
}

// Inserts the message with those of its recipients that may be sent to, and an event for each.
void InsertMessage(store::Transaction& transaction, const core::Message& message,
                   const std::string& content, const std::vector<store::NewRecipient>& recipients,
                   const std::vector<std::string>& suppressed) {
  store::MessageStore(transaction).Insert(message, content, recipients);
  store::EventStore events(transaction);
  for (const auto& recipient : recipients) {
    AppendEvent(events, core::EventType::kAccepted, message, recipient.address);
  }
  for (const auto& address : suppressed) {
    AppendEvent(events, core::EventType::kRejected, message, address);
  }
}

std::vector<std::string> FindSuppressed(store::Transaction& transaction, int64_t user_id,
                                        const std::vector<store::NewRecipient>& recipients) {
  std::vector<std::string> addresses;
  for (const auto& recipient : recipients) addresses.push_back(recipient.address);
  return store::SuppressionStore(transaction).Find(user_id, addresses);
}

std::vector<store::NewRecipient> Without(const std::vector<store::NewRecipient>& recipients,
                                         const std::vector<std::string>& suppressed) {
  if (suppressed.empty()) return recipients;
  const std::unordered_set<std::string_view> left_out(suppressed.begin(), suppressed.end());
  std::vector<store::NewRecipient> left;
  std::ranges::copy_if(recipients, std::back_inserter(left), [&](const auto& recipient) {
    return !left_out.contains(recipient.address);
  });
  return left;
}

// An answer as the idempotency record keeps it: the message's ID and the suppressed addresses, a
// line each.
std::string EncodeAnswer(const AcceptedMessage& accepted) {
  std::string text = accepted.id.ToString();
  for (const auto& address : accepted.suppressed) text += "\n" + address;
  return text;
}

AcceptedMessage DecodeAnswer(std::string_view text) {
  const auto lines = Split(text, '\n');
  return {Uuid::Parse(lines[0]).value(), {lines.begin() + 1, lines.end()}};
}

std::optional<AcceptOutcome> FirstAnswer(store::Transaction& transaction, int64_t domain_id,
                                         const std::string& key, const std::string& body_digest,
                                         UnixMillis not_before) {
  const auto known = store::IdempotencyStore(transaction).Find(domain_id, key, not_before);
  if (!known) return std::nullopt;
  if (known->body_digest == body_digest) return DecodeAnswer(known->reply);
  return SendRefusals{
      {kIdempotencyKeyReused, "Idempotency-Key was used with a different request before"}};
}

}  // namespace

Acceptance::Acceptance(store::Store& store, const Clock& clock, AcceptanceOptions options,
                       std::function<void()> on_accepted)
    : store_(store),
      clock_(clock),
      options_(options),
      on_accepted_(std::move(on_accepted)),
      send_rate_(clock) {}

Result<AcceptOutcome> Acceptance::Accept(NewMessage message) {
  const UnixMillis now = clock_.Now();
  const auto facts = FindFacts(message.domain_id);
  if (!facts) return facts.error();
  SendRefusals refusals = Judge(*facts);
  if (refusals.empty()) refusals = Check(message, **facts, now);
  if (!refusals.empty()) return AcceptOutcome(std::move(refusals));

  const Prepared prepared = Prepare(message, **facts, now);
  Result<AcceptOutcome> outcome =
      store_.Write([&](store::Transaction& transaction) { return Commit(transaction, prepared); });
  if (outcome && std::holds_alternative<AcceptedMessage>(*outcome)) on_accepted_();
  return outcome;
}

Result<std::optional<store::SendingFacts>> Acceptance::FindFacts(int64_t domain_id) {
  return store_.Read([&](store::Connection& connection) {
    return store::SendingStore(connection).Find(domain_id);
  });
}

SendRefusals Acceptance::Check(NewMessage& message, const store::SendingFacts& facts,
                               UnixMillis now) const {
  SetFlags(message, facts);
  SendRefusals refusals = CheckDraft(message.draft, options_.limits);
  if (message.send_at > now + milliseconds(kLongestDelay).count()) {
    refusals.push_back({kSendAtTooLate, "SendAt is more than 30 days ahead"});
  }
  if (message.idempotency_key.size() > kMaxKeyBytes) {
    refusals.push_back({kIdempotencyKeyTooLong, "Idempotency-Key is longer than 255 bytes"});
  }
  const std::string_view from_host = HostOf(message.draft.from.email);
  if (refusals.empty() && !core::IsWithinDomain(from_host, facts.domain_name)) {
    refusals.push_back(
        {kFromOutsideDomain, "From.email is not in the domain " + facts.domain_name});
  }
  return refusals;
}

Acceptance::Prepared Acceptance::Prepare(const NewMessage& message,
                                         const store::SendingFacts& facts, UnixMillis now) const {
  const core::Draft& draft = message.draft;
  Prepared prepared;
  core::Message& m = prepared.message;
  m.id = NewUuidV7(clock_);
  m.user_id = facts.user_id;
  m.domain_id = message.domain_id;
  m.from_header = Shown(draft.from);
  m.to_header = Shown(draft.to);
  m.subject = draft.subject;
  m.tags = message.tags;
  m.smtputf8 = NeedsSmtpUtf8(draft);
  m.accepted_at = now;
  m.send_at = message.send_at > now ? message.send_at : 0;
  m.expires_at = std::max(now, m.send_at) + milliseconds(options_.expire_after).count();
  prepared.content = EncodeDraft(draft);
  prepared.recipients = EnvelopeRecipients(draft);
  prepared.idempotency_key = message.idempotency_key;
  prepared.body_digest = message.body_digest;
  return prepared;
}

AcceptOutcome Acceptance::Commit(store::Transaction& transaction, const Prepared& prepared) {
  const core::Message& message = prepared.message;
  const UnixMillis now = message.accepted_at;
  const std::string& key = prepared.idempotency_key;
  const UnixMillis not_before = now - milliseconds(kKeyLifetime).count();
  if (!key.empty()) {
    auto first = FirstAnswer(transaction, message.domain_id, key, prepared.body_digest, not_before);
    if (first) return *first;
  }
  const auto facts = store::SendingStore(transaction).Find(message.domain_id);
  if (SendRefusals refusals = Judge(facts); !refusals.empty()) return refusals;

  AcceptedMessage accepted{message.id,
                           FindSuppressed(transaction, facts->user_id, prepared.recipients)};
  const auto recipients = Without(prepared.recipients, accepted.suppressed);
  if (recipients.empty()) {
    InsertMessage(transaction, message, {}, {}, accepted.suppressed);
    return SendRefusals{{kAllSuppressed, "Every recipient is in the suppression list"}};
  }
  if (auto refusal = ChargeLimits(transaction, *facts, int64_t(recipients.size()), now)) {
    return SendRefusals{std::move(*refusal)};
  }
  InsertMessage(transaction, message, prepared.content, recipients, accepted.suppressed);
  if (!key.empty()) {
    const store::IdempotentReply reply{prepared.body_digest, EncodeAnswer(accepted), now};
    store::IdempotencyStore(transaction).FindOrInsert(message.domain_id, key, reply, not_before);
  }
  return accepted;
}

std::optional<SendRefusal> Acceptance::ChargeLimits(store::Transaction& transaction,
                                                    const store::SendingFacts& facts,
                                                    int64_t recipients, UnixMillis now) {
  store::UsageStore usage(transaction);
  const int64_t limit = facts.monthly_send_limit;
  if (limit > 0 && usage.SentInMonth(facts.user_id, now) + recipients > limit) {
    return SendRefusal{kMonthlyLimit,
                       "The limit of " + std::to_string(limit) + " recipients a month is reached"};
  }
  const auto wait = send_rate_.Take(facts.user_id, facts.send_rate_per_minute, recipients);
  if (wait) {
    return SendRefusal{kRateLimit, "The limit of " + std::to_string(facts.send_rate_per_minute) +
                                       " recipients a minute is reached; try again in " +
                                       std::to_string(wait->count()) + " seconds"};
  }
  usage.AddSent(facts.user_id, now, recipients);
  return std::nullopt;
}

}  // namespace egd::service
