// The webhook sender: takes jobs from the ledger, posts them, and tells the ledger what became of
// them.
//
// Policy. Each endpoint with jobs has a lane, which holds what is in hand and its health
// (endpoint_health.h) and nothing else: what waits is in the store. A job stays in hand until its
// result is committed; no other job of its message is taken meanwhile, so that events of a message
// reach an endpoint in their order. A failed post is tried again by the schedule and then failed. A
// Retry-After header puts a retry off, by a day at most. Of 2,048 posts under way at once, at most
// 512 are to endpoints whose last attempt failed: those that hang cannot keep the others waiting.
// Users share them (core/budget.h): however many endpoints one has, there is room for the others'.
//
// Failures. The store fails: results are kept in hand and recorded later, nothing new is taken
// beyond 4,096. A crash: what was in hand is posted again, with the same webhook-id.
//
// One thread, `egd-hook`, does everything, with libcurl's multi interface, and blocks on the
// store's readers alone. No Ticker: after Interrupt it goes on until what is under way has ended.
#pragma once

#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <thread>
#include <unordered_map>
#include <vector>

#include "daemon/core/budget.h"
#include "daemon/core/resolver.h"
#include "daemon/core/webhook_delivery.h"
#include "daemon/hooks/endpoint_health.h"
#include "daemon/hooks/poster.h"
#include "daemon/hooks/retry_schedule.h"
#include "daemon/http_client/inbox.h"
#include "daemon/http_client/transport.h"
#include "shared/base/clock.h"

namespace egd::hooks {

class Sender {
 public:
  static constexpr size_t kMostPosts = 2048, kMostSuspectPosts = 512, kMostInHand = 4096;
  static constexpr size_t kGuaranteedPosts =
      16;  // to each user: half of what one endpoint may have
  static constexpr std::chrono::seconds kDrainTime{5};

  // Thread-safe from Start on. Owned by Daemon; what it refers to must outlive it.
  Sender(core::WebhookLedger& ledger, core::Resolver& resolver, core::AddressGuard guard,
         RetrySchedule schedule, std::unique_ptr<http_client::Transport> transport,
         const Clock& clock);
  ~Sender();  // Interrupt and Join

  void Start();
  void Interrupt();  // takes nothing new; posts under way may end, within kDrainTime
  void Join();

  // There is something new for these endpoints.
  void Touch(std::vector<int64_t> endpoints);
  // The wall clock was set back by so much, and the ledger's retries with it.
  void ClockSetBack(UnixMillis by);
  // Posts once, aside from all lanes and whatever an endpoint's health, and remembers nothing.
  // `done` runs on the sender's thread, within the transport's time-out and the resolver's.
  void PostOnce(core::WebhookPost post, http_client::Transport::Done done);

  // What the thread does, again and again; tests call it themselves. Waits up to `most`.
  void RunOnce(std::chrono::milliseconds most);

 private:
  struct Lane {
    core::WebhooksInHand in_hand;
    EndpointHealth health;
    int64_t owner = 0;         // 0: not known yet
    size_t posts = 0;          // under way
    bool more = false;         // the ledger may have something due
    bool passed_over = false;  // and will, when something in hand is recorded
    UnixMillis next_due = 0;   // of the retries; 0: there is none
    UnixMillis agenda_at = 0;  // its place in the agenda; 0: none
    bool waits = false;        // in waiting_ or suspects_waiting_
  };
  using Lanes = std::unordered_map<int64_t, Lane>;

  void Loop();
  void MoveBack(UnixMillis by);
  void FindEndpoints();  // those that have jobs from before
  bool Drained() const;
  std::chrono::milliseconds Wait(std::chrono::milliseconds most) const;

  void Visit(int64_t endpoint, UnixMillis at);  // puts its lane on the agenda, unless it is earlier
  void ServeDue();
  void Serve(int64_t endpoint, Lane& lane);
  size_t TakeSlots(int64_t endpoint, Lane& lane, size_t most);
  void ReturnSlots(const Lane& lane, size_t count);
  void Take(int64_t endpoint, Lane& lane, size_t most);
  void TakeInHand(Lane& lane, const core::WebhookJob& job);
  void StartPost(Lane& lane, core::WebhookPost post);
  void Finished(const core::WebhookJob& job, bool suspect, const http_client::HttpReply& reply);
  core::WebhookResult Judge(const core::WebhookJob& job, const http_client::HttpReply& reply) const;
  void LetWaitersIn();

  void RecordResults();
  void Recorded(const std::vector<core::WebhookResult>& results, const Result<void>& recorded);
  void Leave(const core::WebhookResult& result);

  core::WebhookLedger& ledger_;
  const RetrySchedule schedule_;
  const Clock& clock_;
  const std::unique_ptr<http_client::Transport> transport_;
  const std::shared_ptr<http_client::Inbox> inbox_;
  Poster poster_;
  Lanes lanes_;
  std::set<std::pair<UnixMillis, int64_t>> agenda_;   // when to look at which lane
  std::deque<int64_t> waiting_, suspects_waiting_;    // lanes for which there was no room
  std::vector<core::WebhookResult> results_;          // to be recorded
  core::Budget slots_{kMostPosts, kGuaranteedPosts};  // by owner; posts under way
  size_t suspect_posts_ = 0, in_hand_ = 0, recording_ = 0;
  UnixMillis record_at_ = 0;
  std::optional<UnixMillis> find_at_ = 0;  // when to find endpoints; nothing: they are found
  std::atomic<bool> interrupted_ = false;
  std::thread thread_;
};

}  // namespace egd::hooks
