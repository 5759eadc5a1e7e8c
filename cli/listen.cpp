// `egctl webhook.listen`: a domain's new events, posted to a local URL as the gateway would post
// them, so that a developer needs no tunnel. Each event is posted once; what the URL answers is
// printed, whatever it is. The signing key is asked for once, at the start.
#include <algorithm>
#include <ostream>

#include <httplib.h>
#include <nlohmann/json.hpp>

#include "cli/duration.h"
#include "cli/follow.h"
#include "cli/printing.h"
#include "cli/replay_feed.h"
#include "cli/request.h"
#include "cli/run.h"
#include "cli/session.h"
#include "cli/target.h"
#include "shared/base/clock.h"
#include "shared/base/encoding.h"
#include "shared/base/sha256.h"
#include "shared/base/strings.h"
#include "shared/catalogue/exit_status.h"

namespace egd::cli {
namespace {

using catalogue::Command;
using Json = nlohmann::ordered_json;

constexpr const char* kName = "webhook.listen";
constexpr std::chrono::seconds kInterval(1), kTimeout(10);

const Command& GetWebhooks() {
  return *catalogue::Find("emailgateway.getwebhooks");
}
const Command& GetEvents() {
  return *catalogue::Find("emailgateway.getevents");
}

// Where events go to: "http://localhost:3000" and "/hook?x=1".
struct Destination {
  std::string origin, path;
};

Result<Destination> DestinationOf(const Words& words) {
  const std::string url = words.One("--forward").value_or("");
  const size_t slashes = url.find("://");
  const size_t path = slashes == url.npos ? url.npos : url.find_first_of("/?", slashes + 3);
  const std::string origin = url.substr(0, path);
  const auto endpoint = ParseEndpoint(origin);
  if (!endpoint || endpoint->kind == Endpoint::Kind::kUnix || HasControl(url) ||
      url.find_first_of(" #") != url.npos) {
    return InvalidArgument("--forward must be an http or https URL such as http://localhost:3000/");
  }
  const std::string rest = path == url.npos ? "" : url.substr(path);
  return Destination{origin, rest.starts_with('/') ? rest : "/" + rest};
}

Result<Words> WordsOf(const std::vector<std::string>& arguments) {
  auto options = catalogue::OptionsOf(GetWebhooks());
  for (const catalogue::OwnCommand& own : catalogue::OwnCommands()) {
    if (own.name == kName) options.insert(options.end(), own.options.begin(), own.options.end());
  }
  const auto& globals = catalogue::GlobalOptions();
  options.insert(options.end(), globals.begin(), globals.end());
  return ParseWords(options, arguments);
}

struct Plan {
  Words words;
  Destination destination;
  std::chrono::seconds interval;
  std::optional<int64_t> after;
  Json request;
};

Result<Plan> PlanOf(Console& console, const std::vector<std::string>& arguments) {
  auto words = WordsOf(arguments);
  if (!words) return words.error();
  auto destination = DestinationOf(*words);
  if (!destination) return destination.error();
  const auto interval = DurationOf(*words, "--interval", kInterval);
  if (!interval) return interval.error();
  std::optional<int64_t> after;
  if (const auto text = words->One("--since")) {
    after = ParseInteger(*text);
    if (!after || *after < 0) return InvalidArgument("--since must be a sequence number");
  }
  auto request = BuildRequest(GetWebhooks(), *words, console.input);
  if (!request) return request.error();
  if (auto acting = ActForUser(*words, *request); !acting) return acting.error();
  return Plan{*std::move(words), *std::move(destination), *interval, after, *std::move(request)};
}

// The raw key of "whsec_<base64>".
std::optional<std::string> KeyOf(const Json& body) {
  constexpr std::string_view kPrefix = "whsec_";
  const std::string text = body.value("SigningKey", "");
  if (!text.starts_with(kPrefix)) return std::nullopt;
  return FromBase64(std::string_view(text).substr(kPrefix.size()));
}

// Posts events, signed (Standard Webhooks 1.0.0), and says what came of it.
class Forwarder {
 public:
  Forwarder(const Console& console, const Destination& destination, std::string key)
      : console_(console),
        path_(destination.path),
        key_(std::move(key)),
        client_(destination.origin) {
    client_.set_connection_timeout(kTimeout);
    client_.set_read_timeout(kTimeout);
    client_.set_write_timeout(kTimeout);
  }

  void Forward(const Json& event) {
    const std::string body = event.dump(-1, ' ', false, Json::error_handler_t::replace);
    const std::string sequence = std::to_string(event.value("Sequence", int64_t(0)));
    const std::string id = "evt_" + sequence + "_listen";
    const std::string at = std::to_string(SystemClock().Now() / 1000);
    const std::string signature = "v1," + Base64(HmacSha256(key_, id + "." + at + "." + body));
    const auto reply = client_.Post(
        path_, {{"webhook-id", id}, {"webhook-timestamp", at}, {"webhook-signature", signature}},
        body, "application/json");
    console_.out << sequence << ' ' << Printable(event.value("event", "")) << ' '
                 << Printable(event.value("recipient", "")) << ": "
                 << (reply ? std::to_string(reply->status) : httplib::to_string(reply.error()))
                 << '\n';
  }

 private:
  const Console& console_;
  const std::string path_;
  const std::string key_;
  httplib::Client client_;
};

EventFeed FeedOf(Session& session, const Plan& plan) {
  Json request = plan.request;
  request["StartFrom"] = 0;
  request["RetrieveCount"] = 1;
  return EventFeed(session, GetEvents(), std::move(request), plan.after);
}

// A domain's new events and replays, forwarded until a signal, a refusal, or a reader that goes
// away; a gateway that is away is waited for.
class Listener {
 public:
  Listener(Console& console, Session& session, const Plan& plan, Forwarder& forwarder)
      : console_(console),
        session_(session),
        interval_(plan.interval),
        forwarder_(forwarder),
        feed_(FeedOf(session, plan)),
        replays_(session, plan.request),
        began_(plan.after.has_value()) {}

  int Run() {
    do {
      if (const auto status = TakeEvents()) return *status;
      if (const auto status = TakeReplays()) return *status;
      if (const int status = Flush(console_)) return status;
    } while (console_.pause.For(MayHaveMore() ? std::chrono::seconds(0) : interval_));
    if (const int status = Flush(console_)) return status;
    if (feed_.after()) {
      Complain(console_, "stopped; continue with --since " + std::to_string(*feed_.after()));
    }
    return catalogue::kExitDone;
  }

 private:
  bool MayHaveMore() const { return feed_.MayHaveMore() || replays_.MayHaveMore(); }

  std::optional<int> TakeEvents() {
    const auto answer = feed_.Next();
    if (!IsDone(answer)) return FailureOf(GetEvents(), answer);
    if (std::exchange(away_, false)) Complain(console_, "the gateway answers again");
    // The newest event of before was only to find the place.
    if (std::exchange(began_, true)) ForwardAll(*answer);
    return std::nullopt;
  }

  std::optional<int> TakeReplays() {
    if (away_ || !has_replays_) return std::nullopt;
    const auto answer = replays_.Next();
    // A gateway of before there were replays to list.
    has_replays_ = !answer || answer->refusals.empty() ||
                   answer->refusals.front().code != catalogue::kCodeUnknownCommand;
    if (!has_replays_) return std::nullopt;
    if (!IsDone(answer)) return FailureOf(*catalogue::Find("webhook.replays"), answer);
    ForwardAll(*answer);
    return std::nullopt;
  }

  void ForwardAll(const Answer& answer) {
    for (const Json& event : answer.body.at("Events")) forwarder_.Forward(event);
  }

  static bool IsDone(const Result<Answer>& answer) { return answer && answer->refusals.empty(); }

  // Nothing for trouble that passes.
  std::optional<int> FailureOf(const Command& command, const Result<Answer>& answer) {
    if (!IsPassing(answer)) {
      return answer ? session_.Refused(command, *answer) : session_.Failed(answer.error());
    }
    if (!std::exchange(away_, true)) Complain(console_, "no answer from the gateway; retrying");
    return std::nullopt;
  }

  Console& console_;
  Session& session_;
  const std::chrono::seconds interval_;
  Forwarder& forwarder_;
  EventFeed feed_;
  ReplayFeed replays_;
  bool began_, has_replays_ = true;
  bool away_ = false;
};

}  // namespace

int Listen(Console& console, const std::vector<std::string>& arguments) {
  auto plan = PlanOf(console, arguments);
  if (!plan) return UsageError(console, plan.error().public_text, kName);
  auto session = Session::Open(console, plan->words);
  if (!session) return UsageError(console, session.error().public_text, kName);
  if (const auto status = session->ResolveDomain(plan->request)) return *status;
  const auto answer = session->Ask(GetWebhooks(), plan->request);
  if (!answer) return session->Failed(answer.error());
  if (!answer->refusals.empty()) return session->Refused(GetWebhooks(), *answer);
  const auto key = KeyOf(answer->body);
  if (!key) return session->Failed(Unavailable("the gateway returned no signing key"));
  Forwarder forwarder(console, plan->destination, *key);
  console.pause.CatchSignals();
  Complain(console, "forwarding new events; stop with Ctrl-C");
  return Listener(console, *session, *plan, forwarder).Run();
}

}  // namespace egd::cli
