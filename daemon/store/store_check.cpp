#include "daemon/store/store_check.h"

#include <filesystem>

#include "daemon/store/driver.h"
#include "daemon/store/failure.h"
#include "daemon/store/migration.h"
#include "daemon/store/query.h"
#include "daemon/store/segments.h"

namespace egd::store {
namespace {

// Each selects how many break the rule, and the first of them. They sort where a message's events
// would be looked through for each of its recipients: those may be a million.
struct Rule {
  const char* violation;
  const char* sql;
};

// What the statistics know of, as they see it.
constexpr char kCountedEvents[] =
    "CREATE TEMP VIEW counted_events AS SELECT domain_id, at / 86400000 AS day, message, type, "
    "strftime('%Y-%m-%d %H:00', at / 1000, 'unixepoch') AS hour, smtp_code, mx_host, url, "
    "delivery_ms, substr(recipient, 1 + length(rtrim(recipient, replace(recipient, '@', '')))) "
    "AS recipient_domain FROM events e WHERE at / 86400000 > (SELECT before / 86400000 "
    "FROM purged_events) AND NOT (SELECT is_test FROM messages m WHERE m.number = e.message)";

// A notification that it bounced may come before the delivery is recorded, and ends nothing.
constexpr char kFinished[] =
    "CREATE TEMP VIEW finished AS SELECT message, recipient FROM events "
    "WHERE type IN (1, 3) OR (type = 4 AND source <> 'dsn')";

constexpr Rule kRules[] = {
    {"queued recipients have no message",
     "SELECT count(*), min(id) FROM recipients r "
     "WHERE NOT EXISTS (SELECT 1 FROM messages m WHERE m.number = r.message)"},
    {"queued recipients are in no queue",  // those of a closed one are deleted by and by
     "SELECT count(*), min(id) FROM recipients r "
     "WHERE NOT EXISTS (SELECT 1 FROM queues q WHERE q.id = r.queue) "
     "AND NOT EXISTS (SELECT 1 FROM sweeps s WHERE s.kind IN (1, 2) AND s.id = r.queue)"},
    {"queued recipients have no content to send",
     "SELECT count(*), min(id) FROM recipients r "
     "WHERE NOT EXISTS (SELECT 1 FROM contents c WHERE c.message = r.message)"},
    {"sends to lists have no content to send",
     "SELECT count(*), min(message) FROM list_sends l "
     "WHERE NOT EXISTS (SELECT 1 FROM contents c WHERE c.message = l.message)"},
    {"queued recipients are finished already",
     "SELECT count(*), min(message) FROM (SELECT message, address FROM recipients INTERSECT "
     "SELECT * FROM finished)"},
    {"accepted recipients are neither queued nor finished",
     "SELECT count(*), min(message) FROM (SELECT message, recipient FROM events "
     "WHERE type = 0 AND at >= (SELECT before FROM purged_events) "
     "AND domain_id IN (SELECT id FROM domains) EXCEPT "
     "SELECT * FROM finished EXCEPT SELECT message, address FROM recipients)"},
    {"queues wake up after their first recipient is due",
     "SELECT count(*), min(id) FROM queues q WHERE first_due_at > "
     "(SELECT min(max(next_attempt_at, lease_until)) FROM recipients r WHERE r.queue = q.id)"},
    {"leases have an owner and no end",
     "SELECT count(*), min(id) FROM recipients WHERE lease_owner <> 0 AND lease_until = 0"},
    {"owners have leases beside another's",  // only one egd runs on a directory
     "SELECT max(count(DISTINCT lease_owner) - 1, 0), min(id) FROM recipients "
     "WHERE lease_owner <> 0"},
    {"contents have no message",
     "SELECT count(*), min(message) FROM contents c "
     "WHERE NOT EXISTS (SELECT 1 FROM messages m WHERE m.number = c.message)"},
    {"contents would never be cleaned up",
     "SELECT count(*), min(message) FROM contents c "
     "WHERE NOT EXISTS (SELECT 1 FROM recipients r WHERE r.message = c.message) "
     "AND message NOT IN (SELECT message FROM finished_messages)"},
    {"contents lie where another does in its segment",
     "SELECT count(*), min(message) FROM (SELECT message, \"offset\", max(\"offset\" + length) "
     "OVER "
     "(PARTITION BY segment ORDER BY \"offset\", message "
     "ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS end_before "
     "FROM contents WHERE segment > 0) WHERE \"offset\" < end_before"},
    {"totals of contents are others than those of the contents",
     "SELECT count(*), min(messages) FROM contents_total WHERE (messages, bytes) IS NOT "
     "(SELECT count(*), ifnull(sum(length + length(content)), 0) FROM contents)"},
    {"events have no message",
     "SELECT count(*), min(sequence) FROM events e "
     "WHERE NOT EXISTS (SELECT 1 FROM messages m WHERE m.number = e.message)"},
    {"opens and clicks have nothing kept of them",
     "SELECT count(*), min(sequence) FROM events e WHERE type IN (5, 6) "
     "AND NOT EXISTS (SELECT 1 FROM hits h WHERE h.sequence = e.sequence)"},
    {"hits have no event",
     "SELECT count(*), min(sequence) FROM hits h "
     "WHERE NOT EXISTS (SELECT 1 FROM events e WHERE e.sequence = h.sequence)"},
    {"days have other counts than events",
     "SELECT count(*), min(day) FROM (SELECT domain_id, day, sum(type = 0), sum(type = 1), "
     "sum(type = 2), sum(type = 3), sum(type = 4), sum(type = 5), sum(type = 6), sum(type = 7), "
     "sum(type = 8) FROM counted_events GROUP BY 1, 2 EXCEPT "
     "SELECT domain_id, day, accepted, rejected, deferred, delivery, bounce, open, click, "
     "unsubscribe, complaint FROM day_counts)"},
    {"values have other counts than events",
     "SELECT count(*), min(day) FROM (WITH valued (domain_id, day, type, field, value) AS ("
     "SELECT domain_id, day, type, 1, hour FROM counted_events UNION ALL "
     "SELECT domain_id, day, type, 2, recipient_domain FROM counted_events UNION ALL "
     "SELECT domain_id, day, type, 4, CAST(smtp_code AS TEXT) FROM counted_events "
     "WHERE smtp_code <> 0 UNION ALL "
     "SELECT domain_id, day, type, 5, mx_host FROM counted_events WHERE mx_host <> '' UNION ALL "
     "SELECT domain_id, day, type, 6, url FROM counted_events WHERE url <> '') "
     "SELECT day, domain_id, field, value, sum(type = 0), sum(type = 1), sum(type = 2), "
     "sum(type = 3), sum(type = 4), sum(type = 5), sum(type = 6), sum(type = 7), sum(type = 8) "
     "FROM valued GROUP BY 1, 2, 3, 4 EXCEPT SELECT * FROM event_counts)"},
    {"messages have other counts than events",
     "SELECT count(*), min(message) FROM (SELECT day, domain_id, message, count(*) "
     "FROM counted_events GROUP BY 1, 2, 3 EXCEPT SELECT * FROM message_counts)"},
    {"recipient domains have other delivery times than events",
     "SELECT count(*), min(day) FROM (SELECT day, domain_id, type, recipient_domain, count(*), "
     "sum(delivery_ms), min(delivery_ms), max(delivery_ms) FROM counted_events "
     "WHERE type IN (3, 4) GROUP BY 1, 2, 3, 4 EXCEPT SELECT day, domain_id, type, "
     "recipient_domain, recipients, total_ms, least_ms, most_ms FROM delivery_times)"},
    {"days have other counts of machines' opens and clicks than hits",
     "SELECT count(*), min(day) FROM (SELECT e.domain_id, e.at / 86400000 AS day, "
     "sum(h.automated AND h.type = 5) AS opens, sum(h.automated AND h.type = 6) AS clicks "
     "FROM hits h JOIN events e USING (sequence) WHERE e.at / 86400000 > "
     "(SELECT before / 86400000 FROM purged_events) GROUP BY 1, 2) c "
     "LEFT JOIN (SELECT * FROM automated_counts WHERE field = 0) a USING (domain_id, day) "
     "WHERE (opens, clicks) IS NOT (ifnull(a.open, 0), ifnull(a.click, 0))"},
    {"days have other counts of tests than events",
     "WITH counted AS (SELECT domain_id, at / 86400000 AS day, type, count(*) AS events "
     "FROM events e WHERE (SELECT is_test FROM messages m WHERE m.number = e.message) "
     "GROUP BY 1, 2, 3) "
     "SELECT count(*), min(e.day) FROM counted e LEFT JOIN test_counts t USING (domain_id, day, "
     "type) "
     "WHERE e.day > (SELECT before / 86400000 FROM purged_events) AND e.events IS NOT t.events"},
    {"slots have other counts of scheduled messages than messages",
     "WITH counted AS (SELECT user_id, is_test, width, send_at / width AS slot, count(*) AS "
     "messages FROM messages JOIN (SELECT 60000 AS width UNION ALL SELECT 3600000) "
     "WHERE send_at > 0 GROUP BY 1, 2, 3, 4), "
     "wrong AS (SELECT * FROM (SELECT * FROM counted EXCEPT SELECT * FROM scheduled_counts) "
     "UNION SELECT * FROM (SELECT * FROM scheduled_counts EXCEPT SELECT * FROM counted)) "
     "SELECT count(DISTINCT user_id || ' ' || is_test || ' ' || width || ' ' || slot), "
     "min(slot) FROM wrong"},
    {"domains have other totals of captured mail than mail",
     "SELECT count(*), min(domain_id) FROM (SELECT domain_id, count(*) AS messages, "
     "sum(size) AS bytes FROM captured GROUP BY 1) c LEFT JOIN captured_totals t USING (domain_id) "
     "WHERE (c.messages, c.bytes) IS NOT (t.messages, t.bytes)"},
};

int64_t Count(Connection& connection, const char* table) {
  Query query(connection, std::string("SELECT count(*) FROM ") + table);
  query.Step();
  return query.Value<int64_t>();
}

void CheckPages(Connection& connection, std::vector<std::string>& violations) {
  constexpr int kMost = 5;
  Query pages(connection, "PRAGMA integrity_check(" + std::to_string(kMost) + ")");
  while (pages.Step()) {
    const auto verdict = pages.Value<std::string>();
    if (verdict != "ok") violations.push_back("damaged: " + verdict);
  }
  Query references(connection,
                   "SELECT \"table\", count(*) FROM pragma_foreign_key_check GROUP BY \"table\"");
  while (references.Step()) {
    std::string table;
    int64_t rows = 0;
    references.Read(table, rows);
    violations.push_back(std::to_string(rows) + " rows of " + table + " name what is not there");
  }
}

void CheckRules(Connection& connection, std::vector<std::string>& violations) {
  Execute(connection, kCountedEvents);
  Execute(connection, kFinished);
  for (const Rule& rule : kRules) {
    Query query(connection, rule.sql);
    if (!query.Step()) continue;
    int64_t rows = 0, first = 0;
    query.Read(rows, first);
    if (rows == 0) continue;
    violations.push_back(std::to_string(rows) + " " + rule.violation +
                         " (the first: " + std::to_string(first) + ")");
  }
}

void CheckSegments(Connection& connection, const std::string& directory,
                   std::vector<std::string>& violations) {
  Query query(connection,
              "SELECT segment, max(\"offset\" + length) FROM contents WHERE segment <> 0 "
              "GROUP BY segment ORDER BY segment");
  while (query.Step()) {
    int64_t number = 0, bytes = 0;
    query.Read(number, bytes);
    const std::string path = directory + "/" + SegmentName(number);
    std::error_code missing;
    const auto size = std::filesystem::file_size(path, missing);
    if (missing) violations.push_back(path + ": " + missing.message());
    if (!missing && int64_t(size) < bytes) {
      violations.push_back(path + " ends after " + std::to_string(size) + " of " +
                           std::to_string(bytes) + " bytes");
    }
  }
}

// What follows asks for tables as this egd has them.
Result<void> CheckSchema(Connection& connection, const std::string& path) {
  const Result<SchemaSteps> steps = FindSteps(connection, Migrations());
  if (!steps) return steps.error();
  if (steps->from == steps->to) return {};
  if (steps->from == 0) {
    return Unprocessable("The database " + path + " is empty: no egd has yet started on it.");
  }
  return Unprocessable("The database " + path + " has schema " + std::to_string(steps->from) +
                       " of an older egd; this one has " + std::to_string(steps->to) +
                       " and upgrades it when it starts. Its pages are whole. See also egd "
                       "--check-upgrade.");
}

}  // namespace

Result<StoreCheck> CheckStore(const std::string& data_dir) {
  const std::string path = data_dir + "/egd.db";
  if (!std::filesystem::exists(path)) return NotFound("There is no database " + path + ".");
  return CheckDatabase(path, SegmentsBeside(path));
}

Result<StoreCheck> CheckDatabase(const std::string& path, const std::string& segments) {
  try {
    Connection connection(path, true);
    Execute(connection, "BEGIN");
    StoreCheck check;
    CheckPages(connection, check.violations);
    if (!check.violations.empty()) return check;  // what else it says is of no worth
    if (Result<void> current = CheckSchema(connection, path); !current) return current.error();
    check.messages = Count(connection, "messages");
    check.queued = Count(connection, "recipients");
    check.events = Count(connection, "events");
    CheckRules(connection, check.violations);
    CheckSegments(connection, segments, check.violations);
    return check;
  } catch (const SQLite::Exception& exception) {
    // A statement that names what the schema lacks: a byte of the schema's text is another one.
    const bool foreign = exception.getErrorCode() == SQLITE_ERROR;
    if (foreign || IsDamage()) {
      return StoreCheck{0, 0, 0, {"damaged: " + std::string(exception.what())}};
    }
    return Unavailable("Cannot read " + path + ": " + exception.what() + ".");
  } catch (const std::exception& exception) {
    return Unavailable("Cannot read " + path + ": " + exception.what() + ".");
  }
}

}  // namespace egd::store
