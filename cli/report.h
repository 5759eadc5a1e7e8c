// Reports of checked DNS records for pipelines: JUnit XML (as Jenkins and GitLab read it), SARIF
// 2.1.0 (OASIS), and the workflow commands of GitHub Actions.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "cli/checked_domain.h"
#include "cli/console.h"
#include "cli/words.h"
#include "shared/base/result.h"

namespace egd::cli {

struct Report {
  enum class Kind { kJunit, kSarif, kGithub };
  Kind kind = Kind::kGithub;
  std::string path = {};  // of the file; kGithub has none
};

// From every --report. kInvalidArgument for an unknown one or a file that cannot be written: told
// now, not after a long wait.
Result<std::vector<Report>> ReportsOf(const Words& words);

// Writes them: files, and annotations on standard error, which Actions reads as standard output.
// False, with a complaint, when a file cannot be written.
bool WriteReports(const Console& console, const std::vector<Report>& reports,
                  const std::vector<CheckedDomain>& domains, std::chrono::milliseconds taken);

// The texts. A domain a test suite, a record a test case: fail a failure, temperror an error.
std::string JunitReport(const std::vector<CheckedDomain>& domains, std::chrono::milliseconds taken);
// A result for each record that does not pass: fail an error, temperror a warning.
std::string SarifReport(const std::vector<CheckedDomain>& domains);
// ::error for fail, ::warning for temperror, one ::notice when all pass.
std::string GithubReport(const std::vector<CheckedDomain>& domains);

}  // namespace egd::cli
