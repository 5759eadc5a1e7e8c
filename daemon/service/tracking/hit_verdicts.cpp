#include "daemon/service/tracking/hit_verdicts.h"

#include <algorithm>
#include <string>
#include <vector>

#include "daemon/store/event_store.h"

namespace egd::service {
namespace {

// Of one recipient at once: judging compares each with each, and nobody opens a mail so often.
constexpr size_t kMostHits = 300;
constexpr size_t kRecipientsAtOnce = 100;

std::vector<tracking::HitVerdict> Verdicts(store::HitStore& hits,
                                           const std::vector<core::Event>& events) {
  if (events.empty()) return {};
  const auto delivered = hits.FindDelivery(events[0].message_id, events[0].recipient);
  std::vector<tracking::Hit> window;
  for (const auto& event : events) window.push_back(HitOf(event, delivered));
  return tracking::ClassifyWindow(window);
}

}  // namespace

tracking::Hit HitOf(const core::Event& event, const store::Delivered& delivered) {
  tracking::Hit hit;
  hit.click = event.type == core::EventType::kClick;
  hit.at = event.at;
  hit.method = event.hit.method;
  hit.user_agent = event.user_agent;
  hit.address = event.client_address;
  hit.was_scanner = event.hit.rule == tracking::kScannerNetworkRule;
  hit.mx_host = delivered.mx_host;
  hit.delivered_at = delivered.at;
  hit.link_index = size_t(event.hit.link_index);
  hit.links = size_t(event.hit.links);
  return hit;
}

Judged JudgeAgain(store::HitStore& hits, const store::HitWindow& window, UnixMillis since) {
  const std::vector<core::Event> events = hits.ListOf(window, since, kMostHits);
  // A test's opens and clicks come with the delivery, as no person's do, and are what they say.
  if (!events.empty() && events[0].is_test) return {};
  const auto verdicts = Verdicts(hits, events);
  Judged judged;
  for (size_t i = 0; i < events.size(); ++i) {
    const std::string rule(verdicts[i].rule);
    ++judged.examined;
    judged.changed +=
        events[i].hit.automated != verdicts[i].automated || events[i].hit.rule != rule;
    hits.SetVerdict(events[i], verdicts[i].automated, rule);
  }
  return judged;
}

Result<ExplainedHit> HitVerdicts::Explain(int64_t sequence) {
  return store_.Read([&](store::Connection& connection) -> Result<ExplainedHit> {
    auto event = store::EventStore(connection).Find(sequence);
    if (!event || !core::IsHit(event->type)) return NotFound("No open or click has this Sequence");
    store::HitStore hits(connection);
    const auto events = hits.ListAround(*event, tracking::kHitWindow, kMostHits);
    const auto verdicts = Verdicts(hits, events);
    for (size_t i = 0; i < events.size(); ++i) {
      if (events[i].sequence == sequence) return ExplainedHit{events[i], verdicts[i]};
    }
    const auto delivered = hits.FindDelivery(event->message_id, event->recipient);
    return ExplainedHit{*event, tracking::ClassifyHit(HitOf(*event, delivered))};
  });
}

Result<Judged> HitVerdicts::Reclassify(UnixMillis since) {
  Judged sum;
  store::HitWindow after;
  for (;;) {
    const auto batch = store_.Read([&](store::Connection& connection) {
      return store::HitStore(connection).ListWithHits(since, after, kRecipientsAtOnce);
    });
    if (!batch) return batch.error();
    if (batch->empty()) return sum;
    const auto judged = store_.Write([&](store::Transaction& transaction) {
      store::HitStore hits(transaction);
      Judged part;
      for (const auto& window : *batch) {
        const Judged one = JudgeAgain(hits, window, since);
        part.examined += one.examined;
        part.changed += one.changed;
      }
      return part;
    });
    if (!judged) return judged.error();
    sum.examined += judged->examined;
    sum.changed += judged->changed;
    after = batch->back();
  }
}

}  // namespace egd::service
