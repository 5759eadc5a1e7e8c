#include "daemon/store/message_store.h"

#include <algorithm>
#include <limits>

#include "daemon/store/query.h"
#include "daemon/store/queue_turns.h"
#include "daemon/store/segments.h"
#include "shared/base/cut_text.h"

namespace egd::store {
namespace {

static_assert(static_cast<int>(core::ContentKind::kDraft) == 0 &&
                  static_cast<int>(core::ContentKind::kRaw) == 1,
              "stored as numbers: never renumber");

// Bytes of From, To and Subject that events show. The message itself goes out with all of them.
constexpr size_t kMostShown = 1000;

std::string_view Shown(const std::string& header) {
  return CutText(header, kMostShown);
}

int64_t InsertMessage(Connection& connection, const core::Message& message) {
  return Query(connection,
               "INSERT INTO messages (id, user_id, domain_id, journey_id, action_id, content_kind, "
               "smtputf8, accepted_at, send_at, expires_at, tags, from_header, subject, to_header, "
               "track_links, track_opens, unsubscribe_scope, is_test) "
               "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING number")
      .Bind(message.id, message.user_id, message.domain_id, message.journey_id, message.action_id,
            static_cast<int>(message.content_kind), message.smtputf8, message.accepted_at,
            message.send_at, message.expires_at, message.tags, Shown(message.from_header),
            Shown(message.subject), Shown(message.to_header), message.track_links,
            message.track_opens, message.unsubscribe_scope, message.is_test)
      .Returned();
}

// Above this a row costs more than a segment's sync: at 2 KiB rows win, at 64 KiB segments are
// three times as fast.
constexpr size_t kMostInRow = 8192;

void InsertContent(Connection& connection, int64_t message, const std::string& content) {
  static const std::string kElsewhere;
  const bool in_row = content.size() <= kMostInRow;
  const SegmentPlace place = in_row ? SegmentPlace{} : connection.segments().Append(content);
  Query(connection,
        "INSERT INTO contents (message, content, segment, offset, length) VALUES (?, ?, ?, ?, ?)")
      .Bind(message, AsBlob{in_row ? content : kElsewhere}, place.segment, place.offset,
            place.length)
      .Run();
}

// The least UUID of version 7 made at `at`: its first 48 bits are the time (RFC 9562 section 5.7).
std::string FirstIdAt(UnixMillis at) {
  std::string bytes;
  for (int shift = 40; shift >= 0; shift -= 8) bytes.push_back(static_cast<char>(at >> shift));
  return bytes;
}

struct Finished {
  UnixMillis at = 0;
  int64_t message = 0;
};

// A send to a list can run out of recipients and get more: such a mark waits until it is true.
std::vector<Finished> ListFinished(Connection& connection, UnixMillis before, size_t most) {
  Query query(connection,
              "SELECT f.finished_at, f.message FROM finished_messages f "
              "WHERE f.finished_at < ? "
              "AND NOT EXISTS (SELECT 1 FROM list_sends l WHERE l.message = f.message) "
              "AND NOT EXISTS (SELECT 1 FROM recipients r WHERE r.message = f.message) "
              "ORDER BY f.finished_at, f.message LIMIT ?");
  query.Bind(before, most);
  std::vector<Finished> finished;
  while (query.Step()) {
    Finished& one = finished.emplace_back();
    query.Read(one.at, one.message);
  }
  return finished;
}

}  // namespace

void MessageStore::Insert(const core::Message& message, const std::string& content,
                          const std::vector<NewRecipient>& recipients) {
  if (recipients.empty()) {
    InsertMessage(connection_, message);
  } else {
    AddRecipients(InsertWithoutRecipients(message, content), message, recipients);
  }
}

int64_t MessageStore::InsertWithoutRecipients(const core::Message& message,
                                              const std::string& content) {
  const int64_t number = InsertMessage(connection_, message);
  InsertContent(connection_, number, content);
  return number;
}

void MessageStore::AddRecipients(int64_t number, const core::Message& message,
                                 const std::vector<NewRecipient>& recipients) {
  if (recipients.empty()) return;
  const UnixMillis due = std::max(message.accepted_at, message.send_at);
  const int64_t queue = QueueToFill(connection_, message.domain_id, due);
  for (const NewRecipient& recipient : recipients) {
    Query(connection_,
          "INSERT INTO recipients (message, queue, next_attempt_at, address, destination, "
          "subscriber_id) VALUES (?, ?, ?, ?, ?, ?)")
        .Bind(number, queue, due, recipient.address, recipient.destination, recipient.subscriber_id)
        .Run();
  }
}

std::optional<core::Message> MessageStore::Find(const Uuid& id) {
  Query query(
      connection_,
      "SELECT id, user_id, domain_id, journey_id, action_id, content_kind, smtputf8, "
      "accepted_at, send_at, expires_at, tags, from_header, subject, to_header, track_links, "
      "track_opens, unsubscribe_scope, is_test "
      "FROM messages WHERE id = ?");
  query.Bind(id);
  if (!query.Step()) return std::nullopt;
  core::Message message;
  query.Read(message.id, message.user_id, message.domain_id, message.journey_id, message.action_id);
  message.content_kind = static_cast<core::ContentKind>(query.Value<int>());
  query.Read(message.smtputf8, message.accepted_at, message.send_at, message.expires_at,
             message.tags, message.from_header, message.subject, message.to_header,
             message.track_links, message.track_opens, message.unsubscribe_scope, message.is_test);
  return message;
}

void MessageStore::SetSendAt(const Uuid& id, UnixMillis send_at, UnixMillis expires_at) {
  Query(connection_, "UPDATE messages SET send_at = ?, expires_at = ? WHERE id = ?")
      .Bind(send_at, expires_at, id)
      .Run();
}

std::optional<std::string> MessageStore::FindContent(const Uuid& id) {
  Query query(connection_,
              "SELECT segment, offset, length, content FROM contents "
              "WHERE message = (SELECT number FROM messages WHERE id = ?)");
  query.Bind(id);
  if (!query.Step()) return std::nullopt;
  SegmentPlace place;
  query.Read(place.segment, place.offset, place.length);
  if (place.segment == 0) return query.Value<std::string>();
  return ReadSegment(connection_.segments_directory(), place);
}

int64_t MessageStore::LastSegment() {
  return OneInteger(connection_, "SELECT max(segment) FROM contents WHERE segment > 0");
}

std::vector<int64_t> MessageStore::ListDeadSegments() {
  std::vector<int64_t> dead = connection_.segments().ListComplete();
  std::erase_if(dead, [this](int64_t segment) {
    Query query(connection_, "SELECT 1 FROM contents WHERE segment = ? LIMIT 1");
    query.Bind(segment);
    return query.Step();
  });
  return dead;
}

int64_t MessageStore::PurgeContents(UnixMillis finished_before, size_t most) {
  const std::vector<Finished> finished = ListFinished(connection_, finished_before, most);
  for (const Finished& one : finished) DeleteContent(one.at, one.message);
  return static_cast<int64_t>(finished.size());
}

void MessageStore::DeleteContent(UnixMillis finished_at, int64_t message) {
  Query(connection_, "DELETE FROM contents WHERE message = ?").Bind(message).Run();
  Query(connection_, "DELETE FROM finished_messages WHERE finished_at = ? AND message = ?")
      .Bind(finished_at, message)
      .Run();
}

int64_t MessageStore::PurgeContentsBeyond(int64_t most_bytes, size_t most) {
  constexpr auto kAnyTime = std::numeric_limits<UnixMillis>::max();
  const auto is_too_much = [&] {
    return OneInteger(connection_, "SELECT bytes FROM contents_total") > most_bytes;
  };
  if (!is_too_much()) return 0;
  int64_t purged = 0;
  for (const Finished& one : ListFinished(connection_, kAnyTime, most)) {
    if (!is_too_much()) break;
    DeleteContent(one.at, one.message);
    ++purged;
  }
  return purged;
}

// A message may have had any number of recipients: its attempts go before it.
int64_t MessageStore::PurgeMessages(UnixMillis accepted_before, size_t most) {
  const std::string spent =
      "m.id < ? AND NOT EXISTS (SELECT 1 FROM events e WHERE e.message = m.number) "
      "AND NOT EXISTS (SELECT 1 FROM contents c WHERE c.message = m.number) "
      "AND NOT EXISTS (SELECT 1 FROM recipients r WHERE r.message = m.number) ";
  const std::string first_id = FirstIdAt(accepted_before);
  const AsBlob before{first_id};
  const int64_t attempts =
      Query(connection_,
            "DELETE FROM attempts WHERE recipient IN (SELECT a.recipient FROM messages m "
            "CROSS JOIN attempts a ON a.message = m.number WHERE " +
                spent + "LIMIT ?)")
          .Bind(before, most)
          .Run();
  const int64_t messages =
      Query(connection_,
            "DELETE FROM messages WHERE number IN (SELECT m.number FROM messages m WHERE " + spent +
                "AND NOT EXISTS (SELECT 1 FROM attempts a WHERE a.message = m.number) "
                "ORDER BY m.id LIMIT ?)")
          .Bind(before, most)
          .Run();
  return attempts + messages;
}

}  // namespace egd::store
