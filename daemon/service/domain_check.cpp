#include "daemon/service/domain_check.h"

#include <exception>
#include <utility>
#include <vector>

#include <pthread.h>

#include "daemon/store/dkim_key_store.h"
#include "daemon/store/domain_store.h"
#include "shared/base/log.h"

namespace egd::service {

DomainCheck::~DomainCheck() {
  Interrupt();
  Join();
}

void DomainCheck::Start(std::chrono::milliseconds tick) {
  thread_ = std::thread([this, tick] { Run(tick); });
}

void DomainCheck::Interrupt() {
  const std::lock_guard lock(mutex_);
  interrupted_ = true;
  wake_.notify_all();
}

void DomainCheck::Join() {
  if (thread_.joinable()) thread_.join();
}

bool DomainCheck::Interrupted() {
  const std::lock_guard lock(mutex_);
  return interrupted_;
}

size_t DomainCheck::RunDue() {
  const UnixMillis before = clock_.Now() - kDomainCheckEvery;
  const auto due = store_.Read([&](store::Connection& connection) {
    return store::DomainStore(connection).ListDueForCheck(before, kDomainsPerTick);
  });
  if (!due) return 0;
  size_t verified = 0;
  for (const auto& domain : *due) {
    if (Interrupted()) break;
    if (const auto round = verify_.Verify(domain.user_id, domain.id)) {
      ++verified;
    } else {
      log::Warning("domain check failed", {{"domain", domain.name},
                                           {"reason", round.error().public_text},
                                           {"detail", round.error().detail}});
    }
  }
  return verified;
}

size_t DomainCheck::AdvanceDueKeys() {
  size_t advanced = 0, last = 1;
  while (last > 0 && advanced < kRotationsPerTick && !Interrupted()) {
    const auto due = store_.Read([&](store::Connection& connection) {
      return store::DkimKeyStore(connection).ListDomainsDue(clock_.Now(), kDomainsPerTick);
    });
    last = due ? verify_.AdvanceKeys(*due) : 0;
    advanced += last;
  }
  return advanced;
}

void DomainCheck::Run(std::chrono::milliseconds tick) {
  pthread_setname_np(pthread_self(), "egd-verify");
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, tick, [this] { return interrupted_; })) {
    lock.unlock();
    try {
      AdvanceDueKeys();
      RunDue();
    } catch (const std::exception& error) {
      log::Error("domain check failed", {{"reason", error.what()}});
    }
    lock.lock();
  }
}

}  // namespace egd::service
