#include "daemon/queue/provider.h"

#include <algorithm>

#include "daemon/queue/lane.h"

namespace egd::queue {

bool Provider::TakeSlot(Lane& lane) {
  if (used_ < slots_) {
    ++used_;
    ++held_[&lane];
    return true;
  }
  if (std::ranges::find(waiting_, &lane) != waiting_.end()) return false;
  waiting_.push_back(&lane);
  for (auto& [holder, count] : held_) {
    if (holder != &lane && holder->EndIdleConnection()) break;
  }
  return false;
}

void Provider::ReturnSlot(Lane& lane) {
  --used_;
  const auto held = held_.find(&lane);
  if (--held->second == 0) held_.erase(held);
  while (used_ < slots_ && !waiting_.empty()) {
    const auto first =
        std::ranges::min_element(waiting_, {}, [this](Lane* waiter) { return HeldBy(waiter); });
    Lane* next = *first;
    waiting_.erase(first);
    next->Grow();  // takes one, if it still has work
  }
}

void Provider::Leave(const Lane& lane) {
  std::erase(waiting_, &lane);
}

bool Provider::IsWanted(Lane& lane, bool is_idle) const {
  const size_t held = HeldBy(&lane);
  return std::ranges::any_of(waiting_, [&](Lane* waiter) {
    return waiter != &lane && (is_idle || HeldBy(waiter) < held);
  });
}

size_t Provider::HeldBy(Lane* lane) const {
  const auto held = held_.find(lane);
  return held == held_.end() ? 0 : held->second;
}

}  // namespace egd::queue
