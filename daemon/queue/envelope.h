// What one SMTP transaction carries: one message and the recipients of it that share a lane.
// Values; RoomPtr is given back from any thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "daemon/core/budget.h"
#include "daemon/core/delivery.h"
#include "daemon/mailauth/mta_sts.h"
#include "shared/base/guarded.h"

namespace egd::queue {

// Room in memory, given back when the last that has it goes.
using RoomPtr = std::shared_ptr<const void>;

// A unit a recipient, held by `key`. Returns null if there is none. `room` must outlive it.
RoomPtr TakeRoom(Guarded<core::Budget>& room, const std::string& key, size_t recipients);

struct Envelope {
  std::string lane;                                // the destination, or the common lane
  std::vector<core::DueRecipient> recipients;      // at least one, all of the same message
  bool has_siblings = false;                       // others carry the same message
  std::shared_ptr<const mailauth::StsPolicy> sts;  // of the destination; null: it has none
  RoomPtr room;                                    // null: only claimed
};

// Groups what is due by message and lane, in the order of first appearance. `most`: recipients a
// transaction may have. `common_lane`: when not empty, the one lane of all (a smarthost).
std::vector<Envelope> Group(std::vector<core::DueRecipient> due, size_t most,
                            const std::string& common_lane);

}  // namespace egd::queue
