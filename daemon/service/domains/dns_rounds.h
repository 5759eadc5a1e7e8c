// Finds the facts that record checks want, within bounds that leave the resolver to those who
// deliver mail: a round ends after kRoundDeadline at the latest, and what was not answered by then
// is a temporary error. One asker (a user, or the daily check) has at most kQuestionsEach questions
// open, all of them together kQuestionsTogether, counting those that a round no longer waits for:
// name servers that say nothing cost their askers time, and nobody else.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

#include "daemon/core/resolver.h"
#include "daemon/mailauth/dns_facts.h"

namespace egd::service {

// Longer than two tries at a name server that works; shorter than any client's patience.
constexpr std::chrono::milliseconds kRoundDeadline = std::chrono::seconds(5);
// A domain has about five records, and an SPF evaluation at most ten further questions.
constexpr size_t kQuestionsEach = 24;
constexpr size_t kQuestionsTogether = 96;  // of the resolver's 200
constexpr int64_t kGatewayItself = 0;      // the asker that may have all of these at once

// Owned by Daemon, which has one for all askers. Thread-safe.
class DnsRounds {
 public:
  explicit DnsRounds(core::Resolver& resolver);
  ~DnsRounds();

  // Calls `check`, which reads and wants facts, until it wants nothing that is not known. Blocks up
  // to the deadline.
  void Run(int64_t asker, mailauth::DnsFacts& facts, const std::function<void()>& check,
           std::chrono::milliseconds deadline = kRoundDeadline);

  // Rounds end at once, with temporary errors.
  void Interrupt();

 private:
  class Round;
  struct Shared;

  core::Resolver& resolver_;
  const std::shared_ptr<Shared> shared_;  // answers may come after a round, and after this is gone
};

}  // namespace egd::service
