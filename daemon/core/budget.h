// Something bounded that strangers share: bytes, slots, places. Nobody's large or many jobs keep
// the others out, and who finds no room waits for its turn.
//
// POLICY
//   Everything is counted in units. A key (a tenant, a lane, an asker) may hold as much as is free
//   for all (dynamic thresholds, Choudhury and Hahne 1998): one alone gets half, n that want all
//   get 1/(n+1) each, and that much stays free for who comes next. Its first `share` units need
//   only fit; beyond them it leaves a quarter of all there is to those within theirs. A job that is
//   larger than that gets its turn alone. Jobs that wait go in the order of arrival, save that one
//   that fits passes those that do not: small jobs pass large ones. One that was passed kMostPassed
//   times is waited for.
//
// Not thread-safe: its owner's lock guards it. It calls nobody: its owner runs what Return gives.
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <list>
#include <map>
#include <string>
#include <vector>

namespace egd::core {

class Budget {
 public:
  // Enough for a bound on waiting, and seldom enough that small jobs keep flowing.
  static constexpr size_t kMostPassed = 200;
  using Granted = std::function<void()>;

  // `share`: what each key may hold whatever the others hold, as long as there is room.
  Budget(size_t total, size_t share) : total_(total), share_(share) {}

  // True: taken. False: no room, and nothing waits for it.
  bool TryTake(const std::string& key, size_t units);
  // True: taken. False: it waits, and a later Return gives `granted`, with the units taken.
  bool TakeOrWait(const std::string& key, size_t units, Granted granted);
  // Gives back; returns whose turn it is now: run them all.
  [[nodiscard]] std::vector<Granted> Return(const std::string& key, size_t units);

  size_t used() const { return used_; }
  size_t free() const { return total_ - std::min(total_, used_); }
  size_t waiting() const { return waiting_.size(); }
  size_t WaitingOf(const std::string& key) const;
  size_t HeldBy(const std::string& key) const;

 private:
  struct Waiter {
    std::string key;
    size_t units;
    Granted granted;
    size_t passed = 0;
  };

  bool HasRoom(const std::string& key, size_t units) const;
  bool IsWithinShare(const std::string& key, size_t units) const;
  void Take(const std::string& key, size_t units);

  const size_t total_;
  const size_t share_;
  size_t used_ = 0;
  std::map<std::string, size_t> held_;  // only keys that hold something
  std::list<Waiter> waiting_;           // bounded by its owner
};

}  // namespace egd::core
