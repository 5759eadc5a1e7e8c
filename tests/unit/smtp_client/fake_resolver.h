// A resolver that knows what the test told it; every other name does not exist.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "daemon/core/resolver.h"

namespace egd::smtp_client {

class FakeResolver : public core::Resolver {
 public:
  void Resolve(const std::string& name, core::DnsType type, Callback done) override {
    ++asked_;
    if (failing_once_.erase({name, type}) > 0) {
      return done({core::DnsStatus::kTempError, {}, {}, "SERVFAIL"});
    }
    const auto found = answers_.find({name, type});
    if (found != answers_.end()) return done(found->second);
    core::DnsAnswer nothing;
    nothing.status =
        known_names_.count(name) ? core::DnsStatus::kNoData : core::DnsStatus::kNxDomain;
    done(nothing);
  }

  void Address(const std::string& host, const std::string& address) {
    const bool v6 = address.find(':') != std::string::npos;
    Found(host, v6 ? core::DnsType::kAaaa : core::DnsType::kA).values.push_back(address);
  }
  void Mx(const std::string& domain, uint16_t preference, const std::string& host) {
    auto& answer = Found(domain, core::DnsType::kMx);
    answer.values.push_back(host);
    answer.preferences.push_back(preference);
  }
  // The only record there; an empty text: none.
  void Txt(const std::string& name, const std::string& text) {
    answers_.erase({name, core::DnsType::kTxt});
    if (!text.empty()) Found(name, core::DnsType::kTxt).values.push_back(text);
  }
  void Fail(const std::string& name, core::DnsType type) {
    known_names_[name] = true;
    answers_[{name, type}] = {core::DnsStatus::kTempError, {}, {}, "SERVFAIL"};
  }
  // The next question only.
  void FailOnce(const std::string& name, core::DnsType type) { failing_once_.insert({name, type}); }
  int asked() const { return asked_; }

 private:
  core::DnsAnswer& Found(const std::string& name, core::DnsType type) {
    known_names_[name] = true;
    auto& answer = answers_[{name, type}];
    answer.status = core::DnsStatus::kFound;
    return answer;
  }

  std::map<std::pair<std::string, core::DnsType>, core::DnsAnswer> answers_;
  std::set<std::pair<std::string, core::DnsType>> failing_once_;
  std::map<std::string, bool> known_names_;
  int asked_ = 0;
};

}  // namespace egd::smtp_client
