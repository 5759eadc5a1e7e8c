#include "daemon/queue/lane_group.h"

#include <algorithm>
#include <utility>

#include <boost/asio/post.hpp>

#include "daemon/queue/sts_rules.h"
#include "shared/base/log.h"

namespace egd::queue {

namespace asio = boost::asio;
using net::Task;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

// Domains looked up at once. One sender alone gets half of them: 1,200 a second at 100 ms each, and
// far fewer than the resolver asks at once (200), for lanes have hosts to look up too.
constexpr size_t kMostQuestions = 240;
constexpr size_t kGuaranteedQuestions = 20;  // to each sender
// More than that wait in the ledger, and come again.
constexpr size_t kMostWaitingToAsk = 1000;
constexpr milliseconds kAskAgain = std::chrono::seconds(5);

}  // namespace

LaneGroup::LaneGroup(const LaneParts& parts, core::DeliveryLedger& ledger, Claimer& claimer)
    : parts_(parts),
      recorder_(loop_.executor(), ledger, claimer, parts.options.settle_retry),
      questions_(kMostQuestions, kGuaranteedQuestions) {}

LaneGroup::~LaneGroup() {
  Interrupt();
  Join();
}

void LaneGroup::Start(const std::string& thread_name) {
  loop_.Start(thread_name);
}

void LaneGroup::Interrupt() {
  asio::post(loop_.executor(), [this] { Stop(); });
}

void LaneGroup::Join() {
  work_.reset();
  loop_.Join();
}

void LaneGroup::Submit(std::vector<Envelope> transactions) {
  asio::post(loop_.executor(), [this, transactions = std::move(transactions)]() mutable {
    for (auto& transaction : transactions) Place(std::move(transaction));
  });
}

void LaneGroup::Pause(const std::string& destination) {
  asio::post(loop_.executor(), [this, destination] {
    paused_.insert(destination);
    for (auto& [name, lane] : lanes_) lane->Hold(destination);
    for (auto& [name, domain] : domains_) {
      for (Envelope& envelope : domain.waiting) HoldBack(envelope);
      std::erase_if(domain.waiting, [](const auto& each) { return each.recipients.empty(); });
    }
  });
}

void LaneGroup::Resume(const std::string& destination) {
  asio::post(loop_.executor(), [this, destination] { paused_.erase(destination); });
}

// Puts back what is bound for a paused destination.
void LaneGroup::HoldBack(Envelope& envelope) {
  auto& recipients = envelope.recipients;
  const auto held = std::stable_partition(
      recipients.begin(), recipients.end(),
      [this](const auto& recipient) { return !paused_.contains(recipient.destination); });
  if (held == recipients.end()) return;
  recorder_.Hold({held, recipients.end()});
  recipients.erase(held, recipients.end());
}

void LaneGroup::Retry(const std::string& lane) {
  asio::post(loop_.executor(), [this, lane] {
    for (auto& [name, domain] : domains_) domain.good_until = {};
    const auto found = lanes_.find(lane);
    if (found != lanes_.end()) found->second->Retry();
  });
}

void LaneGroup::Place(Envelope envelope) {
  if (stopping_) return recorder_.Release(envelope.recipients);
  HoldBack(envelope);
  if (envelope.recipients.empty()) return;
  const bool has_exchangers = !parts_.router.has_smarthost() && !envelope.lane.starts_with('[');
  if (!has_exchangers) return Enter(std::move(envelope), nullptr);
  ForgetOldDomains();
  const std::string name = envelope.lane;
  const auto known = domains_.find(name);
  const bool is_asking = known != domains_.end() && known->second.asking;
  if (known != domains_.end() && !is_asking && steady_clock::now() < known->second.good_until) {
    return Enter(std::move(envelope), known->second);
  }
  const std::string asker = std::to_string(envelope.recipients[0].sender_domain_id);
  envelope.room = TakeRoom(parts_.room, "mail to look up of " + asker, envelope.recipients.size());
  if (!envelope.room) return PostponeAsking(envelope);
  Domain& domain = domains_[name];
  domain.waiting.push_back(std::move(envelope));
  if (is_asking || Ask(name, asker)) return;
  PostponeAsking(domain.waiting[0]);
  domains_.erase(name);
}

void LaneGroup::PostponeAsking(const Envelope& envelope) {
  recorder_.Postpone(envelope.recipients, parts_.clock.Now() + kAskAgain.count());
}

// False: too many wait for a slot already.
bool LaneGroup::Ask(const std::string& name, const std::string& asker) {
  const auto begin = [this, name, asker] {
    if (stopping_) return;
    domains_[name].has_begun = true;
    net::Spawn(loop_.executor(), FindExchangers(name, asker), "route look-up threw");
  };
  const bool has_slot = questions_.TryTake(asker, 1);
  if (!has_slot && questions_.waiting() >= kMostWaitingToAsk) return false;
  domains_[name].asking = true;
  if (has_slot) {
    begin();
  } else {
    (void)questions_.TakeOrWait(asker, 1, begin);  // it waits
  }
  return true;
}

Task<void> LaneGroup::FindExchangers(std::string name, std::string asker) {
  Domain found;
  try {
    found = co_await LookUp(name);
  } catch (const std::exception& bug) {
    log::Error("route look-up threw", {{"domain", name}, {"why", bug.what()}});
    found.exchangers.failure = CannotCompose(Internal(""));
  }
  for (const auto& next : questions_.Return(asker, 1)) next();
  Domain& domain = domains_[name];
  found.waiting = std::move(domain.waiting);
  domain = std::move(found);
  for (auto& envelope : std::exchange(domain.waiting, {})) Enter(std::move(envelope), domain);
  EndDrainWhenEmpty();  // Stop may have taken all that waited for the answer
}

Task<LaneGroup::Domain> LaneGroup::LookUp(std::string name) {
  Domain domain;
  domain.exchangers = co_await parts_.router.FindExchangers(name);
  if (parts_.options.delivery.dane) {
    domain.exchangers = co_await parts_.router.FindTlsa(std::move(domain.exchangers));
  }
  const bool is_known = !domain.exchangers.hosts.empty();
  if (parts_.policies != nullptr && is_known) domain.policy = co_await FindPolicy(name);
  if (domain.policy) domain.exchangers = Permitted(*domain.policy, std::move(domain.exchangers));
  // A failure is believed as long as a lane without a way rests, at most; a passing one not at all.
  const bool may_pass =
      domain.exchangers.hosts.empty() && domain.exchangers.failure.reply.enhanced.starts_with('4');
  auto age = parts_.options.exchangers_age;
  if (domain.exchangers.hosts.empty()) age = std::min(age, parts_.options.lane_pause);
  if (!may_pass) domain.good_until = steady_clock::now() + age;
  co_return domain;
}

Task<LaneGroup::PolicyPtr> LaneGroup::FindPolicy(const std::string& domain) {
  const auto ask = [this, domain](mailauth::StsPolicies::Done done) {
    parts_.policies->Find(domain, std::move(done));
  };
  return net::AwaitCallback<PolicyPtr>(ask);
}

void LaneGroup::Enter(Envelope envelope, const Domain& domain) {
  envelope.sts = domain.policy;
  Enter(std::move(envelope), &domain.exchangers);
}

void LaneGroup::Enter(Envelope envelope, const smtp_client::Exchangers* exchangers) {
  if (stopping_) {
    recorder_.Release(envelope.recipients);
    return EndDrainWhenEmpty();
  }
  const std::string destination = envelope.lane;
  std::vector<std::string> hosts;
  if (exchangers != nullptr) {
    for (const auto& exchanger : exchangers->hosts) hosts.push_back(exchanger.host);
  }
  const bool has_exchangers = !hosts.empty();
  if (const auto& smarthost = parts_.router.smarthost()) hosts.push_back(smarthost->host);
  LaneLimits limits =
      LimitsFor(parts_.options.destinations, parts_.options.delivery, destination, hosts);
  if (envelope.sts && envelope.sts->mode == mailauth::StsMode::kEnforce) {
    limits.sts = true;
    limits.tls = smtp_client::TlsNeed::kVerified;
  }
  std::string name = has_exchangers ? exchangers->Name() : destination;
  if (has_exchangers && !limits.domain.empty()) name += " for " + limits.domain;
  if (has_exchangers && limits.sts) name += " under MTA-STS";
  if (has_exchangers && exchangers->HasDane()) name += " under DANE";
  if (name != destination) parts_.board.Assign(destination, name);
  auto& lane = lanes_[name];
  if (!lane) {
    const auto on_end = [this, name] {
      asio::post(loop_.executor(), [this, name] { Forget(name); });
    };
    auto way = exchangers == nullptr ? std::nullopt : std::optional(*exchangers);
    Provider* provider = nullptr;
    if (has_exchangers && !limits.provider.empty()) {
      provider = &providers_.try_emplace(limits.provider, limits).first->second;
    }
    lane = std::make_unique<Lane>(parts_, loop_.executor(), recorder_, name, std::move(way), limits,
                                  provider, on_end);
  }
  if (exchangers != nullptr) lane->SetExchangers(*exchangers);
  lane->Submit(std::move(envelope));
}

void LaneGroup::ForgetOldDomains() {
  constexpr size_t kMostDomains = 10'000;
  if (domains_.size() < kMostDomains) return;
  const auto now = std::chrono::steady_clock::now();
  std::erase_if(domains_, [now](const auto& entry) {
    return !entry.second.asking && entry.second.good_until <= now;
  });
  if (domains_.size() < kMostDomains) return;
  std::erase_if(domains_, [](const auto& entry) { return !entry.second.asking; });
}

void LaneGroup::Forget(const std::string& name) {
  const auto lane = lanes_.find(name);
  if (lane != lanes_.end() && lane->second->HasEnded()) lanes_.erase(lane);
  EndDrainWhenEmpty();
}

void LaneGroup::Stop() {
  if (std::exchange(stopping_, true)) return;
  for (auto& [name, lane] : lanes_) lane->Stop();
  for (auto& [name, domain] : domains_) {
    for (const auto& envelope : std::exchange(domain.waiting, {})) {
      recorder_.Release(envelope.recipients);
    }
    if (!domain.has_begun) domain.asking = false;
  }
  recorder_.GiveUp(parts_.options.drain);
  drain_.expires_after(parts_.options.drain);
  drain_.async_wait([this](boost::system::error_code cancelled) {
    if (!cancelled) Abort();
  });
  EndDrainWhenEmpty();
}

void LaneGroup::Abort() {
  for (auto& [name, lane] : lanes_) lane->Abort();
}

// The timer is then the last work of the loop, but for outcomes that the ledger has yet to take.
void LaneGroup::EndDrainWhenEmpty() {
  const bool asking = std::any_of(domains_.begin(), domains_.end(),
                                  [](const auto& entry) { return entry.second.asking; });
  if (stopping_ && lanes_.empty() && !asking) drain_.cancel();
}

}  // namespace egd::queue
