#include "cli/progress.h"

#include <ostream>

#include "cli/duration.h"
#include "cli/view/text.h"

namespace egd::cli {
namespace {

bool IsDumb(const Console& console) {
  const auto term = console.environment.find("TERM");
  return term == console.environment.end() || term->second == "dumb";
}

std::string LineOf(const CheckedRecord& record) {
  std::string status = record.status;
  status.resize(11, ' ');
  return status + record.Name() + (record.Passes() ? "" : ": " + record.Reason());
}

std::string Score(const std::vector<CheckedDomain>& domains) {
  return std::to_string(CountRecords(domains, "pass")) + " of " +
         std::to_string(CountRecords(domains)) + " records pass";
}

}  // namespace

Progress::Progress(const Console& console)
    : console_(console), redraws_(console.err_is_terminal && !IsDumb(console)) {}

void Progress::Show(const std::vector<CheckedDomain>& domains, std::chrono::seconds next,
                    std::chrono::seconds left) {
  const std::string status = Score(domains) + "; looking again in " + FormatDuration(next) + ", " +
                             FormatDuration(left) + " left";
  redraws_ ? Draw(domains, status) : Log(domains, status);
  console_.err.flush();
}

void Progress::Finish(const std::vector<CheckedDomain>& domains) {
  Clear();
  if (!redraws_) Log(domains, Score(domains));
}

void Progress::Clear() {
  if (drawn_ > 0) console_.err << "\x1b[" << drawn_ << "A\x1b[J" << std::flush;
  drawn_ = 0;
}

void Progress::Draw(const std::vector<CheckedDomain>& domains, const std::string& status) {
  Clear();
  const size_t room = console_.rows > 3 ? console_.rows - 3 : 1;
  const bool all = CountRecords(domains) <= room;  // else those that pass are only counted
  std::vector<std::string> lines;
  for (const CheckedDomain& domain : domains) {
    for (const CheckedRecord& record : domain.records) {
      if ((all || !record.Passes()) && lines.size() < room) lines.push_back(LineOf(record));
    }
  }
  lines.push_back(status);
  const Page page = PageOf(console_, {});
  for (const std::string& line : lines) {  // one that wraps would take two of the block's
    console_.err << CutEnd(page, line, console_.columns - 1) << "\n";
  }
  drawn_ = lines.size();
}

void Progress::Log(const std::vector<CheckedDomain>& domains, const std::string& status) {
  for (const CheckedDomain& domain : domains) {
    for (const CheckedRecord& record : domain.records) {
      const std::string line = LineOf(record);
      std::string& before = logged_[domain.name + " " + record.Name()];
      if (line != before) console_.err << line << "\n";
      before = line;
    }
  }
  console_.err << status << "\n";
}

}  // namespace egd::cli
