// The lanes of one io thread (`egd-mail.N`), and that thread.
//
// Before its mail gets a lane, a domain's exchangers and its MTA-STS policy are looked up: domains
// that share the exchangers share a lane. An enforced policy leaves only those that it names, and
// puts the domain into a lane where every connection has verified TLS (RFC 8461 section 5). With
// DANE, what the exchangers' TLSA records ask goes before it (mailauth/dane.h). All of it is believed for EngineOptions::exchangers_age, and a temporary failure not at all. A domain
// without a route gets a lane of its own, which fails its mail.
//
// Look-ups take slots that the senders share (core/budget.h), and the mail that waits for one takes
// room: who has mail for thousands of domains whose name servers are silent, or much for one of
// them, delays only their own. What finds no slot or no room waits, and is no attempt.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>

#include "daemon/core/budget.h"
#include "daemon/net/io_loop.h"
#include "daemon/queue/lane.h"
#include "daemon/queue/recorder.h"

namespace egd::queue {

class LaneGroup {
 public:
  // All must outlive it.
  LaneGroup(const LaneParts& parts, core::DeliveryLedger& ledger, Claimer& claimer);
  ~LaneGroup();  // Interrupt, Join

  void Start(const std::string& thread_name);
  void Interrupt();  // lanes stop; after EngineOptions::drain they are aborted
  void Join();       // nothing is submitted any more

  // Any thread:
  void Submit(std::vector<Envelope> transactions);
  // The destination's mail goes back to the ledger, until Resume.
  void Pause(const std::string& destination);
  void Resume(const std::string& destination);
  void Retry(const std::string& lane);  // and looks up again what is believed

 private:
  using PolicyPtr = std::shared_ptr<const mailauth::StsPolicy>;  // null: none
  // A domain whose exchangers are known, or being asked for.
  struct Domain {
    bool asking = false;
    bool has_begun = false;  // else it waits for a slot
    std::chrono::steady_clock::time_point good_until{};
    smtp_client::Exchangers exchangers;  // those that the policy permits
    PolicyPtr policy;
    std::vector<Envelope> waiting;  // bounded by the room
  };

  void Place(Envelope envelope);
  void HoldBack(Envelope& envelope);
  void PostponeAsking(const Envelope& envelope);
  bool Ask(const std::string& name, const std::string& asker);
  net::Task<void> FindExchangers(std::string domain, std::string asker);
  net::Task<Domain> LookUp(std::string domain);
  net::Task<PolicyPtr> FindPolicy(const std::string& domain);
  void Enter(Envelope transaction, const Domain& domain);
  // Null if the router finds out.
  void Enter(Envelope transaction, const smtp_client::Exchangers* exchangers);
  void ForgetOldDomains();
  void Stop();
  void Abort();
  void Forget(const std::string& name);
  void EndDrainWhenEmpty();

  const LaneParts& parts_;
  std::map<std::string, Provider> providers_;  // only on the thread; by name; mail has their room
  net::IoLoop loop_;
  boost::asio::executor_work_guard<net::Executor> work_{loop_.executor()};
  net::Timer drain_{loop_.executor()};
  Recorder recorder_;
  std::map<std::string, std::unique_ptr<Lane>> lanes_;  // only on the thread
  std::map<std::string, Domain> domains_;               // only on the thread
  std::set<std::string> paused_;                        // only on the thread
  core::Budget questions_;                              // only on the thread; by sender's domain
  bool stopping_ = false;                               // only on the thread
};

}  // namespace egd::queue
