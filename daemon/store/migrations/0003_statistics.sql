-- Statistics. A day is a whole UTC day since the Unix epoch; it comes first in each key, so that writing stays at the
-- end of a table whatever it counts.

-- Events of a day by type: in all, and for each value of a field (the numbers are rollup_store.h's CountedField).
CREATE TABLE event_counts (
  day INTEGER NOT NULL,
  domain_id INTEGER NOT NULL,
  field INTEGER NOT NULL,
  value TEXT NOT NULL,
  accepted INTEGER NOT NULL,
  rejected INTEGER NOT NULL,
  deferred INTEGER NOT NULL,
  delivery INTEGER NOT NULL,
  bounce INTEGER NOT NULL,
  open INTEGER NOT NULL,
  click INTEGER NOT NULL,
  unsubscribe INTEGER NOT NULL,
  complaint INTEGER NOT NULL,
  PRIMARY KEY (day, domain_id, field, value)
) STRICT, WITHOUT ROWID;

CREATE TABLE message_counts (
  day INTEGER NOT NULL,
  domain_id INTEGER NOT NULL,
  message INTEGER NOT NULL,
  events INTEGER NOT NULL,
  PRIMARY KEY (day, domain_id, message)
) STRICT, WITHOUT ROWID;

-- How long recipients waited for their delivery or bounce: `type` is the event's.
CREATE TABLE delivery_times (
  day INTEGER NOT NULL,
  domain_id INTEGER NOT NULL,
  type INTEGER NOT NULL,
  recipient_domain TEXT NOT NULL,
  recipients INTEGER NOT NULL,
  total_ms INTEGER NOT NULL,
  least_ms INTEGER NOT NULL,
  most_ms INTEGER NOT NULL,
  below_1s INTEGER NOT NULL,
  below_5s INTEGER NOT NULL,
  below_10s INTEGER NOT NULL,
  below_30s INTEGER NOT NULL,
  below_60s INTEGER NOT NULL,
  below_5m INTEGER NOT NULL,
  below_10m INTEGER NOT NULL,
  longer INTEGER NOT NULL,
  PRIMARY KEY (day, domain_id, type, recipient_domain)
) STRICT, WITHOUT ROWID;

-- Whose a domain was: its events go on counting for its user.
CREATE TABLE deleted_domains (
  id INTEGER PRIMARY KEY,
  user_id INTEGER NOT NULL,
  name TEXT NOT NULL
) STRICT;
CREATE INDEX deleted_domains_by_user ON deleted_domains (user_id);
CREATE TRIGGER domains_deleted AFTER DELETE ON domains BEGIN
  INSERT INTO deleted_domains (id, user_id, name) VALUES (OLD.id, OLD.user_id, OLD.name);
END;

-- How many recipients of a domain wait for one destination.
CREATE INDEX recipients_by_destination ON recipients (domain_id, destination);

-- Events from before.
CREATE TEMP VIEW dated_events AS
  SELECT at / 86400000 AS day, at, domain_id, message, type, smtp_code, mx_host, url, delivery_ms,
         substr(recipient, 1 + length(rtrim(recipient, replace(recipient, '@', '')))) AS recipient_domain
  FROM events;

INSERT INTO event_counts
  WITH RECURSIVE
    tag_lines (message, tag, rest) AS (
      SELECT number, '', tags || char(10) FROM messages WHERE tags <> ''
      UNION ALL
      SELECT message, substr(rest, 1, instr(rest, char(10)) - 1), substr(rest, instr(rest, char(10)) + 1)
      FROM tag_lines WHERE rest <> ''
    ),
    message_tags AS (SELECT DISTINCT message, tag FROM tag_lines WHERE tag <> ''),
    counted (day, domain_id, field, value, type) AS (
      SELECT day, domain_id, 0, '', type FROM dated_events
      UNION ALL
      SELECT day, domain_id, 1, strftime('%Y-%m-%d %H:00', at / 1000, 'unixepoch'), type FROM dated_events
      UNION ALL
      SELECT day, domain_id, 2, recipient_domain, type FROM dated_events
      UNION ALL
      SELECT day, domain_id, 3, tag, type FROM dated_events JOIN message_tags USING (message)
      UNION ALL
      SELECT day, domain_id, 4, CAST(smtp_code AS TEXT), type FROM dated_events WHERE smtp_code <> 0
      UNION ALL
      SELECT day, domain_id, 5, mx_host, type FROM dated_events WHERE mx_host <> ''
      UNION ALL
      SELECT day, domain_id, 6, url, type FROM dated_events WHERE url <> ''
    )
  SELECT day, domain_id, field, value, sum(type = 0), sum(type = 1), sum(type = 2), sum(type = 3), sum(type = 4),
         sum(type = 5), sum(type = 6), sum(type = 7), sum(type = 8)
  FROM counted GROUP BY day, domain_id, field, value;

INSERT INTO message_counts
  SELECT day, domain_id, message, count(*) FROM dated_events GROUP BY day, domain_id, message;

INSERT INTO delivery_times
  SELECT day, domain_id, type, recipient_domain, count(*), sum(delivery_ms), min(delivery_ms), max(delivery_ms),
         sum(delivery_ms < 1000), sum(delivery_ms BETWEEN 1000 AND 4999), sum(delivery_ms BETWEEN 5000 AND 9999),
         sum(delivery_ms BETWEEN 10000 AND 29999), sum(delivery_ms BETWEEN 30000 AND 59999),
         sum(delivery_ms BETWEEN 60000 AND 299999), sum(delivery_ms BETWEEN 300000 AND 599999),
         sum(delivery_ms >= 600000)
  FROM dated_events WHERE type IN (3, 4) GROUP BY day, domain_id, type, recipient_domain;

DROP VIEW dated_events;
