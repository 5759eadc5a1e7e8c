#include "daemon/service/delivery/sts_cache.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "daemon/store/sts_policy_store.h"
#include "shared/base/guarded.h"
#include "shared/base/log.h"

namespace egd::service {
namespace {

using PolicyPtr = std::shared_ptr<const mailauth::StsPolicy>;
using core::DnsAnswer;
using core::DnsStatus;
using core::DnsType;

struct Kept {
  std::string id;  // of the record it was fetched for
  PolicyPtr policy;
  UnixMillis fetched_at = 0, expires_at = 0;
  size_t bytes = 0;
};

struct Failure {
  std::string id;
  UnixMillis retry_at = 0;
};

struct State {
  std::map<std::string, Kept> kept;
  size_t bytes = 0;                                                          // of all that is kept
  std::map<std::string, std::vector<mailauth::StsPolicies::Done>> fetching;  // and who waits for it
  std::map<std::string, Failure> failed;

  const Kept* Valid(const std::string& domain, UnixMillis now) const {
    const auto found = kept.find(domain);
    return found != kept.end() && now < found->second.expires_at ? &found->second : nullptr;
  }
  PolicyPtr Policy(const std::string& domain, UnixMillis now) const {
    const Kept* valid = Valid(domain, now);
    return valid == nullptr ? nullptr : valid->policy;
  }
  bool MayFetch(const std::string& domain, const std::string& id, UnixMillis now) const {
    const auto found = failed.find(domain);
    return found == failed.end() || found->second.id != id || found->second.retry_at <= now;
  }
  void Forget(const std::string& domain) {
    const auto found = kept.find(domain);
    if (found == kept.end()) return;
    bytes -= found->second.bytes;
    kept.erase(found);
  }
};

size_t BytesOf(const std::string& domain, const mailauth::StsPolicy& policy) {
  size_t bytes = domain.size();
  for (const std::string& pattern : policy.mx) bytes += pattern.size();
  return bytes;
}

// Keeps it; returns the domains whose policies made room.
std::vector<std::string> Keep(State& state, const StsCacheBounds& bounds,
                              const store::StsPolicyRow& row) {
  state.Forget(row.domain);
  Kept kept = {row.id, std::make_shared<const mailauth::StsPolicy>(row.policy), row.fetched_at,
               row.expires_at, BytesOf(row.domain, row.policy)};
  state.bytes += kept.bytes;
  state.kept.emplace(row.domain, std::move(kept));
  std::vector<std::string> gone;
  while (state.kept.size() > bounds.policies || state.bytes > bounds.bytes) {
    const auto oldest = std::min_element(
        state.kept.begin(), state.kept.end(),
        [](const auto& a, const auto& b) { return a.second.fetched_at < b.second.fetched_at; });
    gone.push_back(oldest->first);
    state.Forget(gone.back());
  }
  return gone;
}

UnixMillis LifeOf(const mailauth::StsPolicy& policy) {
  return std::max(policy.max_age_s * 1000, StsCache::kRetryMillis);
}

bool IsOld(const Kept& kept, UnixMillis now) {
  const UnixMillis half_life = (kept.expires_at - kept.fetched_at) / 2;
  return now >= kept.fetched_at + std::min(half_life, StsCache::kRenewMillis);
}

Result<mailauth::StsPolicy> Read(const Result<std::string>& fetched) {
  if (!fetched) return fetched.error();
  auto policy = mailauth::ParseStsPolicy(*fetched);
  if (!policy) return Unprocessable("The policy " + policy.error().public_text);
  return policy;
}

}  // namespace

struct StsCache::Impl : std::enable_shared_from_this<Impl> {
  Impl(store::Store& store, core::Resolver& resolver, mailauth::StsFetcher& fetcher,
       const Clock& clock, StsCacheBounds bounds)
      : store(store), resolver(resolver), fetcher(fetcher), clock(clock), bounds(bounds) {}

  void Discovered(const std::string& domain, const DnsAnswer& answer, Done done);
  void Fetch(const std::string& domain, const std::string& id);
  void Fetched(const std::string& domain, const std::string& id,
               const Result<std::string>& fetched);
  void Remember(const std::string& domain, const std::string& id, mailauth::StsPolicy policy);
  void NoteFailure(const std::string& domain, const std::string& id, const Error& error);

  store::Store& store;
  core::Resolver& resolver;
  mailauth::StsFetcher& fetcher;
  const Clock& clock;
  const StsCacheBounds bounds;
  Guarded<State> state;
};

// Without a record there is nothing to fetch, and what is kept counts.
void StsCache::Impl::Discovered(const std::string& domain, const DnsAnswer& answer, Done done) {
  const auto id =
      answer.status == DnsStatus::kFound ? mailauth::FindStsId(answer.values) : std::nullopt;
  const UnixMillis now = clock.Now();
  PolicyPtr policy;
  bool waits = false, begins = false;
  state.With([&](State& known) {
    const Kept* kept = known.Valid(domain, now);
    if (kept != nullptr) policy = kept->policy;
    if (!id) return;
    const bool current = kept != nullptr && kept->id == *id;
    if ((current && !IsOld(*kept, now)) || !known.MayFetch(domain, *id, now)) return;
    const auto [fetching, is_new] = known.fetching.try_emplace(domain);
    begins = is_new;
    waits = !current;
    if (waits) fetching->second.push_back(done);
  });
  if (!waits) done(policy);
  if (begins) Fetch(domain, *id);
}

void StsCache::Impl::Fetch(const std::string& domain, const std::string& id) {
  fetcher.Fetch(domain, [self = shared_from_this(), domain, id](Result<std::string> fetched) {
    self->Fetched(domain, id, fetched);
  });
}

void StsCache::Impl::Fetched(const std::string& domain, const std::string& id,
                             const Result<std::string>& fetched) {
  auto policy = Read(fetched);
  if (policy) {
    Remember(domain, id, *std::move(policy));
  } else {
    NoteFailure(domain, id, policy.error());
  }
  PolicyPtr counts;
  std::vector<Done> waiting;
  state.With([&](State& known) {
    counts = known.Policy(domain, clock.Now());
    const auto found = known.fetching.extract(domain);
    if (!found.empty()) waiting = std::move(found.mapped());
  });
  for (const Done& done : waiting) done(counts);
}

void StsCache::Impl::Remember(const std::string& domain, const std::string& id,
                              mailauth::StsPolicy policy) {
  store::StsPolicyRow row;
  row.domain = domain;
  row.id = id;
  row.fetched_at = clock.Now();
  row.expires_at = row.fetched_at + LifeOf(policy);
  row.policy = std::move(policy);
  const auto gone = state.With([&](State& known) {
    known.failed.erase(domain);
    return Keep(known, bounds, row);
  });
  const auto write = [row, gone](store::Transaction& transaction) {
    store::StsPolicyStore policies(transaction);
    policies.Put(row);
    for (const std::string& each : gone) policies.Delete(each);
  };
  store.WriteAsync(write, [domain](const Result<void>& written) {
    if (written) return;
    log::Warning("a policy is not remembered over a restart",
                 {{"domain", domain}, {"detail", written.error().detail}});
  });
}

void StsCache::Impl::NoteFailure(const std::string& domain, const std::string& id,
                                 const Error& error) {
  log::Info("an MTA-STS policy was not fetched", {{"domain", domain}, {"why", error.public_text}});
  const UnixMillis now = clock.Now();
  state.With([&](State& known) {
    if (known.failed.size() >= bounds.policies) {
      std::erase_if(known.failed, [now](const auto& each) { return each.second.retry_at <= now; });
    }
    if (known.failed.size() >= bounds.policies) known.failed.erase(known.failed.begin());
    known.failed[domain] = {id, now + kRetryMillis};
  });
}

StsCache::StsCache(store::Store& store, core::Resolver& resolver, mailauth::StsFetcher& fetcher,
                   const Clock& clock, StsCacheBounds bounds)
    : impl_(std::make_shared<Impl>(store, resolver, fetcher, clock, bounds)) {}

StsCache::~StsCache() = default;

Result<void> StsCache::Load() {
  const UnixMillis now = impl_->clock.Now();
  auto rows = impl_->store.Write([now](store::Transaction& transaction) {
    store::StsPolicyStore policies(transaction);
    policies.Purge(now);
    return policies.List();
  });
  if (!rows) return rows.error();
  impl_->state.With([&](State& known) {
    for (const auto& row : *rows) Keep(known, impl_->bounds, row);
  });
  return {};
}

void StsCache::Find(const std::string& domain, Done done) {
  impl_->resolver.Resolve("_mta-sts." + domain, DnsType::kTxt,
                          [impl = impl_, domain, done = std::move(done)](const DnsAnswer& answer) {
                            impl->Discovered(domain, answer, done);
                          });
}

size_t StsCache::size() const {
  return impl_->state.With([](const State& known) { return known.kept.size(); });
}

}  // namespace egd::service
