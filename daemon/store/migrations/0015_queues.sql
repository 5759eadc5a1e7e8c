-- A domain's mail waits in its queue. first_due_at is when the first recipient in it can be claimed, kept in the commit
-- of every change to them (no time: never), so that claiming costs what is due and not how many domains have mail that
-- waits. A queue that has more due than a claim took stands behind the others from then on: served_at.
-- A queue without a row was given up with its domain, or cleared: nobody sees its recipients, and upkeep deletes them.
CREATE TABLE queues (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  domain_id INTEGER NOT NULL UNIQUE REFERENCES domains,
  first_due_at INTEGER NOT NULL,
  served_at INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX queues_by_turn ON queues (max(first_due_at, served_at), served_at);

-- The leases of before belong to a process that is no more.
INSERT INTO queues (id, domain_id, first_due_at)
  SELECT domain_id, domain_id, min(next_attempt_at) FROM recipients GROUP BY domain_id;

CREATE TABLE queued_recipients (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  message INTEGER NOT NULL,
  queue INTEGER NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  next_attempt_at INTEGER NOT NULL,
  lease_until INTEGER NOT NULL DEFAULT 0,
  subscriber_id INTEGER NOT NULL,
  address TEXT NOT NULL,
  destination TEXT NOT NULL
) STRICT;
INSERT INTO queued_recipients (id, message, queue, attempts, next_attempt_at, subscriber_id, address, destination)
  SELECT id, message, domain_id, attempts, next_attempt_at, subscriber_id, address, destination FROM recipients;
-- No id is given again, those of recipients that are gone neither.
DELETE FROM sqlite_sequence WHERE name = 'queued_recipients';
INSERT INTO sqlite_sequence (name, seq) SELECT 'queued_recipients', seq FROM sqlite_sequence WHERE name = 'recipients';
DROP TABLE recipients;
ALTER TABLE queued_recipients RENAME TO recipients;
CREATE INDEX recipients_due ON recipients (queue, max(next_attempt_at, lease_until));
CREATE INDEX recipients_by_message ON recipients (message);
CREATE INDEX recipients_by_destination ON recipients (destination, queue);

-- What was given up at once and is deleted in batches (sweep_store.h has the kinds).
CREATE TABLE sweeps (
  kind INTEGER NOT NULL,
  id INTEGER NOT NULL,
  PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;

-- A domain may have millions of these: they go when they expire, not with their domain.
CREATE TABLE kept_replies (
  domain_id INTEGER NOT NULL,
  key TEXT NOT NULL,
  body_digest BLOB NOT NULL,
  reply TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (domain_id, key)
) STRICT, WITHOUT ROWID;
INSERT INTO kept_replies SELECT domain_id, key, body_digest, reply, created_at FROM idempotency_keys;
DROP TABLE idempotency_keys;
ALTER TABLE kept_replies RENAME TO idempotency_keys;
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);
