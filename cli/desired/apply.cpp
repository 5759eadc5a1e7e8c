// `egctl apply`: makes the gateway as a document wants it. Reads the document whole before anything
// is asked, and what is there before anything is changed.
#include <filesystem>
#include <ostream>

#include "cli/desired/document.h"
#include "cli/desired/execution.h"
#include "cli/desired/gateway.h"
#include "cli/desired/plan.h"
#include "cli/desired/plan_text.h"
#include "cli/desired/progress_line.h"
#include "cli/printing.h"
#include "cli/request.h"
#include "cli/run.h"
#include "shared/base/strings.h"
#include "shared/catalogue/exit_status.h"

namespace egd::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kName = "apply";

// What --field may ask for.
const catalogue::Command& Reply() {
  static const catalogue::Command reply = [] {
    catalogue::Command command{};
    command.name = kName;
    for (const char* field : {"Changes", "Unlisted", "Create", "Change", "Delete", "Done"}) {
      command.results.push_back({field});
    }
    return command;
  }();
  return reply;
}

struct Options {
  Words words;
  std::string file;
  Printing printing;
  Json acting = Json::object();  // UserID of --as-user

  bool Has(const char* name) const { return words.Has(name); }
  bool OnlyPlans() const { return Has("--plan") || Has("--expect-no-changes"); }
  // Of what the document names.
  std::filesystem::path Directory() const {
    const auto parent = std::filesystem::path(file).parent_path();
    return parent.empty() ? "." : parent;
  }
};

Result<Options> ReadOptions(const Console& console, const std::vector<std::string>& arguments) {
  auto options = catalogue::GlobalOptions();
  for (const auto& own : catalogue::OwnCommands()) {
    if (own.name == kName) options.insert(options.end(), own.options.begin(), own.options.end());
  }
  auto words = ParseWords(options, arguments);
  if (!words) return words.error();
  if (!words->positionals.empty()) {
    return InvalidArgument("unexpected argument " + Printable(words->positionals[0]) +
                           "; the file is given as -f FILE");
  }
  const auto file = words->One("--file");
  if (!file || file->empty()) return InvalidArgument("-f FILE is missing");
  const auto format = words->One("--format");
  if (format && !ParseDocumentFormat(*format)) {
    return InvalidArgument("--format must be one of toml, yaml, json");
  }
  auto printing = PrintingOf(console, Reply(), *words);
  if (!printing) return printing.error();
  if (printing->format == Format::kCsv) return InvalidArgument("apply prints no csv");
  Options read{*std::move(words), *file, *std::move(printing)};
  if (auto acting = ActForUser(read.words, read.acting); !acting) return acting.error();
  return read;
}

class Applying {
 public:
  Applying(Console& console, const Options& options, Session& session)
      : console_(console), options_(options), gateway_(console, session) {}

  int Run() {
    if (!ReadDesired()) return catalogue::kExitUsage;
    if (!gateway_.FindAsker(options_.acting)) return gateway_.status();
    if (!CheckOwners()) return status_;
    if (!ReadPresent()) return gateway_.status();
    plan_ = Compare(state_, present_, options_.Has("--prune"), Name());
    if (!ReadPasswords() || !CompareSuppressions()) return status_;
    return options_.OnlyPlans() || plan_.empty() ? Show() : Execute();
  }

 private:
  std::string Name() const { return options_.file == "-" ? "standard input" : options_.file; }
  std::ostream& Text() const {
    const bool for_people = options_.printing.format == Format::kTable && !options_.printing.field;
    return for_people ? console_.out : console_.err;
  }

  // False, with a complaint for each.
  bool Without(const std::vector<std::string>& mistakes, int status = catalogue::kExitUsage) {
    for (const std::string& mistake : mistakes) Complain(console_, mistake);
    if (!mistakes.empty()) status_ = status;
    return mistakes.empty();
  }

  Result<std::string> ReadBeside(const std::string& file) const {
    return console_.input.Read((options_.Directory() / file).string());
  }

  bool ReadDesired() {
    const auto text = console_.input.Read(options_.file);
    if (!text) return Without({text.error().public_text});
    const auto format = options_.words.One("--format");
    const auto document = ReadDocument(
        options_.file, *text,
        format ? *ParseDocumentFormat(*format) : FormatOfDocument(options_.file, *text));
    if (!document) return Without({document.error().public_text});
    auto checked =
        ReadState(*document, Name(), [this](const std::string& file) { return ReadBeside(file); });
    state_ = std::move(checked.state);
    return Without(checked.mistakes);
  }

  // Each may have only what is theirs; the admin, what belongs to a user who is there or will be.
  bool CheckOwners() {
    const Asker& asker = gateway_.asker();
    if (!Without(SetOwner(state_, asker.name, Name()))) return false;
    if (asker.sees_all) return CheckUsers();
    if (state_.kinds.contains(Kind::kUser)) {
      return Without({Name() + ": `users` is for the admin alone; this is " + asker.name},
                     catalogue::kExitDenied);
    }
    for (const std::string& owner : state_.owners) {
      if (owner == asker.name) continue;
      return Without(
          {Name() + ": what belongs to " + owner + " is not for " + asker.name + " to apply"},
          catalogue::kExitDenied);
    }
    return true;
  }

  bool CheckUsers() {
    auto users = gateway_.Users();
    if (!users) return Fail();
    std::set<std::string> known;
    for (const auto& [name, id] : gateway_.users()) known.insert(name);
    for (const Item& item : state_.items) {
      if (item.kind == Kind::kUser) known.insert(Lower(item.Text("username")));
    }
    if (state_.kinds.contains(Kind::kUser)) present_ = *std::move(users);
    for (const std::string& owner : state_.owners) {
      if (owner.empty()) return Without({Name() + ": say whose it is: `user` is missing"});
      if (!known.contains(owner)) return Without({Name() + ": there is no user " + owner});
    }
    return true;
  }

  bool Fail() {
    status_ = gateway_.status();
    return false;
  }

  bool Take(std::optional<std::vector<Item>> items) {
    if (!items) return false;
    std::ranges::move(*items, std::back_inserter(present_));
    return true;
  }

  // What the document is about; users are there already.
  bool ReadPresent() {
    for (const std::string& owner : state_.owners) {
      if (!gateway_.users().contains(owner)) continue;  // a new one has nothing
      for (const Kind kind : {Kind::kDomain, Kind::kTemplate, Kind::kList}) {
        if (!state_.kinds.contains(kind)) continue;
        const size_t before = present_.size();
        if (!Take(gateway_.Of(owner, SchemaOf(kind))) || !ReadBelow(before)) return false;
      }
    }
    return true;
  }

  // What belongs to the domains from this one on, and what is in such templates.
  bool ReadBelow(size_t first) {
    const size_t end = present_.size();
    for (size_t i = first; i < end; ++i) {
      if (present_[i].kind == Kind::kTemplate && WantsContents(present_[i]) &&
          !gateway_.AddContents(present_[i])) {
        return false;
      }
      if (present_[i].kind != Kind::kDomain) continue;
      for (const Schema& schema : Schemas()) {
        const Item domain = present_[i];
        const std::tuple key(domain.owner, domain.Text("name"), schema.kind);
        if (state_.belongings.contains(key) && !Take(gateway_.Of(domain, schema))) return false;
      }
    }
    return true;
  }

  bool WantsContents(const Item& present) const {
    return std::ranges::any_of(state_.items, [&](const Item& item) {
      return item.kind == Kind::kTemplate && item.owner == present.owner &&
             item.Text("name") == present.Text("name");
    });
  }

  // Before anything changes.
  bool ReadPasswords() {
    for (const Change& change : plan_.changes) {
      const Item& item = change.item;
      if (change.action != Action::kCreate || item.password_file.empty()) continue;
      auto text = ReadBeside(item.password_file);
      if (text && text->ends_with('\n')) text->pop_back();
      if (text && text->ends_with('\r')) text->pop_back();
      const std::string where = Name() + ":" + std::to_string(item.line) + ": ";
      if (!text) {
        plan_.mistakes.push_back(where + text.error().public_text);
      } else if (text->empty() || HasControl(*text)) {
        plan_.mistakes.push_back(where + item.password_file + " has no password in its one line");
      } else {
        passwords_[Lower(item.Text("username"))] = *std::move(text);
      }
    }
    return Without(plan_.mistakes);
  }

  bool CompareSuppressions() {
    if (!state_.has_suppressions) return true;
    for (const std::string& owner : state_.owners) {
      SuppressionComparison comparison(state_, owner, options_.Has("--prune"));
      if (gateway_.users().contains(owner) && !See(owner, comparison)) return Fail();
      std::ranges::move(comparison.Changes(), std::back_inserter(plan_.suppressions));
    }
    return true;
  }

  // Asks for every address that is wanted, or for the whole list, whichever are fewer calls.
  bool See(const std::string& owner, SuppressionComparison& comparison) {
    const auto first = gateway_.Suppressions(owner, "*", 0);
    if (!first) return false;
    const size_t pages = size_t(first->total / Gateway::kPage);
    if (options_.Has("--prune") || comparison.wanted().size() >= pages) {
      Note(first->rows, comparison);
      ProgressLine progress(console_, "compared", size_t(first->total));
      for (int64_t at = Gateway::kPage; at < first->total; at += Gateway::kPage) {
        const auto page = gateway_.Suppressions(owner, "*", at);
        if (!page) return false;
        Note(page->rows, comparison);
        progress.Show(size_t(at + Gateway::kPage));
      }
      return true;
    }
    for (const auto& [address, suppression] : comparison.wanted()) {
      const auto page = gateway_.Suppressions(owner, address, 0);
      if (!page) return false;
      Note(page->rows, comparison);
    }
    return true;
  }

  static void Note(const Json& rows, SuppressionComparison& comparison) {
    for (const Json& row : rows) {
      comparison.See({row.value("EmailAddress", ""), row.value("Scope", ""),
                      row.value("SuppressionSource", "")});
    }
  }

  int PrintReport(const Json& report) const {
    if (&Text() == &console_.out) return Flush(console_);
    return Print(console_, Reply(), options_.printing, report, RenderJson(report, -1) + "\n");
  }

  int Show() const {
    Text() << PlanText(plan_, options_.printing.page.color);
    Json report = PlanJson(plan_);
    report["Done"] = 0;
    if (const int failed = PrintReport(report)) return failed;
    const bool drift = options_.Has("--expect-no-changes") && !plan_.empty();
    return drift ? catalogue::kExitDiffers : catalogue::kExitDone;
  }

  int Execute() {
    Text() << PlanText(plan_, options_.printing.page.color) << std::flush;
    Json report = PlanJson(plan_);
    const auto directory = options_.words.One("--secrets-dir");
    Execution execution(
        console_, gateway_, Name(),
        {std::move(passwords_), directory.value_or((options_.Directory() / "secrets").string())},
        Text(), present_);
    const int status = execution.Run(plan_, report);
    report["Done"] = execution.done();
    const size_t all = plan_.changes.size() + plan_.suppressions.size();
    const std::string count =
        std::to_string(execution.done()) + " of " + std::to_string(all) + " changes are done";
    const bool refused = status == catalogue::kExitRefused;
    if (status) {
      Complain(console_, "stopped: " + count + "; " +
                             (refused ? "mend what was refused, then apply the file again"
                                      : "apply the file again to go on"));
    }
    if (!status) Text() << "Done: " << count << ".\n";
    const int printed = PrintReport(report);
    return status ? status : printed;
  }

  Console& console_;
  const Options& options_;
  Gateway gateway_;
  DesiredState state_;
  std::vector<Item> present_;
  std::map<std::string, std::string> passwords_;
  Plan plan_;
  int status_ = 0;
};

}  // namespace

int Apply(Console& console, const std::vector<std::string>& arguments) {
  const auto options = ReadOptions(console, arguments);
  if (!options) return UsageError(console, options.error().public_text, kName);
  auto session = Session::Open(console, options->words);
  if (!session) return UsageError(console, session.error().public_text, kName);
  return Applying(console, *options, *session).Run();
}

}  // namespace egd::cli
