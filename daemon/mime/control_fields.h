// Header fields by which a sender that hands a message in complete tells the gateway what an HTTP
// client says in parameters (contract section 10). They are ours: read, and removed before sending.
//
//   X-Tags: a, b                              labels for searching and grouping events
//   X-Track-Links, X-Track-Opens: yes | no    for this message; default: as the domain says
//   X-Unsubscribe-Link: yes | no
//   X-Send-At: 1764108000 | Thu, 27 Nov 2025 12:00:00 +0000
//   Idempotency-Key: order-4711               the same key within 24 hours sends nothing again
//
// Each once at most; a value that is not one is refused, never guessed. Pure, thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shared/base/clock.h"
#include "shared/base/result.h"

namespace egd::mime {

struct ControlFields {
  std::vector<std::string> tags;
  std::optional<bool> track_links, track_opens, unsubscribe_link;
  std::optional<UnixMillis> send_at;
  std::string idempotency_key;
};

bool IsControlField(std::string_view name);

// Reads one field into `fields`; `value` unfolded and decoded. kInvalidArgument: a sentence that
// begins with the field's name.
Result<void> ReadControlField(std::string_view name, std::string_view value, ControlFields& fields);

}  // namespace egd::mime
