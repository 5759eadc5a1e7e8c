#include "daemon/queue/lane.h"

#include <algorithm>
#include <exception>
#include <iterator>

#include "daemon/queue/sts_rules.h"
#include "daemon/smtp_client/loop.h"
#include "shared/base/log.h"
#include "shared/base/strings.h"

namespace egd::queue {
namespace {

using net::Task;
using smtp_client::Answer;
using smtp_client::Pace;
using smtp_client::SmtpSession;
using smtp_client::Stage;
using std::chrono::steady_clock;

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

// What the answers together mean for the lane, and the first that means it.
std::pair<Pace, const Answer*> StrictestPace(const std::vector<Answer>& answers) {
  std::pair<Pace, const Answer*> strictest = {Pace::kKeep, nullptr};
  for (const auto& answer : answers) {
    if (answer.Delivered()) continue;
    const Pace pace = ClassifyFailure(answer, answers.size()).pace;
    if (pace > strictest.first) strictest = {pace, &answer};
  }
  return strictest;
}

Circumstances Where(const SmtpSession* session) {
  Circumstances where;
  if (session == nullptr) return where;
  where.mx_host = session->target().host;
  where.mx_address = session->target().address.ToString();
  where.tls = session->tls();
  where.dialogue = session->transcript().Of(std::nullopt);
  return where;
}

// Says who asks for so much.
Answer BlamedOnSts(Answer failure) {
  const bool ours = failure.stage == Stage::kStartTls && failure.reply.code == 0;
  if (ours) failure.reply.lines[0] = "MTA-STS: " + failure.reply.lines[0];
  return failure;
}

std::string Noted(const std::string& note, std::string dialogue) {
  if (note.empty()) return dialogue;
  return ("= " + note + "\n" + dialogue).substr(0, smtp::Transcript::kMaxBytes);
}

}  // namespace

struct Lane::Worker {
  enum class State {
    kStarting,  // about to look for work
    kCarrying,  // has a transaction
    kIdle,      // connected, waits for work
    kLeaving,   // says goodbye, or waits out a pause
  };

  explicit Worker(net::Executor executor) : bell(executor) {}
  bool IsConnected() const { return session && session->IsUsable(); }

  State state = State::kStarting;
  std::unique_ptr<SmtpSession> session;
  std::string tried;  // the dialogues of the addresses that failed, at the last connecting
  net::Timer bell;    // cancelled: look again
};

Lane::Lane(const LaneParts& parts, net::Executor executor, Recorder& recorder, std::string name,
           std::optional<smtp_client::Exchangers> exchangers, LaneLimits limits,
           std::function<void()> on_end)
    : parts_(parts),
      executor_(executor),
      recorder_(recorder),
      name_(std::move(name)),
      exchangers_(std::move(exchangers)),
      limits_(limits),
      on_end_(std::move(on_end)) {}

Lane::~Lane() = default;

void Lane::Submit(Envelope transaction) {
  if (stopping_) return recorder_.Release(transaction.recipients);
  if (trouble_) return Fail(transaction, *trouble_);
  if (HasTooMuch()) return PutOff(transaction);
  if (waiting_.empty()) {  // it had nothing to be slow at
    rate_ = DrainRate(steady_clock::now());
    put_off_until_ = 0;
  }
  waiting_.push_back(std::move(transaction));
  Grow();
}

bool Lane::HasTooMuch() const {
  if (parts_.router.has_smarthost()) return false;  // there is nobody else
  // Enough to keep the connections busy is never too much.
  const size_t enough = std::max<size_t>(2 * limits_.connections, 20);
  return waiting_.size() >= enough && waiting_.size() >= recorder_.FreeRoom();
}

void Lane::PutOff(const Envelope& transaction) {
  constexpr UnixMillis kLeast = 1000, kMost = 300'000;
  const UnixMillis now = parts_.clock.Now();
  const double rate = rate_.PerMilli(steady_clock::now());
  const auto drained = now + UnixMillis(double(waiting_.size()) / rate);
  const auto slot =
      std::max(put_off_until_, drained) + UnixMillis(double(transaction.recipients.size()) / rate);
  put_off_until_ = std::clamp(slot, now + kLeast, now + kMost);
  recorder_.Postpone(transaction.recipients, put_off_until_);
}

void Lane::Hold(const std::string& destination, UnixMillis until) {
  std::vector<core::DueRecipient> held;
  for (auto& transaction : waiting_) {
    auto& recipients = transaction.recipients;
    const auto first = std::stable_partition(
        recipients.begin(), recipients.end(),
        [&](const auto& recipient) { return recipient.destination != destination; });
    std::move(first, recipients.end(), std::back_inserter(held));
    recipients.erase(first, recipients.end());
  }
  std::erase_if(waiting_, [](const auto& transaction) { return transaction.recipients.empty(); });
  recorder_.Postpone(held, until);
  Report();
}

void Lane::Retry() {
  slow_until_ = no_growth_until_ = {};
  for (auto& worker : workers_) {
    if (worker.state == Worker::State::kLeaving) worker.bell.cancel();
  }
  Grow();
}

void Lane::Stop() {
  stopping_ = true;
  for (const auto& transaction : waiting_) recorder_.Release(transaction.recipients);
  waiting_.clear();
  for (auto& worker : workers_) worker.bell.cancel();
}

void Lane::Abort() {
  aborting_ = true;
  Stop();
  for (auto& worker : workers_) {
    if (worker.session) worker.session->Abort();
  }
}

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
    ++connecting;
    net::Spawn(executor_, Work(workers_.emplace_back(executor_)), "delivery task threw");
  }
  Report();
}

void Lane::Report() {
  LaneStatus status;
  status.lane = name_;
  status.connections = Connected();
  status.waiting = waiting_.size();
  status.down_until = trouble_ ? down_until_ : 0;
  status.slow = steady_clock::now() < slow_until_;
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
    Envelope transaction = std::move(waiting_.front());
    waiting_.pop_front();
    worker.state = Worker::State::kCarrying;
    co_await CarrySafely(worker, transaction);
  }
  worker.state = Worker::State::kLeaving;
  if (worker.session) co_await worker.session->Quit();
  workers_.remove_if([&worker](const Worker& each) { return &each == &worker; });
  if (!waiting_.empty()) Grow();
  Report();
  if (HasEnded()) on_end_();
}

Task<bool> Lane::WaitForWork(Worker& worker) {
  worker.state = Worker::State::kStarting;
  while (waiting_.empty() && worker.IsConnected() && !stopping_) {
    worker.state = Worker::State::kIdle;
    worker.bell.expires_after(parts_.options.reuse);
    const auto [rung] = co_await worker.bell.async_wait(net::kAwaitTuple);
    worker.state = Worker::State::kStarting;
    if (!rung) break;  // nobody came in time
  }
  const bool wanted = workers_.size() <= MostWorkers() || workers_.size() == 1;
  co_return wanted && !waiting_.empty() && !stopping_ && (worker.IsConnected() || MayConnect());
}

// Waits for this connection's turn; each message takes one.
Task<void> Lane::KeepToRate(Worker& worker) {
  const auto now = steady_clock::now();
  const auto turn = std::max(next_message_at_, now);
  next_message_at_ = turn + std::chrono::microseconds(60'000'000 / limits_.messages_per_minute);
  if (turn == now) co_return;
  worker.state = Worker::State::kCarrying;  // not to be counted as free
  worker.bell.expires_at(turn);
  co_await worker.bell.async_wait(net::kAwaitTuple);
  worker.state = Worker::State::kStarting;
}

// A bug costs the transaction at hand a delay, and nobody else anything.
Task<void> Lane::CarrySafely(Worker& worker, Envelope& transaction) {
  try {
    co_await Carry(worker, transaction);
    co_return;
  } catch (const std::exception& bug) {
    log::Error("a delivery failed within", {{"lane", name_}, {"why", bug.what()}});
  }
  worker.session.reset();  // wherever its dialogue was
  Fail(transaction, {CannotCompose(Internal("")), Circumstances()});
}

Task<void> Lane::Carry(Worker& worker, Envelope& transaction) {
  PreparedMessage message;
  std::vector<Answer> answers;
  for (bool heard = false; !heard;) {
    const size_t most = limits_.messages_per_connection;
    if (most > 0 && worker.IsConnected() && worker.session->transactions() >= most) {
      co_await worker.session->Quit();
    }
    if (!worker.IsConnected()) {
      auto failure = co_await Connect(worker);
      if (failure) {
        co_await EndureNoConnection(worker, transaction, std::move(*failure));
        co_return;
      }
    }
    if (!message) message = co_await Prepare(transaction);
    if (!message) co_return;
    std::vector<std::string> addresses;
    for (const auto& recipient : transaction.recipients) addresses.push_back(recipient.address);
    const bool fresh = worker.session->transactions() == 0;
    std::string return_path = message->return_path;
    if (addresses.size() == 1 && message->own_return_path) {
      return_path = message->own_return_path(transaction.recipients[0].id);
    }
    answers = co_await worker.session->Send(*message, std::move(return_path), addresses);
    // A connection that was closed while idle: try once on a new one.
    heard = fresh || aborting_ || !NobodyListened(answers);
  }
  message.reset();
  Conclude(transaction, answers, Where(worker.session.get()), worker.session.get());
  const auto [pace, answer] = StrictestPace(answers);
  if (pace == Pace::kSlow) Slow();
  if (pace == Pace::kPause) {
    Trouble trouble = {*answer, Where(worker.session.get())};
    co_await Pause(worker, std::move(trouble));
  }
}

// Half as many connections for a while.
void Lane::Slow() {
  ceiling_ = std::max<size_t>(std::min(ceiling_, workers_.size()) / 2, 1);
  slow_until_ = steady_clock::now() + parts_.options.lane_pause;
}

size_t Lane::MostWorkers() {
  if (steady_clock::now() >= slow_until_) {
    ceiling_ = limits_.connections;
  }
  return ceiling_;
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

// Tries the addresses in turn. Nothing: connected.
Task<std::optional<Answer>> Lane::Connect(Worker& worker) {
  worker.session.reset();
  smtp_client::Route route = co_await FindRoute();
  std::optional<Answer> failure = std::move(route.failure);
  worker.tried = route.targets.empty() ? "= " + OneLine(failure->reply) + "\n" : "";
  for (auto& target : route.targets) {
    if (aborting_) break;
    worker.session = std::make_unique<SmtpSession>(executor_, parts_.session, parts_.tls);
    failure = co_await worker.session->Open(std::move(target), limits_.tls);
    if (failure) worker.tried += worker.session->transcript().Of(std::nullopt);
    if (!failure) {
      Grow();
      break;
    }
  }
  if (failure && limits_.sts) failure = BlamedOnSts(*std::move(failure));
  co_return failure;
}

// Null: it could not be made, and the transaction is over. A personal message stays alone with its
// recipient; the others go back to the head of the lane.
Task<PreparedMessage> Lane::Prepare(Envelope& transaction) {
  const auto prepare = [this, &transaction](SigningPool::Done done) {
    parts_.signing.Prepare(transaction.recipients.front(), transaction.has_siblings,
                           std::move(done));
  };
  Result<PreparedMessage> prepared = co_await net::AwaitCallback<Result<PreparedMessage>>(prepare);
  if (prepared) {
    if ((*prepared)->personal) Split(transaction);
    const auto looping =
        smtp_client::WhyLooping((*prepared)->data, Lower(parts_.session.hello_name));
    if (!looping) co_return *std::move(prepared);
    Fail(transaction, {{Stage::kCompose, smtp::NoReply("5.4.6", *looping)}, Circumstances()});
    co_return nullptr;
  }
  log::Warning("a message could not be made",
               {{"message", transaction.recipients.front().message_id.ToString()},
                {"kind", std::string(Name(prepared.error().kind))},
                {"why", prepared.error().detail + prepared.error().public_text}});
  Fail(transaction, {CannotCompose(prepared.error()), Circumstances()});
  co_return nullptr;
}

void Lane::Split(Envelope& transaction) {
  auto& recipients = transaction.recipients;
  while (recipients.size() > 1) {
    std::vector<core::DueRecipient> alone(1, std::move(recipients.back()));
    recipients.pop_back();
    if (stopping_) {
      recorder_.Release(alone);
    } else {
      waiting_.push_front({transaction.lane, std::move(alone), false, transaction.sts});
    }
  }
  Grow();
}

Task<void> Lane::EndureNoConnection(Worker& worker, Envelope& transaction, Answer failure) {
  if (aborting_) co_return recorder_.Release(transaction.recipients);
  if (Connected() > 0 && !stopping_) {  // the others carry on, at the strength there is
    no_growth_until_ = steady_clock::now() + parts_.options.lane_pause;
    waiting_.push_front(std::move(transaction));
    co_return Grow();
  }
  Trouble trouble = {std::move(failure), Where(worker.session.get())};
  trouble.where.dialogue = worker.tried.substr(0, smtp::Transcript::kMaxBytes);
  Fail(transaction, trouble);
  if (ClassifyFailure(trouble.answer, 1).permanent) co_return FailAllWaiting(trouble);
  co_await Pause(worker, std::move(trouble));
}

Task<void> Lane::Pause(Worker& worker, Trouble trouble) {
  if (trouble_ || stopping_) co_return;
  log::Info("lane down", {{"lane", name_}, {"reply", OneLine(trouble.answer.reply)}});
  trouble_ = std::move(trouble);
  down_until_ = parts_.clock.Now() + parts_.options.lane_pause.count();
  FailAllWaiting(*trouble_);
  Report();
  worker.state = Worker::State::kLeaving;
  if (worker.IsConnected()) co_await worker.session->Quit();
  worker.bell.expires_after(parts_.options.lane_pause);
  if (!stopping_) co_await worker.bell.async_wait(net::kAwaitTuple);
  trouble_.reset();
  Report();
}

void Lane::Fail(const Envelope& transaction, const Trouble& trouble) {
  const std::vector<Answer> answers(transaction.recipients.size(), trouble.answer);
  Conclude(transaction, answers, trouble.where);
}

void Lane::FailAllWaiting(const Trouble& trouble) {
  for (const auto& transaction : std::exchange(waiting_, {})) Fail(transaction, trouble);
}

void Lane::Conclude(const Envelope& transaction, const std::vector<Answer>& answers,
                    Circumstances where, const SmtpSession* session) {
  where.at = parts_.clock.Now();
  const std::string note =
      transaction.sts ? StsNote(*transaction.sts, where.mx_host, where.tls) : "";
  if (!note.empty() && !where.tls.empty()) where.tls += ", " + note;
  where.dialogue = Noted(note, std::move(where.dialogue));
  rate_.Count(answers.size(), steady_clock::now());
  if (!answers.empty()) parts_.board.Heard(name_, OneLine(answers.back().reply), where.at);
  std::vector<core::DeliveryOutcome> outcomes;
  std::vector<core::DueRecipient> unheard;
  for (size_t i = 0; i < answers.size(); ++i) {
    const auto& recipient = transaction.recipients[i];
    if (session != nullptr) where.dialogue = Noted(note, session->transcript().Of(i));
    if (aborting_ && IsUnheard(answers[i])) {
      unheard.push_back(recipient);
    } else if (answers[i].Delivered()) {
      outcomes.push_back(MakeOutcome(recipient, answers[i], {}, where, parts_.retry, 0));
    } else {
      const auto verdict = ClassifyFailure(answers[i], answers.size());
      outcomes.push_back(
          MakeOutcome(recipient, answers[i], verdict, where, parts_.retry, RandomJitter()));
    }
  }
  recorder_.Settle(std::move(outcomes));
  recorder_.Release(unheard);
}

}  // namespace egd::queue
