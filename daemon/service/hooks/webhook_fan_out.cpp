#include "daemon/service/hooks/webhook_fan_out.h"

#include "daemon/store/webhook_job_store.h"
#include "shared/base/log.h"

namespace egd::service {
namespace {

constexpr size_t kJobsAWrite = 500;  // 3 µs each: 2 ms of the writer's time

void LogFailure(const Error& error) {
  log::Warning("webhook jobs not made", {{"reason", error.public_text}, {"detail", error.detail}});
}

}  // namespace

void WebhookFanOut::RunDue() {
  for (int64_t domain = 0; !ticker_.Interrupted();) {
    const Result<int64_t> next = store_.Read([&](store::Connection& connection) {
      return store::WebhookJobStore(connection).NextFanOut(domain);
    });
    if (!next) return LogFailure(next.error());
    if (*next == 0 && domain == 0) return;
    domain = *next;  // 0: once more from the first
    if (domain == 0) continue;
    const Result<void> made = store_.WriteLarge([&](store::Transaction& transaction) {
      store::WebhookJobStore(transaction).FanOut(transaction, domain, kJobsAWrite);
    });
    if (!made) return LogFailure(made.error());
  }
}

}  // namespace egd::service
