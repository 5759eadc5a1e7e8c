#include "daemon/hooks/sender.h"

#include <algorithm>
#include <exception>
#include <string>
#include <utility>

#include <pthread.h>

#include "shared/base/log.h"
#include "shared/base/random.h"

namespace egd::hooks {
namespace {

using core::WebhookJob;
using core::WebhookOutcome;
using core::WebhookResult;

constexpr size_t kResultsAWrite = 100;  // some 20 µs each: 2 ms of the writer's time
constexpr UnixMillis kAfterStoreFailure = 1000;
constexpr std::chrono::milliseconds kLongestWait{1000};
constexpr size_t kEndpointsARead = 1000;
constexpr int64_t kLongestRetryAfterSeconds = 86'400;

double Random(double least, double most) {
  constexpr uint64_t kSteps = 10'000;
  return least + (most - least) * double(RandomBelow(kSteps + 1)) / double(kSteps);
}

}  // namespace

Sender::Sender(core::WebhookLedger& ledger, core::Resolver& resolver, core::AddressGuard guard,
               RetrySchedule schedule, std::unique_ptr<http_client::Transport> transport,
               const Clock& clock)
    : ledger_(ledger),
      schedule_(std::move(schedule)),
      clock_(clock),
      transport_(std::move(transport)),
      inbox_(std::make_shared<http_client::Inbox>([this] { transport_->Wake(); })),
      poster_(resolver, std::move(guard), clock, inbox_, *transport_) {}

Sender::~Sender() {
  Interrupt();
  Join();
  inbox_->Close();
}

void Sender::Start() {
  thread_ = std::thread([this] { Loop(); });
}

void Sender::Interrupt() {
  interrupted_ = true;
  transport_->Wake();
}

void Sender::Join() {
  if (thread_.joinable()) thread_.join();
}

void Sender::Touch(std::vector<int64_t> endpoints) {
  inbox_->Put([this, endpoints = std::move(endpoints)] {
    for (const int64_t endpoint : endpoints) {
      lanes_[endpoint].more = true;
      Visit(endpoint, clock_.Now());
    }
  });
}

void Sender::ClockSetBack(UnixMillis by) {
  inbox_->Put([this, by] { MoveBack(by); });
}

void Sender::MoveBack(UnixMillis by) {
  agenda_.clear();
  for (auto& [endpoint, lane] : lanes_) {
    lane.health.ClockSetBack(by);
    if (lane.next_due != 0) lane.next_due -= by;
    if (std::exchange(lane.agenda_at, 0) != 0) Visit(endpoint, clock_.Now());
  }
  record_at_ -= by;
  if (find_at_) *find_at_ -= by;
}

void Sender::PostOnce(core::WebhookPost post, http_client::Transport::Done done) {
  inbox_->Put([this, post = std::move(post), done = std::move(done)] { poster_.Post(post, done); });
}

void Sender::FindEndpoints() {
  int64_t last = 0;
  for (;;) {
    const auto endpoints = ledger_.ListEndpoints(last, kEndpointsARead);
    if (!endpoints) {
      log::Error("webhook jobs not found, trying again", {{"detail", endpoints.error().detail}});
      find_at_ = clock_.Now() + kAfterStoreFailure;
      return;
    }
    if (endpoints->empty()) return find_at_.reset();
    last = endpoints->back();
    for (const int64_t endpoint : *endpoints) {
      lanes_[endpoint].more = true;
      Visit(endpoint, clock_.Now());
    }
  }
}

void Sender::Loop() {
  pthread_setname_np(pthread_self(), "egd-hook");
  auto end = std::chrono::steady_clock::time_point::max();
  // What is being recorded ends by itself, and is waited for: the ledger must not go before it.
  while (!Drained() && (recording_ > 0 || std::chrono::steady_clock::now() < end)) {
    try {
      RunOnce(kLongestWait);
    } catch (const std::exception& error) {
      log::Error("webhook sender failed", {{"reason", error.what()}});
    }
    if (interrupted_) end = std::min(end, std::chrono::steady_clock::now() + kDrainTime);
  }
}

bool Sender::Drained() const {
  return interrupted_ && slots_.used() == 0 && results_.empty() && recording_ == 0;
}

void Sender::RunOnce(std::chrono::milliseconds most) {
  inbox_->Run();
  if (!interrupted_ && find_at_ && *find_at_ <= clock_.Now()) FindEndpoints();
  if (!interrupted_) ServeDue();
  transport_->Run(Wait(most));
  inbox_->Run();
  RecordResults();
}

std::chrono::milliseconds Sender::Wait(std::chrono::milliseconds most) const {
  const UnixMillis now = clock_.Now();
  UnixMillis until = now + most.count();
  if (!agenda_.empty() && !interrupted_) until = std::min(until, agenda_.begin()->first);
  if (!results_.empty()) until = std::min(until, record_at_);
  return std::chrono::milliseconds(std::max<UnixMillis>(0, until - now));
}

void Sender::Visit(int64_t endpoint, UnixMillis at) {
  Lane& lane = lanes_[endpoint];
  if (lane.agenda_at != 0 && lane.agenda_at <= at) return;
  if (lane.agenda_at != 0) agenda_.erase({lane.agenda_at, endpoint});
  lane.agenda_at = at;
  agenda_.insert({at, endpoint});
}

// Those that were due when it began: who comes back at once waits for the others' turn.
void Sender::ServeDue() {
  const UnixMillis now = clock_.Now();
  std::vector<int64_t> due;
  for (const auto& [at, endpoint] : agenda_) {
    if (at > now) break;
    due.push_back(endpoint);
  }
  for (const int64_t endpoint : due) {
    Lane& lane = lanes_.at(endpoint);
    agenda_.erase({lane.agenda_at, endpoint});
    lane.agenda_at = 0;
    Serve(endpoint, lane);
  }
}

void Sender::Serve(int64_t endpoint, Lane& lane) {
  const UnixMillis now = clock_.Now();
  const bool due = lane.more || (lane.next_due != 0 && lane.next_due <= now);
  if (!due && lane.next_due != 0) return Visit(endpoint, lane.next_due);
  if (!due) {
    if (lane.in_hand.jobs.empty()) lanes_.erase(endpoint);
    return;
  }
  const size_t allowed = lane.health.Allowed(now);
  if (allowed == 0) return Visit(endpoint, lane.health.ProbeAt());
  // In batches: a read a post would be most of its cost. What ends comes back here.
  if (lane.posts > allowed / 2) return;
  const size_t room = TakeSlots(endpoint, lane, allowed - lane.posts);
  if (room > 0) Take(endpoint, lane, room);
}

// For up to `most` more posts. With none, the lane waits to be let in.
size_t Sender::TakeSlots(int64_t endpoint, Lane& lane, size_t most) {
  if (lane.owner == 0 && lane.posts == 0) {
    const auto owner = ledger_.OwnerOf(endpoint);
    if (owner) lane.owner = *owner;  // else it shares with others who are not known
  }
  size_t room = std::min(most, kMostInHand - std::min(in_hand_, kMostInHand));
  const bool suspect = lane.health.Suspect();
  if (suspect)
    room = std::min(room, kMostSuspectPosts - std::min(suspect_posts_, kMostSuspectPosts));
  while (room > 0 && !slots_.TryTake(std::to_string(lane.owner), room)) room /= 2;
  if (room == 0 && !std::exchange(lane.waits, true)) {
    (suspect ? suspects_waiting_ : waiting_).push_back(endpoint);
  }
  return room;
}

void Sender::ReturnSlots(const Lane& lane, size_t count) {
  (void)slots_.Return(std::to_string(lane.owner), count);  // nobody waits in it
}

void Sender::Take(int64_t endpoint, Lane& lane, size_t most) {
  auto batch = ledger_.Load(endpoint, most, lane.in_hand);
  if (!batch) {
    log::Warning("webhook jobs not read",
                 {{"reason", batch.error().public_text}, {"detail", batch.error().detail}});
    ReturnSlots(lane, most);
    return Visit(endpoint, clock_.Now() + kAfterStoreFailure);
  }
  ReturnSlots(lane, most - batch->posts.size());
  lane.more = batch->posts.size() == most;
  lane.passed_over = batch->passed_over;
  lane.next_due = batch->next_due;
  for (WebhookResult& result : batch->settled) {
    TakeInHand(lane, result.job);
    results_.push_back(std::move(result));
  }
  for (core::WebhookPost& post : batch->posts) StartPost(lane, std::move(post));
  if (lane.posts == 0) Visit(endpoint, clock_.Now());
}

void Sender::TakeInHand(Lane& lane, const WebhookJob& job) {
  lane.in_hand.jobs.insert(job.Key());
  lane.in_hand.messages.insert(job.message);
  ++in_hand_;
}

void Sender::StartPost(Lane& lane, core::WebhookPost post) {
  const bool suspect = lane.health.Suspect();
  TakeInHand(lane, post.job);
  ++lane.posts;
  if (suspect) ++suspect_posts_;
  const auto done = [this, job = post.job, suspect](const http_client::HttpReply& reply) {
    Finished(job, suspect, reply);
  };
  poster_.Post(std::move(post), done);
}

void Sender::Finished(const WebhookJob& job, bool suspect, const http_client::HttpReply& reply) {
  Lane& lane = lanes_.at(job.endpoint);
  --lane.posts;
  ReturnSlots(lane, 1);
  if (suspect) --suspect_posts_;
  if (reply.Succeeded()) {
    lane.health.Succeeded();
  } else {
    lane.health.Failed(clock_.Now(), Random(0, 1));
  }
  results_.push_back(Judge(job, reply));
  Visit(job.endpoint, clock_.Now());
  LetWaitersIn();
}

WebhookResult Sender::Judge(const WebhookJob& job, const http_client::HttpReply& reply) const {
  WebhookResult result;
  result.job = job;
  result.at = clock_.Now();
  result.status = reply.status;
  result.latency_ms = reply.latency_ms;
  result.response = http_client::Shown(reply);
  if (reply.Succeeded()) return result;
  result.error = http_client::FailureOf(reply);
  const auto next = schedule_.NextAttempt(job.attempts + 1, result.at, Random(-1, 1));
  result.outcome = next ? WebhookOutcome::kRetry : WebhookOutcome::kFailed;
  if (!next) return result;
  const int64_t asked = std::min(reply.retry_after_s, kLongestRetryAfterSeconds) * 1000;
  result.next_attempt_at = std::max(*next, result.at + asked);
  return result;
}

void Sender::LetWaitersIn() {
  for (auto* waiting : {&waiting_, &suspects_waiting_}) {
    if (waiting->empty()) continue;
    const int64_t endpoint = waiting->front();
    waiting->pop_front();
    const auto lane = lanes_.find(endpoint);
    if (lane == lanes_.end()) continue;
    lane->second.waits = false;
    Visit(endpoint, clock_.Now());
  }
}

void Sender::RecordResults() {
  if (results_.empty() || clock_.Now() < record_at_) return;
  auto results = std::exchange(results_, {});
  for (size_t first = 0; first < results.size(); first += kResultsAWrite) {
    const size_t last = std::min(first + kResultsAWrite, results.size());
    const auto part = std::make_shared<const std::vector<WebhookResult>>(
        std::make_move_iterator(results.begin() + std::ptrdiff_t(first)),
        std::make_move_iterator(results.begin() + std::ptrdiff_t(last)));
    ++recording_;
    ledger_.Record(*part, [this, part](Result<void> recorded) {
      inbox_->Put([this, part, recorded = std::move(recorded)] { Recorded(*part, recorded); });
    });
  }
}

void Sender::Recorded(const std::vector<WebhookResult>& results, const Result<void>& recorded) {
  --recording_;
  if (recorded) {
    for (const WebhookResult& result : results) Leave(result);
    return;
  }
  log::Warning("webhook results not recorded, trying again",
               {{"results", std::to_string(results.size())}, {"why", recorded.error().detail}});
  results_.insert(results_.end(), results.begin(), results.end());
  record_at_ = clock_.Now() + kAfterStoreFailure;
}

// Committed: out of hand. What was behind it may go on.
void Sender::Leave(const WebhookResult& result) {
  const WebhookJob& job = result.job;
  Lane& lane = lanes_.at(job.endpoint);
  --in_hand_;
  lane.in_hand.jobs.erase(job.Key());
  lane.in_hand.messages.erase(lane.in_hand.messages.find(job.message));
  const bool released = job.waited || result.outcome != WebhookOutcome::kDelivered;
  lane.more = lane.more || released || lane.passed_over;
  Visit(job.endpoint, clock_.Now());
  LetWaitersIn();
}

}  // namespace egd::hooks
