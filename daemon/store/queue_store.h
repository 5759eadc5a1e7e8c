// The queue: one row for each recipient that is not finished, in the queue of its domain
// (queue_turns.h). A lease keeps a row from being claimed twice. It belongs to one start of egd,
// its owner, which renews it for as long as it works on the recipient; leases of an owner that died
// end at once when the next one starts (only one uses a data directory at a time, see tenancy.h).
// A lease without an owner only says when the recipient is due: nobody works on it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/core/delivery.h"
#include "daemon/store/connection.h"

namespace egd::store {

struct QueuedRecipient {
  int64_t id = 0;
  Uuid message_id;
  int64_t domain_id = 0;
  int64_t user_id = 0;
  std::string address;
  std::string destination;
  int attempts = 0;  // made and settled
  UnixMillis next_attempt_at = 0;
  UnixMillis lease_until = 0;  // 0: not leased
  UnixMillis accepted_at = 0;
  UnixMillis send_at = 0;  // 0: at once
};

struct Lease {
  int64_t owner = 0;     // 0: nobody
  UnixMillis until = 0;  // 0: none
};

// What waits for one destination, in flight or not.
struct DestinationDepth {
  std::string destination;
  int64_t recipients = 0;
  UnixMillis oldest_at = 0;  // when the message that waits longest was accepted
};

struct QueuedRow;  // the source's own

struct MovedRecipients {
  int64_t count = 0;
  int64_t last_id = 0;  // go on after this one; 0: there are no more
};

// Methods throw on database failure only. Bound to its connection: use within one job.
class QueueStore {
 public:
  explicit QueueStore(Connection& connection) : connection_(connection) {}

  // Leases up to `most` recipients that are due and not leased: an equal share for each user who
  // has some, of that an equal share for each of their domains, oldest due first within a domain;
  // what one does not use goes to the others. Serves kMostSources domains at most, those whose turn
  // is next, so everybody's turn comes; but none of the users in `without`. Costs what it claims.
  std::vector<core::DueRecipient> Claim(size_t most, UnixMillis now, Lease lease,
                                        const std::vector<int64_t>& without = {});
  static constexpr size_t kMostSources = 500;
  // Deferred: one more attempt, due again at outcome.next_attempt_at, lease ended. Delivered and
  // bounced: finished and gone; with a message's last recipient its content is marked for clean-up
  // at outcome.at. Returns the row as it was, for the event; nothing when it is not there (queue
  // cleared, domain deleted, settled before).
  std::optional<QueuedRecipient> Settle(const core::DeliveryOutcome& outcome);
  // Ends leases unused: due again at their old time.
  void Release(const std::vector<int64_t>& ids);
  // Nobody works on these, and they are not due before `until`.
  void Postpone(const std::vector<int64_t>& ids, UnixMillis until);
  // Ends leases; of recipients whose destination is paused until MakeDue.
  void Hold(const std::vector<int64_t>& ids);
  // Extends leases that its owner still has.
  void Renew(const std::vector<int64_t>& ids, Lease lease);
  // Ends the leases of all other owners, what was put off, and holds that outlived their pause.
  void ReleaseAllBut(int64_t owner);
  // Makes at most `most` recipients of a destination due on which nobody works: those held or put
  // off until later than `now`, and, with `retry`, those whose next attempt is later (mail whose
  // own time has not come stays).
  // Returns how many: call again in another job until 0.
  int64_t MakeDue(const std::string& destination, UnixMillis now, bool retry, size_t most);
  std::vector<QueuedRecipient> ListByMessage(int64_t domain_id, const Uuid& message_id,
                                             size_t most);
  // Takes recipients of the message on which nobody works out of the queue, at most `most`, and
  // gives them, for their events: call again in another job until there are fewer.
  std::vector<QueuedRecipient> TakeWaiting(const Uuid& message_id, size_t most, UnixMillis now);
  // The same of these recipients.
  std::vector<QueuedRecipient> TakeWaiting(const std::vector<int64_t>& ids, UnixMillis now);
  // Makes recipients of the message on which nobody works due at `at`: `most` of them at a time,
  // those with an id above `after`.
  MovedRecipients SetDue(const Uuid& message_id, UnixMillis at, int64_t after, size_t most);
  // The deepest first. Reads an index over the whole queue.
  std::vector<DestinationDepth> Depths(size_t most);
  DestinationDepth DepthOf(const std::string& destination);
  // Destinations that an operator paused.
  void SetPaused(const std::string& destination, UnixMillis at);
  bool HasHeld(const std::string& destination);
  bool ClearPaused(const std::string& destination);  // false: it was not
  std::vector<std::string> ListPaused();
  // When the next recipient becomes due or a lease ends (while some are due: when one of them
  // became so); 0 when the queue is empty.
  UnixMillis NextDue();
  std::optional<QueuedRecipient> Find(int64_t id);
  int64_t Count();
  int64_t CountByDomain(int64_t domain_id);
  bool HasRecipients(const Uuid& message_id);  // not yet finished
  UnixMillis OldestAcceptedAt();               // of the recipient queued longest; 0: none
  // Ends all that waits in the domain's queue, leased or not (an attempt under way may still
  // deliver), and what was still to become some: from now on nobody sees it. Returns the closed
  // queue's number, for DropClosed; 0: there was none.
  int64_t Close(int64_t domain_id);
  int64_t CountClosed(int64_t queue);
  // Deletes up to `most` recipients of a closed queue and gives them, for their events: call again
  // in another job until there are none.
  std::vector<QueuedRecipient> DropClosed(int64_t queue, size_t most, UnixMillis now);

 private:
  std::vector<QueuedRecipient> Take(std::vector<QueuedRow> rows, UnixMillis now);

  Connection& connection_;
};

}  // namespace egd::store
