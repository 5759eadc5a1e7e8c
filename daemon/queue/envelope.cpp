#include "daemon/queue/envelope.h"

#include <map>
#include <utility>

namespace egd::queue {

RoomPtr TakeRoom(Guarded<core::Budget>& room, const std::string& key, size_t recipients) {
  const bool taken =
      room.With([&](core::Budget& budget) { return budget.TryTake(key, recipients); });
  if (!taken) return nullptr;
  return {&room, [&room, key, recipients](const void*) {
            room.With([&](core::Budget& budget) { (void)budget.Return(key, recipients); });
          }};
}

std::vector<Envelope> Group(std::vector<core::DueRecipient> due, size_t most,
                            const std::string& common_lane) {
  std::vector<Envelope> transactions;
  std::map<std::pair<Uuid, std::string>, size_t> open;  // → the transaction that has room
  for (auto& recipient : due) {
    const std::string& lane = common_lane.empty() ? recipient.destination : common_lane;
    const auto [found, is_new] =
        open.try_emplace({recipient.message_id, lane}, transactions.size());
    if (!is_new && transactions[found->second].recipients.size() == most) {
      found->second = transactions.size();
    }
    if (found->second == transactions.size()) transactions.push_back({lane, {}, false, {}, {}});
    transactions[found->second].recipients.push_back(std::move(recipient));
  }
  std::map<Uuid, size_t> carriers;
  for (const auto& each : transactions) ++carriers[each.recipients[0].message_id];
  for (auto& each : transactions) {
    each.has_siblings = carriers[each.recipients[0].message_id] > 1;
  }
  return transactions;
}

}  // namespace egd::queue
