// A resolver that knows what the test told it; every other name does not exist.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "daemon/core/resolver.h"

namespace egd::smtp_client {

class FakeResolver : public core::Resolver {
 public:
  void Resolve(const std::string& name, core::DnsType type, Callback done) override {
    {
      const std::lock_guard lock(mutex_);
      ++asked_;
      if (!silent_.empty() && name.ends_with(silent_)) {
        return unanswered_.push_back([this, name, type, done] { Answer(name, type, done); });
      }
    }
    Answer(name, type, done);
  }
  // Questions about what ends so get no answer until EndSilence.
  void Silence(const std::string& ending) {
    const std::lock_guard lock(mutex_);
    silent_ = ending;
  }
  void EndSilence() {
    std::vector<std::function<void()>> answers;
    {
      const std::lock_guard lock(mutex_);
      silent_.clear();
      answers.swap(unanswered_);
    }
    for (const auto& answer : answers) answer();
  }
  size_t unanswered() const {
    const std::lock_guard lock(mutex_);
    return unanswered_.size();
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
  // `octets`: the record's data.
  void Tlsa(const std::string& name, const std::string& octets) {
    Found(name, core::DnsType::kTlsa).values.push_back(octets);
  }
  // What is there, or that nothing is, is secure.
  void Secure(const std::string& name, core::DnsType type) {
    const auto known = answers_.find({name, type});
    if (known == answers_.end()) answers_[{name, type}].status = core::DnsStatus::kNoData;
    answers_[{name, type}].authenticated = true;
  }
  // The addresses of `name` are those of `canonical`.
  void Alias(const std::string& name, const std::string& canonical) {
    Found(name, core::DnsType::kCname).values.push_back(canonical);
    for (const auto type : {core::DnsType::kA, core::DnsType::kAaaa}) {
      const auto found = answers_.find({canonical, type});
      if (found == answers_.end()) continue;
      answers_[{name, type}] = found->second;
      answers_[{name, type}].canonical = canonical;
    }
  }
  void Fail(const std::string& name, core::DnsType type) {
    known_names_[name] = true;
    answers_[{name, type}] = {core::DnsStatus::kTempError, {}, {}, "SERVFAIL"};
  }
  // The next question only.
  void FailOnce(const std::string& name, core::DnsType type) { failing_once_.insert({name, type}); }
  int asked() const {
    const std::lock_guard lock(mutex_);
    return asked_;
  }

 private:
  void Answer(const std::string& name, core::DnsType type, const Callback& done) {
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
  core::DnsAnswer& Found(const std::string& name, core::DnsType type) {
    known_names_[name] = true;
    auto& answer = answers_[{name, type}];
    answer.status = core::DnsStatus::kFound;
    return answer;
  }

  std::map<std::pair<std::string, core::DnsType>, core::DnsAnswer> answers_;
  std::set<std::pair<std::string, core::DnsType>> failing_once_;
  std::map<std::string, bool> known_names_;
  mutable std::mutex mutex_;
  std::string silent_;
  std::vector<std::function<void()>> unanswered_;
  int asked_ = 0;
};

}  // namespace egd::smtp_client
