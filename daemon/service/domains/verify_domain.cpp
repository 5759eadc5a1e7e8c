#include "daemon/service/domains/verify_domain.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "daemon/core/dkim_rotation.h"
#include "daemon/core/domain_rules.h"
#include "daemon/mailauth/check_record.h"
#include "daemon/service/domains/own_domain.h"
#include "daemon/store/domain_store.h"
#include "shared/base/log.h"
#include "shared/base/strings.h"

namespace egd::service {
namespace {

using core::DnsRecord;
using core::SenderDomain;

// No request waits longer than for the round under way and one of its own.
constexpr std::chrono::seconds kTurnLifetime{60};

constexpr char kHeldElsewhere[] =
    "Another user of this gateway has this domain enabled; only one can.";

// Somebody else's Enabled domain of this name wins: this one goes on waiting, and says why.
void Save(store::DomainStore& domains, SenderDomain& domain) {
  if (domains.Update(domain) != store::DomainSaved::kEnabledElsewhere) return;
  core::ChangeStatus(domain, core::DomainStatus::kApprovalPending);
  if (!domain.records.empty()) domain.records.front().error = kHeldElsewhere;
  domains.Update(domain);
}

// "eg202610 retiring, eg202611 active".
std::string StatesOf(const std::vector<core::DkimKey>& keys) {
  std::vector<std::string> states;
  for (const core::DkimKey& key : keys) {
    states.push_back(key.selector + " " + std::string(core::Name(key.state)));
  }
  return Join(states, ", ");
}

void LogFailure(int64_t domain_id, const Error& error) {
  log::Warning(
      "DKIM keys not advanced",
      {{"id", std::to_string(domain_id)}, {"reason", error.public_text}, {"detail", error.detail}});
}

void LogRound(const SenderDomain& domain) {
  log::Info("domain verified", {{"domain", domain.name},
                                {"id", std::to_string(domain.id)},
                                {"status", std::string(core::Name(domain.status))},
                                {"failures", std::to_string(domain.consecutive_failures)},
                                {"keys", StatesOf(domain.dkim_keys)}});
}

}  // namespace

VerifyDomain::VerifyDomain(store::Store& store, DnsRounds& rounds, const Clock& clock,
                           const config::Config& config, std::chrono::milliseconds deadline)
    : store_(store),
      clock_(clock),
      grace_(std::chrono::milliseconds(config.dkim.rotation_grace).count()),
      spf_host_(config.gateway.spf_host),
      mfrom_host_(config.gateway.mfrom_host),
      deadline_(deadline),
      rounds_(rounds) {}

void VerifyDomain::Interrupt() {
  interrupted_ = true;
}

// With `warnings`, looks at the gateway's own hosts as well.
void VerifyDomain::Check(std::vector<Look>& looks, int64_t asker,
                         std::vector<std::string>* warnings) {
  mailauth::DnsFacts facts;
  const auto check = [&] {
    for (Look& look : looks) {
      for (DnsRecord& record : look.records) {
        mailauth::CheckRecord(record, look.domain, facts, clock_.Now());
      }
    }
    if (warnings) *warnings = mailauth::CheckGateway(spf_host_, mfrom_host_, facts);
  };
  rounds_.Run(asker, facts, check, deadline_);
}

Result<SenderDomain> VerifyDomain::Commit(const SenderDomain& judged) {
  return store_.Write([&](store::Transaction& tx) -> Result<SenderDomain> {
    auto found = FindOwnDomain(tx, judged.user_id, judged.id);
    if (!found) return found.error();
    SenderDomain current = std::move(*found);
    store::DomainStore domains(tx);
    if (!core::SameRecords(current.records, judged.records)) {
      domains.UpdateVerdicts(judged.id, judged.records);
      return *domains.Find(judged.id);
    }
    current.records = judged.records;
    const bool keys_changed = core::AdvanceDkimKeys(current, clock_.Now(), grace_);
    core::ApplyRound(current, clock_.Now());
    Save(domains, current);
    domains.UpdateVerdicts(current.id, current.records);
    if (keys_changed) domains.ReplaceKeys(current);
    return current;
  });
}

Result<Verification> VerifyDomain::Verify(int64_t user_id, int64_t domain_id, Instant asked_at) {
  const auto domain =
      store_.Read([&](store::Connection& c) { return FindOwnDomain(c, user_id, domain_id); });
  if (!domain) return domain.error();
  std::unique_lock lock(mutex_);
  ForgetOldTurns();
  round_ended_.wait(lock, [&] { return !turns_[domain_id].running; });
  Turn& turn = turns_[domain_id];
  if (turn.last && turn.began >= asked_at) return *turn.last;
  turn.running = true;
  turn.began = std::chrono::steady_clock::now();
  lock.unlock();
  Result<Verification> verification = Internal("a verification threw");
  try {
    verification = RunRound(user_id, domain_id);
  } catch (...) {
    EndTurn(domain_id, verification);
    throw;
  }
  EndTurn(domain_id, verification);
  return verification;
}

void VerifyDomain::EndTurn(int64_t domain_id, const Result<Verification>& verification) {
  const std::lock_guard lock(mutex_);
  Turn& turn = turns_[domain_id];
  turn.running = false;
  turn.last = verification;
  round_ended_.notify_all();
}

// Those that nobody who waits now can share any more.
void VerifyDomain::ForgetOldTurns() {
  const Instant before = std::chrono::steady_clock::now() - kTurnLifetime;
  std::erase_if(
      turns_, [&](const auto& turn) { return !turn.second.running && turn.second.began < before; });
}

Result<Verification> VerifyDomain::RunRound(int64_t user_id, int64_t domain_id) {
  auto domain =
      store_.Read([&](store::Connection& c) { return FindOwnDomain(c, user_id, domain_id); });
  if (!domain) return domain.error();
  std::vector<Look> looks{{domain_id, domain->name, std::move(domain->records)}};
  std::vector<std::string> warnings;
  Check(looks, user_id, &warnings);
  if (interrupted_) return Unavailable("The gateway is shutting down.");
  domain->records = std::move(looks.front().records);
  auto saved = Commit(*domain);
  if (!saved) return saved.error();
  LogRound(*saved);
  return Verification{*std::move(saved), std::move(warnings)};
}

size_t VerifyDomain::AdvanceKeys(const std::vector<int64_t>& domain_ids) {
  std::vector<Look> looks;
  for (const int64_t id : domain_ids) {
    auto look = PendingRecords(id);
    if (look) looks.push_back(*std::move(look));
  }
  Check(looks, kGatewayItself, nullptr);
  size_t advanced = 0;
  for (const Look& look : looks) {
    if (interrupted_) break;
    const Result<void> saved = CommitKeys(look.domain_id, look.records);
    if (saved) ++advanced;
    if (!saved) LogFailure(look.domain_id, saved.error());
  }
  return advanced;
}

Result<VerifyDomain::Look> VerifyDomain::PendingRecords(int64_t domain_id) {
  return store_.Read([&](store::Connection& c) {
    const auto domain = store::DomainStore(c).Find(domain_id);
    Look look{domain_id, {}, {}};
    if (!domain) return look;
    look.domain = domain->name;
    for (const core::DkimKey& key : domain->dkim_keys) {
      if (key.state != core::DkimKeyState::kPending) continue;
      std::ranges::copy_if(
          domain->records, std::back_inserter(look.records),
          [&](const DnsRecord& record) { return record.selector == key.selector; });
    }
    return look;
  });
}

Result<void> VerifyDomain::CommitKeys(int64_t domain_id, const std::vector<DnsRecord>& judged) {
  bool changed = false;
  const auto saved = store_.Write([&](store::Transaction& tx) {
    store::DomainStore domains(tx);
    domains.UpdateVerdicts(domain_id, judged);
    auto domain = domains.Find(domain_id);
    if (!domain) return domain;
    changed = core::AdvanceDkimKeys(*domain, clock_.Now(), grace_);
    for (core::DkimKey& key : domain->dkim_keys) {
      if (key.state == core::DkimKeyState::kPending) key.due_at = core::NextLook(key, clock_.Now());
    }
    domains.ReplaceKeys(*domain);
    return domain;
  });
  if (!saved) return saved.error();
  if (changed && *saved) {
    log::Info("DKIM keys changed", {{"domain", (*saved)->name},
                                    {"id", std::to_string(domain_id)},
                                    {"keys", StatesOf((*saved)->dkim_keys)}});
  }
  return {};
}

}  // namespace egd::service
