// What becomes of mail that test keys send: everything but leaving the gateway. Policy:
//  - A recipient is queued durably and claimed like any other, composed, signed and rewritten; then
//    this thread settles it by its local part (core/test_recipient.h), without any network, and
//    keeps the message as it would have gone out. Outcome, events and copy go into one commit: after
//    a crash the lease ends, and it is settled once.
//  - `deferred` is tried again after two seconds: whoever waits for it is a test.
//  - An open, click, unsubscription or complaint follows the delivery in the same commit. Opens and
//    clicks are a person's; a click leads to the first link of the message.
//  - Nobody is suppressed by it (store/events.h): the same test can run again.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/core/delivery.h"
#include "daemon/store/store.h"
#include "shared/base/clock.h"
#include "shared/base/guarded.h"
#include "shared/base/ticker.h"

namespace egd::service {

constexpr UnixMillis kCapturedMillis = 7 * kDayMillis;

// Has one thread, `egd-test`. Owned by Daemon; Start once. Thread-safe.
class TestDelivery {
 public:
  // Recipients: usual ones are a few seconds' work, well in a lease; and of one user.
  static constexpr size_t kMostWaiting = 2000, kMostOfUser = kMostWaiting / 4;

  // `on_deferred` runs after a commit that deferred somebody: it wakes the queue, and must not
  // block. All must outlive it.
  TestDelivery(store::Store& store, const Clock& clock, core::DeliveryLedger& ledger,
               std::function<void()> on_deferred)
      : store_(store), clock_(clock), ledger_(ledger), on_deferred_(std::move(on_deferred)) {}

  void Start() { ticker_.Start(); }
  void Interrupt() { ticker_.Interrupt(); }  // after the commit under way
  void Join() { ticker_.Join(); }

  size_t Room(int64_t user) const;                   // how many of theirs it would take now
  void Take(std::vector<core::DueRecipient> tests);  // leased ones; never blocks

  // Settles some of what waits, in one commit; returns whether more waits. What the thread does;
  // tests call it themselves.
  bool SettleSome();

 private:
  // A recipient with the message made for it.
  struct Made {
    core::DueRecipient recipient;
    std::string data, return_path;
    std::string link;   // that a click leads to
    std::string fault;  // why it could not be made; empty: it was
  };

  std::vector<Made> MakeSome();
  std::optional<Made> Make(core::DueRecipient recipient);
  std::string FirstLink(const Uuid& message_id);
  bool Settle(store::Transaction& transaction, const Made& made) const;
  void Follow(store::Transaction& transaction, const Made& made) const;
  std::chrono::milliseconds Tick();

  store::Store& store_;
  const Clock& clock_;
  core::DeliveryLedger& ledger_;
  const std::function<void()> on_deferred_;
  Guarded<std::deque<core::DueRecipient>> waiting_;
  Ticker ticker_{"egd-test", [this] { return Tick(); }};
};

}  // namespace egd::service
