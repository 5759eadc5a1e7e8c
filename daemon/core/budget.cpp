#include "daemon/core/budget.h"

#include <utility>

namespace egd::core {

size_t Budget::HeldBy(const std::string& key) const {
  const auto found = held_.find(key);
  return found == held_.end() ? 0 : found->second;
}

size_t Budget::WaitingOf(const std::string& key) const {
  return size_t(std::ranges::count(waiting_, key, &Waiter::key));
}

bool Budget::HasRoom(const std::string& key, size_t units) const {
  if (used_ == 0) return true;
  const size_t kept_free = HeldBy(key) + units <= share_ ? 0 : total_ / 4;
  return used_ + units + kept_free <= total_;
}

// A key that holds nothing may always have one job: else a large one would never get its turn.
bool Budget::IsWithinShare(const std::string& key, size_t units) const {
  const size_t held = HeldBy(key);
  return held == 0 || held + units <= share_ || held + units <= free();
}

void Budget::Take(const std::string& key, size_t units) {
  used_ += units;
  held_[key] += units;
}

bool Budget::TryTake(const std::string& key, size_t units) {
  const bool somebody_is_due =
      std::any_of(waiting_.begin(), waiting_.end(),
                  [](const Waiter& waiter) { return waiter.passed >= kMostPassed; });
  if (somebody_is_due || !HasRoom(key, units) || !IsWithinShare(key, units)) return false;
  Take(key, units);
  for (Waiter& waiter : waiting_) {
    if (!HasRoom(waiter.key, waiter.units)) ++waiter.passed;
  }
  return true;
}

bool Budget::TakeOrWait(const std::string& key, size_t units, Granted granted) {
  if (TryTake(key, units)) return true;
  waiting_.push_back({key, units, std::move(granted)});
  return false;
}

std::vector<Budget::Granted> Budget::Return(const std::string& key, size_t units) {
  const auto held = held_.find(key);
  if (held != held_.end()) {
    units = std::min(units, held->second);
    used_ -= units;
    held->second -= units;
    if (held->second == 0) held_.erase(held);
  }
  std::vector<Granted> granted;
  std::vector<Waiter*> passed;  // those that want more than is free
  for (auto waiter = waiting_.begin(); waiter != waiting_.end();) {
    if (!HasRoom(waiter->key, waiter->units)) {
      if (waiter->passed >= kMostPassed) break;
      passed.push_back(&*waiter);
    } else if (IsWithinShare(waiter->key, waiter->units)) {
      Take(waiter->key, waiter->units);
      granted.push_back(std::move(waiter->granted));
      for (Waiter* each : passed) ++each->passed;
      waiter = waiting_.erase(waiter);
      continue;
    }
    ++waiter;
  }
  return granted;
}

}  // namespace egd::core
