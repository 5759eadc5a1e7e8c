#include "cli/follow.h"

#include <algorithm>
#include <ostream>

#include "cli/duration.h"
#include "cli/view/view.h"
#include "shared/base/strings.h"
#include "shared/catalogue/exit_status.h"

namespace egd::cli {
namespace {

using catalogue::Command;
using Json = nlohmann::ordered_json;

constexpr int kPage = 100;  // events a call: the most there are
constexpr std::chrono::seconds kInterval(1);

int64_t SequenceOf(const Json& event) {
  const Json sequence = event.is_object() ? event.value("Sequence", Json()) : Json();
  return sequence.is_number_integer() ? sequence.get<int64_t>() : 0;
}

// The list under Events, whatever the reply holds.
Json& EventsOf(Json& body) {
  Json& events = body["Events"];
  if (!events.is_array()) events = Json::array();
  return events;
}

// The declared keys of an event that hold no others: the columns of a CSV whose events differ.
std::vector<std::string> ColumnsOf(const Command& command) {
  constexpr std::string_view kPrefix = "Events[].";
  std::vector<std::string> columns;
  for (const catalogue::Field& field : command.results) {
    if (field.path.starts_with(kPrefix) && field.type != catalogue::FieldType::kObject) {
      columns.push_back(field.path.substr(kPrefix.size()));
    }
  }
  return columns;
}

// Prints events one by one in a form that needs no end: a row, a JSON text or a YAML document each.
class EventPrinter {
 public:
  EventPrinter(const Console& console, const Command& command, const Printing& printing)
      : console_(console),
        command_(command),
        printing_(printing),
        columns_(printing.format == Format::kCsv ? ColumnsOf(command)
                                                 : std::vector<std::string>()) {
    if (printing_.field) return;
    if (printing_.format == Format::kTable) {
      console_.out << DrawLine(printing_.page, command_, nullptr);
    } else if (printing_.format == Format::kCsv) {
      console_.out << RenderCsvLine(columns_, nullptr);
    }
  }

  void Print(const Json& event) const { console_.out << LineOf(event); }

 private:
  std::string LineOf(const Json& event) const {
    if (printing_.field) {
      const auto value = RenderField({{"Events", Json::array({event})}}, *printing_.field);
      return Printable(value.value_or("")) + "\n";
    }
    switch (printing_.format) {
      case Format::kTable:
        return DrawLine(printing_.page, command_, &event);
      case Format::kCsv:
        return RenderCsvLine(columns_, &event);
      case Format::kYaml:
        return "---\n" + RenderYaml(event);
      case Format::kJson:
      case Format::kRaw:
        return RenderJson(event, -1) + "\n";
    }
    return {};
  }

  const Console& console_;
  const Command& command_;
  const Printing& printing_;
  const std::vector<std::string> columns_;
};

}  // namespace

EventFeed::EventFeed(Session& session, const Command& command, Json request,
                     std::optional<int64_t> after)
    : session_(session), command_(command), request_(std::move(request)), after_(after) {}

Result<Answer> EventFeed::Next() {
  const auto before = after_;
  auto answer = after_ ? AskForMore() : AskForNewest();
  may_have_more_ = answer && answer->refusals.empty() && after_ != before;
  return answer;
}

Result<Answer> EventFeed::AskForNewest() {
  auto answer = session_.Ask(command_, request_);
  if (!answer || !answer->refusals.empty()) return answer;
  Json& events = EventsOf(answer->body);
  std::reverse(events.begin(), events.end());
  const Json last = answer->body.value("LastSequence", Json());
  if (!last.is_number_integer()) return Unavailable("this gateway is too old for --follow");
  after_ = last.get<int64_t>();
  for (const Json& event : events) {
    if (SequenceOf(event) > *after_) seen_.insert(SequenceOf(event));
  }
  return answer;
}

Result<Answer> EventFeed::AskForMore() {
  Json request = request_;
  request["AfterSequence"] = *after_;
  request["RetrieveCount"] = kPage;
  auto answer = session_.Ask(command_, request);
  if (!answer || !answer->refusals.empty()) return answer;
  Json fresh = Json::array();
  for (Json& event : EventsOf(answer->body)) {
    if (SequenceOf(event) > *after_ && seen_.count(SequenceOf(event)) == 0) {
      fresh.push_back(std::move(event));
    }
  }
  answer->body["Events"] = std::move(fresh);
  const Json last = answer->body.value("LastSequence", Json());
  if (!last.is_number_integer()) return Unavailable("this gateway is too old for --follow");
  after_ = std::max(*after_, last.get<int64_t>());
  seen_.erase(seen_.begin(), seen_.upper_bound(*after_));
  return answer;
}

int Follow(Console& console, Session& session, const Command& command, const Words& words,
           const Json& request, const Printing& printing) {
  const auto interval = DurationOf(words, "--interval", kInterval);
  if (!interval) {
    return UsageError(console, interval.error().public_text, std::string(command.CliName()));
  }
  std::optional<int64_t> after;
  if (request.contains("AfterSequence")) after = request["AfterSequence"].get<int64_t>();
  console.pause.CatchSignals();
  EventFeed feed(session, command, request, after);
  std::optional<EventPrinter> printer;
  bool complained = false;
  do {
    const auto answer = feed.Next();
    if (!answer || !answer->refusals.empty()) {
      if (!printer || !IsPassing(answer)) {
        return answer ? session.Refused(command, *answer) : session.Failed(answer.error());
      }
      if (!complained) Complain(console, "no answer from the gateway; retrying");
      complained = true;
      continue;
    }
    complained = false;
    if (!printer) printer.emplace(console, command, printing);
    for (const Json& event : answer->body["Events"]) printer->Print(event);
    if (const int status = Flush(console)) return status;
  } while (console.pause.For(feed.MayHaveMore() ? std::chrono::seconds(0) : *interval));
  if (const int status = Flush(console)) return status;
  if (feed.after()) {
    Complain(console, "stopped; continue with --after-sequence " + std::to_string(*feed.after()));
  }
  return catalogue::kExitDone;
}

}  // namespace egd::cli
