// What the tests of domains and their verification share: Jane and Mallory on a store of their own,
// and a DNS that the test writes.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <catch2/catch.hpp>

#include "daemon/core/resolver.h"
#include "daemon/service/domains/dkim_rotation.h"
#include "daemon/service/domains/domains.h"
#include "daemon/service/domains/verify_domain.h"
#include "daemon/store/user_store.h"
#include "tests/unit/temp_dir.h"

namespace egd::service {

// Names that were not published do not exist. Not thread-safe.
class PublishedDns : public core::Resolver {
 public:
  void Resolve(const std::string& name, core::DnsType type, Callback done) override {
    if (before_answer) before_answer();
    if (down) return done({core::DnsStatus::kTempError, {}, {}, "SERVFAIL"});
    const auto found = values_.find({name, type});
    if (found == values_.end()) return done({core::DnsStatus::kNxDomain, {}, {}, {}});
    done({core::DnsStatus::kFound, found->second, {}, {}});
  }
  void Publish(const std::vector<core::DnsRecord>& records) {
    for (const auto& record : records) Set(record, record.value);
  }
  void Set(const core::DnsRecord& record, const std::string& value) {
    const auto type = record.type == "CNAME" ? core::DnsType::kCname
                      : record.type == "A"   ? core::DnsType::kA
                                             : core::DnsType::kTxt;
    values_[{record.host, type}] = {value};
  }
  void Clear() { values_.clear(); }

  bool down = false;
  std::function<void()> before_answer;

 private:
  std::map<std::pair<std::string, core::DnsType>, std::vector<std::string>> values_;
};

struct DomainHouse {
  explicit DomainHouse(config::Config settings = Settings()) : config(std::move(settings)) {
    REQUIRE(store->Write([&](store::Transaction& tx) {
      for (auto* user : {&jane, &mallory}) {
        user->username = user == &jane ? "jane" : "mallory";
        user->email_address = user->username + "@example.com";
        store::UserStore(tx).Insert(*user);
      }
    }));
  }

  static config::Config Settings() {
    config::Config config;
    config.gateway.mfrom_host = "mfrom.gw.example";
    config.gateway.tracking_host = "click.gw.example";
    config.gateway.spf_host = "spf.gw.example";
    return config;
  }
  static config::Config WithoutRecords() {
    config::Config config = Settings();
    config.dns_records.clear();
    return config;
  }

  core::SenderDomain Add(const std::string& name, const HostSettings& hosts = {}) {
    return AddFor(jane, name, hosts);
  }
  core::SenderDomain AddFor(const core::User& user, const std::string& name,
                            const HostSettings& hosts = {}) {
    const Result<AddedDomain> added = domains.Add(user.id, name, hosts);
    REQUIRE(added);
    REQUIRE(std::holds_alternative<core::SenderDomain>(*added));
    return std::get<core::SenderDomain>(*added);
  }
  std::vector<DomainProblem> Refusal(const std::string& name, const HostSettings& hosts = {}) {
    const Result<AddedDomain> added = domains.Add(jane.id, name, hosts);
    REQUIRE(added);
    REQUIRE(std::holds_alternative<std::vector<DomainProblem>>(*added));
    return std::get<std::vector<DomainProblem>>(*added);
  }
  core::SenderDomain Stored(const core::SenderDomain& domain) {
    const auto found = domains.Find(domain.user_id, domain.id);
    REQUIRE(found);
    return *found;
  }
  core::SenderDomain Verify(const core::SenderDomain& domain) {
    const auto verified = verify.Verify(domain.user_id, domain.id);
    REQUIRE(verified);
    return verified->domain;
  }

  TempDir dir;
  FakeClock clock;
  config::Config config;
  std::unique_ptr<store::Store> store = std::move(*store::Store::Open(dir.path()));
  auth::Vault vault{std::string(32, 'k')};
  PublishedDns dns;
  Domains domains{*store, vault, clock, config};
  DnsRounds rounds{dns};
  VerifyDomain verify{*store, rounds, clock, config};
  DkimRotation rotation{*store, vault, clock, config};
  core::User jane, mallory;
};

}  // namespace egd::service
