// The house's resolver: core::Resolver over c-ares 1.18, on one thread of its own, `egd-dns`. It
// keeps no cache, so that a verification sees the DNS as it is; a recursive server near by caches.
//
// Policy. Each server in turn is asked, waiting `timeout_ms`, and the whole list `tries` times;
// SERVFAIL and REFUSED go to the next server at once. Truncated answers are asked again over TCP,
// and a server that answers FORMERR to EDNS (RFC 6891) without it.
// Servers are asked to say whether they validated an answer (AD, RFC 6840 section 5.7).
// c-ares ignores answers with another ID, question or source. At most 200 questions are in flight
// (c-ares loses answers when near 1,000 come at once); one that has had no answer for half a second
// no longer counts: silent servers must not keep other questions from being asked. 2,000 more may
// be open or wait, each no longer than a whole round of tries takes. Failures, all kTempError: no
// answer in time, a server's refusal or failure, a malformed answer or one that is no answer
// (AnswerProblem), a full queue, shutdown. A name that is no DNS name is answered as one that does
// not exist.
#pragma once

#include <memory>
#include <string>

#include "daemon/core/resolver.h"
#include "shared/base/result.h"
#include "shared/config/config.h"

namespace egd::dns {

constexpr size_t kMaxInFlight = 200;
constexpr size_t kMaxWaiting = 2000;  // or open beyond kMaxInFlight

// Owned by Daemon. Thread-safe after Start.
class CaresResolver final : public core::Resolver {
 public:
  CaresResolver();
  ~CaresResolver() override;  // Interrupt and Join

  // kInvalidArgument: a server is not "ip:port" or "[ip6]:port".
  Result<void> Start(const config::Config::Dns& options);
  // From now on these servers, time-outs and tries. Questions in flight are asked again. Errors as
  // of Start; then nothing changes.
  Result<void> Reload(const config::Config::Dns& options);

  void Resolve(const std::string& name, core::DnsType type, Callback done) override;

  // The servers' word that an answer is secure counts: all are on loopback, or `trusted` says so.
  bool IsTrusted() const;

  // Every question gets its answer, kTempError, before Join returns; later ones get it at once.
  void Interrupt();
  void Join();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace egd::dns
