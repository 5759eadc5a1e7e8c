// The narrow interface between the queue and what keeps its promises: the queue decides when and
// where, a DeliveryLedger (implemented by service, over the store) decides what is due, what it
// says and what is remembered.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "shared/base/clock.h"
#include "shared/base/result.h"
#include "shared/base/uuid.h"

namespace egd::core {

// A recipient leased to this process until it is settled or given back, as long as the lease is
// renewed; a crash loses the lease, never the mail.
struct DueRecipient {
  int64_t id = 0;
  Uuid message_id;
  std::string address;      // envelope recipient
  std::string destination;  // its domain part, lower case A-labels (or an address literal)
  int attempts = 0;         // made before this one
  UnixMillis accepted_at = 0;
  UnixMillis expires_at = 0;
  int64_t subscriber_id = 0;  // whose fields personalise the copy; 0: nobody's
  int64_t sender_domain_id = 0;
  int64_t user_id = 0;     // whose domain that is
  bool seven_bit = false;  // its copy has to be, as far as that can be
  bool is_test = false;    // of a test key's message: the engine never sees it
};

// The bytes and envelope for one or several recipients whose copies are identical.
struct OutgoingMessage {
  std::string return_path;  // envelope sender, when several recipients share a transaction
  // The same for recipients of one destination, so that a bounce speaks of them alone; empty:
  // return_path.
  std::function<std::string(const std::string& destination)> return_path_from;
  // The envelope sender for one recipient alone, so that a bounce names it; empty: return_path.
  std::function<std::string(int64_t recipient_id)> own_return_path;
  std::string data;  // complete, signed, CRLF, not dot-stuffed
  bool smtputf8 = false;
  bool eight_bit = false;  // has bytes over 0x7f
  bool personal = false;   // made for this recipient alone: the message's others need their own
};

// Whether a message that could not be made for this reason may be made later: the trouble is ours.
bool MayPass(ErrorKind why);

enum class Disposition { kDelivered, kDeferred, kBounced };

// What one attempt did to one recipient.
// A connection to a mail server and what became of its encryption, as RFC 8460 counts them.
struct TlsSession {
  std::string policy;  // "sts", "tlsa", "no-policy-found"
  std::string result;  // of section 4.3; empty: as the policy asks
  std::string host;    // the mail server
};

struct DeliveryOutcome {
  int64_t recipient_id = 0;
  Uuid message_id;
  std::string address;
  Disposition disposition = Disposition::kDeferred;
  UnixMillis at = 0;
  UnixMillis next_attempt_at = 0;  // of kDeferred
  int attempt = 1;                 // 1 for the first
  int smtp_code = 0;
  std::string enhanced_code, smtp_response, mx_host, mx_address, tls;
  std::string bounce_class;  // of kBounced: "hard", "policy", "expired", …
  bool suppress = false;     // the mailbox is known not to exist: never again
  // For explanations: the rule of the failure policy that decided, empty for a delivery, and what
  // was said, without message content, at most 4 KiB.
  std::string rule, dialogue;
  // That were opened, or not, for this recipient's domain, and that no other outcome tells of.
  std::vector<TlsSession> tls_sessions = {};
};

// Callbacks run in the order of their calls and, within a commit, after it. So a recipient that
// Claim hands out while its Settle is still open is only a lease renewed, never a second delivery.
class DeliveryLedger {
 public:
  virtual ~DeliveryLedger() = default;
  using Claimed = std::function<void(std::vector<DueRecipient>)>;
  // Leases up to `most` due recipients, oldest due first, none of the users in `without`.
  // Asynchronous; `done` runs once, on the writer's thread.
  virtual void Claim(size_t most, UnixMillis lease_until, std::vector<int64_t> without,
                     Claimed done) = 0;
  // When the next recipient becomes due (or its lease ends); 0 when none waits. Blocking.
  virtual UnixMillis NextDue() = 0;
  // Composes and signs. Blocking and costly: only on a signing thread.
  virtual Result<OutgoingMessage> Prepare(const Uuid& message_id,
                                          const DueRecipient& recipient) = 0;
  // Commits outcomes with their events. Asynchronous; `done` runs once the commit is synced, or
  // with its error.
  virtual void Settle(std::vector<DeliveryOutcome> outcomes,
                      std::function<void(Result<void>)> done) = 0;
  // Extends the leases of recipients that are still being worked on. Asynchronous.
  virtual void Renew(std::vector<int64_t> recipient_ids, UnixMillis lease_until) = 0;
  // Returns leases unused (shutdown): due again at once. Asynchronous.
  virtual void Release(std::vector<int64_t> recipient_ids) = 0;
  // Moves the end of leases: nothing was tried, and they are not due before `until`. Asynchronous;
  // a crash or Release makes them due at once.
  virtual void Postpone(std::vector<int64_t> recipient_ids, UnixMillis until) = 0;
  // Ends leases: nothing was tried, and those whose destination is paused are not due before it is
  // resumed; the others are at once. Asynchronous.
  virtual void Hold(std::vector<int64_t> recipient_ids) = 0;
};

}  // namespace egd::core
