#include "daemon/service/delivery/queue_control.h"

#include <algorithm>
#include <utility>

namespace egd::service {
namespace {

constexpr size_t kBatch = 2000;  // recipients a job makes due: a few milliseconds of the writer

}  // namespace

Result<void> QueueControl::Restore() {
  const auto paused = store_.Read(
      [](store::Connection& connection) { return store::QueueStore(connection).ListPaused(); });
  if (!paused) return paused.error();
  for (const auto& destination : *paused) engine_.Pause(destination);
  return {};
}

LaneView QueueControl::View(store::DestinationDepth depth, bool paused) const {
  LaneView view;
  view.status = engine_.Status(depth.destination).value_or(queue::LaneStatus());
  view.depth = std::move(depth);
  view.paused = paused;
  view.at = clock_.Now();
  return view;
}

Result<std::vector<LaneView>> QueueControl::List(size_t most) {
  return store_.ReadLong(0, [&](store::Connection& connection) {
    store::QueueStore queue(connection);
    std::vector<std::string> paused = queue.ListPaused();
    std::vector<LaneView> views;
    for (auto& depth : queue.Depths(most)) {
      const bool is_paused = std::erase(paused, depth.destination) > 0;
      views.push_back(View(std::move(depth), is_paused));
    }
    for (const auto& destination : paused) views.push_back(View(queue.DepthOf(destination), true));
    return views;
  });
}

Result<LaneView> QueueControl::Show(const std::string& destination) {
  return store_.Read([&](store::Connection& connection) {
    store::QueueStore queue(connection);
    const auto paused = queue.ListPaused();
    return View(queue.DepthOf(destination), std::ranges::count(paused, destination) > 0);
  });
}

Hindrance QueueControl::FindHindrance(const std::string& destination, int64_t sender_domain) const {
  const auto status = engine_.Status(destination);
  if (!status) return {};
  const UnixMillis now = clock_.Now();
  if (status->down_until > now) return {status->waits_for, status->down_until};
  const auto rest = status->of_sender_domain.find(sender_domain);
  if (rest != status->of_sender_domain.end() && rest->second.until > now) {
    return {rest->second.why, rest->second.until};
  }
  if (status->put_off_until > now) {
    return {"more mail is under way there than it takes", status->put_off_until};
  }
  return {};
}

Result<void> QueueControl::Pause(const std::string& destination) {
  const std::lock_guard lock(pausing_);
  const auto saved = store_.Write([&](store::Transaction& transaction) {
    store::QueueStore(transaction).SetPaused(destination, clock_.Now());
  });
  if (saved) engine_.Pause(destination);
  return saved;
}

Result<int64_t> QueueControl::Resume(const std::string& destination) {
  const auto cleared = ClearPaused(destination);
  if (!cleared) return cleared.error();
  return *cleared ? MakeDue(destination, false) : 0;
}

Result<bool> QueueControl::ClearPaused(const std::string& destination) {
  const std::lock_guard lock(pausing_);
  auto cleared = store_.Write([&](store::Transaction& transaction) {
    return store::QueueStore(transaction).ClearPaused(destination);
  });
  if (cleared && !*cleared) {  // mail may still be held after a resume whose writes failed
    cleared = store_.ReadLong(0, [&](store::Connection& connection) {
      return store::QueueStore(connection).HasHeld(destination);
    });
  }
  if (cleared) engine_.Resume(destination);
  return cleared;
}

Result<int64_t> QueueControl::Retry(const std::string& destination) {
  engine_.Retry(destination);
  return MakeDue(destination, true);
}

// What is claimed again meanwhile may be counted twice, so it goes on only while batches are full.
Result<int64_t> QueueControl::MakeDue(const std::string& destination, bool retry) {
  int64_t total = 0;
  for (size_t count = kBatch; count == kBatch;) {
    const auto made = store_.Write([&](store::Transaction& transaction) {
      return store::QueueStore(transaction).MakeDue(destination, clock_.Now(), retry, kBatch);
    });
    if (!made) return made.error();
    count = size_t(*made);
    total += *made;
    engine_.Wake();
  }
  return total;
}

}  // namespace egd::service
