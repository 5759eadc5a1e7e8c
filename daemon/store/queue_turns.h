// Inside the store room: whose turn it is. Each sender domain with mail has a queue, whose row says
// when the first recipient in it can be claimed (its next attempt has come and no lease holds it),
// so that a claim costs what is due, not the number of domains whose mail waits. Whoever inserts,
// changes or deletes recipients calls these in the same job.
//
// Turns are first come, first served: a queue's turn comes when its first recipient is due; one
// that has more due than a claim took gets its next turn behind those that are due by then.
#pragma once

#include <cstdint>
#include <vector>

#include "daemon/store/connection.h"
#include "shared/base/clock.h"

namespace egd::store {

struct QueueTurn {
  int64_t queue = 0;
  int64_t user_id = 0;  // whose domain it is
};

// The domain's queue, opened when there is none, which gets a recipient due at `due`. The domain
// must exist (throws otherwise).
int64_t QueueToFill(Connection& connection, int64_t domain_id, UnixMillis due);
// Recipients of the queue were changed or deleted.
void Reschedule(Connection& connection, int64_t queue);
// As Reschedule, after a claim from it at `now`.
void EndTurn(Connection& connection, int64_t queue, UnixMillis now);
// Queues with mail due, those whose turn comes first first. Those of domains that are not Enabled,
// or whose user is disabled, have no turn: their mail waits. Nor have those of the users in
// `without`.
std::vector<QueueTurn> ListTurns(Connection& connection, UnixMillis now, size_t most,
                                 const std::vector<int64_t>& without);
// When a recipient of the queue next in turn is due; 0: there are none.
UnixMillis FirstDue(Connection& connection);
// From now on nobody sees, claims or settles what is in the domain's queue; its next mail opens a
// new one. Returns the queue's number; 0: it had none.
int64_t CloseQueue(Connection& connection, int64_t domain_id);

}  // namespace egd::store
