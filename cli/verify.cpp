#include "cli/verify.h"

#include <algorithm>
#include <fstream>
#include <ostream>

#include "cli/all_domains.h"
#include "cli/authority.h"
#include "cli/checked_domain.h"
#include "cli/duration.h"
#include "cli/in_parallel.h"
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
constexpr size_t kAuthorities = 16;  // domains whose own servers are asked at once
constexpr int kExitSignal = 128;     // and the signal's number, as shells have it

struct Plan {
  bool waits = false, all = false;
  seconds timeout = kWait, interval = kInterval;
  std::optional<NameServer> resolver =
      {};  // to find the domains' own servers; nothing: they are not asked
};

// The one that --dns-server names, else the first of this machine.
Result<NameServer> ResolverOf(const Words& words) {
  if (const auto text = words.One("--dns-server")) {
    const auto server = ParseNameServer(*text);
    if (server) return *server;
    return InvalidArgument(
        "--dns-server must be an address, with a port as 192.0.2.1:5353 or [2001:db8::1]:5353");
  }
  std::ifstream in("/etc/resolv.conf");
  const std::string conf{std::istreambuf_iterator<char>(in), {}};
  return *ParseNameServer(SystemNameServers(conf).front());
}

Result<Plan> PlanOf(const Words& words) {
  Plan plan{.waits = words.Has("--wait")};
  if (!plan.waits && words.Has("--interval")) return InvalidArgument("--interval needs --wait");
  const auto interval = DurationOf(words, "--interval", kInterval);
  if (!interval) return interval.error();
  plan.interval = *interval;
  const auto timeout = DurationOf(words, "--timeout", kWait);
  if (!timeout) return timeout.error();
  plan.timeout = *timeout;
  plan.all = words.Has("--all");
  if (words.Has("--dns-server") && !words.Has("--authoritative")) {
    return InvalidArgument("--dns-server needs --authoritative");
  }
  if (words.Has("--authoritative")) {
    const auto resolver = ResolverOf(words);
    if (!resolver) return resolver.error();
    plan.resolver = *resolver;
  }
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
    std::vector<size_t> open;
    for (size_t i = 0; i < requests.size(); ++i) {
      if (domains_[i].body.is_null() || !domains_[i].Passes()) open.push_back(i);
    }
    if (plan_.all) return RoundOfAll(requests, open);
    for (const size_t i : open) {
      if (plan_.waits) session_.SetTimeout(LongestCall());
      if (const auto status = Take(i, session_.Ask(command_, requests[i]))) return status;
    }
    return std::nullopt;
  }

  std::optional<int> RoundOfAll(const std::vector<Json>& requests,
                                const std::vector<size_t>& open) {
    std::vector<Json> asked;
    for (const size_t i : open) asked.push_back(requests[i]);
    const auto answers = AskAll(session_, command_, asked, plan_.waits ? LongestCall() : seconds(0),
                                [&](size_t done) { ShowCount(done, asked.size()); });
    HideCount();
    for (size_t i = 0; i < open.size(); ++i) {
      if (const auto status = Take(open[i], answers[i])) return status;
    }
    return std::nullopt;
  }

  std::optional<int> Take(size_t i, const Result<Answer>& answer) {
    CheckedDomain& domain = domains_[i];
    if (!answer || !answer->refusals.empty()) {
      // Trouble between two rounds is no verdict on the records.
      if (!domain.body.is_null() && IsPassing(answer)) return std::nullopt;
      progress_.Clear();
      if (!answer && plan_.waits && Left() <= seconds(0)) return TimedOut();
      return answer ? session_.Refused(command_, *answer) : session_.Failed(answer.error());
    }
    domain = CheckedDomainOf(answer->body);
    domain.body = answer->body;
    domain.raw = answer->raw;
    return std::nullopt;
  }

  seconds LongestCall() const { return std::clamp(Left(), seconds(1), kLongestCall); }

  void ShowCount(size_t done, size_t total) {
    if (!console_.err_is_terminal) return;
    console_.err << "\r\x1b[K" << done << " of " << total << " domains" << std::flush;
    counted_ = true;
  }
  void HideCount() {
    if (std::exchange(counted_, false)) console_.err << "\r\x1b[K" << std::flush;
  }

  // What the domains' own servers say of the records that do not pass.
  void AskAuthorities() {
    if (!plan_.resolver) return;
    InParallel(
        domains_.size(), kAuthorities,
        [&](size_t i, size_t) {
          if (domains_[i].body.is_null() || domains_[i].Passes()) return;
          Authority authority(*plan_.resolver);
          AddAuthority(authority, domains_[i]);
        },
        [] {});
    for (const CheckedDomain& domain : domains_) {
      for (const CheckedRecord& record : domain.records) {
        if (!record.authority.empty()) {
          Complain(console_, record.Name() + ": " + record.authority);
        }
      }
    }
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
    AskAuthorities();
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
    if (domains_.empty()) return;
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
    if (plan_.all && printing.format == Format::kTable && !printing.field) return PrintLines();
    if ((plan_.all || domains_.size() > 1) && joins && !printing.field) {
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

  // A line a domain: what most of them need is to be seen at once.
  int PrintLines() const {
    size_t width = 0;
    for (const CheckedDomain& domain : domains_) width = std::max(width, domain.name.size());
    for (const CheckedDomain& domain : domains_) {
      std::vector<std::string> wrong;
      for (const CheckedRecord& record : domain.records) {
        if (!record.Passes()) wrong.push_back(record.purpose);
      }
      std::string status = domain.Passes()                      ? "pass"
                           : CountRecords({domain}, "fail") > 0 ? "fail"
                                                                : "temperror";
      status.resize(11, ' ');
      console_.out << status << domain.name;
      if (!wrong.empty()) {
        console_.out << std::string(width - domain.name.size() + 2, ' ') << Join(wrong, ", ");
      }
      console_.out << '\n';
    }
    return Flush(console_);
  }

  Console& console_;
  Session& session_;
  const Command& command_;
  const Plan plan_;
  Reports& reports_;
  const std::chrono::steady_clock::time_point started_;
  Progress progress_;
  std::vector<CheckedDomain> domains_;  // as last looked up
  bool counted_ = false;                // a line of ShowCount is there
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

int VerifyAllDomains(Console& console, Session& session, const Command& command, const Words& words,
                     const Json& base, const Printing& printing, Reports& reports) {
  std::vector<Json> requests;
  const auto answer = AskForDomains(session, base, requests);
  if (!answer) return session.Failed(answer.error());
  if (!answer->refusals.empty()) {
    return session.Refused(*catalogue::Find("emailgateway.getdomains"), *answer);
  }
  return VerifyDomains(console, session, command, words, requests, printing, reports);
}

int VerifyDomains(Console& console, Session& session, const Command& command, const Words& words,
                  const std::vector<Json>& requests, const Printing& printing, Reports& reports) {
  auto plan = PlanOf(words);
  if (!plan) return UsageError(console, plan.error().public_text, std::string(command.CliName()));
  return Verification(console, session, command, *plan, reports).Run(requests, printing);
}

}  // namespace egd::cli
