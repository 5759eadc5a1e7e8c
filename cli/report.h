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

// What a report tells.
struct Verdict {
  std::vector<CheckedDomain> domains = {};
  std::chrono::milliseconds taken{0};
  std::string failure = {};  // why the run did not get to its end; empty: it did
};

// The reports of one run. From the beginning each file holds an error entry, so that a run which is
// cut off leaves neither nothing nor an older run's verdict. Not thread-safe.
class Reports {
 public:
  // From every --report. kInvalidArgument for an unknown one or a file that cannot be written: told
  // now, not after a long wait.
  static Result<Reports> Open(const Console& console, const Words& words);

  // Writes files, and annotations on standard error, which Actions reads as standard output. False,
  // with a complaint, when a file cannot be written.
  bool Write(const Verdict& verdict);
  bool written() const { return written_; }

 private:
  Reports(const Console& console, std::vector<Report> reports)
      : console_(console), reports_(std::move(reports)) {}

  const Console& console_;
  std::vector<Report> reports_;
  bool written_ = false;
};

// The texts. A domain a test suite, a record a test case: fail a failure, temperror an error.
std::string JunitReport(const Verdict& verdict);
// A result for each record that does not pass: fail an error, temperror a warning.
std::string SarifReport(const Verdict& verdict);
// ::error for fail, ::warning for temperror, one ::notice when all pass.
std::string GithubReport(const Verdict& verdict);

}  // namespace egd::cli
