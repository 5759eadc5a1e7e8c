-- Mail that came back (daemon/service/inbound). `kept`: octets in inbound_contents.
CREATE TABLE inbound (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  received_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  kind TEXT NOT NULL,
  understood INTEGER NOT NULL,
  recipient TEXT NOT NULL,
  sender TEXT NOT NULL,
  client TEXT NOT NULL,
  subject TEXT NOT NULL,
  result TEXT NOT NULL,
  domain_id INTEGER NOT NULL,
  message_id BLOB NOT NULL,
  size INTEGER NOT NULL,
  kept INTEGER NOT NULL
) STRICT;
CREATE INDEX inbound_by_expiry ON inbound (expires_at);

CREATE TABLE inbound_contents (
  id INTEGER PRIMARY KEY,
  content BLOB NOT NULL
) STRICT;

-- What has come back for a recipient of a message: the same again is no second event.
CREATE TABLE inbound_outcomes (
  message_id BLOB NOT NULL,
  recipient TEXT NOT NULL,
  kind TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (message_id, recipient, kind)
) STRICT, WITHOUT ROWID;
CREATE INDEX inbound_outcomes_by_age ON inbound_outcomes (at);

CREATE TABLE inbound_rules (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  phrase TEXT NOT NULL UNIQUE,
  verdict TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT;

-- Whether an address is among a message's recipients.
DROP INDEX attempts_by_message;
CREATE INDEX attempts_by_message ON attempts (message, address COLLATE NOCASE);

-- Who says so: empty of what was heard in a dialogue.
ALTER TABLE events ADD COLUMN source TEXT NOT NULL DEFAULT '';
ALTER TABLE events ADD COLUMN reporting_server TEXT NOT NULL DEFAULT '';
