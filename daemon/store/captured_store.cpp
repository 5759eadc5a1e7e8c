#include "daemon/store/captured_store.h"

#include "daemon/store/query.h"

namespace egd::store {
namespace {

constexpr const char* kSelect =
    "SELECT c.id, c.at, c.domain_id, c.message_id, c.recipient, c.return_path, c.size, "
    "ifnull(m.from_header, ''), ifnull(m.to_header, ''), ifnull(m.subject, '') "
    "FROM captured c LEFT JOIN messages m ON m.id = c.message_id ";

CapturedMessage ReadCaptured(Query& query) {
  CapturedMessage message;
  query.Read(message.id, message.at, message.domain_id, message.message_id, message.recipient,
             message.return_path, message.size, message.from, message.to, message.subject);
  return message;
}

struct Total {
  int64_t messages = 0, bytes = 0;
};

Total TotalOf(Connection& connection, int64_t domain_id) {
  Query query(connection, "SELECT messages, bytes FROM captured_totals WHERE domain_id = ?");
  Total total;
  if (query.Bind(domain_id).Step()) query.Read(total.messages, total.bytes);
  return total;
}

// The first in `order`, which an index has, of those for which `where` holds of `value`, within
// CapturedStore::kBytesAtOnce.
size_t DeleteFirst(Connection& connection, const std::string& where, const std::string& order,
                   int64_t value, size_t most) {
  const auto deleted =
      Query(connection,
            "DELETE FROM captured WHERE id IN (SELECT id FROM (SELECT id, "
            "sum(size) OVER (ORDER BY " +
                order + ") - size AS before FROM (SELECT id, at, size FROM captured WHERE " +
                where + " ORDER BY " + order + " LIMIT ?)) WHERE before < ?)")
          .Bind(value, most, CapturedStore::kBytesAtOnce)
          .Run();
  return static_cast<size_t>(deleted);
}

}  // namespace

void CapturedStore::Insert(const CapturedMessage& message, const std::string& content) {
  Query(connection_,
        "INSERT INTO captured (at, domain_id, message_id, recipient, return_path, size, content) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)")
      .Bind(message.at, message.domain_id, message.message_id, message.recipient,
            message.return_path, content.size(), AsBlob{content})
      .Run();
  for (Total total = TotalOf(connection_, message.domain_id);
       total.messages > kMostMessages || total.bytes > kMostBytes;
       total = TotalOf(connection_, message.domain_id)) {
    Query(connection_,
          "DELETE FROM captured WHERE id = (SELECT min(id) FROM captured WHERE domain_id = ?)")
        .Bind(message.domain_id)
        .Run();
  }
}

CapturedPage CapturedStore::List(int64_t domain_id, const std::optional<Uuid>& message_id,
                                 int64_t offset, int64_t limit) {
  CapturedPage page;
  const std::string where =
      message_id ? "WHERE c.message_id = ? AND c.domain_id = ? " : "WHERE c.domain_id = ? ";
  const auto bind = [&](Query& query) {
    if (message_id) query.Bind(*message_id);
    query.Bind(domain_id);
  };
  if (message_id) {
    Query count(connection_, "SELECT count(*) FROM captured c " + where);
    bind(count);
    count.Step();
    page.total = count.Value<int64_t>();
  } else {
    page.total = TotalOf(connection_, domain_id).messages;
  }
  Query query(connection_, kSelect + where + "ORDER BY c.id DESC LIMIT ? OFFSET ?");
  bind(query);
  query.Bind(limit, offset);
  while (query.Step()) page.messages.push_back(ReadCaptured(query));
  return page;
}

bool CapturedStore::Has(int64_t domain_id) {
  Query query(connection_, "SELECT 1 FROM captured_totals WHERE domain_id = ?");
  return query.Bind(domain_id).Step();
}

std::optional<CapturedMessage> CapturedStore::Find(int64_t domain_id, int64_t id) {
  Query query(connection_, std::string(kSelect) + "WHERE c.id = ? AND c.domain_id = ?");
  if (!query.Bind(id, domain_id).Step()) return std::nullopt;
  return ReadCaptured(query);
}

std::optional<std::string> CapturedStore::FindContent(int64_t id) {
  Query query(connection_, "SELECT content FROM captured WHERE id = ?");
  if (!query.Bind(id).Step()) return std::nullopt;
  return query.Value<std::string>();
}

size_t CapturedStore::Purge(UnixMillis before, size_t most) {
  return DeleteFirst(connection_, "at < ?", "at, id", before, most);
}

size_t CapturedStore::DeletePart(int64_t domain_id, size_t most) {
  const size_t deleted = DeleteFirst(connection_, "domain_id = ?", "id", domain_id, most);
  if (deleted == 0) {
    Query(connection_, "DELETE FROM captured_totals WHERE domain_id = ?").Bind(domain_id).Run();
  }
  return deleted;
}

}  // namespace egd::store
