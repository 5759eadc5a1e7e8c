// The outcome of one comparison with the DNS.
#pragma once

#include <string>
#include <vector>

#include "daemon/core/resolver.h"

namespace egd::mailauth {

struct Verdict {
  std::vector<std::string> found = {};
  std::string error = {};  // one sentence; empty: it passes
  bool temporary = false;  // the DNS did not answer; `error` says so
};

inline Verdict Unanswered(const std::string& name, const core::DnsAnswer& answer) {
  return {{}, "The DNS did not answer for " + name + ": " + answer.detail + ".", true};
}

}  // namespace egd::mailauth
