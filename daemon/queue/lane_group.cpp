#include "daemon/queue/lane_group.h"

#include <algorithm>
#include <utility>

#include <boost/asio/post.hpp>
#include <pthread.h>

#include "daemon/queue/sts_rules.h"

namespace egd::queue {

namespace asio = boost::asio;
using net::Task;

LaneGroup::LaneGroup(const LaneParts& parts, core::DeliveryLedger& ledger, Claimer& claimer)
    : parts_(parts),
      recorder_(context_.get_executor(), ledger, claimer, parts.options.settle_retry) {}

LaneGroup::~LaneGroup() {
  Interrupt();
  Join();
}

void LaneGroup::Start(const std::string& thread_name) {
  thread_ = std::thread([this, thread_name] {
    pthread_setname_np(pthread_self(), thread_name.c_str());
    context_.run();
  });
}

void LaneGroup::Interrupt() {
  asio::post(context_, [this] { Stop(); });
}

void LaneGroup::Join() {
  work_.reset();
  if (thread_.joinable()) thread_.join();
}

void LaneGroup::Submit(std::vector<Envelope> transactions) {
  asio::post(context_, [this, transactions = std::move(transactions)]() mutable {
    for (auto& transaction : transactions) Place(std::move(transaction));
  });
}

void LaneGroup::Hold(const std::string& destination, UnixMillis until) {
  asio::post(context_, [this, destination, until] {
    for (auto& [name, lane] : lanes_) lane->Hold(destination, until);
  });
}

void LaneGroup::Retry(const std::string& lane) {
  asio::post(context_, [this, lane] {
    for (auto& [name, domain] : domains_) domain.good_until = {};
    const auto found = lanes_.find(lane);
    if (found != lanes_.end()) found->second->Retry();
  });
}

void LaneGroup::Place(Envelope transaction) {
  if (stopping_) return recorder_.Release(transaction.recipients);
  const bool has_exchangers = !parts_.router.has_smarthost() && !transaction.lane.starts_with('[');
  if (!has_exchangers) return Enter(std::move(transaction), nullptr);
  ForgetOldDomains();
  const std::string name = transaction.lane;
  Domain& domain = domains_[name];
  if (!domain.asking && std::chrono::steady_clock::now() < domain.good_until) {
    return Enter(std::move(transaction), domain);
  }
  domain.waiting.push_back(std::move(transaction));
  if (!std::exchange(domain.asking, true)) {
    net::Spawn(context_.get_executor(), FindExchangers(name), "route look-up threw");
  }
}

Task<void> LaneGroup::FindExchangers(std::string name) {
  smtp_client::Exchangers found = co_await parts_.router.FindExchangers(name);
  PolicyPtr policy;
  if (parts_.policies != nullptr && !found.hosts.empty()) policy = co_await FindPolicy(name);
  if (policy) found = Permitted(*policy, std::move(found));
  Domain& domain = domains_[name];
  domain.asking = false;
  // As long as a lane without a way rests, at most.
  const auto age = found.hosts.empty()
                       ? std::min(parts_.options.exchangers_age, parts_.options.lane_pause)
                       : parts_.options.exchangers_age;
  domain.good_until = std::chrono::steady_clock::now() + age;
  domain.exchangers = std::move(found);
  domain.policy = std::move(policy);
  for (auto& transaction : std::exchange(domain.waiting, {})) {
    Enter(std::move(transaction), domain);
  }
}

Task<LaneGroup::PolicyPtr> LaneGroup::FindPolicy(const std::string& domain) {
  const auto ask = [this, domain](mailauth::StsPolicies::Done done) {
    parts_.policies->Find(domain, std::move(done));
  };
  return net::AwaitCallback<PolicyPtr>(ask);
}

void LaneGroup::Enter(Envelope transaction, const Domain& domain) {
  transaction.sts = domain.policy;
  Enter(std::move(transaction), &domain.exchangers);
}

void LaneGroup::Enter(Envelope transaction, const smtp_client::Exchangers* exchangers) {
  if (stopping_) {
    recorder_.Release(transaction.recipients);
    return EndDrainWhenEmpty();
  }
  const std::string destination = transaction.lane;
  std::vector<std::string> hosts;
  if (exchangers != nullptr) {
    for (const auto& exchanger : exchangers->hosts) hosts.push_back(exchanger.host);
  }
  const bool has_exchangers = !hosts.empty();
  if (const auto& smarthost = parts_.router.smarthost()) hosts.push_back(smarthost->host);
  LaneLimits limits =
      LimitsFor(parts_.options.destinations, parts_.options.delivery, destination, hosts);
  if (transaction.sts && transaction.sts->mode == mailauth::StsMode::kEnforce) {
    limits.sts = true;
    limits.tls = smtp_client::TlsNeed::kVerified;
  }
  std::string name = has_exchangers ? exchangers->Name() : destination;
  if (has_exchangers && !limits.domain.empty()) name += " for " + limits.domain;
  if (has_exchangers && limits.sts) name += " under MTA-STS";
  if (name != destination) parts_.board.Assign(destination, name);
  auto& lane = lanes_[name];
  if (!lane) {
    const auto on_end = [this, name] { asio::post(context_, [this, name] { Forget(name); }); };
    auto way = exchangers == nullptr ? std::nullopt : std::optional(*exchangers);
    lane = std::make_unique<Lane>(parts_, context_.get_executor(), recorder_, name, std::move(way),
                                  limits, on_end);
  }
  lane->Submit(std::move(transaction));
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

// The timer is then the last work of context_, but for outcomes that the ledger has yet to take.
void LaneGroup::EndDrainWhenEmpty() {
  const bool asking = std::any_of(domains_.begin(), domains_.end(),
                                  [](const auto& entry) { return entry.second.asking; });
  if (stopping_ && lanes_.empty() && !asking) drain_.cancel();
}

}  // namespace egd::queue
