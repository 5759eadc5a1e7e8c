#include "daemon/queue/claimer.h"

#include <algorithm>
#include <exception>
#include <future>
#include <memory>

#include <pthread.h>

#include "shared/base/log.h"

namespace egd::queue {
namespace {

using std::chrono::milliseconds;

// One claim is one short job on the store's writer: 2 µs a row.
constexpr size_t kMaxClaim = 500;
// When it is full, room is gathered for that long or until there is some, for fewer and larger
// claims.
constexpr milliseconds kGather(20);
// The wall clock may jump, and the ledger may be changed by somebody who does not call Wake.
constexpr milliseconds kLongestNap(30'000);
// After a claim that brought nothing, and after trouble.
constexpr milliseconds kShortestNap(100);

}  // namespace

Claimer::Claimer(ClaimerOptions options, core::DeliveryLedger& ledger, const Clock& clock,
                 Dispatch dispatch)
    : options_(options), ledger_(ledger), clock_(clock), dispatch_(std::move(dispatch)) {}

Claimer::~Claimer() {
  Interrupt();
  Join();
}

void Claimer::Start() {
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "egd-tick");
    Run();
  });
}

void Claimer::Interrupt() {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  changed_.notify_all();
}

void Claimer::Join() {
  if (thread_.joinable()) thread_.join();
}

void Claimer::Wake() {
  const std::lock_guard lock(mutex_);
  if (!std::exchange(woken_, true)) changed_.notify_all();
}

void Claimer::Finish(const std::vector<int64_t>& recipient_ids, UnixMillis next_attempt_at) {
  const std::lock_guard lock(mutex_);
  const size_t room_before = Room();
  for (const int64_t id : recipient_ids) Remove(id);
  if (left_out_ && Crowded().empty()) woken_ = true;
  const bool worth_it_now = room_before < RoomWorthAClaim() && Room() >= RoomWorthAClaim();
  if (ExpectDue(next_attempt_at) || room_before == 0 || worth_it_now || woken_) {
    changed_.notify_all();
  }
}

void Claimer::Remove(int64_t recipient_id) {
  const auto found = in_flight_.find(recipient_id);
  if (found == in_flight_.end()) return;
  const auto user = held_.find(found->second.user);
  if (--user->second == 0) held_.erase(user);
  in_flight_.erase(found);
}

// Users whose next mail waits: each has three times as much in flight as is free for all. So there
// is room for somebody else's, however many hosts that say nothing one has mail for.
std::vector<int64_t> Claimer::Crowded() const {
  constexpr size_t kAlways = 20;
  const size_t most = std::max(3 * Room(), kAlways);
  std::vector<int64_t> users;
  for (const auto& [user, count] : held_) {
    if (count > most) users.push_back(user);
  }
  return users;
}

// True when that is sooner than expected before.
bool Claimer::ExpectDue(UnixMillis at) {
  if (at == 0 || (next_due_ != 0 && next_due_ <= at)) return false;
  next_due_ = at;
  return true;
}

size_t Claimer::Room() const {
  return options_.max_in_flight - std::min(options_.max_in_flight, in_flight_.size());
}

size_t Claimer::in_flight() const {
  const std::lock_guard lock(mutex_);
  return in_flight_.size();
}

size_t Claimer::RoomWorthAClaim() const {
  return std::max<size_t>(options_.max_in_flight / 8, 1);
}

void Claimer::Run() {
  while (const size_t room = WaitForTurn()) {
    try {
      Claim claim = ClaimNow(room);
      if (!claim.admitted.empty()) dispatch_(std::move(claim.admitted));
      PlanNext(claim.count, room);
    } catch (const std::exception& bug) {
      log::Error("claiming due mail failed", {{"why", bug.what()}});
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, kShortestNap, [this] { return stopping_; });
      woken_ = true;
    }
  }
}

// Returns how many recipients to claim; 0: the end.
size_t Claimer::WaitForTurn() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (clock_.Now() >= renew_at_) {
      lock.unlock();
      RenewLeases();
      lock.lock();
    }
    const milliseconds nap = woken_ ? milliseconds(0) : UntilDue();
    if (nap > milliseconds(0)) {
      const bool slept = changed_.wait_for(lock, nap) == std::cv_status::timeout;
      if (slept && next_due_ == 0) woken_ = true;  // a look now and then, whatever was missed
    } else if (Room() == 0) {
      changed_.wait_for(lock, LongestNap(), [this] { return stopping_ || Room() > 0; });
    } else {
      changed_.wait_for(lock, kGather, [this] { return stopping_ || Room() >= RoomWorthAClaim(); });
      woken_ = false;
      next_due_ = 0;  // what the ledger says after the claim, or a Finish meanwhile, counts
      // A part of the room, so that no single claim makes a user crowded by far.
      if (!stopping_) return std::clamp<size_t>(Room() / 4, 1, kMaxClaim);
    }
  }
  return 0;
}

milliseconds Claimer::UntilDue() const {
  if (next_due_ == 0) return LongestNap();
  return std::clamp(milliseconds(next_due_ - clock_.Now()), milliseconds(0), LongestNap());
}

// Leases must be renewed meanwhile.
milliseconds Claimer::LongestNap() const {
  return std::clamp(options_.lease / 4, milliseconds(1), kLongestNap);
}

// Those that end within half a lease: dialogues are rarely so long, so there are few.
void Claimer::RenewLeases() {
  const UnixMillis now = clock_.Now();
  const UnixMillis lease_until = now + options_.lease.count();
  std::vector<int64_t> ids;
  {
    const std::lock_guard lock(mutex_);
    renew_at_ = now + options_.lease.count() / 4;
    for (auto& [id, each] : in_flight_) {
      if (each.leased_until > now + options_.lease.count() / 2) continue;
      each.leased_until = lease_until;
      ids.push_back(id);
    }
  }
  for (size_t first = 0; first < ids.size(); first += kMaxClaim) {
    const auto begin = ids.begin() + std::ptrdiff_t(first);
    const auto count = std::ptrdiff_t(std::min(kMaxClaim, ids.size() - first));
    ledger_.Renew({begin, begin + count}, lease_until);
  }
}

Claimer::Claim Claimer::ClaimNow(size_t most) {
  const auto promise = std::make_shared<std::promise<Claim>>();  // its setter may end after us
  auto claim = promise->get_future();
  // Admission happens in the callback, in the order in which the ledger committed (see delivery.h).
  const UnixMillis lease_until = clock_.Now() + options_.lease.count();
  std::vector<int64_t> crowded;
  {
    const std::lock_guard lock(mutex_);
    crowded = Crowded();
    left_out_ = !crowded.empty();
  }
  ledger_.Claim(most, lease_until, std::move(crowded),
                [this, promise, lease_until](std::vector<core::DueRecipient> claimed) {
                  promise->set_value(Admit(std::move(claimed), lease_until));
                });
  return claim.get();
}

Claimer::Claim Claimer::Admit(std::vector<core::DueRecipient> claimed, UnixMillis lease_until) {
  const std::lock_guard lock(mutex_);
  const size_t count = claimed.size();
  std::erase_if(claimed, [this, lease_until](const auto& due) {
    const bool is_new =
        in_flight_.insert_or_assign(due.id, InFlight{lease_until, due.user_id}).second;
    if (is_new) ++held_[due.user_id];
    return !is_new;
  });
  return {count, std::move(claimed)};
}

void Claimer::PlanNext(size_t claimed, size_t asked) {
  UnixMillis next = clock_.Now();
  if (claimed < asked) next = ledger_.NextDue();
  if (claimed == 0 && next != 0) next = std::max(next, clock_.Now() + kShortestNap.count());
  const std::lock_guard lock(mutex_);
  ExpectDue(next);
}

}  // namespace egd::queue
