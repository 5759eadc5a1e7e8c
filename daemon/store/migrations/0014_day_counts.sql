-- What all statistics begin with, a domain's events of a day by type, in rows that lie together: among the counts by
-- value each day was a page of its own, and reading a month cost more the more values there were.
CREATE TABLE day_counts (
  domain_id INTEGER NOT NULL,
  day INTEGER NOT NULL,
  accepted INTEGER NOT NULL,
  rejected INTEGER NOT NULL,
  deferred INTEGER NOT NULL,
  delivery INTEGER NOT NULL,
  bounce INTEGER NOT NULL,
  open INTEGER NOT NULL,
  click INTEGER NOT NULL,
  unsubscribe INTEGER NOT NULL,
  complaint INTEGER NOT NULL,
  PRIMARY KEY (domain_id, day)
) STRICT, WITHOUT ROWID;

INSERT INTO day_counts
  SELECT domain_id, day, accepted, rejected, deferred, delivery, bounce, open, click, unsubscribe, complaint
  FROM event_counts WHERE field = 0;
DELETE FROM event_counts WHERE field = 0;
