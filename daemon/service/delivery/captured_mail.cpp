#include "daemon/service/delivery/captured_mail.h"

#include <utility>

#include "daemon/service/domains/own_domain.h"

namespace egd::service {

Result<store::CapturedPage> CapturedMail::List(int64_t user_id, int64_t domain_id,
                                               const std::optional<Uuid>& message_id, int64_t start,
                                               int64_t count) {
  return store_.Read([&](store::Connection& connection) -> Result<store::CapturedPage> {
    const auto domain = FindOwnDomain(connection, user_id, domain_id);
    if (!domain) return domain.error();
    return store::CapturedStore(connection).List(domain_id, message_id, start, count);
  });
}

Result<CapturedContent> CapturedMail::Find(int64_t user_id, int64_t domain_id, int64_t id) {
  return store_.Read([&](store::Connection& connection) -> Result<CapturedContent> {
    const auto domain = FindOwnDomain(connection, user_id, domain_id);
    if (!domain) return domain.error();
    store::CapturedStore captured(connection);
    auto message = captured.Find(domain_id, id);
    if (!message) return NotFound("Captured message not found");
    return CapturedContent{*std::move(message), captured.FindContent(id).value_or("")};
  });
}

}  // namespace egd::service
