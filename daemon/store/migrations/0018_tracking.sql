-- Opens, clicks and unsubscribes.

-- What of a message is countable, which a draft's content says too and a raw message's cannot, and the scope that its
-- unsubscribe link asks for: '' (it has none), 'bulk' or 'list:7'.
ALTER TABLE messages ADD COLUMN track_links INTEGER NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN track_opens INTEGER NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN unsubscribe_scope TEXT NOT NULL DEFAULT '';

-- Links too long for their token (daemon/tracking/hit_token.h).
CREATE TABLE tracked_links (
  message INTEGER NOT NULL,
  digest BLOB NOT NULL,
  url TEXT NOT NULL,
  PRIMARY KEY (message, digest)
) STRICT, WITHOUT ROWID;

-- What is kept of an open or click beside its event. `told`: its webhooks have their jobs.
CREATE TABLE hits (
  sequence INTEGER PRIMARY KEY,
  message INTEGER NOT NULL,
  type INTEGER NOT NULL,
  at INTEGER NOT NULL,
  first INTEGER NOT NULL,
  automated INTEGER NOT NULL,
  told INTEGER NOT NULL,
  link_index INTEGER NOT NULL,
  links INTEGER NOT NULL,
  recipient TEXT NOT NULL,
  method TEXT NOT NULL,
  rule TEXT NOT NULL
) STRICT;
CREATE INDEX hits_by_recipient ON hits (message, recipient, at);

-- Hits of a recipient that are looked at together when `closes_at` has come.
CREATE TABLE hit_windows (
  message INTEGER NOT NULL,
  recipient TEXT NOT NULL,
  closes_at INTEGER NOT NULL,
  PRIMARY KEY (message, recipient)
) STRICT, WITHOUT ROWID;
CREATE INDEX hit_windows_by_end ON hit_windows (closes_at);

CREATE TRIGGER hits_purged AFTER DELETE ON events WHEN OLD.type IN (5, 6) BEGIN
  DELETE FROM hits WHERE sequence = OLD.sequence;
END;
CREATE TRIGGER tracked_links_purged AFTER DELETE ON messages BEGIN
  DELETE FROM tracked_links WHERE message = OLD.number;
  DELETE FROM hit_windows WHERE message = OLD.number;
END;

-- How many of the opens and clicks in day_counts and event_counts are machines'. `field` as in event_counts, and 0 with
-- an empty value for all of a day.
CREATE TABLE automated_counts (
  domain_id INTEGER NOT NULL,
  day INTEGER NOT NULL,
  field INTEGER NOT NULL,
  value TEXT NOT NULL,
  open INTEGER NOT NULL,
  click INTEGER NOT NULL,
  PRIMARY KEY (domain_id, field, day, value)
) STRICT, WITHOUT ROWID;

-- A suppression stops all mail, that of one list, or mail that offers an unsubscribe link.
CREATE TABLE scoped_suppressions (
  user_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
  address TEXT NOT NULL,
  scope TEXT NOT NULL,
  source TEXT NOT NULL,
  reason TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (user_id, address, scope)
) STRICT, WITHOUT ROWID;
INSERT INTO scoped_suppressions SELECT user_id, address, 'all', source, reason, at FROM suppressions;
DROP TABLE suppressions;
ALTER TABLE scoped_suppressions RENAME TO suppressions;

-- Which hosts links may be served on.
CREATE INDEX domains_by_tracking_host ON domains (tracking_host) WHERE status = 'Enabled';
