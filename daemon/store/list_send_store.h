// Sends to a list that are accepted and not yet recipients in full. A row says how far one has got,
// so a crash loses nothing and repeats nothing: recipients are added in the commit that moves it.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "daemon/core/message.h"
#include "daemon/store/connection.h"
#include "daemon/store/message_store.h"

namespace egd::store {

// What a send to a list would reach now.
struct ListExtent {
  int64_t subscribers = 0;          // subscribed ones
  int64_t up_to_subscriber_id = 0;  // the last of them
};

struct ListSend {
  int64_t list_id = 0;
  int64_t last_subscriber_id = 0;   // up to here they are recipients
  int64_t up_to_subscriber_id = 0;  // and up to here they shall be
  int64_t reserved = 0;             // recipients counted for the month beforehand, and not used yet
  bool cancelled = false;           // its subscribers are rejected from now on, whatever its time
};

struct DueListSend {
  int64_t number = 0;  // of the message: names the row
  core::Message message;
  ListSend send;
};

// Methods throw on database failure only. Bound to its connection: use within one job.
class ListSendStore {
 public:
  explicit ListSendStore(Connection& connection) : connection_(connection) {}

  ListExtent Measure(int64_t list_id);
  // The message with its content, and the send. Insert nothing of the message elsewhere.
  void Insert(const core::Message& message, const std::string& content, const ListSend& send);
  // The first one that is due with a number above `after`, or else the first of all: calling with
  // the last one's number takes turns. Nothing when none is due.
  std::optional<DueListSend> NextDue(UnixMillis now, int64_t after);
  UnixMillis NextDueAt();  // when the earliest is; 0: none waits
  // The recipients join the queue, and the send has got as far as `due.send` says.
  void Advance(const DueListSend& due, const std::vector<NewRecipient>& recipients);
  // The send has ended: what was counted for the month beforehand and never queued is given back to
  // that month.
  void End(int64_t number);
  // Returns how many subscribers that concerns; 0: there is no such send, or it was cancelled.
  int64_t Cancel(const Uuid& message_id);
  int64_t Pending(const Uuid& message_id);  // the same number
  // Ends all sends of a domain, or to a list, as far as they have got. Those that had not begun are
  // scheduled no more.
  void EndOfDomain(int64_t domain_id);
  void EndToList(int64_t list_id);

 private:
  void GiveUp(int64_t number);

  Connection& connection_;
};

}  // namespace egd::store
