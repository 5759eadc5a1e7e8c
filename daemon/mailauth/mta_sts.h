// MTA-STS (RFC 8461): what a domain says about reaching its mail servers, and whether a server is
// one that it names. Pure, thread-safe; the input comes from strangers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shared/base/result.h"

namespace egd::mailauth {

constexpr size_t kMaxStsPolicyBytes = 64 * 1024;         // suggested by section 3.3
constexpr int64_t kMaxStsPolicyAgeSeconds = 31'557'600;  // a year, section 3.2

enum class StsMode {
  kNone,     // as if there was no policy
  kTesting,  // deliver anyway, and note what enforcing would have done
  kEnforce,  // only to servers the policy names, with TLS and a valid certificate
};
std::string_view Name(StsMode mode);  // "enforce"
std::optional<StsMode> ParseStsMode(std::string_view name);

struct StsPolicy {
  StsMode mode = StsMode::kNone;
  std::vector<std::string> mx;  // host names, lower case A-labels; "*." first: a pattern
  int64_t max_age_s = 0;

  // Whether a pattern fits `host`, in the house's form (core/host_name.h). A wildcard stands for
  // exactly one label, the left-most (section 4.1).
  bool Names(std::string_view host) const;
};

// The id in the TXT records at _mta-sts.<domain> (section 3.1): 1 to 32 letters and digits, a new
// one for each policy. Nothing when there is not exactly one record of version STSv1, or it is
// malformed: the domain has no policy.
std::optional<std::string> FindStsId(const std::vector<std::string>& txt_records);

// A policy file (section 3.2). Lines end with CRLF or LF; of a key given twice the first counts,
// save for mx; unknown keys are ignored. The error is kUnprocessable, and its public text the end
// of a sentence: "has no mode".
Result<StsPolicy> ParseStsPolicy(std::string_view text);

}  // namespace egd::mailauth
