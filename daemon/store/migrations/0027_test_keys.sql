-- Test keys and credentials, and what they send (daemon/service/delivery/test_delivery.h).
ALTER TABLE sender_keys ADD COLUMN is_test INTEGER NOT NULL DEFAULT 0;
ALTER TABLE smtp_credentials ADD COLUMN is_test INTEGER NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN is_test INTEGER NOT NULL DEFAULT 0;
-- Test messages that wait for their time are counted apart, from the index alone.
DROP INDEX messages_scheduled;
CREATE INDEX messages_scheduled ON messages (user_id, is_test, send_at) WHERE send_at > 0;

-- Events of test messages, of which the statistics know nothing, by day: for the totals of the event log.
CREATE TABLE test_counts (
  domain_id INTEGER NOT NULL,
  day INTEGER NOT NULL,
  type INTEGER NOT NULL,
  events INTEGER NOT NULL,
  PRIMARY KEY (domain_id, day, type)
) STRICT, WITHOUT ROWID;

-- Messages as they would have gone out.
CREATE TABLE captured (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  domain_id INTEGER NOT NULL,
  message_id BLOB NOT NULL,
  recipient TEXT NOT NULL,
  return_path TEXT NOT NULL,
  size INTEGER NOT NULL,
  content BLOB NOT NULL
) STRICT;
CREATE INDEX captured_by_domain ON captured (domain_id);
CREATE INDEX captured_by_age ON captured (at);
CREATE INDEX captured_by_message ON captured (message_id);

-- What a domain has there.
CREATE TABLE captured_totals (
  domain_id INTEGER PRIMARY KEY,
  messages INTEGER NOT NULL,
  bytes INTEGER NOT NULL
) STRICT;
CREATE TRIGGER captured_added AFTER INSERT ON captured BEGIN
  INSERT INTO captured_totals VALUES (NEW.domain_id, 1, NEW.size)
    ON CONFLICT (domain_id) DO UPDATE SET messages = messages + 1, bytes = bytes + NEW.size;
END;
CREATE TRIGGER captured_deleted AFTER DELETE ON captured BEGIN
  UPDATE captured_totals SET messages = messages - 1, bytes = bytes - OLD.size WHERE domain_id = OLD.domain_id;
END;
