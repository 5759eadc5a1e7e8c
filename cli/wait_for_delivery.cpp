#include "cli/wait_for_delivery.h"

#include <algorithm>
#include <map>
#include <ostream>

#include <nlohmann/json.hpp>

#include "cli/duration.h"
#include "cli/printing.h"
#include "shared/base/strings.h"
#include "shared/catalogue/exit_status.h"

namespace egd::cli {
namespace {

using catalogue::Command;
using std::chrono::seconds;
using Json = nlohmann::ordered_json;

constexpr seconds kWait(120), kInterval(1), kLongestCall(60);
constexpr int kExitSignal = 128;  // and the signal's number, as shells have it
constexpr int kPage = 1000;       // recipients a call: the most there are

const Command& GetEmail() {
  return *catalogue::Find("emailgateway.getemail");
}

struct Plan {
  seconds timeout = kWait, interval = kInterval;
  Printing printing;
};

Result<Plan> PlanOf(const Console& console, const Words& words) {
  if (!EqualsIgnoreCase(words.One("--wait-for").value_or(""), "delivery")) {
    return InvalidArgument("--wait-for must be delivery");
  }
  const auto timeout = DurationOf(words, "--timeout", kWait);
  if (!timeout) return timeout.error();
  const auto interval = DurationOf(words, "--interval", kInterval);
  if (!interval) return interval.error();
  auto printing = PrintingOf(console, GetEmail(), words);
  if (!printing) return printing.error();
  return Plan{*timeout, *interval, *printing};
}

// Nothing more becomes of it by itself.
bool IsOutcome(const std::string& state) {
  return state != "scheduled" && state != "queued" && state != "deferred";
}

std::string StateOf(const Json& recipient) {
  const Json state = recipient.is_object() ? recipient.value("State", Json()) : Json();
  return state.is_string() ? state.get<std::string>() : "";
}

int64_t NumberIn(const Json& body, const char* key) {
  const Json value = body.value(key, Json());
  return value.is_number_integer() ? value.get<int64_t>() : 0;
}

// The rounds of questions about one message.
class Waiting {
 public:
  Waiting(Console& console, Session& session, const Plan& plan, Json message, int64_t suppressed)
      : console_(console),
        session_(session),
        plan_(plan),
        message_(std::move(message)),
        suppressed_(suppressed),
        started_(console.pause.Now()) {}

  int Run() {
    console_.pause.CatchSignals();
    while (true) {
      if (const auto status = Round()) return *status;
      if (done_ || Left() <= seconds(0)) break;
      ShowProgress();
      if (!console_.pause.For(std::min(plan_.interval, Left()))) return Stopped();
    }
    ClearProgress();
    if (first_page_.is_null()) return TimedOut();
    const int printed = Print(console_, GetEmail(), plan_.printing, first_page_,
                              RenderJson(first_page_, -1) + "\n");
    if (printed) return printed;
    return done_ ? Judge() : TimedOut();
  }

 private:
  // Looks at the pages that have not all their outcomes yet; the exit status when asking makes no
  // sense.
  std::optional<int> Round() {
    while (true) {
      Json request = message_;
      request["StartFrom"] = seen_;
      request["RetrieveCount"] = kPage;
      session_.SetTimeout(std::clamp(Left(), seconds(1), kLongestCall));
      auto answer = session_.Ask(GetEmail(), request);
      if (!answer || !answer->refusals.empty()) {
        if (IsPassing(answer)) return std::nullopt;
        ClearProgress();
        Complain(console_, "the message " + Id() + " was accepted, but cannot be looked at");
        return answer ? session_.Refused(GetEmail(), *answer) : session_.Failed(answer.error());
      }
      const Json& body = answer->body;
      total_ = NumberIn(body, "TotalRecipients");
      const Json recipients = body.value("Recipients", Json::array());
      if (seen_ == 0) first_page_ = body;
      open_.clear();
      for (const Json& recipient : recipients) ++open_[StateOf(recipient)];
      const bool whole =
          std::ranges::all_of(open_, [](const auto& state) { return IsOutcome(state.first); });
      done_ = whole && NumberIn(body, "PendingRecipients") == 0 &&
              seen_ + int64_t(recipients.size()) >= total_;
      if (done_ || !whole || recipients.size() < size_t(kPage)) return std::nullopt;
      for (const auto& [state, count] : open_) settled_[state] += count;
      seen_ += kPage;
    }
  }

  std::map<std::string, int64_t> States() const {
    auto states = settled_;
    for (const auto& [state, count] : open_) states[state] += count;
    return states;
  }

  // "2 delivered, 1 bounced"
  std::string Summary() const {
    std::vector<std::string> parts;
    for (const auto& [state, count] : States()) {
      parts.push_back(std::to_string(count) + " " + Printable(state));
    }
    return parts.empty() ? "no recipient yet" : Join(parts, ", ");
  }

  int Judge() const {
    auto states = States();
    const int64_t delivered = states["delivered"];
    if (delivered == total_ && suppressed_ == 0 && total_ > 0) return catalogue::kExitDone;
    Complain(console_,
             "not all are delivered: " + Summary() +
                 (suppressed_ > 0 ? ", " + std::to_string(suppressed_) + " suppressed" : ""));
    return catalogue::kExitDiffers;
  }

  int TimedOut() const {
    Complain(console_, "timed out after " + FormatDuration(plan_.timeout) + ": " + Summary() +
                           "; look again with egctl getemail " + Id());
    return catalogue::kExitTimedOut;
  }

  int Stopped() {
    ClearProgress();
    Complain(console_, "stopped; look again with egctl getemail " + Id());
    return console_.pause.Signal() == 0 ? catalogue::kExitRefused
                                        : kExitSignal + console_.pause.Signal();
  }

  void ShowProgress() {
    if (!console_.err_is_terminal) return;
    console_.err << "\r\x1b[K" << Summary() << "; " << FormatDuration(Left()) << " left"
                 << std::flush;
    drawn_ = true;
  }
  void ClearProgress() {
    if (drawn_) console_.err << "\r\x1b[K" << std::flush;
    drawn_ = false;
  }

  seconds Left() const {
    return std::chrono::ceil<seconds>(started_ + plan_.timeout - console_.pause.Now());
  }
  std::string Id() const { return Printable(message_.value("MessageID", "")); }

  Console& console_;
  Session& session_;
  const Plan plan_;
  const Json message_;  // MessageID, and UserID where one is acted for
  const int64_t suppressed_;
  const std::chrono::steady_clock::time_point started_;
  int64_t seen_ = 0, total_ = 0;                   // recipients on pages that are settled; of all
  std::map<std::string, int64_t> settled_, open_;  // by state; `open_`: of the page at `seen_`
  Json first_page_;
  bool done_ = false, drawn_ = false;
};

}  // namespace

bool WaitsForDelivery(const Words& words) {
  return words.Has("--wait-for");
}

int SendAndWait(Console& console, Session& session, const Command& send, const Words& words,
                const Json& request) {
  const auto plan = PlanOf(console, words);
  if (!plan) return UsageError(console, plan.error().public_text, std::string(send.CliName()));
  if (words.Has("--dry-run")) {
    return UsageError(console, "with --dry-run there is nothing to wait for",
                      std::string(send.CliName()));
  }
  session.SetTimeout(std::min(plan->timeout, kLongestCall));
  const auto answer = session.Ask(send, request);
  if (!answer) return session.Failed(answer.error());
  if (!answer->refusals.empty()) return session.Refused(send, *answer);
  Json id = answer->body.value("MessageID", Json());
  if (id.is_array() && id.size() == 1) id = Json(id[0]);  // to a list
  if (!id.is_string()) {
    return session.Failed(Unprocessable("this is not one message: nothing to wait for"));
  }
  Json message = {{"MessageID", id}};
  if (request.contains("UserID")) message["UserID"] = request["UserID"];
  const Json suppressed = answer->body.value("Suppressed", Json::array());
  return Waiting(console, session, *plan, std::move(message),
                 suppressed.is_array() ? int64_t(suppressed.size()) : 0)
      .Run();
}

}  // namespace egd::cli
