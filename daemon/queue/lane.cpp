#include "daemon/queue/lane.h"

#include <algorithm>
#include <exception>
#include <iterator>

#include "daemon/queue/sts_rules.h"
#include "daemon/queue/tls_session.h"
#include "daemon/smtp_client/loop.h"
#include "shared/base/log.h"
#include "shared/base/strings.h"

namespace egd::queue {
namespace {

using net::Task;
using smtp_client::Answer;
using smtp_client::Pace;
using smtp_client::Scope;
using smtp_client::SmtpSession;
using smtp_client::Stage;
using smtp_client::Verdict;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

int64_t SenderDomain(const Envelope& envelope) {
  return envelope.recipients[0].sender_domain_id;
}

// The server had closed the connection before it saw anything of this transaction.
bool NobodyListened(const std::vector<Answer>& answers) {
  return std::all_of(answers.begin(), answers.end(), [](const Answer& answer) {
    return answer.stage == Stage::kMail &&
           ((answer.reply.code == 0 && answer.reply.enhanced == "4.4.2") ||
            answer.reply.code == 421);
  });
}

bool IsUnheard(const Answer& answer) {
  return answer.reply.code == 0 && answer.reply.enhanced.starts_with('4');
}

Circumstances Where(const SmtpSession* session) {
  Circumstances where;
  if (session == nullptr) return where;
  where.mx_host = session->target().host;
  where.mx_address = session->target().address.ToString();
  where.tls = session->tls();
  where.dane = session->target().dane;
  where.dialogue = session->transcript().Of(std::nullopt);
  return where;
}

// Says who asks for so much.
Answer WithPrefix(const char* prefix, Answer failure) {
  const bool ours = failure.stage == Stage::kStartTls && failure.reply.code == 0;
  if (ours) failure.reply.lines[0] = prefix + failure.reply.lines[0];
  return failure;
}

std::string Noted(const std::string& note, std::string dialogue) {
  if (note.empty()) return dialogue;
  return ("= " + note + "\n" + dialogue).substr(0, smtp::Transcript::kMaxBytes);
}

// It names the recipient, or the destination that several share.
std::string ReturnPathFor(const core::OutgoingMessage& message,
                          const std::vector<core::DueRecipient>& recipients) {
  if (recipients.size() == 1 && message.own_return_path) {
    return message.own_return_path(recipients[0].id);
  }
  const std::string& destination = recipients[0].destination;
  const bool one = std::ranges::all_of(
      recipients, [&](const auto& other) { return other.destination == destination; });
  return one && message.return_path_from ? message.return_path_from(destination)
                                         : message.return_path;
}

}  // namespace

struct Lane::Worker {
  enum class State {
    kStarting,  // about to look for work
    kCarrying,  // has an envelope
    kIdle,      // connected, waits for work
    kLeaving,   // says goodbye
  };

  explicit Worker(net::Executor executor) : bell(executor) {}
  bool IsConnected() const { return session && session->IsUsable(); }

  State state = State::kStarting;
  std::unique_ptr<SmtpSession> session;
  const Instant turn_ends = steady_clock::now() + Provider::kTurn;
  std::string tried;  // the dialogues of the addresses that failed, at the last connecting
  net::Timer bell;    // cancelled: look again
  std::vector<core::TlsSession> tls_sessions;  // opened, or not, and not yet told of

  void Count(std::optional<core::TlsSession> session) {
    constexpr size_t kMost = 100;  // a connection is told of with its first outcome
    if (session && tls_sessions.size() < kMost) tls_sessions.push_back(*std::move(session));
  }
};

Lane::Lane(const LaneParts& parts, net::Executor executor, Recorder& recorder, std::string name,
           std::optional<smtp_client::Exchangers> exchangers, LaneLimits limits, Provider* provider,
           std::function<void()> on_end)
    : parts_(parts),
      executor_(executor),
      recorder_(recorder),
      name_(std::move(name)),
      exchangers_(std::move(exchangers)),
      limits_(limits),
      provider_(provider),
      on_end_(std::move(on_end)),
      health_(parts.options.first_rest, parts.options.lane_pause),
      memory_(executor),
      patience_(executor),
      flow_(provider == nullptr ? own_flow_ : provider->flow) {}

Lane::~Lane() {
  if (provider_ != nullptr) provider_->Leave(*this);
}

// ---- What waits

void Lane::Submit(Envelope envelope) {
  if (stopping_) return recorder_.Release(envelope.recipients);
  const auto wait = health_.WhatToWaitFor(SenderDomain(envelope), steady_clock::now());
  if (wait) return KeepWaiting(envelope, *wait);
  envelope.room.reset();  // what it held outside
  envelope.room = TakeRoom(envelope.recipients.size());
  if (!envelope.room) return PutOff(envelope);
  if (provider_ == nullptr ? waiting_.empty() : provider_->IsIdle()) {
    flow_ = {.next_message_at = flow_.next_message_at};  // it had nothing to be slow at
  }
  waiting_.push_back(std::move(envelope));
  Grow();
}

// Returns null if there is none.
RoomPtr Lane::TakeRoom(size_t recipients) {
  if (parts_.router.has_smarthost()) return std::make_shared<char>();  // nobody else needs any
  if (is_silent_ && (!waiting_.empty() || !workers_.empty())) return nullptr;
  RoomPtr room = queue::TakeRoom(parts_.room, RoomKey(), recipients);
  if (!room || provider_ == nullptr) return room;
  RoomPtr within = queue::TakeRoom(provider_->room, name_, recipients);
  if (!within) return nullptr;
  return std::make_shared<std::pair<RoomPtr, RoomPtr>>(std::move(room), std::move(within));
}

size_t Lane::Held() const {
  return parts_.room.With([&](const core::Budget& room) { return room.HeldBy(RoomKey()); });
}

void Lane::PutOff(const Envelope& envelope) {
  if (BounceWhenExpired(envelope, "more mail is under way there than it takes")) return;
  constexpr milliseconds kLeast(1000), kMost(300'000);
  const auto now = steady_clock::now();
  const double rate = flow_.rate.PerMilli(now);
  const auto drained = [rate](size_t recipients) {
    return milliseconds(int64_t(double(recipients) / rate));
  };
  const auto slot =
      std::max(flow_.put_off_until, now + drained(Held())) + drained(envelope.recipients.size());
  flow_.put_off_until = std::clamp(slot, now + kLeast, now + kMost);
  recorder_.Postpone(envelope.recipients, Wall(flow_.put_off_until));
  Report();
}

// A server that accepts and says nothing may take minutes to fail: until then the room is others'.
void Lane::PutOffWhenSilent() {
  if (has_connected_ || parts_.router.has_smarthost() || std::exchange(is_patient_, true)) return;
  patience_.expires_after(parts_.options.patience);
  patience_.async_wait(WhenDue([this] {
    is_patient_ = false;
    if (has_connected_) return;
    is_silent_ = true;
    for (const Envelope& envelope : std::exchange(waiting_, {})) PutOff(envelope);
  }));
}

// A timer that is due calls even if it is destroyed meanwhile, and the lane with it.
std::function<void(boost::system::error_code)> Lane::WhenDue(std::function<void()> action) const {
  return [alive = std::weak_ptr(alive_),
          action = std::move(action)](boost::system::error_code cancelled) {
    if (!cancelled && !alive.expired()) action();
  };
}

bool Lane::BounceWhenExpired(const Envelope& envelope, std::string_view why) {
  if (envelope.recipients[0].expires_at > parts_.clock.Now()) return false;
  const Answer expired = {Stage::kConnect,
                          smtp::NoReply("4.4.7", "expired while waiting: " + std::string(why))};
  Circumstances where;
  where.at = parts_.clock.Now();
  std::vector<core::DeliveryOutcome> outcomes;
  for (const auto& recipient : envelope.recipients) {
    const auto verdict = ClassifyFailure(expired, envelope.recipients.size());
    outcomes.push_back(MakeOutcome(recipient, expired, verdict, where, parts_.retry, 0));
    outcomes.back().attempt = recipient.attempts;  // nothing was tried
  }
  recorder_.Settle(std::move(outcomes));
  return true;
}

// What has to wait for the end of a rest.
void Lane::KeepWaiting(const Envelope& envelope, const LaneHealth::Wait& wait) {
  if (BounceWhenExpired(envelope, wait.why)) return;
  const UnixMillis now = parts_.clock.Now();
  const auto left = std::chrono::ceil<milliseconds>(wait.until - steady_clock::now());
  recorder_.Postpone(envelope.recipients, std::min(now + std::max<int64_t>(left.count(), 1),
                                                   envelope.recipients[0].expires_at));
}

// What has to wait longer than the lane's connections take goes back to the ledger.
void Lane::PostponeWaiting() {
  const auto now = steady_clock::now();
  std::deque<Envelope> kept;
  for (Envelope& envelope : std::exchange(waiting_, {})) {
    const auto wait = health_.WhatToWaitFor(SenderDomain(envelope), now);
    if (wait) {
      KeepWaiting(envelope, *wait);
    } else {
      kept.push_back(std::move(envelope));
    }
  }
  waiting_ = std::move(kept);
  Report();
}

void Lane::Hold(const std::string& destination) {
  std::vector<core::DueRecipient> held;
  for (auto& envelope : waiting_) {
    auto& recipients = envelope.recipients;
    const auto first = std::stable_partition(
        recipients.begin(), recipients.end(),
        [&](const auto& recipient) { return recipient.destination != destination; });
    std::move(first, recipients.end(), std::back_inserter(held));
    recipients.erase(first, recipients.end());
  }
  std::erase_if(waiting_, [](const auto& envelope) { return envelope.recipients.empty(); });
  recorder_.Hold(held);
  Report();
}

// ---- Beginning and end

void Lane::Retry() {
  health_.Forget();
  no_growth_until_ = {};
  Grow();
  EndOrRemember();
}

void Lane::Stop() {
  stopping_ = true;
  for (const auto& envelope : waiting_) recorder_.Release(envelope.recipients);
  waiting_.clear();
  for (auto& worker : workers_) worker.bell.cancel();
  memory_.cancel();
  if (provider_ != nullptr) provider_->Leave(*this);
  EndOrRemember();
}

void Lane::Abort() {
  aborting_ = true;
  Stop();
  for (auto& worker : workers_) {
    if (worker.session) worker.session->Abort();
  }
}

bool Lane::HasEnded() const {
  if (!waiting_.empty() || !workers_.empty()) return false;
  return stopping_ || health_.forgotten_at() <= steady_clock::now();
}

void Lane::EndOrRemember() {
  if (HasEnded()) return on_end_();
  if (!waiting_.empty() || !workers_.empty()) return;
  memory_.expires_at(health_.forgotten_at());
  memory_.async_wait(WhenDue([this] { EndOrRemember(); }));
}

// ---- Connections

size_t Lane::Connected() const {
  return size_t(std::count_if(workers_.begin(), workers_.end(),
                              [](const Worker& worker) { return worker.IsConnected(); }));
}

bool Lane::MayConnect() const {
  return Connected() == 0 || steady_clock::now() >= no_growth_until_;
}

// Finds hands for what waits: first those that are free, then new ones, of whom no more may be
// without a connection at a time than have one.
void Lane::Grow() {
  size_t unserved = waiting_.size();
  size_t connecting = 0;
  for (auto& worker : workers_) {
    if (!worker.IsConnected() && worker.state != Worker::State::kLeaving) ++connecting;
    if (unserved == 0) continue;
    if (worker.state == Worker::State::kIdle) {
      worker.state = Worker::State::kStarting;
      worker.bell.cancel();
    }
    if (worker.state == Worker::State::kStarting) --unserved;
  }
  const size_t most = MostWorkers();
  const size_t at_once = std::max<size_t>(Connected(), 1);
  for (; unserved > 0 && workers_.size() < most && connecting < at_once && MayConnect();
       --unserved) {
    if (provider_ != nullptr && !provider_->TakeSlot(*this)) break;
    ++connecting;
    net::Spawn(executor_, Work(workers_.emplace_back(executor_)), "delivery task threw");
  }
  Report();
}

UnixMillis Lane::Wall(Instant at) const {
  return parts_.clock.Now() + std::chrono::ceil<milliseconds>(at - steady_clock::now()).count();
}

void Lane::Report() {
  LaneStatus status;
  status.lane = name_;
  status.connections = Connected();
  status.waiting = waiting_.size();
  const auto now = steady_clock::now();
  if (const auto rest = health_.Rest(now)) {
    status.down_until = Wall(rest->until);
    status.waits_for = rest->why;
  }
  for (const auto& [domain, rest] : health_.RestsOfDomains(now)) {
    status.of_sender_domain[domain] = {Wall(rest.until), rest.why};
  }
  if (flow_.put_off_until != Instant()) status.put_off_until = Wall(flow_.put_off_until);
  status.slow = health_.IsSlow(now);
  parts_.board.Report(status);
}

Task<void> Lane::Work(Worker& worker) {
  for (;;) {
    const bool has_work = co_await WaitForWork(worker);
    if (!has_work) break;
    if (limits_.messages_per_minute > 0) {
      co_await KeepToRate(worker);
      if (waiting_.empty() || stopping_) continue;
    }
    Envelope envelope = std::move(waiting_.front());
    waiting_.pop_front();
    worker.state = Worker::State::kCarrying;
    co_await DeliverSafely(worker, envelope);
  }
  worker.state = Worker::State::kLeaving;
  if (worker.session) co_await worker.session->Quit();
  workers_.remove_if([&worker](const Worker& each) { return &each == &worker; });
  if (provider_ != nullptr) provider_->ReturnSlot(*this);
  if (!waiting_.empty()) Grow();
  Report();
  EndOrRemember();
}

Task<bool> Lane::WaitForWork(Worker& worker) {
  worker.state = Worker::State::kStarting;
  while (waiting_.empty() && worker.IsConnected() && !stopping_ && !MustYield(worker)) {
    worker.state = Worker::State::kIdle;
    worker.bell.expires_after(parts_.options.reuse);
    const auto [rung] = co_await worker.bell.async_wait(net::kAwaitTuple);
    worker.state = Worker::State::kStarting;
    if (!rung) break;  // nobody came in time
  }
  const bool wanted =
      (workers_.size() <= MostWorkers() || workers_.size() == 1) && !MustYield(worker);
  co_return wanted && !waiting_.empty() && !stopping_ && (worker.IsConnected() || MayConnect());
}

// Other lanes of the provider need its slot.
bool Lane::MustYield(const Worker& worker) {
  if (provider_ == nullptr) return false;
  const bool is_idle = waiting_.empty();
  return (is_idle || steady_clock::now() >= worker.turn_ends) &&
         provider_->IsWanted(*this, is_idle);
}

bool Lane::EndIdleConnection() {
  const auto idle = std::ranges::find(workers_, Worker::State::kIdle, &Worker::state);
  if (idle == workers_.end()) return false;
  idle->state = Worker::State::kStarting;
  idle->bell.cancel();
  return true;
}

// Waits for this connection's turn; each message takes one.
Task<void> Lane::KeepToRate(Worker& worker) {
  const auto now = steady_clock::now();
  const auto turn = std::max(flow_.next_message_at, now);
  flow_.next_message_at =
      turn + std::chrono::microseconds(60'000'000 / limits_.messages_per_minute);
  if (turn == now) co_return;
  worker.state = Worker::State::kCarrying;  // not to be counted as free
  worker.bell.expires_at(turn);
  co_await worker.bell.async_wait(net::kAwaitTuple);
  worker.state = Worker::State::kStarting;
}

// A bug costs the envelope at hand a delay, and nobody else anything.
Task<void> Lane::DeliverSafely(Worker& worker, Envelope& envelope) {
  try {
    co_await Deliver(worker, envelope);
    co_return;
  } catch (const std::exception& bug) {
    log::Error("delivery task threw", {{"lane", name_}, {"why", bug.what()}});
  }
  worker.session.reset();  // wherever its dialogue was
  Fail(envelope, {CannotCompose(Internal("")), Circumstances()});
}

Task<void> Lane::Deliver(Worker& worker, Envelope& envelope) {
  PreparedMessage message;
  std::vector<Answer> answers;
  for (bool heard = false; !heard;) {
    const size_t most = limits_.messages_per_connection;
    if (most > 0 && worker.IsConnected() && worker.session->transactions() >= most) {
      co_await worker.session->Quit();
    }
    if (!worker.IsConnected()) {
      auto failure = co_await Connect(worker, envelope);
      if (failure) co_return OnConnectFailed(worker, envelope, std::move(*failure));
    }
    if (!message) message = co_await Prepare(envelope, false);
    if (message && message->eight_bit && !worker.session->takes_eight_bit()) {
      message.reset();  // who holds one copy must not wait for the room of another
      message = co_await Prepare(envelope, true);
    }
    if (!message) co_return;
    std::vector<std::string> addresses;
    for (const auto& recipient : envelope.recipients) addresses.push_back(recipient.address);
    const bool fresh = worker.session->transactions() == 0;
    std::string return_path = ReturnPathFor(*message, envelope.recipients);
    answers = co_await worker.session->Send(*message, std::move(return_path), addresses);
    // A connection that was closed while idle: try once on a new one.
    heard = aborting_ || (!worker.session->MustReconnect() && (fresh || !NobodyListened(answers)));
    if (worker.session->refused_chunking()) may_chunk_ = false;
  }
  message.reset();
  Circumstances where = Where(worker.session.get());
  where.tls_sessions = std::exchange(worker.tls_sessions, {});
  Conclude(envelope, answers, std::move(where), worker.session.get());
  HeedAnswers(envelope, answers);
}

// What the answers together mean for other mail.
void Lane::HeedAnswers(const Envelope& envelope, const std::vector<Answer>& answers) {
  const auto now = steady_clock::now();
  Verdict about_us;
  bool is_delivered = false, is_answered = false, is_trouble = false;
  for (const Answer& answer : answers) {
    if (answer.Delivered()) is_delivered = true;
    if (answer.Delivered() || answer.reply.code == 0) continue;
    const Verdict verdict = ClassifyFailure(answer, answers.size());
    if (verdict.scope == Scope::kSenderDomain) {
      health_.OnSenderDomainRefused(SenderDomain(envelope), verdict.reason, now);
      is_trouble = true;
    }
    if (verdict.pace > about_us.pace) about_us = verdict;
    is_answered = true;
  }
  if (is_delivered) {
    health_.OnDelivered(SenderDomain(envelope));
  } else if (about_us.pace != Pace::kKeep) {
    is_trouble = health_.OnUsRefused(envelope.recipients[0].message_id, about_us.pace,
                                     about_us.reason, workers_.size(), now);
  } else if (is_answered) {
    health_.OnAnswered();
  }
  if (!is_trouble) return;
  log::Info("lane meets trouble", {{"lane", name_}, {"why", std::string(about_us.reason)}});
  PostponeWaiting();
}

size_t Lane::MostWorkers() const {
  return health_.MostConnections(limits_.connections, steady_clock::now());
}

// Exchangers that were not found are not looked for again here: mail would go out by them unseen by
// the domain's MTA-STS policy.
Task<smtp_client::Route> Lane::FindRoute() const {
  if (!exchangers_) co_return co_await parts_.router.Find(name_);
  if (!exchangers_->hosts.empty()) co_return co_await parts_.router.Reach(*exchangers_);
  smtp_client::Route nowhere;
  nowhere.failure = exchangers_->failure;
  co_return nowhere;
}

// DANE goes before MTA-STS, and an operator's own words before both.
smtp_client::TlsNeed Lane::NeedOf(const smtp_client::Target& target) const {
  using smtp_client::TlsNeed;
  const bool is_told =
      limits_.tls == TlsNeed::kNone || (limits_.tls == TlsNeed::kVerified && !limits_.sts);
  if (!target.dane || is_told) return limits_.tls;
  return target.dane->usable.empty() ? TlsNeed::kEncrypted : TlsNeed::kDane;
}

// Tries the addresses in turn. Nothing: connected.
Task<std::optional<Answer>> Lane::Connect(Worker& worker, const Envelope& envelope) {
  worker.session.reset();
  PutOffWhenSilent();
  smtp_client::Route route = co_await FindRoute();
  std::optional<Answer> failure = std::move(route.failure);
  worker.tried = route.targets.empty() ? "= " + OneLine(failure->reply) + "\n" : "";
  for (auto& target : route.targets) {
    if (aborting_) break;
    worker.session = std::make_unique<SmtpSession>(executor_, parts_.session, parts_.tls);
    if (!may_chunk_) worker.session->AvoidChunking();
    const auto need = NeedOf(target);
    if (need == limits_.tls) target.dane = nullptr;  // it asks for nothing more
    failure = co_await worker.session->Open(std::move(target), need);
    const auto& dane = worker.session->target().dane;
    if (exchangers_) {  // a smarthost says nothing of the recipient's domain
      worker.Count(JudgeSession(worker.session->target(), envelope.sts.get(), worker.session->tls(),
                                failure));
    }
    if (failure && (dane || limits_.sts)) {
      failure = WithPrefix(dane ? "DANE: " : "MTA-STS: ", *std::move(failure));
    }
    if (failure) worker.tried += worker.session->transcript().Of(std::nullopt);
    if (!failure) {
      has_connected_ = true;
      is_silent_ = false;
      Grow();
      break;
    }
  }
  if (!failure && !worker.IsConnected()) {  // aborted before the first address
    failure = Answer{Stage::kConnect, smtp::NoReply("4.4.1", "the gateway stops")};
  }
  co_return failure;
}

// `seven_bit`: made for a server without 8BITMIME, as far as that can be.
// Returns null if there is nothing to send: the envelope is done with. A personal message stays
// alone with its recipient; the others go back to the head of the lane.
Task<PreparedMessage> Lane::Prepare(Envelope& envelope, bool seven_bit) {
  core::DueRecipient recipient = envelope.recipients.front();
  recipient.seven_bit = seven_bit;
  const bool share = envelope.has_siblings && !seven_bit;
  const auto prepare = [this, &recipient, share](SigningPool::Done done) {
    parts_.signing.Prepare(recipient, name_, share, std::move(done));
  };
  Result<PreparedMessage> prepared = co_await net::AwaitCallback<Result<PreparedMessage>>(prepare);
  if (!prepared) {
    OnNotPrepared(envelope, prepared.error());
    co_return nullptr;
  }
  if ((*prepared)->personal) Split(envelope);
  const auto looping = smtp_client::WhyLooping((*prepared)->data, Lower(parts_.session.hello_name));
  if (!looping) co_return *std::move(prepared);
  Fail(envelope, {{Stage::kCompose, smtp::NoReply("5.4.6", *looping)}, Circumstances()});
  co_return nullptr;
}

// Our own congestion is no attempt: the mail waits.
void Lane::OnNotPrepared(const Envelope& envelope, const Error& error) {
  constexpr UnixMillis kBusy = 1000;          // a store that has no reader now has one soon
  constexpr UnixMillis kUnreadable = 60'000;  // a disk that fails is mended by somebody
  if (error.kind == ErrorKind::kUnavailable && !error.detail.empty()) {
    log::Error(
        "a message cannot be read and waits",
        {{"message", envelope.recipients.front().message_id.ToString()}, {"why", error.detail}});
    return recorder_.Postpone(envelope.recipients, parts_.clock.Now() + kUnreadable);
  }
  if (error.kind == ErrorKind::kUnavailable || error.kind == ErrorKind::kRateLimited) {
    return recorder_.Postpone(envelope.recipients, parts_.clock.Now() + kBusy);
  }
  log::Warning("a message could not be made",
               {{"message", envelope.recipients.front().message_id.ToString()},
                {"kind", std::string(Name(error.kind))},
                {"why", error.detail + error.public_text}});
  Fail(envelope, {CannotCompose(error), Circumstances()});
}

void Lane::Split(Envelope& envelope) {
  auto& recipients = envelope.recipients;
  while (recipients.size() > 1) {
    std::vector<core::DueRecipient> alone(1, std::move(recipients.back()));
    recipients.pop_back();
    if (stopping_) {
      recorder_.Release(alone);
    } else {
      waiting_.push_front({envelope.lane, std::move(alone), false, envelope.sts, envelope.room});
    }
  }
  Grow();
}

// ---- Outcomes

void Lane::OnConnectFailed(Worker& worker, Envelope& envelope, Answer answer) {
  if (aborting_) return recorder_.Release(envelope.recipients);
  if (Connected() > 0 && !stopping_) {  // the others carry on, at the strength there is
    no_growth_until_ = steady_clock::now() + parts_.options.lane_pause;
    waiting_.push_front(std::move(envelope));
    return Grow();
  }
  has_connected_ = false;
  Failure failure = {std::move(answer), Where(worker.session.get())};
  failure.where.tls_sessions = std::exchange(worker.tls_sessions, {});
  failure.where.dialogue = worker.tried.substr(0, smtp::Transcript::kMaxBytes);
  Fail(envelope, failure);
  const Verdict verdict = ClassifyFailure(failure.answer, 1);
  if (verdict.permanent) return FailAllWaiting(failure);
  health_.OnUnreachable(verdict.reason, steady_clock::now());
  log::Info("lane rests", {{"lane", name_}, {"reply", OneLine(failure.answer.reply)}});
  PostponeWaiting();
}

void Lane::Fail(const Envelope& envelope, const Failure& failure) {
  const std::vector<Answer> answers(envelope.recipients.size(), failure.answer);
  Conclude(envelope, answers, failure.where);
}

// There is no way to the destination: the look-up was for all of them.
void Lane::FailAllWaiting(const Failure& failure) {
  for (const auto& envelope : std::exchange(waiting_, {})) Fail(envelope, failure);
}

void Lane::Conclude(const Envelope& envelope, const std::vector<Answer>& answers,
                    Circumstances where, const SmtpSession* session) {
  where.at = parts_.clock.Now();
  std::string note;
  if (where.dane) {
    note = mailauth::DaneNote(*where.dane, where.tls);
  } else if (envelope.sts) {
    note = StsNote(*envelope.sts, where.mx_host, where.tls);
  }
  if (!note.empty() && !where.tls.empty()) where.tls += ", " + note;
  where.dialogue = Noted(note, std::move(where.dialogue));
  flow_.rate.Count(answers.size(), steady_clock::now());
  if (!answers.empty()) parts_.board.Heard(name_, OneLine(answers.back().reply), where.at);
  std::vector<core::DeliveryOutcome> outcomes;
  std::vector<core::DueRecipient> unheard;
  for (size_t i = 0; i < answers.size(); ++i) {
    const auto& recipient = envelope.recipients[i];
    if (session != nullptr) where.dialogue = Noted(note, session->transcript().Of(i));
    if (aborting_ && IsUnheard(answers[i])) {
      unheard.push_back(recipient);
    } else if (answers[i].Delivered()) {
      outcomes.push_back(MakeOutcome(recipient, answers[i], {}, where, parts_.retry, 0));
    } else {
      const auto verdict = ClassifyFailure(answers[i], answers.size());
      const double jitter = JitterOf(recipient.message_id, name_);
      outcomes.push_back(MakeOutcome(recipient, answers[i], verdict, where, parts_.retry, jitter));
    }
  }
  if (!outcomes.empty()) outcomes[0].tls_sessions = std::move(where.tls_sessions);
  recorder_.Settle(std::move(outcomes));
  recorder_.Release(unheard);
}

}  // namespace egd::queue
