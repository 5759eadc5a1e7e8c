#include "daemon/service/sending/acceptance.h"

#include <algorithm>
#include <utility>

#include "daemon/auth/digest.h"
#include "daemon/core/email_address.h"
#include "daemon/core/host_name.h"
#include "daemon/core/personalisation.h"
#include "daemon/mime/raw_message.h"
#include "daemon/service/audience/unsubscribing.h"
#include "daemon/service/sending/draft_codec.h"
#include "daemon/service/sending/envelope.h"
#include "daemon/service/sending/fill_draft.h"
#include "daemon/service/sending/queue_message.h"
#include "daemon/store/idempotency_store.h"
#include "daemon/store/list_send_store.h"
#include "daemon/store/list_store.h"
#include "daemon/store/message_store.h"
#include "daemon/store/ownership_store.h"
#include "daemon/store/subscriber_store.h"
#include "shared/base/strings.h"

namespace egd::service {

using enum SendProblem;
using core::TemplateContent;
using std::chrono::milliseconds;

// What is known before the message is looked at.
struct Acceptance::Context {
  std::optional<store::SendingFacts> facts;
  SendReferences references;
  SendRefusals refusals;
};

// All that the commit needs, made before the writer is asked.
struct Acceptance::Prepared {
  core::Message message;
  Channel channel = Channel::kApi;
  std::string content;
  std::vector<store::NewRecipient> recipients;
  std::optional<core::Subscriber> subscriber;  // of one of the recipients
  std::optional<store::ListSend> list_send;    // in place of recipients
  std::string idempotency_key, body_digest;
};

namespace {

bool IsAscii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return uint8_t(c) < 0x80; });
}

// Whether a server without SMTPUTF8 could not take the message (RFC 6531 section 3.2): a local part
// is not ASCII.
bool NeedsSmtpUtf8(const core::Draft& draft) {
  const auto foreign = [](const core::Mailbox& mailbox) { return !IsAscii(mailbox.email); };
  return foreign(draft.from) || std::ranges::any_of(draft.reply_to, foreign) ||
         !std::ranges::all_of(AddressesOf(draft), IsAscii);
}

// More is a large write, which takes the writer a millisecond or more: a recipient costs some 20 µs
// of its time, and content is copied and synced. Batches of
// smaller messages share their syncs: their senders wait for throughput.
constexpr size_t kManyRecipients = 50, kLargeContent = 256 * 1024;

constexpr std::string_view kNoUnsubscribePage =
    ": this gateway serves no unsubscribe page until its operator sets [tracking] listen";

// `tracking`: there is a server that links could lead to.
void SetFlags(NewMessage& message, const store::SendingFacts& facts, bool tracking) {
  core::Draft& draft = message.draft;
  draft.track_links = tracking && message.track_links.value_or(facts.link_tracking);
  draft.track_opens = tracking && message.track_opens.value_or(facts.open_tracking);
  draft.unsubscribe_link = tracking && message.unsubscribe_link.value_or(facts.unsubscribe_link);
}

// Of mail to a list, the list's.
std::string UnsubscribeScope(const core::Draft& draft, const SendIds& ids) {
  if (!draft.unsubscribe_link && !HasUnsubscribeField(draft)) return {};
  const int64_t list_id = ids.target_list_id.value_or(ids.list_id.value_or(0));
  return list_id != 0 ? ListScope(list_id) : std::string(kScopeBulk);
}

void FillFrom(const core::EmailTemplate& email, NewMessage& message) {
  core::Draft& draft = message.draft;
  if (!message.content) message.content = email.content;
  if (Trim(draft.subject).empty()) draft.subject = email.subject;
  if (draft.html.empty()) draft.html = email.html;
  if (draft.plain.empty()) draft.plain = email.plain;
}

// Only the bodies that are asked for are sent.
void CheckContent(NewMessage& message, SendRefusals& refusals) {
  core::Draft& draft = message.draft;
  if (Trim(draft.subject).empty()) refusals.push_back({kSubjectMissing, "Subject is missing"});
  if (message.content == TemplateContent::kPlain) draft.html.clear();
  if (message.content == TemplateContent::kHtml) draft.plain.clear();
  if (message.content && message.content != TemplateContent::kPlain && draft.html.empty()) {
    refusals.push_back({kHtmlMissing, "HTMLContent is missing"});
  }
  if (message.content && message.content != TemplateContent::kHtml && draft.plain.empty()) {
    refusals.push_back({kPlainMissing, "PlainContent is missing"});
  }
}

// The list takes the place of To; a copy for others would go out once for each subscriber.
void UseTargetList(core::Draft& draft, SendRefusals& refusals) {
  draft.to.clear();
  draft.each_alone = true;
  if (draft.cc.empty() && draft.bcc.empty()) return;
  refusals.push_back({kTooManyRecipients, "CC and BCC cannot go with TargetListID"});
}

// As events show it: what the only recipient reads, or what stands for the copies of several.
std::string SubjectOf(const core::Draft& draft, const std::vector<store::NewRecipient>& recipients,
                      const std::optional<core::Subscriber>& subscriber) {
  if (recipients.size() != 1) return core::ShowFields(draft.subject);
  core::Draft only;
  only.subject = draft.subject;
  FillDraft(only, {subscriber ? &*subscriber : nullptr, recipients[0].address,
                   [] { return std::string(); }});
  return only.subject;
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

UnixMillis OldestKey(UnixMillis now) {
  return now - milliseconds(Acceptance::kKeyLifetime).count();
}

// As it was remembered.
std::optional<BatchOutcome> FirstAnswer(store::Transaction& transaction, int64_t domain_id,
                                        const std::string& key, const std::string& body_digest,
                                        UnixMillis now) {
  if (key.empty()) return std::nullopt;
  const auto known = store::IdempotencyStore(transaction).Find(domain_id, key, OldestKey(now));
  if (!known) return std::nullopt;
  if (known->body_digest == body_digest) return known->reply;
  return SendRefusals{
      {kIdempotencyKeyReused, "Idempotency-Key was used with a different request before"}};
}

void Remember(store::Transaction& transaction, int64_t domain_id, const std::string& key,
              const store::IdempotentReply& reply) {
  if (key.empty()) return;
  store::IdempotencyStore(transaction)
      .FindOrInsert(domain_id, key, reply, OldestKey(reply.created_at));
}

// As it is remembered. No header holds a line break, so a live key is never a test's.
std::string StoredKey(std::string key, bool is_test) {
  return is_test && !key.empty() ? "test\n" + key : key;
}

bool IsAccepted(const AcceptOutcome& outcome) {
  return std::holds_alternative<AcceptedMessage>(outcome);
}

// The envelope's own, or those whom the message names; kToInvalid names the bad one.
SendRefusals ReadEnvelope(const RawSubmission& submission, const mime::RawMessage& raw, size_t most,
                          std::vector<std::string>& addresses) {
  addresses = submission.recipients;
  if (addresses.empty()) {
    for (const auto* list : {&raw.to, &raw.cc, &raw.bcc}) {
      for (const auto& mailbox : *list) addresses.push_back(mailbox.email);
    }
  }
  if (addresses.empty()) return {{kNoRecipients, "There is no recipient"}};
  if (addresses.size() > most) {
    return {{kTooManyRecipients, "There are more than " + std::to_string(most) + " recipients"}};
  }
  for (std::string& address : addresses) {
    const auto parsed = core::ParseEmailAddress(Trim(address));
    if (!parsed) {
      return {{kToInvalid, "The recipient " + Printable(address.substr(0, 100)) +
                               " is not a valid e-mail address: it " + parsed.error().public_text}};
    }
    address = parsed->Text();
  }
  return {};
}

SendRefusals CheckFrom(std::vector<core::Mailbox>& from, const std::string& domain) {
  for (core::Mailbox& mailbox : from) {
    const auto parsed = core::ParseEmailAddress(mailbox.email);
    if (!parsed) {
      return {{kFromInvalid, "The address in the From field " + parsed.error().public_text}};
    }
    mailbox.email = parsed->Text();
    if (!core::IsWithinDomain(parsed->domain, domain)) {
      return {{kFromOutsideDomain, "The From address is not in the domain " + domain}};
    }
  }
  if (from.empty()) return {{kFromMissing, "The From field has no e-mail address"}};
  return {};
}

SendRefusals CheckControls(const mime::ControlFields& controls, bool tracking, UnixMillis now) {
  const UnixMillis latest = now + milliseconds(Acceptance::kLongestDelay).count();
  if (controls.send_at.value_or(0) > latest) {
    return {{kSendAtTooLate, "X-Send-At is more than 30 days ahead"}};
  }
  if (controls.idempotency_key.size() > Acceptance::kMaxKeyBytes) {
    return {{kIdempotencyKeyTooLong, "Idempotency-Key is longer than 255 bytes"}};
  }
  if (controls.unsubscribe_link.value_or(false) && !tracking) {
    return {{kUnsubscribeUnavailable,
             "X-Unsubscribe-Link cannot be yes" + std::string(kNoUnsubscribePage)}};
  }
  return {};
}

// Of a message and its envelope. A client that submits it again may date it again.
std::string DigestOf(std::string_view message, const std::vector<std::string>& addresses) {
  std::string text = egd::Join(addresses, "\n") + "\n\n";
  bool in_header = true, skipping = false;
  while (!message.empty()) {
    const size_t end = message.find('\n');
    const std::string_view line = message.substr(0, end);
    message.remove_prefix(end == std::string_view::npos ? message.size() : end + 1);
    if (in_header && Trim(line).empty()) in_header = false;
    const bool folded = line.starts_with(' ') || line.starts_with('\t');
    const std::string name = in_header ? Lower(line.substr(0, line.find(':'))) : "";
    if (!folded) skipping = in_header && (name == "date" || name == "message-id");
    if (!skipping || !in_header) text.append(line).append("\n");
  }
  return auth::Sha256(text);
}

}  // namespace

Acceptance::Acceptance(store::Store& store, const Clock& clock, AcceptanceOptions options,
                       std::function<void()> on_accepted)
    : store_(store),
      clock_(clock),
      options_(std::move(options)),
      on_accepted_(std::move(on_accepted)),
      limits_(clock) {}

Result<AcceptOutcome> Acceptance::Accept(NewMessage message) {
  const UnixMillis now = clock_.Now();
  Result<Context> context = FindContext(message.domain_id, Channel::kApi, message.ids);
  if (!context) return context.error();
  Result<PrepareOutcome> prepared = Prepare(message, *std::move(context), now);
  if (!prepared) return prepared.error();
  if (auto* refusals = std::get_if<SendRefusals>(&*prepared)) {
    return AcceptOutcome(std::move(*refusals));
  }
  return Commit(std::get<Prepared>(*prepared));
}

Result<BatchOutcome> Acceptance::Accept(Batch batch) {
  const UnixMillis now = clock_.Now();
  std::vector<Context> contexts;
  Result<SendRefusals> refusals = store_.Read([&](store::Connection& connection) {
    const auto facts = store::SendingStore(connection).Find(batch.domain_id);
    SendRefusals of_sender = JudgeSender(facts, Channel::kApi);
    if (!of_sender.empty()) return of_sender;
    for (const NewMessage& message : batch.messages) {
      Context& context = contexts.emplace_back();
      context.facts = facts;
      context.refusals =
          FindReferences(connection, facts->user_id, message.ids, context.references);
    }
    return of_sender;
  });
  if (!refusals) return refusals.error();
  if (!refusals->empty()) return BatchOutcome(*std::move(refusals));

  const size_t most = std::max(kMaxBatchRecipients, options_.limits.max_recipients);
  size_t recipients = 0;
  std::vector<PrepareOutcome> prepared;
  for (size_t i = 0; i < contexts.size(); ++i) {
    Result<PrepareOutcome> one = Prepare(batch.messages[i], std::move(contexts[i]), now);
    if (!one) return one.error();
    if (const auto* good = std::get_if<Prepared>(&*one)) {
      const size_t sum = recipients + good->recipients.size();
      if (sum <= most) {
        recipients = sum;
      } else {
        *one = SendRefusals{{kTooManyRecipients, "The messages of the request have more than " +
                                                     std::to_string(most) + " recipients"}};
      }
    }
    prepared.push_back(*std::move(one));
  }
  const auto commit = [&](store::Transaction& transaction) {
    return Commit(transaction, batch, now, prepared);
  };
  const bool large = std::ranges::any_of(prepared, [](const PrepareOutcome& one) {
    const auto* good = std::get_if<Prepared>(&one);
    return good != nullptr && IsLarge(*good);
  });
  Result<BatchOutcome> outcome = large ? store_.WriteLarge(commit) : store_.Write(commit);
  if (outcome && std::holds_alternative<std::string>(*outcome)) on_accepted_();
  return outcome;
}

Result<Acceptance::PrepareOutcome> Acceptance::Prepare(NewMessage& message, Context context,
                                                       UnixMillis now) {
  SendRefusals refusals = std::move(context.refusals);
  if (refusals.empty()) refusals = Check(message, context, now);
  if (!refusals.empty()) return PrepareOutcome(std::move(refusals));

  const core::Draft& draft = message.draft;
  Prepared prepared = Begin(message.domain_id, context, Channel::kApi, now);
  core::Message& m = prepared.message;
  m.from_header = Shown(draft.from);
  m.to_header = Shown(draft.to);
  m.tags = message.tags;
  m.is_test = message.is_test;
  m.journey_id = context.references.journey_id;
  m.action_id = message.ids.action_id.value_or(0);
  m.smtputf8 = NeedsSmtpUtf8(draft);
  m.track_links = draft.track_links;
  m.track_opens = draft.track_opens;
  if (options_.tracking) m.unsubscribe_scope = UnsubscribeScope(draft, message.ids);
  m.send_at = message.send_at > now ? message.send_at : 0;
  m.expires_at = std::max(now, m.send_at) + milliseconds(options_.expire_after).count();
  prepared.content = EncodeDraft(draft);
  prepared.idempotency_key = StoredKey(message.idempotency_key, message.is_test);
  prepared.body_digest = message.body_digest;
  if (const auto& target = context.references.target) {
    prepared.list_send = store::ListSend{*message.ids.target_list_id, 0,
                                         target->up_to_subscriber_id, target->subscribers};
    m.subject = core::ShowFields(draft.subject);
    return PrepareOutcome(std::move(prepared));
  }
  prepared.recipients = EnvelopeRecipients(AddressesOf(draft));
  prepared.subscriber = std::move(context.references.subscriber);
  if (prepared.subscriber) {
    for (auto& recipient : prepared.recipients) recipient.subscriber_id = prepared.subscriber->id;
  } else if (message.ids.list_id) {
    if (auto found = FindSubscribers(*message.ids.list_id, prepared); !found) return found.error();
  }
  m.subject = SubjectOf(draft, prepared.recipients, prepared.subscriber);
  return PrepareOutcome(std::move(prepared));
}

Result<AcceptOutcome> Acceptance::Accept(RawSubmission submission) {
  const UnixMillis now = clock_.Now();
  Result<Context> context = FindContext(submission.domain_id, Channel::kSmtp, {});
  if (!context) return context.error();
  if (!context->refusals.empty()) return AcceptOutcome(std::move(context->refusals));
  if (submission.data.size() > options_.limits.max_bytes) {
    return AcceptOutcome(
        SendRefusals{{kTooLarge, "The message is larger than " +
                                     std::to_string(options_.limits.max_bytes) + " bytes"}});
  }
  Prepared prepared = Begin(submission.domain_id, *context, Channel::kSmtp, now);
  core::Message& m = prepared.message;
  mime::RawOptions options;
  options.message_id = m.id;
  options.message_id_host = context->facts->mfrom_host;
  options.sender_domain = context->facts->domain_name;
  options.date = now;
  options.received_by = options_.hostname;
  options.received_from = submission.client;
  options.protocol = submission.protocol;
  Result<mime::RawMessage> raw = mime::CompleteRaw(submission.data, options);
  if (!raw) return AcceptOutcome(SendRefusals{{kMalformed, raw.error().public_text}});

  if (SendRefusals refusals = CheckControls(raw->controls, options_.tracking, now);
      !refusals.empty()) {
    return AcceptOutcome(std::move(refusals));
  }
  std::vector<std::string> addresses;
  SendRefusals refusals = CheckFrom(raw->from, context->facts->domain_name);
  if (refusals.empty()) {
    refusals = ReadEnvelope(submission, *raw, options_.limits.max_recipients, addresses);
  }
  if (!refusals.empty()) return AcceptOutcome(std::move(refusals));
  std::ranges::move(submission.suppressed, std::back_inserter(addresses));
  m.content_kind = core::ContentKind::kRaw;
  m.is_test = submission.is_test;
  m.from_header = Shown(raw->from);
  m.to_header = Shown(raw->to);
  m.subject = raw->subject.empty() ? submission.subject : raw->subject;
  m.tags = raw->controls.tags;
  m.smtputf8 = raw->eight_bit_header;  // addresses outside ASCII the client session sees itself
  const mime::ControlFields& controls = raw->controls;
  const UnixMillis send_at = controls.send_at.value_or(0);
  m.send_at = send_at > now ? send_at : 0;
  m.expires_at = std::max(now, send_at) + milliseconds(options_.expire_after).count();
  if (options_.tracking) {
    m.track_links = controls.track_links.value_or(context->facts->link_tracking);
    m.track_opens = controls.track_opens.value_or(context->facts->open_tracking);
    const bool link = controls.unsubscribe_link.value_or(context->facts->unsubscribe_link);
    if (link) m.unsubscribe_scope = kScopeBulk;
  }
  prepared.content = std::move(raw->data);
  prepared.recipients = EnvelopeRecipients(addresses);
  prepared.idempotency_key = std::move(submission.idempotency_key);
  prepared.body_digest = std::move(submission.body_digest);
  if (!raw->controls.idempotency_key.empty()) {
    prepared.idempotency_key = raw->controls.idempotency_key;
    prepared.body_digest = DigestOf(submission.data, addresses);
  }
  prepared.idempotency_key = StoredKey(std::move(prepared.idempotency_key), submission.is_test);
  return Commit(prepared);
}

Result<SendRefusals> Acceptance::Judge(int64_t domain_id, Channel channel) {
  Result<Context> context = FindContext(domain_id, channel, {});
  if (!context) return context.error();
  return std::move(context->refusals);
}

Result<Acceptance::Context> Acceptance::FindContext(int64_t domain_id, Channel channel,
                                                    const SendIds& ids) {
  return store_.Read([&](store::Connection& connection) {
    Context context;
    context.facts = store::SendingStore(connection).Find(domain_id);
    context.refusals = JudgeSender(context.facts, channel);
    if (context.refusals.empty()) {
      context.refusals =
          FindReferences(connection, context.facts->user_id, ids, context.references);
    }
    return context;
  });
}

SendRefusals Acceptance::Check(NewMessage& message, const Context& context, UnixMillis now) const {
  const store::SendingFacts& facts = *context.facts;
  SendRefusals refusals;
  SetFlags(message, facts, options_.tracking);
  if (message.unsubscribe_link.value_or(false) && !options_.tracking) {
    refusals.push_back(
        {kUnsubscribeUnavailable, "UnsubscribeLink cannot be 1" + std::string(kNoUnsubscribePage)});
  }
  if (context.references.email_template) FillFrom(*context.references.email_template, message);
  if (context.references.target) UseTargetList(message.draft, refusals);
  CheckContent(message, refusals);
  std::ranges::move(CheckDraft(message.draft, options_.limits), std::back_inserter(refusals));
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

Acceptance::Prepared Acceptance::Begin(int64_t domain_id, const Context& context, Channel channel,
                                       UnixMillis now) const {
  Prepared prepared;
  prepared.channel = channel;
  prepared.message.id = NewUuidV7(clock_);
  prepared.message.user_id = context.facts->user_id;
  prepared.message.domain_id = domain_id;
  prepared.message.accepted_at = now;
  return prepared;
}

// Each recipient's own fields, where the list has them.
Result<void> Acceptance::FindSubscribers(int64_t list_id, Prepared& prepared) {
  return store_.Read([&](store::Connection& connection) {
    store::SubscriberStore subscribers(connection);
    for (auto& recipient : prepared.recipients) {
      auto found = subscribers.FindByAddress(list_id, recipient.address);
      if (!found) continue;
      recipient.subscriber_id = found->id;
      prepared.subscriber = std::move(found);
    }
  });
}

bool Acceptance::IsLarge(const Prepared& prepared) {
  return prepared.recipients.size() > kManyRecipients || prepared.content.size() > kLargeContent;
}

Result<AcceptOutcome> Acceptance::Commit(const Prepared& prepared) {
  const auto commit = [&](store::Transaction& transaction) {
    return Commit(transaction, prepared);
  };
  Result<AcceptOutcome> outcome =
      IsLarge(prepared) ? store_.WriteLarge(commit) : store_.Write(commit);
  if (outcome && IsAccepted(*outcome)) on_accepted_();
  return outcome;
}

AcceptOutcome Acceptance::Commit(store::Transaction& transaction, const Prepared& prepared) {
  const core::Message& message = prepared.message;
  const std::string& key = prepared.idempotency_key;
  if (const auto first = FirstAnswer(transaction, message.domain_id, key, prepared.body_digest,
                                     message.accepted_at)) {
    if (const auto* answer = std::get_if<std::string>(&*first)) return DecodeAnswer(*answer);
    return std::get<SendRefusals>(*first);
  }
  const auto facts = store::SendingStore(transaction).Find(message.domain_id);
  if (SendRefusals refusals = JudgeSender(facts, prepared.channel); !refusals.empty()) {
    return refusals;
  }
  AcceptOutcome outcome = CommitOne(transaction, prepared, *facts);
  if (const auto* accepted = std::get_if<AcceptedMessage>(&outcome)) {
    Remember(transaction, message.domain_id, key,
             {prepared.body_digest, EncodeAnswer(*accepted), message.accepted_at});
  }
  return outcome;
}

BatchOutcome Acceptance::Commit(store::Transaction& transaction, const Batch& batch, UnixMillis now,
                                const std::vector<PrepareOutcome>& prepared) {
  const std::string key = StoredKey(batch.idempotency_key, batch.is_test);
  if (auto first = FirstAnswer(transaction, batch.domain_id, key, batch.body_digest, now)) {
    return *std::move(first);
  }
  const auto facts = store::SendingStore(transaction).Find(batch.domain_id);
  if (SendRefusals refusals = JudgeSender(facts, Channel::kApi); !refusals.empty()) {
    return refusals;
  }
  std::vector<AcceptOutcome> outcomes;
  for (const PrepareOutcome& one : prepared) {
    const auto* good = std::get_if<Prepared>(&one);
    outcomes.push_back(good ? CommitOne(transaction, *good, *facts)
                            : AcceptOutcome(std::get<SendRefusals>(one)));
  }
  std::string answer = batch.answer(outcomes);
  if (std::ranges::any_of(outcomes, IsAccepted)) {
    Remember(transaction, batch.domain_id, key, {batch.body_digest, answer, now});
  }
  return answer;
}

AcceptOutcome Acceptance::CommitOne(store::Transaction& transaction, const Prepared& prepared,
                                    const store::SendingFacts& facts) {
  if (HasTooManyScheduled(transaction, prepared.message)) {
    return SendRefusals{{kMonthlyLimit, "The limit of " + std::to_string(options_.max_scheduled) +
                                            " scheduled messages is reached"}};
  }
  return prepared.list_send ? CommitToList(transaction, prepared, facts)
                            : CommitToRecipients(transaction, prepared, facts);
}

bool Acceptance::HasTooManyScheduled(store::Transaction& transaction,
                                     const core::Message& message) const {
  if (message.send_at == 0 || options_.max_scheduled == 0) return false;
  return store::OwnershipStore(transaction)
      .HasScheduled(message.user_id, message.is_test, message.accepted_at, options_.max_scheduled);
}

std::optional<SendRefusal> Acceptance::Charge(store::Transaction& transaction,
                                              const core::Message& message,
                                              const store::SendingFacts& facts,
                                              int64_t recipients) {
  if (message.is_test) return std::nullopt;
  return limits_.Charge(transaction, facts, recipients, message.accepted_at);
}

AcceptOutcome Acceptance::CommitToList(store::Transaction& transaction, const Prepared& prepared,
                                       const store::SendingFacts& facts) {
  const core::Message& message = prepared.message;
  if (!store::ListStore(transaction).Owns(message.user_id, prepared.list_send->list_id)) {
    return SendRefusals{{kTargetListInvalid, "TargetListID: no such list"}};
  }
  if (auto refusal = Charge(transaction, message, facts, prepared.list_send->reserved)) {
    return SendRefusals{std::move(*refusal)};
  }
  store::ListSendStore(transaction).Insert(message, prepared.content, *prepared.list_send);
  return AcceptedMessage{message.id, {}};
}

AcceptOutcome Acceptance::CommitToRecipients(store::Transaction& transaction,
                                             const Prepared& prepared,
                                             const store::SendingFacts& facts) {
  const core::Message& message = prepared.message;
  std::vector<store::NewRecipient> recipients = prepared.recipients;
  AcceptedMessage accepted{message.id, TakeSuppressed(transaction, message, recipients)};
  if (!recipients.empty()) {
    auto refusal = Charge(transaction, message, facts, int64_t(recipients.size()));
    if (refusal) return SendRefusals{std::move(*refusal)};
  }
  store::MessageStore(transaction).Insert(message, prepared.content, recipients);
  AppendFirstEvents(transaction, message, recipients, accepted.suppressed, "suppressed",
                    message.accepted_at);
  if (!recipients.empty()) return accepted;
  return SendRefusals{{kAllSuppressed, "Every recipient is in the suppression list"}};
}

}  // namespace egd::service
