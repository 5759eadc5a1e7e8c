// Looks up the records that a sender domain has to publish, and draws the consequences (contract
// section 4).
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "daemon/core/domain.h"
#include "daemon/service/domains/dns_rounds.h"
#include "daemon/store/store.h"
#include "shared/base/clock.h"
#include "shared/config/config.h"

namespace egd::service {

struct Verification {
  core::SenderDomain domain;          // as it is after the round
  std::vector<std::string> warnings;  // about the operator's own set-up, a sentence each
};

// One round: all look-ups in parallel, then one commit of every verdict and what follows for the
// domain (core::ApplyRound) and its DKIM keys (core::AdvanceDkimKeys): where a pending key's record
// is there, that key signs from this commit on. Of two domains with one name only the first stays
// Enabled; the other's first record says so. When the records were regenerated during the look-ups,
// the domain's status is left alone.
//
// A domain has one round at a time. Who asks meanwhile waits, and shares the next one with all who
// wait: it began after they asked.
//
// Owned by Daemon. Thread-safe; blocks on the DNS, for two round deadlines (dns_rounds.h) at most,
// and on the store, whose kUnavailable and kInternal it returns as well.
class VerifyDomain {
 public:
  // Takes [dkim] rotation_grace and the [gateway] hosts that it warns about from `config`.
  VerifyDomain(store::Store& store, DnsRounds& rounds, const Clock& clock,
               const config::Config& config, std::chrono::milliseconds deadline = kRoundDeadline);

  using Instant = std::chrono::steady_clock::time_point;
  // kNotFound: absent or another user's. `asked_at`: a round that began later answers, too.
  Result<Verification> Verify(int64_t user_id, int64_t domain_id,
                              Instant asked_at = std::chrono::steady_clock::now());

  // Looks for the records of pending DKIM keys only, those of all these domains at once, so that
  // one whose DNS is dead delays no other; deletes keys whose grace has expired. The domains'
  // status and failures stay: these looks are so frequent that broken DNS would demote within
  // minutes. Returns how many domains were advanced; the log says why others were not.
  size_t AdvanceKeys(const std::vector<int64_t>& domain_ids);

  // From now on a round ends with kUnavailable and changes nothing. To be called before
  // DnsRounds::Interrupt, which ends them at once.
  void Interrupt();

 private:
  // Records that are looked for, of one domain.
  struct Look {
    int64_t domain_id = 0;
    std::string domain;
    std::vector<core::DnsRecord> records;
  };
  // The rounds of one domain.
  struct Turn {
    bool running = false;
    Instant began;
    std::optional<Result<Verification>> last;
  };
  using Turns = std::map<int64_t, Turn>;

  Result<Verification> RunRound(int64_t user_id, int64_t domain_id);
  void Check(std::vector<Look>& looks, int64_t asker, std::vector<std::string>* warnings);
  void EndTurn(int64_t domain_id, const Result<Verification>& verification);
  void ForgetOldTurns();
  Result<Look> PendingRecords(int64_t domain_id);
  Result<core::SenderDomain> Commit(const core::SenderDomain& judged);
  Result<void> CommitKeys(int64_t domain_id, const std::vector<core::DnsRecord>& judged);

  store::Store& store_;
  const Clock& clock_;
  const UnixMillis grace_;
  const std::string spf_host_, mfrom_host_;
  const std::chrono::milliseconds deadline_;
  DnsRounds& rounds_;
  std::atomic<bool> interrupted_{false};
  std::mutex mutex_;  // guards turns_
  std::condition_variable round_ended_;
  Turns turns_;
};

}  // namespace egd::service
