#include "daemon/service/domains/verify_domain.h"

#include <algorithm>
#include <future>
#include <iterator>
#include <memory>
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

using core::DnsAnswer;
using core::DnsRecord;
using core::SenderDomain;

constexpr char kHeldElsewhere[] =
    "Another user of this gateway has this domain enabled; only one can.";

std::future<DnsAnswer> AskFor(core::Resolver& resolver, const DnsRecord& record) {
  const auto promise = std::make_shared<std::promise<DnsAnswer>>();
  if (const auto type = mailauth::QuestionType(record)) {
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

VerifyDomain::Look VerifyDomain::Ask(int64_t domain_id, std::vector<DnsRecord> records) {
  Look look{domain_id, std::move(records), {}};
  for (const DnsRecord& record : look.records) {
    look.answers.push_back(AskFor(resolver_, record));
  }
  return look;
}

std::vector<DnsRecord> VerifyDomain::Judge(Look look) {
  const mailauth::FetchTxt fetch = [this](const std::string& name) {
    return core::ResolveBlocking(resolver_, name, core::DnsType::kTxt);
  };
  for (size_t i = 0; i < look.records.size(); ++i) {
    mailauth::CheckRecord(look.records[i], look.answers[i].get(), fetch, clock_.Now());
  }
  return std::move(look.records);
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
  domain->records = Judge(Ask(domain_id, std::move(domain->records)));
  if (interrupted_) return Unavailable("The gateway is shutting down.");
  auto saved = Commit(*domain);
  if (saved) LogRound(*saved);
  return saved;
}

size_t VerifyDomain::AdvanceKeys(const std::vector<int64_t>& domain_ids) {
  std::vector<Look> looks;
  for (const int64_t id : domain_ids) {
    auto records = PendingRecords(id);
    if (records) looks.push_back(Ask(id, *std::move(records)));
  }
  size_t advanced = 0;
  for (Look& look : looks) {
    const int64_t id = look.domain_id;
    const std::vector<DnsRecord> judged = Judge(std::move(look));
    if (interrupted_) break;
    const Result<void> saved = CommitKeys(id, judged);
    if (saved) ++advanced;
    if (!saved) LogFailure(id, saved.error());
  }
  return advanced;
}

Result<std::vector<DnsRecord>> VerifyDomain::PendingRecords(int64_t domain_id) {
  return store_.Read([&](store::Connection& c) {
    const auto domain = store::DomainStore(c).Find(domain_id);
    std::vector<DnsRecord> records;
    if (!domain) return records;
    for (const core::DkimKey& key : domain->dkim_keys) {
      if (key.state != core::DkimKeyState::kPending) continue;
      std::ranges::copy_if(
          domain->records, std::back_inserter(records),
          [&](const DnsRecord& record) { return record.selector == key.selector; });
    }
    return records;
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
