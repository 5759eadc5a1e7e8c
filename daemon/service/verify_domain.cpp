#include "daemon/service/verify_domain.h"

#include <algorithm>
#include <future>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

#include "daemon/core/dkim_rotation.h"
#include "daemon/core/domain_rules.h"
#include "daemon/core/judge_record.h"
#include "daemon/service/own_domain.h"
#include "daemon/store/domain_store.h"
#include "shared/base/log.h"
#include "shared/base/strings.h"

namespace egd::service {
namespace {

using core::DnsAnswer;
using core::DnsRecord;
using core::SenderDomain;

constexpr char kHeldElsewhere[] =
    "Another user of this gateway has this domain enabled; only one can.";

std::future<DnsAnswer> Ask(core::Resolver& resolver, const DnsRecord& record) {
  const auto promise = std::make_shared<std::promise<DnsAnswer>>();
  if (const auto type = core::QuestionType(record)) {
    resolver.Resolve(record.host, *type,
                     [promise](DnsAnswer answer) { promise->set_value(std::move(answer)); });
  } else {
    promise->set_value({});
  }
  return promise->get_future();
}

// Somebody else's Enabled domain of this name wins: this one goes on waiting, and says why.
void Save(store::DomainStore& domains, SenderDomain& domain) {
  if (domains.Update(domain) != store::DomainSaved::kEnabledElsewhere) return;
  domain.status = core::DomainStatus::kApprovalPending;
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

void LogRound(const SenderDomain& domain) {
  log::Info("domain verified", {{"domain", domain.name},
                                {"id", std::to_string(domain.id)},
                                {"status", std::string(core::Name(domain.status))},
                                {"failures", std::to_string(domain.consecutive_failures)},
                                {"keys", StatesOf(domain.dkim_keys)}});
}

std::vector<DnsRecord> PendingRecords(const SenderDomain& domain) {
  std::vector<DnsRecord> records;
  for (const core::DkimKey& key : domain.dkim_keys) {
    if (key.state != core::DkimKeyState::kPending) continue;
    std::ranges::copy_if(domain.records, std::back_inserter(records),
                         [&](const DnsRecord& record) { return record.selector == key.selector; });
  }
  return records;
}

}  // namespace

void VerifyDomain::Judge(std::vector<DnsRecord>& records) {
  std::vector<std::future<DnsAnswer>> answers;
  for (const DnsRecord& record : records) answers.push_back(Ask(resolver_, record));
  const core::FetchTxt fetch = [this](const std::string& name) {
    return core::ResolveBlocking(resolver_, name, core::DnsType::kTxt);
  };
  for (size_t i = 0; i < answers.size(); ++i) {
    core::JudgeRecord(records[i], answers[i].get(), fetch, clock_.Now());
  }
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

Result<SenderDomain> VerifyDomain::Verify(int64_t user_id, int64_t domain_id) {
  auto domain =
      store_.Read([&](store::Connection& c) { return FindOwnDomain(c, user_id, domain_id); });
  if (!domain) return domain;
  Judge(domain->records);
  if (interrupted_) return Unavailable("The gateway is shutting down.");
  auto saved = Commit(*domain);
  if (saved) LogRound(*saved);
  return saved;
}

Result<void> VerifyDomain::AdvanceKeys(int64_t domain_id) {
  auto domain =
      store_.Read([&](store::Connection& c) { return store::DomainStore(c).Find(domain_id); });
  if (!domain) return domain.error();
  if (!*domain) return NotFound("The domain is gone.");
  std::vector<DnsRecord> records = PendingRecords(**domain);
  Judge(records);
  if (interrupted_) return Unavailable("The gateway is shutting down.");
  return CommitKeys(domain_id, records);
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
