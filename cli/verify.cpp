#include "cli/verify.h"

#include <algorithm>
#include <ostream>

#include "cli/checked_domain.h"
#include "cli/duration.h"
#include "cli/progress.h"
#include "cli/report.h"
#include "shared/base/strings.h"
#include "shared/catalogue/exit_status.h"

namespace egd::cli {
namespace {

using catalogue::Command;
using std::chrono::seconds;
using Json = nlohmann::ordered_json;

constexpr seconds kWait(15 * 60), kInterval(10), kLongestCall(60);
constexpr int kExitSignal = 128;  // and the signal's number, as shells have it

struct Plan {
  bool waits = false;
  seconds timeout = kWait, interval = kInterval;
};

Result<Plan> PlanOf(const Words& words) {
  Plan plan{.waits = words.Has("--wait")};
  if (!plan.waits && words.Has("--interval")) return InvalidArgument("--interval needs --wait");
  const auto interval = DurationOf(words, "--interval", kInterval);
  if (!interval) return interval.error();
  plan.interval = *interval;
  const auto timeout = DurationOf(words, "--timeout", kWait);
  if (!timeout) return timeout.error();
  plan.timeout = *timeout;
  return plan;
}

// The rounds of look-ups of one command line.
class Verification {
 public:
  Verification(Console& console, Session& session, const Command& command, Plan plan,
               Reports& reports)
      : console_(console),
        session_(session),
        command_(command),
        plan_(plan),
        reports_(reports),
        started_(console.pause.Now()),
        progress_(console) {}

  int Run(const std::vector<Json>& requests, const Printing& printing) {
    domains_.resize(requests.size());
    const int status = LookUp(requests, printing);
    if (reports_.written()) return status;
    std::erase_if(domains_, [](const CheckedDomain& domain) { return domain.body.is_null(); });
    reports_.Write({domains_, Taken(), console_.last_complaint});
    return status;
  }

 private:
  int LookUp(const std::vector<Json>& requests, const Printing& printing) {
    if (plan_.waits) console_.pause.CatchSignals();
    while (true) {
      if (const auto status = Round(requests)) return *status;
      if (!plan_.waits || AllPass() || Left() <= seconds(0)) break;
      const seconds pause = std::min(plan_.interval, Left());
      progress_.Show(domains_, pause, Left());
      if (!console_.pause.For(pause)) return Stopped();
    }
    if (plan_.waits) progress_.Finish(domains_);
    return Finish(printing);
  }

  // Looks up every domain that does not pass yet; the exit status when that makes no sense.
  std::optional<int> Round(const std::vector<Json>& requests) {
    for (size_t i = 0; i < requests.size(); ++i) {
      CheckedDomain& domain = domains_[i];
      if (!domain.body.is_null() && domain.Passes()) continue;
      if (plan_.waits) session_.SetTimeout(std::clamp(Left(), seconds(1), kLongestCall));
      const auto answer = session_.Ask(command_, requests[i]);
      if (!answer || !answer->refusals.empty()) {
        // Trouble between two rounds is no verdict on the records.
        if (!domain.body.is_null() && IsPassing(answer)) continue;
        progress_.Clear();
        if (!answer && plan_.waits && Left() <= seconds(0)) return TimedOut();
        return answer ? session_.Refused(command_, *answer) : session_.Failed(answer.error());
      }
      domain = CheckedDomainOf(answer->body);
      domain.body = answer->body;
      domain.raw = answer->raw;
    }
    return std::nullopt;
  }

  seconds Left() const {
    return std::chrono::ceil<seconds>(started_ + plan_.timeout - console_.pause.Now());
  }

  std::chrono::milliseconds Taken() const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(console_.pause.Now() - started_);
  }

  bool AllPass() const {
    return std::all_of(domains_.begin(), domains_.end(), [](const auto& d) { return d.Passes(); });
  }

  int Stopped() {
    progress_.Clear();
    Complain(console_, "stopped before all records pass");
    return console_.pause.Signal() == 0 ? catalogue::kExitRefused
                                        : kExitSignal + console_.pause.Signal();
  }

  int TimedOut() const {
    Complain(console_, "timed out after " + FormatDuration(plan_.timeout) + ": " +
                           std::to_string(CountRecords(domains_) - CountRecords(domains_, "pass")) +
                           " of " + std::to_string(CountRecords(domains_)) +
                           " records do not pass");
    return catalogue::kExitTimedOut;
  }

  int Finish(const Printing& printing) {
    const bool reported = reports_.Write({domains_, Taken()});
    Warn();
    if (const int printed = PrintAll(printing)) return printed;
    if (!reported) return catalogue::kExitRefused;
    if (AllPass()) return catalogue::kExitDone;
    if (plan_.waits) return TimedOut();
    return CountRecords(domains_, "fail") > 0 ? catalogue::kExitDnsWrong
                                              : catalogue::kExitDnsTemporary;
  }

  // About the gateway's own records: the same for every domain.
  void Warn() const {
    const Json& body = domains_.front().body;
    const Json warnings = body.is_object() ? body.value("Warnings", Json::array()) : Json::array();
    for (const Json& warning : warnings) {
      if (warning.is_string())
        Complain(console_, "warning: " + Printable(warning.get<std::string>()));
    }
  }

  // One domain: the gateway's answer. Several: a list of answers, or one below the other.
  int PrintAll(const Printing& printing) const {
    const bool joins = printing.format == Format::kJson || printing.format == Format::kYaml ||
                       printing.format == Format::kCsv;
    if (domains_.size() > 1 && joins && !printing.field) {
      Json all = Json::array();
      for (const CheckedDomain& domain : domains_) all.push_back(domain.body);
      return Print(console_, command_, printing, all, "");
    }
    for (const CheckedDomain& domain : domains_) {
      const bool between = &domain != &domains_.front() && !printing.field;
      if (between) console_.out << "\n";
      if (const int status = Print(console_, command_, printing, domain.body, domain.raw)) {
        return status;
      }
    }
    return catalogue::kExitDone;
  }

  Console& console_;
  Session& session_;
  const Command& command_;
  const Plan plan_;
  Reports& reports_;
  const std::chrono::steady_clock::time_point started_;
  Progress progress_;
  std::vector<CheckedDomain> domains_;  // as last looked up
};

}  // namespace

std::vector<Words> WordsByDomain(const Command& command, const Words& words) {
  const std::string option = "--" + catalogue::KebabCase(command.params.front().name);
  Words rest = words;
  std::vector<std::string> domains;
  if (const auto given = rest.options.find(option); given != rest.options.end()) {
    domains = given->second;
    rest.options.erase(given);
  }
  domains.insert(domains.end(), words.positionals.begin(), words.positionals.end());
  if (domains.empty()) return {words};
  std::vector<Words> all;
  for (const std::string& domain : domains) {
    rest.positionals = {domain};
    all.push_back(rest);
  }
  return all;
}

int VerifyDomains(Console& console, Session& session, const Command& command, const Words& words,
                  const std::vector<Json>& requests, const Printing& printing, Reports& reports) {
  auto plan = PlanOf(words);
  if (!plan) return UsageError(console, plan.error().public_text, std::string(command.CliName()));
  return Verification(console, session, command, *plan, reports).Run(requests, printing);
}

}  // namespace egd::cli
