#include "daemon/service/verify_domain.h"

#include <future>
#include <memory>
#include <utility>
#include <vector>

#include "daemon/core/domain_rules.h"
#include "daemon/core/judge_record.h"
#include "daemon/service/own_domain.h"
#include "daemon/store/domain_store.h"
#include "shared/base/log.h"

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

void LogRound(const SenderDomain& domain) {
  log::Info("domain verified", {{"domain", domain.name},
                                {"id", std::to_string(domain.id)},
                                {"status", std::string(core::Name(domain.status))},
                                {"failures", std::to_string(domain.consecutive_failures)}});
}

}  // namespace

void VerifyDomain::JudgeAll(SenderDomain& domain) {
  std::vector<std::future<DnsAnswer>> answers;
  for (const DnsRecord& record : domain.records) answers.push_back(Ask(resolver_, record));
  const core::FetchTxt fetch = [this](const std::string& name) {
    return core::ResolveBlocking(resolver_, name, core::DnsType::kTxt);
  };
  for (size_t i = 0; i < answers.size(); ++i) {
    core::JudgeRecord(domain.records[i], answers[i].get(), fetch, clock_.Now());
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
    core::ApplyRound(current, clock_.Now());
    Save(domains, current);
    domains.UpdateVerdicts(current.id, current.records);
    return current;
  });
}

Result<SenderDomain> VerifyDomain::Verify(int64_t user_id, int64_t domain_id) {
  auto domain =
      store_.Read([&](store::Connection& c) { return FindOwnDomain(c, user_id, domain_id); });
  if (!domain) return domain;
  JudgeAll(*domain);
  if (interrupted_) return Unavailable("The gateway is shutting down.");
  auto saved = Commit(*domain);
  if (saved) LogRound(*saved);
  return saved;
}

}  // namespace egd::service
