// Whatever a policy host serves, ParseStsPolicy returns, and a policy it accepts keeps the bounds.
#include "daemon/core/host_name.h"
#include "daemon/mailauth/mta_sts.h"
#include "tests/fuzz/fuzz.h"

using namespace egd;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = fuzz::AsText(data, size);
  const auto id = mailauth::FindStsId({std::string(text)});
  fuzz::Require(!id || (!id->empty() && id->size() <= 32));
  const auto policy = mailauth::ParseStsPolicy(text);
  if (!policy) return 0;
  fuzz::Require(size <= mailauth::kMaxStsPolicyBytes);
  fuzz::Require(policy->max_age_s >= 0 && policy->max_age_s <= mailauth::kMaxStsPolicyAgeSeconds);
  fuzz::Require(!policy->mx.empty() || policy->mode == mailauth::StsMode::kNone);
  for (const std::string& pattern : policy->mx) {
    const bool wild = pattern.starts_with("*.");
    const std::string name = wild ? pattern.substr(2) : pattern;
    fuzz::Require(core::NormalizeHostName(name) == name);
    fuzz::Require(policy->Names(wild ? "a." + name : name));
    fuzz::Require(wild == policy->Names("a." + name) || policy->mx.size() > 1);
  }
  return 0;
}
