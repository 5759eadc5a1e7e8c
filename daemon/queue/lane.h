// One destination's share of the queue: what waits for it, its connections, and its trouble. All
// domains with the same mail exchangers are one destination, save that those with an enforced
// MTA-STS policy, or exchangers under DANE, are apart from those without. A slow or dead one delays only its own lane. Lives
// on one io thread; not thread-safe.
//
// The lanes of a provider share its limits (provider.h).
//
// Concurrency starts with one connection and doubles with success, up to
// connections_per_destination: a dead destination costs one connection attempt at a time, a crowded
// one is not stormed. A connection serves one transaction after the other and is kept a moment for
// more.
//
// What waits and is under way takes room that all lanes share (core/budget.h), a unit a recipient.
// A lane that gets no connection within a moment keeps one transaction. What comes beyond is put
// off until the lane will have worked, at its rate (drain_rate.h).
//
// Trouble with the destination is in lane_health.h. While the lane rests what waits, and what comes
// meanwhile, goes back to the ledger until the rest ends: it was not tried, and no attempt counts.
// What expires meanwhile bounces. A connection refused beside others that work only means: no more
// than those.
#pragma once

#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/ssl/context.hpp>

#include "daemon/core/budget.h"
#include "daemon/mailauth/sts_policies.h"
#include "daemon/net/spawn.h"
#include "daemon/queue/engine_options.h"
#include "daemon/queue/envelope.h"
#include "daemon/queue/lane_board.h"
#include "daemon/queue/lane_health.h"
#include "daemon/queue/lane_limits.h"
#include "daemon/queue/outcome.h"
#include "daemon/queue/provider.h"
#include "daemon/queue/recorder.h"
#include "daemon/queue/retry_policy.h"
#include "daemon/queue/signing_pool.h"
#include "daemon/smtp_client/mx_route.h"
#include "daemon/smtp_client/smtp_session.h"
#include "shared/base/guarded.h"

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
  Guarded<core::Budget>& room;      // for recipients in lanes, by lane
};

class Lane {
 public:
  // `exchangers`: where its mail goes, or why nowhere; nothing: the router finds out for `name`, a
  // destination.
  // `provider`: whose limits it shares; null: nobody's. It must outlive the lane.
  // `on_end` runs when nothing waits, nobody works and there is no trouble to remember: the lane
  // may be deleted after it, not in it.
  Lane(const LaneParts& parts, net::Executor executor, Recorder& recorder, std::string name,
       std::optional<smtp_client::Exchangers> exchangers, LaneLimits limits, Provider* provider,
       std::function<void()> on_end);
  ~Lane();
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  void Submit(Envelope envelope);
  // Finds hands for what waits, within the limits.
  void Grow();
  bool EndIdleConnection();  // false: there is none
  // What a newer look-up found for the same name.
  void SetExchangers(const smtp_client::Exchangers& exchangers) { exchangers_ = exchangers; }
  // What waits for `destination` goes back to the ledger; dialogues under way go on.
  void Hold(const std::string& destination);
  // Nothing is down or slow any more: try at once.
  void Retry();
  // What waits goes back to the ledger; dialogues under way go on, idle connections end.
  void Stop();
  void Abort();  // dialogues end now; who has no answer goes back
  bool HasEnded() const;

 private:
  using Answer = smtp_client::Answer;
  template <typename T>
  using Task = net::Task<T>;
  struct Worker;  // a connection and the coroutine that feeds it
  using Instant = LaneHealth::Instant;
  // How an attempt ended without a dialogue of its own.
  struct Failure {
    Answer answer;
    Circumstances where;
  };

  bool MayConnect() const;
  bool MustYield(const Worker& worker);
  size_t Connected() const;

  Task<void> Work(Worker& worker);
  Task<bool> WaitForWork(Worker& worker);
  Task<void> KeepToRate(Worker& worker);
  Task<void> DeliverSafely(Worker& worker, Envelope& envelope);
  Task<void> Deliver(Worker& worker, Envelope& envelope);
  Task<smtp_client::Route> FindRoute() const;
  Task<std::optional<Answer>> Connect(Worker& worker, const Envelope& envelope);
  smtp_client::TlsNeed NeedOf(const smtp_client::Target& target) const;
  Task<PreparedMessage> Prepare(Envelope& envelope, bool seven_bit);
  void OnNotPrepared(const Envelope& envelope, const Error& error);
  void OnConnectFailed(Worker& worker, Envelope& envelope, Answer failure);
  void HeedAnswers(const Envelope& envelope, const std::vector<Answer>& answers);
  size_t MostWorkers() const;

  void Split(Envelope& envelope);
  RoomPtr TakeRoom(size_t recipients);
  const std::string& RoomKey() const { return provider_ == nullptr ? name_ : provider_->name; }
  size_t Held() const;
  void PutOff(const Envelope& envelope);
  void PutOffWhenSilent();
  std::function<void(boost::system::error_code)> WhenDue(std::function<void()> action) const;
  bool BounceWhenExpired(const Envelope& envelope, std::string_view why);
  void KeepWaiting(const Envelope& envelope, const LaneHealth::Wait& wait);
  void PostponeWaiting();
  void Fail(const Envelope& envelope, const Failure& failure);
  void FailAllWaiting(const Failure& failure);
  // `session`: whose transaction it was, for each recipient's dialogue; null: none.
  void Conclude(const Envelope& envelope, const std::vector<Answer>& answers, Circumstances where,
                const smtp_client::SmtpSession* session = nullptr);
  void EndOrRemember();
  UnixMillis Wall(Instant at) const;
  void Report();

  const LaneParts& parts_;
  net::Executor executor_;
  Recorder& recorder_;
  const std::string name_;
  std::optional<smtp_client::Exchangers> exchangers_;
  const LaneLimits limits_;
  Provider* const provider_;
  const std::function<void()> on_end_;

  std::deque<Envelope> waiting_;  // bounded by the room
  std::list<Worker> workers_;     // at most connections_per_destination
  LaneHealth health_;
  net::Timer memory_;           // until its trouble may be forgotten
  net::Timer patience_;         // until a lane without a connection gives its room back
  bool is_patient_ = false;     // patience_ runs
  bool is_silent_ = false;      // nobody there answered in time
  bool has_connected_ = false;  // since it last found nobody to talk to
  Instant no_growth_until_{};
  Flow own_flow_;
  Flow& flow_;             // its own, or its provider's
  bool may_chunk_ = true;  // no server there has refused BDAT that it had offered
  bool stopping_ = false;
  bool aborting_ = false;
  const std::shared_ptr<char> alive_ = std::make_shared<char>();  // ends with the lane
};

}  // namespace egd::queue
