// Opens and clicks beside their events: what is kept of them raw, whose window is open, and how
// many were machines'. And the links that were too long for their token.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/core/event.h"
#include "daemon/store/connection.h"

namespace egd::store {

// When and by which server a recipient's message was taken; at 0: it is not known.
struct Delivered {
  UnixMillis at = 0;
  std::string mx_host;
};

// A place in the journal of hits (service/tracking/hit_journal.h).
struct HitPlace {
  int64_t file = 0, offset = 0;
};

// One recipient's hits of one message.
struct HitWindow {
  int64_t message = 0;  // its number
  std::string recipient;
  UnixMillis closes_at = 0;
};

// Methods throw on database failure only. Bound to its connection: use within one job.
class HitStore {
 public:
  explicit HitStore(Connection& connection) : connection_(connection) {}

  // Appends the event of a hit, kOpen or kClick, with event.hit as it was judged, and gives
  // event.sequence and event.hit.first. Opens the recipient's window unless one is open; its
  // webhooks hear of it when that closes. The message must be there.
  void Append(Transaction& transaction, core::Event& event, UnixMillis window_closes_at);

  // The recipient's newest delivery of this message.
  Delivered FindDelivery(const Uuid& message_id, const std::string& recipient);

  // Up to which place hits are events.
  HitPlace JournalPlace();
  void SetJournalPlace(HitPlace place);

  std::vector<HitWindow> ListClosed(UnixMillis now, size_t most);
  UnixMillis NextClose();  // 0: no window is open
  // The newest `most` since `since`, oldest first.
  std::vector<core::Event> ListOf(const HitWindow& window, UnixMillis since, size_t most);
  // Those of the event's recipient within `span` of it, either way; the newest `most`, oldest
  // first.
  std::vector<core::Event> ListAround(const core::Event& event, UnixMillis span, size_t most);
  // Makes the jobs of webhooks that have not heard of the window's hits, and removes it.
  void Close(Transaction& transaction, const HitWindow& window);
  // Recipients with hits at or after `since`, beyond `after`, in an order of its own.
  std::vector<HitWindow> ListWithHits(UnixMillis since, const HitWindow& after, size_t most);

  // Replaces the verdict on a stored hit, statistics included.
  void SetVerdict(const core::Event& event, bool automated, const std::string& rule);

  // `digest` of 16 octets.
  void KeepLink(const Uuid& message_id, const std::string& digest, const std::string& url);
  std::optional<std::string> FindLink(const Uuid& message_id, const std::string& digest);

 private:
  std::vector<core::Event> ListBetween(const HitWindow& window, UnixMillis first, UnixMillis last,
                                       size_t most);
  void Count(const core::Event& event, int change);

  Connection& connection_;
};

// Fills event.hit from what is kept; the event is a stored open or click.
void LoadHit(Connection& connection, core::Event& event);

}  // namespace egd::store
