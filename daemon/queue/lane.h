// One destination's share of the queue: what waits for it, its connections, and its trouble. All
// domains with the same mail exchangers are one destination, save that those with an enforced
// MTA-STS policy are apart from those without. A slow or dead one delays only its own lane. Lives
// on one io thread; not thread-safe.
//
// Concurrency starts with one connection and doubles with success, up to
// connections_per_destination: a dead destination costs one connection attempt at a time, a crowded
// one is not stormed. A connection serves one transaction after the other and is kept a moment for
// more.
//
// A lane may have as many transactions waiting in memory as there is free room for all (dynamic
// thresholds, Choudhury and Hahne 1998): a slow destination takes half of the room, two take a
// third each, and what is left is for those who can use it. What comes beyond is put off until the
// lane will have worked, at its rate (drain_rate.h).
//
// When no server of the destination takes mail from us, the lane is down for lane_pause: what
// waits, and what comes meanwhile, is deferred with the same reason and without trying, so that the
// queue's memory is free for others. A connection refused beside others that work only means: no
// more than those. A server that distrusts a message (Pace::kSlow) gets half the connections for
// lane_pause.
#pragma once

#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/ssl/context.hpp>

#include "daemon/mailauth/sts_policies.h"
#include "daemon/net/spawn.h"
#include "daemon/queue/drain_rate.h"
#include "daemon/queue/engine_options.h"
#include "daemon/queue/envelope.h"
#include "daemon/queue/lane_board.h"
#include "daemon/queue/lane_limits.h"
#include "daemon/queue/outcome.h"
#include "daemon/queue/recorder.h"
#include "daemon/queue/retry_policy.h"
#include "daemon/queue/signing_pool.h"
#include "daemon/smtp_client/mx_route.h"
#include "daemon/smtp_client/smtp_session.h"

namespace egd::queue {

// What the lanes of an engine share. All of it outlives them.
struct LaneParts {
  const EngineOptions& options;
  const Clock& clock;
  const smtp_client::MxRouter& router;
  const smtp_client::SessionOptions& session;
  const RetryPolicy& retry;
  boost::asio::ssl::context& tls;
  SigningPool& signing;
  LaneBoard& board;
  mailauth::StsPolicies* policies;  // null: no domain has one
};

class Lane {
 public:
  // `exchangers`: where its mail goes, or why nowhere; nothing: the router finds out for `name`, a
  // destination.
  // `on_end` runs when nothing waits and nobody works: the lane may be deleted after it, not in it.
  Lane(const LaneParts& parts, net::Executor executor, Recorder& recorder, std::string name,
       std::optional<smtp_client::Exchangers> exchangers, LaneLimits limits,
       std::function<void()> on_end);
  ~Lane();
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  void Submit(Envelope transaction);
  // What waits for `destination` is postponed; dialogues under way go on.
  void Hold(const std::string& destination, UnixMillis until);
  // Nothing is down or slow any more: try at once.
  void Retry();
  void
  Stop();  // what waits goes back to the ledger; dialogues under way go on, idle connections end
  void Abort();  // dialogues end now; who has no answer goes back
  bool HasEnded() const { return waiting_.empty() && workers_.empty(); }

 private:
  using Answer = smtp_client::Answer;
  template <typename T>
  using Task = net::Task<T>;
  struct Worker;  // a connection and the coroutine that feeds it
  struct Trouble {
    Answer answer;
    Circumstances where;
  };

  void Grow();
  bool MayConnect() const;
  size_t Connected() const;

  Task<void> Work(Worker& worker);
  Task<bool> WaitForWork(Worker& worker);
  Task<void> KeepToRate(Worker& worker);
  Task<void> CarrySafely(Worker& worker, Envelope& transaction);
  Task<void> Carry(Worker& worker, Envelope& transaction);
  Task<smtp_client::Route> FindRoute() const;
  Task<std::optional<Answer>> Connect(Worker& worker);
  Task<PreparedMessage> Prepare(Envelope& transaction);
  Task<void> EndureNoConnection(Worker& worker, Envelope& transaction, Answer failure);
  Task<void> Pause(Worker& worker, Trouble trouble);
  void Slow();
  size_t MostWorkers();

  void Split(Envelope& transaction);
  bool HasTooMuch() const;
  void PutOff(const Envelope& transaction);
  void Fail(const Envelope& transaction, const Trouble& trouble);
  void FailAllWaiting(const Trouble& trouble);
  // `session`: whose transaction it was, for each recipient's dialogue; null: none.
  void Conclude(const Envelope& transaction, const std::vector<Answer>& answers,
                Circumstances where, const smtp_client::SmtpSession* session = nullptr);
  void Report();

  const LaneParts& parts_;
  net::Executor executor_;
  Recorder& recorder_;
  const std::string name_;
  const std::optional<smtp_client::Exchangers> exchangers_;
  const LaneLimits limits_;
  const std::function<void()> on_end_;

  std::deque<Envelope> waiting_;    // bounded by what is in flight
  std::list<Worker> workers_;       // at most connections_per_destination
  std::optional<Trouble> trouble_;  // set: the lane is down, and why
  UnixMillis down_until_ = 0;       // with trouble_, for the board
  std::chrono::steady_clock::time_point no_growth_until_{};
  size_t ceiling_ = 0;  // connections at once
  std::chrono::steady_clock::time_point slow_until_{};
  std::chrono::steady_clock::time_point next_message_at_{};  // with messages_per_minute
  DrainRate rate_{std::chrono::steady_clock::now()};
  UnixMillis put_off_until_ = 0;  // the last that was put off
  bool stopping_ = false;
  bool aborting_ = false;
};

}  // namespace egd::queue
