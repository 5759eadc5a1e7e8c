// `egctl doctor`: gathers facts, runs the checks, prints what they came to; with --fix corrects
// files and looks again.
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <ostream>

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/dns_lookup.h"
#include "cli/doctor/checks.h"
#include "cli/doctor/gather.h"
#include "cli/printing.h"
#include "cli/run.h"
#include "shared/base/strings.h"
#include "shared/catalogue/cli_option.h"
#include "shared/catalogue/doctor_checks.h"
#include "shared/catalogue/exit_status.h"

namespace egd::cli {

Facts Gather(const Console& console, const Words& words, const GatherOptions& options) {
  constexpr char kDefaultConfig[] = "/etc/egd/egd.toml";
  Facts facts{.config_path = options.config_path};
  if (facts.config_path.empty() && ::access(kDefaultConfig, F_OK) == 0) {
    facts.config_path = kDefaultConfig;
  }
  facts.loaded = config::Load(facts.config_path, console.environment);
  GatherMachine(options, facts);
  GatherDaemon(console, words, facts);
  if (!facts.loaded.problems.empty()) {
    const std::string why = WithoutConfig(facts);
    for (Names* names : {&facts.hello_addresses, &facts.spf_texts, &facts.mfrom_mx,
                         &facts.mfrom_addresses, &facts.tracking_addresses}) {
      names->why_not = why;
    }
    facts.config_file.why_not = facts.data_dir.why_not = facts.smtp_out.why_not = why;
    if (!facts.config_path.empty()) facts.config_file = StatFile(facts.config_path, true);
    return facts;
  }
  GatherFiles(options, facts);
  GatherCertificates(facts);
  GatherListeners(facts);
  GatherDns(options, facts);
  return facts;
}

std::vector<Check> Checks() {
  std::vector<Check> all;
  for (const auto& part :
       {FileChecks(), CertificateChecks(), DaemonChecks(), MachineChecks(), DnsChecks()}) {
    all.insert(all.end(), part.begin(), part.end());
  }
  std::vector<Check> ordered;
  for (const auto& check : catalogue::DoctorChecks()) {
    const auto found = std::ranges::find(all, check.name, &Check::name);
    if (found != all.end()) ordered.push_back(*found);
  }
  return ordered;
}

namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kName = "doctor";
constexpr const char *kOk = "ok", *kProblem = "problem", *kUnchecked = "not checked";

struct Plan {
  Words words;
  GatherOptions options;
  std::vector<std::string> skipped;
  Printing printing;
};

// Only so that it is printed as an answer is.
const catalogue::Command& Answered() {
  static const catalogue::Command command{.name = kName,
                                          .group = {},
                                          .summary = {},
                                          .details = {},
                                          .results = {{.path = "Findings"},
                                                      {.path = "Unchecked"},
                                                      {.path = "Fixed[]"},
                                                      {.path = "Checks[].Check"}},
                                          .columns = {"Check", "Status", "Found", "Remedy"}};
  return command;
}

Result<Words> WordsOf(const std::vector<std::string>& arguments) {
  std::vector<catalogue::CliOption> options;
  for (const catalogue::OwnCommand& own : catalogue::OwnCommands()) {
    if (own.name == kName) options = own.options;
  }
  const auto& globals = catalogue::GlobalOptions();
  options.insert(options.end(), globals.begin(), globals.end());
  auto words = ParseWords(options, arguments);
  if (words && !words->positionals.empty()) {
    return InvalidArgument("unexpected argument " + Printable(words->positionals[0]));
  }
  return words;
}

Result<Plan> PlanOf(const Console& console, const std::vector<std::string>& arguments) {
  auto words = WordsOf(arguments);
  if (!words) return words.error();
  Plan plan{.words = *words, .options = {}, .skipped = {}, .printing = {}};
  const auto text = [&](const char* option) { return words->One(option).value_or(""); };
  plan.options = {.config_path = text("--config"),
                  .online = words->Has("--online"),
                  .blocklists = words->Has("--blocklists"),
                  .address = text("--address"),
                  .backup = text("--backup"),
                  .unit = text("--unit")};
  if (words->Has("--address") && ReversedAddress(plan.options.address).empty()) {
    return InvalidArgument("--address must be an IP address");
  }
  if (words->Has("--skip")) plan.skipped = words->options.at("--skip");
  std::vector<std::string> known;
  for (const Check& check : Checks()) known.emplace_back(check.name);
  for (const std::string& name : plan.skipped) {
    if (std::ranges::count(known, name) > 0) continue;
    const auto nearest = Nearest(name, known);
    return InvalidArgument("there is no check " + Printable(name) +
                           (nearest ? "; did you mean " + *nearest + "?" : ""));
  }
  auto printing = PrintingOf(console, Answered(), *words);
  if (!printing) return printing.error();
  plan.printing = *printing;
  return plan;
}

// "" or why not. Never through a symbolic link, and never to another user what has a second name
// elsewhere: whoever owns the directory could have put it there.
std::string Apply(const Fix& fix) {
  const int file = ::open(fix.path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (file < 0) return std::strerror(errno);
  struct stat status {};
  std::string problem;
  int done = ::fstat(file, &status);
  const bool whole = S_ISDIR(status.st_mode) || (S_ISREG(status.st_mode) && status.st_nlink == 1);
  if (done == 0 && fix.kind == Fix::Kind::kMode) {
    done = ::fchmod(file, fix.mode);
  } else if (done == 0 && whole) {
    done = ::fchown(file, fix.owner, fix.group);
  } else if (done == 0) {
    problem = "it has another name elsewhere";
  }
  if (done != 0) problem = std::strerror(errno);
  ::close(file);
  return problem;
}

std::string TextOf(const Fix& fix) {
  char mode[8];
  std::snprintf(mode, sizeof mode, "%04o", fix.mode);
  return fix.kind == Fix::Kind::kMode ? std::string("chmod ") + mode + " " + fix.path
                                      : "chown " + std::to_string(fix.owner) + ":" +
                                            std::to_string(fix.group) + " " + fix.path;
}

bool IsSkipped(const Plan& plan, std::string_view name) {
  return std::ranges::count(plan.skipped, name) > 0;
}

Json ApplyFixes(Console& console, const Facts& facts, const Plan& plan) {
  Json fixed = Json::array();
  for (const Check& check : Checks()) {
    if (IsSkipped(plan, check.name)) continue;
    for (const Fix& fix : check.look(facts).fixes) {
      const std::string problem = Apply(fix);
      if (problem.empty()) {
        fixed.push_back(TextOf(fix));
      } else {
        Complain(console, "cannot " + TextOf(fix) + ": " + problem);
      }
    }
  }
  return fixed;
}

Json BodyOf(const Facts& facts, const Plan& plan, Json fixed) {
  Json checks = Json::array();
  int findings = 0, unchecked = 0;
  const auto& texts = catalogue::DoctorChecks();
  for (const Check& check : Checks()) {
    const bool skipped = IsSkipped(plan, check.name);
    const CheckResult outcome = skipped ? Unchecked("--skip") : check.look(facts);
    const char* status = !outcome.problems.empty()    ? kProblem
                         : !outcome.unchecked.empty() ? kUnchecked
                                                      : kOk;
    findings += status == kProblem;
    unchecked += status == kUnchecked;
    const auto& text = *std::ranges::find(texts, check.name, &catalogue::DoctorCheck::name);
    checks.push_back({{"Check", check.name},
                      {"Status", status},
                      {"Found", Printable(status == kProblem ? Join(outcome.problems, "; ")
                                                             : outcome.unchecked)},
                      {"LooksAt", text.looks_at},
                      {"Remedy", status == kProblem ? text.remedy : ""}});
  }
  return {{"Findings", findings},
          {"Unchecked", unchecked},
          {"Fixed", std::move(fixed)},
          {"Checks", std::move(checks)}};
}

std::string Mark(std::string status, bool color) {
  const std::string_view code = status == kOk ? "32" : status == kProblem ? "31" : "33";
  status.resize(13, ' ');
  return color ? "\x1b[" + std::string(code) + "m" + status + "\x1b[0m" : status;
}

// For people: findings with what helps, then what was not checked, then the names of the rest.
std::string Report(const Json& body, bool color) {
  std::string text;
  const std::string margin(13, ' ');
  for (const Json& fix : body["Fixed"])
    text += Mark("fixed", color) + fix.get<std::string>() + "\n";
  std::vector<std::string> ok;
  for (const char* wanted : {kProblem, kUnchecked, kOk}) {
    for (const Json& check : body["Checks"]) {
      if (check["Status"] != wanted) continue;
      const std::string name = check["Check"];
      if (wanted == kOk) {
        ok.push_back(name);
        continue;
      }
      text += Mark(wanted, color) + name + ": " + check["Found"].get<std::string>() + "\n";
      if (wanted == kProblem)
        text += margin + "remedy: " + check["Remedy"].get<std::string>() + "\n";
    }
  }
  if (!ok.empty()) text += Mark(kOk, color) + Join(ok, ", ") + "\n";
  const auto count = [&](const char* key) { return std::to_string(body[key].get<int>()); };
  return text + "\n" + std::to_string(body["Checks"].size()) + " checks: " + count("Findings") +
         " problems, " + count("Unchecked") + " not checked\n";
}

}  // namespace

int Doctor(Console& console, const std::vector<std::string>& arguments) {
  auto plan = PlanOf(console, arguments);
  if (!plan) return UsageError(console, plan.error().public_text, kName);
  Facts facts = Gather(console, plan->words, plan->options);
  Json fixed = Json::array();
  if (plan->words.Has("--fix")) {
    fixed = ApplyFixes(console, facts, *plan);
    if (!fixed.empty()) facts = Gather(console, plan->words, plan->options);
  }
  const Json body = BodyOf(facts, *plan, std::move(fixed));
  int printed = catalogue::kExitDone;
  if (plan->printing.format == Format::kTable && !plan->printing.field) {
    console.out << Report(body, plan->printing.page.color);
    printed = Flush(console);
  } else {
    printed = Print(console, Answered(), plan->printing, body, RenderJson(body, -1) + "\n");
  }
  if (printed) return printed;
  return body["Findings"] == 0 ? catalogue::kExitDone : catalogue::kExitDiffers;
}

}  // namespace egd::cli
