#include "daemon/api/handlers/events.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <span>
#include <utility>

#include <nlohmann/json.hpp>

#include "daemon/api/handlers/bind.h"
#include "daemon/service/events/event_json.h"
#include "daemon/service/events/event_log.h"
#include "shared/base/csv.h"

namespace egd::api {
namespace {

using Json = nlohmann::ordered_json;
using catalogue::Cause;
using service::EventForm;
using service::EventLog;

std::optional<core::EventType> Type(const catalogue::Arguments& arguments) {
  return core::ParseEventType(
      arguments.String("Event"));  // the catalogue's choices let only events in
}

Json EventsJson(const std::vector<core::Event>& events, EventForm form) {
  Json list = Json::array();
  for (const core::Event& event : events) list.push_back(service::EventJson(event, form));
  return list;
}

Outcome Tail(EventLog& events, const Call& call, const store::EventFilter& filter, EventForm form) {
  const auto tail =
      events.ListAfter(call.caller.user_id, filter, call.arguments.Integer("AfterSequence"),
                       call.arguments.Integer("RetrieveCount"));
  if (!tail && tail.error().kind == ErrorKind::kNotFound) return Fail(call, Cause::kDomainNotFound);
  if (!tail) return Fail(call, tail.error());
  return Json{{"TotalRecords", tail->events.size()},
              {"Events", EventsJson(tail->events, form)},
              {"LastSequence", tail->last_sequence}};
}

Outcome Reply(EventLog& events, const Call& call, const store::EventFilter& filter,
              EventForm form) {
  if (call.arguments.Has("AfterSequence")) return Tail(events, call, filter, form);
  const Result<store::EventPage> page =
      events.List(call.caller.user_id, filter, call.arguments.Integer("StartFrom"),
                  call.arguments.Integer("RetrieveCount"));
  if (!page && page.error().kind == ErrorKind::kNotFound) return Fail(call, Cause::kDomainNotFound);
  if (!page) return Fail(call, page.error());
  return Json{{"TotalRecords", page->total},
              {"Events", EventsJson(page->events, form)},
              {"LastSequence", page->last_sequence}};
}

void SetJourney(const catalogue::Arguments& arguments, store::EventFilter& filter) {
  filter.journey_id = arguments.OptionalInteger("JourneyID");
  filter.action_id = arguments.OptionalInteger("ActionID");
}

store::EventFilter UserFilter(const catalogue::Arguments& arguments) {
  store::EventFilter filter;
  filter.domain_id = arguments.Integer("DomainID");
  filter.type = Type(arguments);
  filter.from = arguments.OptionalDay("StartDate");
  if (const auto last_day = arguments.OptionalDay("EndDate"))
    filter.to = *last_day + kDayMillis - 1;
  filter.query = arguments.String("Query");
  SetJourney(arguments, filter);
  return filter;
}

Outcome ForUser(EventLog& events, const Call& call) {
  return Reply(events, call, UserFilter(call.arguments), EventForm::kUser);
}

std::vector<std::string> ExportRow(const core::Event& event, const std::string& domain) {
  return {FormatDateTime(event.at),
          std::string(core::Name(event.type)),
          event.message_id.ToString(),
          event.from,
          event.recipient,
          event.subject,
          domain,
          event.smtp_code == 0 ? "" : std::to_string(event.smtp_code)};
}

// The events as CSV, from the newest on, some hundreds at a time.
class EventExport {
 public:
  EventExport(EventLog& events, int64_t user_id, store::EventFilter filter, int64_t limit)
      : events_(events), user_id_(user_id), filter_(std::move(filter)), left_(limit) {}

  // Makes the first piece ahead, so that what is refused is refused before the reply begins.
  Result<void> Start() {
    auto piece = Make();
    if (!piece) return piece.error();
    ahead_ = *std::move(piece);
    return {};
  }

  Result<TextPiece> Next() {
    if (ahead_) return *std::exchange(ahead_, std::nullopt);
    return Make();
  }

 private:
  static constexpr int64_t kPieceEvents = 500;    // some 100 KB: a few milliseconds of reading
  static constexpr size_t kMostPlaces = 500'000;  // 8 MB
  static inline const std::vector<std::string> kColumns = {
      "Time", "Event", "MessageID", "From", "To", "Subject", "Domain", "SMTPCode"};

  Result<TextPiece> Make() {
    const int64_t count = std::min(left_, kPieceEvents);
    const bool first = !place_;
    const auto found = store::IsSearch(filter_)
                           ? Found(size_t(count))
                           : events_.ListBefore(user_id_, filter_, place_, count);
    if (!found) return found.error();
    TextPiece piece;
    if (first) {
      tests_ = found->has_tests;
      piece.text = std::string(kUtf8Mark) + Line(kColumns, "Test");
    }
    for (const core::Event& event : found->events) {
      piece.text += Line(ExportRow(event, found->domain), event.is_test ? "true" : "");
    }
    left_ -= int64_t(found->events.size());
    if (!store::IsSearch(filter_)) {
      piece.last = left_ == 0 || int64_t(found->events.size()) < count;
      if (!piece.last) place_ = {found->events.back().at, found->events.back().sequence};
    } else {
      piece.last = left_ == 0 || (next_ == found_.size() && !more_);
    }
    return piece;
  }

  std::string Line(std::vector<std::string> row, const char* test) const {
    if (tests_) row.emplace_back(test);
    return CsvLine(row);
  }

  // The next events of a search, which is made once for all of its pieces; with very many hits
  // again from where the last one ended.
  Result<service::EventStretch> Found(size_t count) {
    if (next_ == found_.size() && more_) {
      auto places = events_.FindBefore(user_id_, filter_, place_, kMostPlaces);
      if (!places) return places.error();
      found_ = *std::move(places);
      next_ = 0;
      more_ = found_.size() == kMostPlaces;
    }
    count = std::min(count, found_.size() - next_);
    const std::span<const store::EventPlace> some = std::span(found_).subspan(next_, count);
    next_ += count;
    if (!some.empty()) place_ = some.back();
    return events_.Load(user_id_, filter_.domain_id, some);
  }

  EventLog& events_;
  const int64_t user_id_;
  const store::EventFilter filter_;
  int64_t left_;
  bool tests_ = false;                      // there is a column for them
  std::optional<store::EventPlace> place_;  // of the last event made
  std::vector<store::EventPlace> found_;    // of a search
  size_t next_ = 0;                         // of found_
  bool more_ = true;                        // there may be some behind found_
  std::optional<TextPiece> ahead_;
};

Outcome Export(EventLog& events, const Call& call) {
  int64_t limit = call.arguments.Integer("Limit");
  if (limit == 0) limit = std::numeric_limits<int64_t>::max();
  const auto made =
      std::make_shared<EventExport>(events, call.caller.user_id, UserFilter(call.arguments), limit);
  const auto started = made->Start();
  if (!started && started.error().kind == ErrorKind::kNotFound)
    return Fail(call, Cause::kDomainNotFound);
  if (!started) return Fail(call, started.error());
  return TextReply{"text/csv; charset=utf-8", [made] { return made->Next(); }};
}

Outcome ForSenderKey(EventLog& events, const Call& call) {
  const catalogue::Arguments& arguments = call.arguments;
  store::EventFilter filter;
  filter.domain_id = call.caller.domain_id;
  filter.type = Type(arguments);
  if (const auto first = arguments.OptionalInteger("StartDate")) filter.from = *first * 1000;
  if (const auto last = arguments.OptionalInteger("EndDate")) filter.to = *last * 1000 + 999;
  SetJourney(arguments, filter);
  if (arguments.Has("MessageID")) {
    filter.message_id = Uuid::Parse(arguments.String("MessageID"));
    if (!filter.message_id) return Malformed("MessageID is not a message ID");
  }
  return Reply(events, call, filter, EventForm::kPublic);
}

}  // namespace

void AddEventHandlers(Handlers& handlers, EventLog& events) {
  Bind(handlers, events, "emailgateway.getevents", ForUser);
  Bind(handlers, events, "emailgateway.getevents.public", ForSenderKey);
  Bind(handlers, events, "emailgateway.exportevents", Export);
}

}  // namespace egd::api
