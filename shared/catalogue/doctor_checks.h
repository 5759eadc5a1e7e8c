// The checks of `egctl doctor`: what each looks at and what helps. Data, for the command, its help
// and its man page; cli/doctor/checks.h has the functions. Immutable, thread-safe.
#pragma once

#include <string_view>
#include <vector>

namespace egd::catalogue {

struct DoctorCheck {
  std::string_view name, looks_at;
  std::string_view remedy;  // for a person; a finding may know a more exact one
};

const std::vector<DoctorCheck>& DoctorChecks();  // in the order they are shown

}  // namespace egd::catalogue
