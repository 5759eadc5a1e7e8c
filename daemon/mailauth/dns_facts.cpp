#include "daemon/mailauth/dns_facts.h"

#include "shared/base/strings.h"

namespace egd::mailauth {

const core::DnsAnswer& DnsFacts::Find(const std::string& name, core::DnsType type) {
  std::string owner = Lower(name);
  if (owner.ends_with('.')) owner.pop_back();
  const Fact& fact = facts_[{std::move(owner), type}];
  return fact.answer ? *fact.answer : unknown_;
}

std::vector<DnsQuestion> DnsFacts::TakeWanted() {
  std::vector<DnsQuestion> wanted;
  for (auto& [question, fact] : facts_) {
    if (given_up_ || fact.answer || std::exchange(fact.taken, true)) continue;
    wanted.push_back(question);
  }
  return wanted;
}

void DnsFacts::Add(const DnsQuestion& question, core::DnsAnswer answer) {
  facts_[question].answer = std::move(answer);
}

void DnsFacts::GiveUp(std::string detail) {
  given_up_ = true;
  unknown_.detail = std::move(detail);
}

}  // namespace egd::mailauth
