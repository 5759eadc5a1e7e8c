// What is known of the DNS while records are checked. A check asks it for every answer that it
// needs and takes one that is missing for a temporary error; TakeWanted names those. Whoever
// checks looks them up, adds them and checks again, until nothing is wanted. So checks stay pure,
// and what can be asked at once is.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/core/resolver.h"

namespace egd::mailauth {

struct DnsQuestion {
  std::string name;  // lower case, no trailing dot
  core::DnsType type = core::DnsType::kA;
  auto operator<=>(const DnsQuestion&) const = default;
};

// A value of one thread.
class DnsFacts {
 public:
  // The answer; kTempError while it is not known. Valid until the facts are gone.
  const core::DnsAnswer& Find(const std::string& name, core::DnsType type);

  // What was asked for and is not known, each once; they are asked for no more.
  std::vector<DnsQuestion> TakeWanted();
  void Add(const DnsQuestion& question, core::DnsAnswer answer);
  // From now on what is not known has this error, and is not wanted.
  void GiveUp(std::string detail);

 private:
  struct Fact {
    std::optional<core::DnsAnswer> answer;
    bool taken = false;
  };
  std::map<DnsQuestion, Fact> facts_;
  core::DnsAnswer unknown_{core::DnsStatus::kTempError, {}, {}, "not asked yet"};
  bool given_up_ = false;
};

}  // namespace egd::mailauth
