#include "cli/replay_feed.h"

#include <algorithm>

#include "shared/base/clock.h"

namespace egd::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kDayBytes = 10;  // of "2026-01-31 12:00:00"

const catalogue::Command& GetEvents() {
  return *catalogue::Find("emailgateway.getevents");
}

int64_t NumberAt(const Json& object, const char* key) {
  const Json value = object.is_object() ? object.value(key, Json()) : Json();
  return value.is_number_integer() ? value.get<int64_t>() : 0;
}

}  // namespace

Result<Answer> ReplayFeed::AskForReplays() {
  Json request = request_;
  if (place_) request["AfterReplayID"] = *place_;
  auto answer = session_.Ask(*catalogue::Find("webhook.replays"), request);
  if (!answer || !answer->refusals.empty()) return answer;
  const Json replays = answer->body.at("Replays");
  if (replays.empty()) {
    place_ = NumberAt(answer->body, "LastReplayID");
  } else {
    Begin(replays.front());
  }
  answer->body["Events"] = Json::array();
  return answer;
}

void ReplayFeed::Begin(const Json& replay) {
  place_ = NumberAt(replay, "ReplayID");
  last_ = NumberAt(replay, "LastSequence");
  since_ = NumberAt(replay, "SinceTime");
  Json request = request_;
  request["Event"] = replay.at("Event");
  request["StartFrom"] = 0;
  request["RetrieveCount"] = 1;
  if (since_ > 0) request["StartDate"] = FormatDateTime(since_ * 1000).substr(0, kDayBytes);
  events_.emplace(session_, GetEvents(), std::move(request),
                  std::max<int64_t>(NumberAt(replay, "FirstSequence") - 1, 0));
}

Result<Answer> ReplayFeed::Next() {
  if (!events_) return AskForReplays();
  auto answer = events_->Next();
  if (!answer || !answer->refusals.empty()) return answer;
  Json& events = answer->body["Events"];
  std::erase_if(events.get_ref<Json::array_t&>(), [&](const Json& event) {
    return NumberAt(event, "Sequence") > last_ || NumberAt(event, "timestamp") < since_;
  });
  if (events_->after() >= last_ || !events_->MayHaveMore()) events_.reset();
  return answer;
}

}  // namespace egd::cli
