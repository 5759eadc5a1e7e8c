// A delivery engine in a test: with a mail server, a resolver, a ledger and policies that do what the
// test says.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

#include "daemon/queue/delivery_engine.h"
#include "shared/base/log.h"
#include "tests/unit/queue/fake_ledger.h"
#include "tests/unit/queue/fake_mx.h"
#include "tests/unit/smtp_client/fake_resolver.h"

namespace egd::queue {

using core::Disposition;
using core::DnsType;
using std::chrono::milliseconds;
using std::chrono::seconds;

// Answers at once, with what the test told it.
class FakePolicies : public mailauth::StsPolicies {
 public:
  void Find(const std::string& domain, Done done) override {
    const auto found = by_domain.find(domain);
    done(found == by_domain.end() ? nullptr : found->second);
  }
  void Add(const std::string& domain, mailauth::StsMode mode, std::vector<std::string> mx) {
    mailauth::StsPolicy policy;
    policy.mode = mode;
    policy.mx = std::move(mx);
    by_domain[domain] = std::make_shared<const mailauth::StsPolicy>(std::move(policy));
  }
  std::map<std::string, std::shared_ptr<const mailauth::StsPolicy>> by_domain;
};

// An engine with everything around it, ready to be told more before Start.
struct Post {
  Post() : ledger(clock) {
    log::Configure(log::Level::kError, log::Format::kText);
    options.hello_name = "gw.example.org";
    options.delivery.allow_networks = {"127.0.0.0/8"};
    options.delivery.mx_port = mx.port();
    options.delivery.retry_schedule = {seconds(60)};
    options.settle_retry = milliseconds(5);
    options.drain = seconds(5);
    dns.Address("x.example", "127.0.0.1");
    dns.Address("y.example", "127.0.0.1");
    dns.Address("z.example", "127.0.0.1");
  }

  void Start() {
    engine = std::make_unique<DeliveryEngine>(options, ledger, dns, clock, &policies);
    engine->Start();
  }
  void Stop() {
    engine->Interrupt();
    engine->Join();
  }
  // Starts, if need be, and returns what was recorded once `count` outcomes are.
  const FakeLedger::Outcomes& Run(size_t count) {
    if (!engine) Start();
    engine->Wake();
    REQUIRE(ledger.WaitForOutcomes(count));
    return ledger.outcomes();
  }
  core::DeliveryOutcome Only(const std::string& address) {
    const auto outcomes = ledger.Of(address);
    INFO(address);
    REQUIRE(outcomes.size() == 1);
    return outcomes[0];
  }

  TestClock clock;
  FakeMx mx;
  smtp_client::FakeResolver dns;
  FakeLedger ledger;
  FakePolicies policies;
  EngineOptions options;
  std::unique_ptr<DeliveryEngine> engine;  // ends first
};

// Whether `holds` becomes true within 20 s, which no test should need.
template <typename Condition>
bool Eventually(Condition holds) {
  const auto deadline = std::chrono::steady_clock::now() + seconds(20);
  while (!holds()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

inline std::string Text(Disposition disposition) {
  switch (disposition) {
    case Disposition::kDelivered:
      return "delivered";
    case Disposition::kDeferred:
      return "deferred";
    case Disposition::kBounced:
      return "bounced";
  }
  return "";
}

inline std::string Text(const core::DeliveryOutcome& outcome) {
  return Text(outcome.disposition) + " " + outcome.bounce_class + "|" + outcome.smtp_response;
}

}  // namespace egd::queue
