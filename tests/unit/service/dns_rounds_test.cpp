#include "daemon/service/domains/dns_rounds.h"

#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

namespace egd::service {
namespace {

using core::DnsAnswer;
using core::DnsStatus;
using core::DnsType;
using std::chrono::milliseconds;

// Answers nothing until it is told to, or at once.
class SlowDns : public core::Resolver {
 public:
  void Resolve(const std::string& name, DnsType, Callback done) override {
    asked.push_back(name);
    if (answers) return done({DnsStatus::kFound, {"192.0.1.1"}, {}, {}});
    open.push_back(std::move(done));
  }
  void AnswerAll() {
    for (auto& done : std::exchange(open, {})) done({DnsStatus::kNxDomain, {}, {}, {}});
  }

  bool answers = false;
  std::vector<std::string> asked;
  std::vector<Callback> open;
};

struct Fixture {
  SlowDns dns;
  DnsRounds rounds{dns};

  // Looks for this many names; gives the facts.
  mailauth::DnsFacts Run(int64_t asker, size_t names, milliseconds deadline = milliseconds(1)) {
    mailauth::DnsFacts facts;
    rounds.Run(
        asker, facts,
        [&] {
          for (size_t i = 0; i < names; ++i) facts.Find(Name(i), DnsType::kA);
        },
        deadline);
    return facts;
  }
  static std::string Name(size_t i) { return "n" + std::to_string(i) + ".example"; }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "a round ends at its deadline, and what was not answered is temporary") {
  mailauth::DnsFacts facts = Run(1, 3);
  CHECK(dns.asked.size() == 3);
  const DnsAnswer& answer = facts.Find(Name(0), DnsType::kA);
  CHECK(answer.status == DnsStatus::kTempError);
  CHECK_THAT(answer.detail, Catch::Matchers::StartsWith("no answer within"));
}

TEST_CASE_METHOD(Fixture, "an asker has a few questions open, those of earlier rounds among them") {
  Run(1, kQuestionsEach + 10);
  CHECK(dns.asked.size() == kQuestionsEach);
  Run(1, 1);
  CHECK(dns.asked.size() == kQuestionsEach);
  Run(2, 5);
  CHECK(dns.asked.size() == kQuestionsEach + 5);
  dns.AnswerAll();
  Run(1, 1);
  CHECK(dns.asked.size() == kQuestionsEach + 6);
}

TEST_CASE_METHOD(Fixture, "all askers together leave the resolver room for others") {
  for (int64_t asker = 1; asker <= 20; ++asker) Run(asker, kQuestionsEach);
  CHECK(dns.asked.size() == kQuestionsTogether);
}

TEST_CASE_METHOD(Fixture, "answers that lead to questions are followed in one round") {
  dns.answers = true;
  mailauth::DnsFacts facts;
  size_t depth = 0;
  rounds.Run(1, facts, [&] {
    for (depth = 0; depth < 40; ++depth) {
      if (facts.Find(Name(depth), DnsType::kA).status != DnsStatus::kFound) break;
    }
  });
  CHECK(depth == 40);
}

TEST_CASE_METHOD(Fixture, "an interrupt ends a round at once") {
  std::thread stopper([&] { rounds.Interrupt(); });
  mailauth::DnsFacts facts = Run(1, 1, std::chrono::minutes(10));
  stopper.join();
  CHECK(facts.Find(Name(0), DnsType::kA).status == DnsStatus::kTempError);
}

}  // namespace egd::service
