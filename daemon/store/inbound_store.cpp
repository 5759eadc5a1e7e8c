#include "daemon/store/inbound_store.h"

#include <algorithm>

#include "daemon/store/query.h"
#include "shared/base/strings.h"

namespace egd::store {
namespace {

constexpr std::string_view kColumns =
    "SELECT id, received_at, expires_at, kind, understood, recipient, sender, client, subject, "
    "result, domain_id, message_id, size FROM inbound ";

std::string BytesOf(const std::optional<Uuid>& id) {
  return id ? std::string(id->AsBytes()) : std::string();
}

InboundMail ReadMail(Query& query) {
  InboundMail mail;
  int understood = 0;
  std::string message_id;
  query.Read(mail.id, mail.received_at, mail.expires_at, mail.kind, understood, mail.recipient,
             mail.sender, mail.client, mail.subject, mail.result, mail.domain_id, message_id,
             mail.size);
  mail.understood = understood != 0;
  mail.message_id = Uuid::FromBytes(message_id);
  return mail;
}

constexpr std::string_view kMatch = "WHERE (?1 = '' OR kind = ?1) AND (?2 < 0 OR understood = ?2) ";

}  // namespace

void InboundStore::Insert(InboundMail& mail, const std::string& content) {
  const std::string message_id = BytesOf(mail.message_id);
  Query insertion(
      connection_,
      "INSERT INTO inbound (received_at, expires_at, kind, understood, recipient, sender, client, "
      "subject, result, domain_id, message_id, size, kept) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id");
  mail.id = insertion
                .Bind(mail.received_at, mail.expires_at, mail.kind, mail.understood, mail.recipient,
                      mail.sender, mail.client, mail.subject, mail.result, mail.domain_id,
                      AsBlob{message_id}, mail.size, content.size())
                .Returned();
  Query(connection_, "INSERT INTO inbound_contents (id, content) VALUES (?, ?)")
      .Bind(mail.id, AsBlob{content})
      .Run();
}

void InboundStore::Update(const InboundMail& mail) {
  const std::string message_id = BytesOf(mail.message_id);
  Query(connection_,
        "UPDATE inbound SET kind = ?, understood = ?, result = ?, expires_at = ?, domain_id = ?, "
        "message_id = ? WHERE id = ?")
      .Bind(mail.kind, mail.understood, mail.result, mail.expires_at, mail.domain_id,
            AsBlob{message_id}, mail.id)
      .Run();
}

std::optional<InboundMail> InboundStore::Find(int64_t id) {
  Query query(connection_, std::string(kColumns) + "WHERE id = ?");
  if (!query.Bind(id).Step()) return std::nullopt;
  return ReadMail(query);
}

std::optional<std::string> InboundStore::FindContent(int64_t id) {
  Query query(connection_, "SELECT content FROM inbound_contents WHERE id = ?");
  if (!query.Bind(id).Step()) return std::nullopt;
  return query.Value<std::string>();
}

InboundPage InboundStore::List(const std::string& kind, std::optional<bool> understood,
                               int64_t offset, int64_t limit) {
  const int wanted = understood ? int(*understood) : -1;
  InboundPage page;
  {
    Query count(connection_, "SELECT count(*) FROM inbound " + std::string(kMatch));
    count.Bind(kind, wanted).Step();
    count.Read(page.total);
  }
  Query query(connection_,
              std::string(kColumns).append(kMatch) + "ORDER BY id DESC LIMIT ? OFFSET ?");
  query.Bind(kind, wanted, limit, offset);
  while (query.Step()) page.mails.push_back(ReadMail(query));
  return page;
}

int64_t InboundStore::Purge(UnixMillis now, int64_t most_bytes, size_t most) {
  // Newest first, everything is kept until the sum is reached; what lies behind it goes.
  int64_t last_too_many = 0, bytes = 0;
  {
    Query query(connection_, "SELECT id, kept FROM inbound ORDER BY id DESC");
    while (last_too_many == 0 && query.Step()) {
      int64_t id = 0, kept = 0;
      query.Read(id, kept);
      bytes += kept;
      if (bytes > most_bytes) last_too_many = id;
    }
  }
  std::vector<int64_t> ids;
  {
    Query query(connection_, "SELECT id FROM inbound WHERE expires_at <= ? OR id <= ? LIMIT ?");
    query.Bind(now, last_too_many, most);
    while (query.Step()) ids.push_back(query.Value<int64_t>());
  }
  for (const int64_t id : ids) {
    Query(connection_, "DELETE FROM inbound_contents WHERE id = ?").Bind(id).Run();
    Query(connection_, "DELETE FROM inbound WHERE id = ?").Bind(id).Run();
  }
  return int64_t(ids.size());
}

bool InboundStore::TakeOutcome(const Uuid& message_id, const std::string& recipient,
                               const std::string& kind, UnixMillis at) {
  return Query(connection_,
               "INSERT INTO inbound_outcomes (message_id, recipient, kind, at) "
               "VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING")
             .Bind(message_id, Lower(recipient), kind, at)
             .Run() > 0;
}

int64_t InboundStore::PurgeOutcomes(UnixMillis before, size_t most) {
  return Query(connection_,
               "DELETE FROM inbound_outcomes WHERE (message_id, recipient, kind) IN "
               "(SELECT message_id, recipient, kind FROM inbound_outcomes WHERE at < ? "
               "ORDER BY at LIMIT ?)")
      .Bind(before, most)
      .Run();
}

std::vector<InboundRule> InboundStore::ListRules() {
  Query query(connection_, "SELECT id, phrase, verdict, at FROM inbound_rules ORDER BY id");
  std::vector<InboundRule> rules;
  while (query.Step()) {
    InboundRule& rule = rules.emplace_back();
    query.Read(rule.id, rule.phrase, rule.verdict, rule.at);
  }
  return rules;
}

void InboundStore::InsertRule(InboundRule& rule) {
  Query(connection_,
        "INSERT INTO inbound_rules (phrase, verdict, at) VALUES (?, ?, ?) "
        "ON CONFLICT (phrase) DO UPDATE SET verdict = excluded.verdict, at = excluded.at")
      .Bind(rule.phrase, rule.verdict, rule.at)
      .Run();
  Query query(connection_, "SELECT id FROM inbound_rules WHERE phrase = ?");
  query.Bind(rule.phrase).Step();
  query.Read(rule.id);
}

bool InboundStore::DeleteRule(const std::string& phrase) {
  return Query(connection_, "DELETE FROM inbound_rules WHERE phrase = ?").Bind(phrase).Run() > 0;
}

}  // namespace egd::store
