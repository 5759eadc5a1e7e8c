#include "daemon/store/store_check.h"

#include <filesystem>

#include "daemon/store/driver.h"
#include "daemon/store/failure.h"
#include "daemon/store/query.h"
#include "daemon/store/segments.h"

namespace egd::store {
namespace {

// Each selects how many break the rule, and the first of them.
struct Rule {
  const char* violation;
  const char* sql;
};

constexpr Rule kRules[] = {
    {"queued recipients have no message",
     "SELECT count(*), min(id) FROM recipients r "
     "WHERE NOT EXISTS (SELECT 1 FROM messages m WHERE m.number = r.message)"},
    {"queued recipients are in no queue",
     "SELECT count(*), min(id) FROM recipients r "
     "WHERE NOT EXISTS (SELECT 1 FROM queues q WHERE q.id = r.queue)"},
    {"queued recipients have no content to send",
     "SELECT count(*), min(id) FROM recipients r "
     "WHERE NOT EXISTS (SELECT 1 FROM contents c WHERE c.message = r.message)"},
    {"queued recipients are finished already",
     "SELECT count(*), min(id) FROM recipients r WHERE EXISTS (SELECT 1 FROM events e "
     "WHERE e.message = r.message AND e.recipient = r.address AND e.type IN (1, 3, 4))"},
    {"queues wake up after their first recipient is due",
     "SELECT count(*), min(id) FROM queues q WHERE first_due_at > "
     "(SELECT min(max(next_attempt_at, lease_until)) FROM recipients r WHERE r.queue = q.id)"},
    {"contents have no message",
     "SELECT count(*), min(message) FROM contents c "
     "WHERE NOT EXISTS (SELECT 1 FROM messages m WHERE m.number = c.message)"},
    {"contents would never be cleaned up",
     "SELECT count(*), min(message) FROM contents c "
     "WHERE NOT EXISTS (SELECT 1 FROM recipients r WHERE r.message = c.message) "
     "AND message NOT IN (SELECT message FROM finished_messages)"},
    {"events have no message",
     "SELECT count(*), min(sequence) FROM events e "
     "WHERE NOT EXISTS (SELECT 1 FROM messages m WHERE m.number = e.message)"},
    // Opens and clicks are counted when a human's, and counted again when judged otherwise.
    {"days have other counts than events",
     "WITH counted AS (SELECT domain_id, at / 86400000 AS day, sum(type = 0) AS accepted, "
     "sum(type = 1) AS rejected, sum(type = 2) AS deferred, sum(type = 3) AS delivery, "
     "sum(type = 4) AS bounce, sum(type = 7) AS unsubscribe, sum(type = 8) AS complaint "
     "FROM events e WHERE NOT (SELECT is_test FROM messages m WHERE m.number = e.message) "
     "GROUP BY 1, 2) "
     "SELECT count(*), min(e.day) FROM counted e LEFT JOIN day_counts d USING (domain_id, day) "
     "WHERE e.day > (SELECT before / 86400000 FROM purged_events) AND "
     "(d.day IS NULL OR (e.accepted, e.rejected, e.deferred, e.delivery, e.bounce, e.unsubscribe, "
     "e.complaint) <> (d.accepted, d.rejected, d.deferred, d.delivery, d.bounce, d.unsubscribe, "
     "d.complaint))"},
    {"days have other counts of tests than events",
     "WITH counted AS (SELECT domain_id, at / 86400000 AS day, type, count(*) AS events "
     "FROM events e WHERE (SELECT is_test FROM messages m WHERE m.number = e.message) "
     "GROUP BY 1, 2, 3) "
     "SELECT count(*), min(e.day) FROM counted e LEFT JOIN test_counts t USING (domain_id, day, "
     "type) "
     "WHERE e.day > (SELECT before / 86400000 FROM purged_events) AND e.events IS NOT t.events"},
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

}  // namespace

Result<StoreCheck> CheckStore(const std::string& data_dir) {
  const std::string path = data_dir + "/egd.db";
  if (!std::filesystem::exists(path)) return NotFound("There is no database " + path + ".");
  try {
    Connection connection(path, true);
    Execute(connection, "BEGIN");
    StoreCheck check;
    CheckPages(connection, check.violations);
    if (!check.violations.empty()) return check;  // what else it says is of no worth
    check.messages = Count(connection, "messages");
    check.queued = Count(connection, "recipients");
    check.events = Count(connection, "events");
    CheckRules(connection, check.violations);
    CheckSegments(connection, SegmentsBeside(path), check.violations);
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
