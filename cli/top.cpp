// `egctl top`: status and queue, again and again, with what changed between two looks as rates.
#include <cmath>
#include <optional>
#include <ostream>
#include <tuple>
#include <utility>

#include <nlohmann/json.hpp>

#include "cli/duration.h"
#include "cli/full_screen.h"
#include "cli/printing.h"
#include "cli/run.h"
#include "cli/session.h"
#include "cli/view/text.h"
#include "cli/view/view.h"
#include "shared/base/strings.h"
#include "shared/catalogue/exit_status.h"

namespace egd::cli {
namespace {

using catalogue::Command;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Json = nlohmann::ordered_json;

constexpr const char* kName = "top";
constexpr seconds kInterval(1), kLongestCall(5);
constexpr milliseconds kKeySlice(50);  // how long a key may wait

struct Options {
  seconds interval = kInterval;
  std::optional<int64_t> count = {};
  Json queue_request = Json::object();
  Printing printing = {};
};

struct Sample {
  Json status, queue;
  std::chrono::steady_clock::time_point at;
};

Result<std::optional<int64_t>> NumberOf(const Words& words, const std::string& option) {
  const auto text = words.One(option);
  if (!text) return std::optional<int64_t>();
  const auto number = ParseInteger(*text);
  if (!number || *number < 1) return InvalidArgument(option + " must be a number from 1");
  return number;
}

Result<Options> OptionsOf(const Console& console, const Words& words) {
  if (!words.positionals.empty()) {
    return InvalidArgument("unexpected argument " + Printable(words.positionals[0]));
  }
  const auto interval = DurationOf(words, "--interval", kInterval);
  if (!interval) return interval.error();
  const auto count = NumberOf(words, "--count");
  if (!count) return count.error();
  const auto limit = NumberOf(words, "--limit");
  if (!limit) return limit.error();
  Words printed = words;
  printed.options.erase("--field");  // of no Command's answer
  auto printing = PrintingOf(console, *catalogue::Find("status"), printed);
  if (!printing) return printing.error();
  if (printing->format == Format::kCsv) return InvalidArgument("top prints no csv");
  printing->field = words.One("--field");
  Options options{.interval = *interval, .count = *count, .printing = *printing};
  if (*limit) options.queue_request["Limit"] = **limit;
  return options;
}

// Of a counter since the start: how much it grew a second. Null after a restart.
Json RateOf(const Sample& before, const Sample& now, const char* name) {
  const Json::json_pointer path(std::string("/SinceStart/") + name);
  const Json then = before.status.value(path, Json()), counted = now.status.value(path, Json());
  const double taken = std::chrono::duration<double>(now.at - before.at).count();
  const bool known = then.is_number() && counted.is_number() && taken > 0 &&
                     before.status.value("StartedAt", "") == now.status.value("StartedAt", "");
  if (!known) return nullptr;
  const double rate = (counted.get<double>() - then.get<double>()) / taken;
  return std::round(rate * 10) / 10;
}

Json BodyOf(const Console& console, const std::optional<Sample>& before, const Sample& now) {
  Json rates = Json::object();
  for (const char* name : {"Accepted", "Delivered", "Deferred", "Bounced"}) {
    rates[name] = before ? RateOf(*before, now, name) : Json();
  }
  return {{"At", FormatDateTime(console.clock.Now())},
          {"Version", now.status.value("Version", Json())},
          {"Ready", now.status.value("Ready", Json())},
          {"NotReadyReason", now.status.value("NotReadyReason", Json())},
          {"Queue", now.status.value("Queue", Json())},
          {"Rates", std::move(rates)},
          {"Lanes", now.queue.value("Lanes", Json::array())}};
}

class Watch {
 public:
  Watch(const Console& console, Session& session, Options options)
      : console_(console), session_(session), options_(std::move(options)) {}

  int Run() {
    console_.pause.CatchSignals();
    if (IsLive()) screen_.emplace(console_.out);
    int64_t shown = 0;
    do {
      if (const auto status = Look()) return Ended(*status);
      // A line without rates is of no use to a program; a person would wait for nothing.
      const bool shows = screen_.has_value() || (before_ && !failed_);
      if (shows && !Show()) return Ended(Flush(console_));
      shown += shows;
    } while ((!options_.count || shown < *options_.count) && Wait());
    return Ended(Flush(console_));
  }

 private:
  bool IsLive() const {
    const auto term = console_.environment.find("TERM");
    const bool is_dumb = term == console_.environment.end() || term->second == "dumb";
    return console_.out_is_terminal && !is_dumb && options_.printing.format == Format::kTable &&
           !options_.printing.field;
  }

  // Before anything is said on standard error.
  int Ended(int status) {
    screen_.reset();
    if (failed_) Complain(console_, *failed_);
    return status;
  }

  // The exit status when going on makes no sense.
  std::optional<int> Look() {
    Sample sample;
    for (const auto& [name, request, body] :
         {std::tuple("status", Json::object(), &sample.status),
          std::tuple("queue", options_.queue_request, &sample.queue)}) {
      const Command& command = *catalogue::Find(name);
      auto answer = session_.Ask(command, request);
      if (!answer || !answer->refusals.empty()) return OnFailure(command, answer);
      *body = std::move(answer->body);
    }
    sample.at = console_.pause.Now();
    before_ = std::exchange(now_, std::move(sample));
    failed_.reset();
    return std::nullopt;
  }

  // A gateway that is away for a while is waited for, once it has answered.
  std::optional<int> OnFailure(const Command& command, const Result<Answer>& answer) {
    if (now_ && IsPassing(answer)) {
      if (!failed_ && !screen_) Complain(console_, "no answer from the gateway; retrying");
      failed_ = "no answer from the gateway";
      return std::nullopt;
    }
    screen_.reset();
    return answer ? session_.Refused(command, *answer) : session_.Failed(answer.error());
  }

  // False when nobody takes it.
  bool Show() {
    const Json body = BodyOf(console_, before_, *now_);
    if (screen_) {
      Draw(body);
    } else {
      console_.out << TextOf(body) << std::flush;
    }
    return bool(console_.out) && !console_.pause.OutputClosed();
  }

  std::string TextOf(const Json& body) const {
    const Printing& printing = options_.printing;
    if (printing.field) return RenderField(body, *printing.field).value_or("") + "\n";
    switch (printing.format) {
      case Format::kTable:
        return DrawView(printing.page, catalogue::TopView(), body) + "\n";
      case Format::kYaml:
        return "---\n" + RenderYaml(body);
      case Format::kJson:
      case Format::kRaw:
      case Format::kCsv:
        break;
    }
    return RenderJson(body, -1) + "\n";
  }

  void Draw(const Json& body) {
    screen_->Measure();
    Page page = options_.printing.page;
    page.width = screen_->columns();
    page.now = console_.clock.Now();
    const std::string every = "every " + FormatDuration(options_.interval) + "; q ends";
    const std::string note = failed_ ? *failed_ + "; retrying" : every;
    screen_->Draw(CutEnd(page, note, page.width) + "\n" +
                  Fold(DrawView(page, catalogue::TopView(), body), page.width));
  }

  // Until the next look; false when told to stop.
  bool Wait() {
    if (!screen_) return console_.pause.For(options_.interval);
    const auto end = console_.pause.Now() + options_.interval;
    while (console_.pause.Now() < end) {
      if (screen_->WantsToEnd() || !console_.pause.For(kKeySlice)) return false;
    }
    return true;
  }

  const Console& console_;
  Session& session_;
  const Options options_;
  std::optional<Sample> before_, now_;
  std::optional<FullScreen> screen_;
  std::optional<std::string> failed_;
};

Result<Words> WordsOf(const std::vector<std::string>& arguments) {
  auto options = catalogue::GlobalOptions();
  for (const auto& own : catalogue::OwnCommands()) {
    if (own.name == kName) options.insert(options.end(), own.options.begin(), own.options.end());
  }
  return ParseWords(options, arguments);
}

}  // namespace

int Top(Console& console, const std::vector<std::string>& arguments) {
  const auto words = WordsOf(arguments);
  if (!words) return UsageError(console, words.error().public_text, kName);
  auto options = OptionsOf(console, *words);
  if (!options) return UsageError(console, options.error().public_text, kName);
  auto session = Session::Open(console, *words);
  if (!session) return UsageError(console, session.error().public_text, kName);
  if (!words->Has("--timeout")) session->SetTimeout(kLongestCall);
  return Watch(console, *session, *std::move(options)).Run();
}

}  // namespace egd::cli
