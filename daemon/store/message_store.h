// Accepted messages: what events show of them, their content, and their recipients' first place in
// the queue. Content is opaque bytes, kept apart so that it can go (retention.content_days) long
// before the events do: in a row, or in a segment when it is larger than 8 KiB.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/core/message.h"
#include "daemon/store/connection.h"

namespace egd::store {

struct NewRecipient {
  std::string address;        // envelope recipient
  std::string destination;    // its domain part, lower case A-labels, or an address literal
  int64_t subscriber_id = 0;  // whose fields personalise the copy; 0: nobody's
};

// Methods throw on database failure only. Bound to its connection: use within one job.
class MessageStore {
 public:
  explicit MessageStore(Connection& connection) : connection_(connection) {}

  // The message with content and recipients, due at send_at, or at accepted_at when that is later.
  // Without recipients nothing is queued and no content kept: for a message of which only the
  // `rejected` events are to be seen. Insert it before its events. The domain and the user must
  // exist (throws otherwise). Of From, To and Subject the first 1,000 bytes or so are kept.
  void Insert(const core::Message& message, const std::string& content,
              const std::vector<NewRecipient>& recipients);
  // Without recipients, but with content: they are added later. Returns the message's number.
  int64_t InsertWithoutRecipients(const core::Message& message, const std::string& content);
  // To the message of this number, due as its own.
  void AddRecipients(int64_t number, const core::Message& message,
                     const std::vector<NewRecipient>& recipients);
  std::optional<core::Message> Find(const Uuid& id);
  void SetSendAt(const Uuid& id, UnixMillis send_at, UnixMillis expires_at);
  std::optional<std::string> FindContent(const Uuid& id);  // nothing once cleaned up
  // Deletes the content of messages whose last recipient finished before `finished_before`, at
  // most `most` of them; a send to a list is not finished before its list is. Returns how many:
  // call again in another job until 0.
  int64_t PurgeContents(UnixMillis finished_before, size_t most);
  // The same of the oldest finished ones, while all contents together are more than `most_bytes`.
  int64_t PurgeContentsBeyond(int64_t most_bytes, size_t most);
  int64_t LastSegment();  // the greatest that a content is in; 0: none
  // Segments that no content is in any more, nor will be: to be deleted once the job that asked has
  // committed, for it sees rows deleted and not yet committed. On the writer only.
  std::vector<int64_t> ListDeadSegments();
  // Deletes messages accepted before `accepted_before`, by the time in their ID, which have neither
  // recipients, content nor events left, and their attempts before them, at most `most` of each.
  // Returns how many.
  int64_t PurgeMessages(UnixMillis accepted_before, size_t most);

 private:
  void DeleteContent(UnixMillis finished_at, int64_t message);

  Connection& connection_;
};

}  // namespace egd::store
