#include "daemon/store/events.h"

#include <stdexcept>
#include <string>
#include <utility>

#include "daemon/store/query.h"
#include "daemon/store/suppression_store.h"
#include "daemon/store/webhook_job_store.h"

namespace egd::store::events {
namespace {

using core::EventType;
static_assert(static_cast<int>(EventType::kAccepted) == 0 &&
                  static_cast<int>(EventType::kRejected) == 1 &&
                  static_cast<int>(EventType::kDeferred) == 2 &&
                  static_cast<int>(EventType::kDelivery) == 3 &&
                  static_cast<int>(EventType::kBounce) == 4 &&
                  static_cast<int>(EventType::kOpen) == 5 &&
                  static_cast<int>(EventType::kClick) == 6 &&
                  static_cast<int>(EventType::kUnsubscribe) == 7 &&
                  static_cast<int>(EventType::kComplaint) == 8,
              "stored as numbers: never renumber");

// What the message says of its event.
struct Owner {
  int64_t user_id = 0;
  int64_t domain_id = 0;
  int64_t message = 0;  // its number
  std::vector<std::string> tags;
  bool is_test = false;
};

// Apart from the INSERT: an INSERT … SELECT counts as a change of many rows, for which SQLite
// copies every page it touches, and takes twice the time.
Owner FindOwner(Connection& connection, const Uuid& message_id) {
  Query query(connection,
              "SELECT user_id, domain_id, number, tags, is_test FROM messages WHERE id = ?");
  if (!query.Bind(message_id).Step()) throw std::logic_error("event of an unknown message");
  Owner owner;
  query.Read(owner.user_id, owner.domain_id, owner.message, owner.tags, owner.is_test);
  return owner;
}

void Insert(Connection& connection, const Owner& owner, core::Event& event) {
  event.sequence =
      Query(connection,
            "INSERT INTO events (domain_id, message, type, at, attempt, smtp_code, delivery_ms, "
            "recipient, enhanced_code, smtp_response, mx_host, mx_address, tls, bounce_class, "
            "reason, url, client_address, user_agent, source, reporting_server) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
            "RETURNING sequence")
          .Bind(owner.domain_id, owner.message, static_cast<int>(event.type), event.at,
                event.attempt, event.smtp_code, event.delivery_ms, event.recipient,
                event.enhanced_code, event.smtp_response, event.mx_host, event.mx_address,
                event.tls, event.bounce_class, event.reason, event.url, event.client_address,
                event.user_agent, event.source, event.reporting_server)
          .Returned();
}

UncountedEvent ToCount(const core::Event& event, Owner owner) {
  UncountedEvent counted;
  counted.domain_id = owner.domain_id;
  counted.message = owner.message;
  counted.type = event.type;
  counted.at = event.at;
  counted.delivery_ms = event.delivery_ms;
  counted.smtp_code = event.smtp_code;
  counted.recipient_domain = event.recipient.substr(event.recipient.rfind('@') + 1);
  counted.mx_host = event.mx_host;
  counted.url = event.url;
  counted.bounce_class = event.bounce_class;
  counted.tags = std::move(owner.tags);
  counted.is_test = owner.is_test;
  return counted;
}

}  // namespace

void Record(Transaction& transaction, core::Event& event) {
  Owner owner = FindOwner(transaction, event.message_id);
  Insert(transaction, owner, event);
  if (!core::IsHit(event.type)) {
    AddWebhookJobs(transaction, owner.domain_id, event.type, event.sequence, owner.message);
  }
  if (event.suppress && !owner.is_test) {
    SuppressionStore(transaction)
        .Insert({owner.user_id, event.recipient, std::string(core::Name(event.type)),
                 event.smtp_response, event.at});
  }
  transaction.notes().events.push_back(ToCount(event, std::move(owner)));
}

}  // namespace egd::store::events
