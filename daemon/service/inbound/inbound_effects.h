// What follows from a mail that came back, in the caller's commit: events with their webhooks,
// statistics and suppressions, each outcome once for a recipient of a message. Whom it is about is
// read from the token; from the mail only where the token names a message that several recipients
// share, and then only among that message's recipients at that destination.
#pragma once

#include <string>

#include "daemon/service/inbound/inbound_addresses.h"
#include "daemon/service/inbound/inbound_reading.h"
#include "daemon/store/inbound_store.h"
#include "shared/base/clock.h"

namespace egd::service {

constexpr UnixMillis kUnderstoodMillis = 7 * kDayMillis;
constexpr UnixMillis kNotUnderstoodMillis = 30 * kDayMillis;

// Records the events, and says in `mail` what it is and what became of it. Throws on database
// failure only.
void ApplyInbound(store::Transaction& transaction, const InboundAddresses& addresses,
                  const InboundAddress& address, const InboundReading& reading, UnixMillis now,
                  store::InboundMail& mail);

}  // namespace egd::service
