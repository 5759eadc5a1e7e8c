#include "cli/batch.h"

#include <algorithm>
#include <chrono>
#include <ostream>
#include <sstream>

#include "cli/json_lines.h"
#include "cli/printing.h"
#include "cli/request.h"
#include "cli/session.h"
#include "shared/base/strings.h"
#include "shared/catalogue/exit_status.h"

namespace egd::cli {
namespace {

using catalogue::Command;
using Json = nlohmann::ordered_json;
using std::chrono::milliseconds;

constexpr int kTries = 5;  // where the gateway says that it is too busy
constexpr std::chrono::seconds kTryAgain(2);
constexpr milliseconds kRedraw(100);  // often enough for eyes, and nothing beside the calls
constexpr int kExitSignal = 128;      // and the signal's number, as shells have it

struct Item {
  size_t line = 0;
  const Command* command = nullptr;
  Json request;
};

Error Wrong(size_t line, const std::string& text) {
  return InvalidArgument("line " + std::to_string(line) + ": " + text);
}

// Takes the Command's name out of the object.
Result<const Command*> TakeCommand(size_t line, Json& object) {
  const Json name = object.value("Command", Json());
  object.erase("Command");
  if (!name.is_string()) return Wrong(line, "Command is missing");
  const std::string text = name.get<std::string>();
  const Command* command = catalogue::Find(text);
  if (command && command->text_type.empty()) return command;
  if (command) return Wrong(line, text + " answers with a text: call it by itself");
  std::vector<std::string> known;
  for (const Command& one : catalogue::All()) known.emplace_back(one.name);
  const Command* by_cli_name = catalogue::FindCli(text);
  const auto nearest = by_cli_name ? std::string(by_cli_name->name) : Nearest(text, known);
  return Wrong(line, "there is no Command " + Printable(text) +
                         (nearest ? "; did you mean " + *nearest + "?" : ""));
}

bool IsParam(const Command& command, const std::string& name) {
  if (command.Find(name) || EqualsIgnoreCase(name, "UserID")) return true;
  return std::ranges::any_of(command.params, [&](const catalogue::Param& param) {
    const std::string_view prefix = param.numbered_entries;
    return !prefix.empty() && Lower(name).starts_with(Lower(prefix)) &&
           ParseInteger(std::string_view(name).substr(prefix.size()));
  });
}

// What a line asks for. What the daemon would ignore is a mistake, as it is on a command line.
Result<Item> ItemOf(JsonLine line) {
  const auto command = TakeCommand(line.number, line.object);
  if (!command) return command.error();
  std::vector<std::string> known;
  for (const catalogue::Param& param : (*command)->params) known.emplace_back(param.name);
  for (const auto& [name, value] : line.object.items()) {
    if (IsParam(**command, name)) continue;
    const auto nearest = Nearest(name, known);
    return Wrong(line.number, std::string((*command)->name) + " has no parameter " +
                                  Printable(name) +
                                  (nearest ? "; did you mean " + *nearest + "?" : ""));
  }
  return Item{line.number, *command, std::move(line.object)};
}

struct Options {
  size_t start_line = 1;
  bool keeps_going = false;
  Json user_id = {};  // of --as-user
};

Result<Options> OptionsOf(const Words& words) {
  if (words.Has("--field")) return InvalidArgument("--field needs a single Command");
  const std::string output = words.One("--output").value_or("json");
  if (!EqualsIgnoreCase(output, "json")) {
    return InvalidArgument("the results of a batch are lines of JSON; -o can only be json");
  }
  if (words.Has("--idempotency-key")) {
    return InvalidArgument("--idempotency-key is of one request, and these are many");
  }
  Options options{.keeps_going = words.One("--keep-going") == "true"};
  if (const auto text = words.One("--start-line")) {
    const auto line = ParseInteger(*text);
    if (!line || *line < 1) return InvalidArgument("--start-line must be a line's number, from 1");
    options.start_line = size_t(*line);
  }
  Json acting = Json::object();
  if (auto done = ActForUser(words, acting); !done) return done.error();
  options.user_id = acting.value("UserID", Json());
  return options;
}

// What became of one Command.
struct Done {
  int status = catalogue::kExitDone;
  bool is_lost = false;  // no answer came: whether it ran is not known
  Json result;
};

class Batch {
 public:
  // `quiet`: the session's console, whose complaints become results.
  Batch(Console& console, const Console& quiet, Session& session, const Options& options,
        size_t total)
      : console_(console), quiet_(quiet), session_(session), options_(options), total_(total) {}

  int Run(JsonLines& lines) {
    console_.pause.CatchSignals();
    started_ = drawn_ = console_.pause.Now();
    while (true) {
      auto line = lines.Next();
      if (line && !*line) break;
      auto item = line ? ItemOf(*std::move(*line)) : Result<Item>(line.error());
      if (!item) return Stopped(item.error().public_text, catalogue::kExitUsage);  // it changed
      if (item->line < options_.start_line) continue;
      const size_t at = item->line;
      if (console_.pause.Signal() != 0) {
        SayWhereToGoOn(at);
        return Stopped("stopped", kExitSignal + console_.pause.Signal());
      }
      const Done done = Call(*std::move(item));
      if (const int failed = Print(done)) return failed;
      Count(done);
      if (done.is_lost) return Stopped(LostText(done, at), status_);
      if (done.status != 0 && !options_.keeps_going) {
        SayWhereToGoOn(at);
        return Stopped("line " + std::to_string(at) + " failed", status_);
      }
      ShowProgress();
    }
    Clear();
    if (failed_ > 0) Complain(console_, Score());
    return status_;
  }

 private:
  Done Call(Item item) {
    Json head{{"Line", item.line}, {"Command", item.command->name}};
    if (!options_.user_id.is_null() && !item.request.contains("UserID")) {
      item.request["UserID"] = options_.user_id;
    }
    if (const auto status = session_.ResolveDomain(item.request)) {
      return Failed(head, *status, quiet_.last_complaint);
    }
    const auto answer = Ask(item);
    if (!answer) {
      Done done = Failed(head, ExitCode(answer.error().kind), answer.error().public_text);
      done.is_lost = true;
      return done;
    }
    const int status = ExitStatusOf(*item.command, *answer);
    head["ExitStatus"] = status;
    if (answer->refusals.empty()) {
      head["Answer"] = answer->body;
    } else {
      head["Errors"] = Json::array();
      for (const catalogue::Problem& refusal : answer->refusals) {
        head["Errors"].push_back({{"Code", refusal.code}, {"Message", refusal.text}});
      }
    }
    return {status, false, std::move(head)};
  }

  // A refusal because there is too much to do changed nothing: it may be asked again.
  Result<Answer> Ask(const Item& item) {
    for (int tries = 1;; ++tries) {
      auto answer = session_.Ask(*item.command, item.request);
      if (!answer || !IsPassing(answer) || tries == kTries) return answer;
      if (!console_.pause.For(kTryAgain)) return answer;
    }
  }

  static Done Failed(Json head, int status, const std::string& text) {
    head["ExitStatus"] = status;
    head["Errors"] = Json::array({Json{{"Message", text}}});
    return {status, false, std::move(head)};
  }

  int Print(const Done& done) {
    if (console_.err_is_terminal && console_.out_is_terminal) Clear();
    console_.out << RenderJson(done.result, -1) << '\n';
    return Flush(console_);
  }

  void Count(const Done& done) {
    ++done_;
    if (done.status == catalogue::kExitDone) return;
    ++failed_;
    if (status_ == catalogue::kExitDone) status_ = done.status;
  }

  std::string Score() const {
    std::string text = std::to_string(done_) + " of " + std::to_string(total_) + " done";
    if (failed_ > 0) text += ", " + std::to_string(failed_) + " of them failed";
    return text;
  }

  void ShowProgress() {
    if (!console_.err_is_terminal) return;
    const auto now = console_.pause.Now();
    if (now - drawn_ < kRedraw) return;
    drawn_ = now;
    const auto taken = std::chrono::duration_cast<milliseconds>(now - started_).count();
    console_.err << "\r\x1b[K" << Score() << ", "
                 << done_ * 1000 / size_t(std::max<int64_t>(taken, 1)) << "/s" << std::flush;
    shown_ = true;
  }

  void Clear() {
    if (std::exchange(shown_, false)) console_.err << "\r\x1b[K" << std::flush;
  }

  void SayWhereToGoOn(size_t line) {
    Clear();
    Complain(console_, "continue with --start-line " + std::to_string(line));
  }

  static std::string LostText(const Done& done, size_t line) {
    return done.result["Errors"][0]["Message"].get<std::string>() + "; look whether line " +
           std::to_string(line) + " was done before going on";
  }

  int Stopped(const std::string& why, int status) {
    Clear();
    Complain(console_, why + ": " + Score());
    return status;
  }

  Console& console_;
  const Console& quiet_;
  Session& session_;
  const Options& options_;
  const size_t total_;
  size_t done_ = 0, failed_ = 0;
  int status_ = catalogue::kExitDone;
  bool shown_ = false;
  std::chrono::steady_clock::time_point started_, drawn_;
};

// How many Commands there are from the line on where to start.
Result<size_t> CountItems(std::istream& stream, size_t start_line) {
  JsonLines lines(stream);
  size_t count = 0;
  while (true) {
    auto line = lines.Next();
    if (!line) return line.error();
    if (!*line) return count;
    const size_t number = (*line)->number;
    if (auto item = ItemOf(*std::move(*line)); !item) return item.error();
    if (number >= start_line) ++count;
  }
}

}  // namespace

std::optional<std::string> BatchFileOf(const Command& command, const Words& words) {
  if (command.cli_use != catalogue::CliUse::kBatch || words.positionals.size() != 1 ||
      words.Has("--messages") || words.Has("--messages-file")) {
    return std::nullopt;
  }
  const std::string& word = words.positionals.front();
  if (word.empty() || word.starts_with('[') || word.starts_with('{')) return std::nullopt;
  return word;
}

int RunBatch(Console& console, const Command& command, const Words& words,
             const std::string& file) {
  const auto wrong = [&](const Error& error) {
    return UsageError(console, error.public_text, std::string(command.CliName()));
  };
  const auto options = OptionsOf(words);
  if (!options) return wrong(options.error());
  auto opened = console.input.Open(file);
  if (!opened) return wrong(opened.error());
  const auto stream = Rewindable(*std::move(opened));
  if (!stream) return wrong(stream.error());
  const auto total = CountItems(**stream, options->start_line);
  if (!total) return wrong(total.error());
  (*stream)->clear();
  (*stream)->seekg(0);

  std::ostringstream unread;
  Console quiet{console.arguments, console.environment, console.input,
                console.pause,     console.out,         unread};
  auto session = Session::Open(words.Has("--verbose") ? console : quiet, words);
  if (!session) return wrong(session.error());
  session->KeepConnection();
  JsonLines lines(**stream);
  return Batch(console, words.Has("--verbose") ? console : quiet, *session, *options, *total)
      .Run(lines);
}

}  // namespace egd::cli
