-- The first schema. Instants are milliseconds since the Unix epoch; 0 means never. Lists of words are text, a line each.

CREATE TABLE users (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  username TEXT NOT NULL COLLATE NOCASE UNIQUE,
  email_address TEXT NOT NULL COLLATE NOCASE UNIQUE,
  password_hash TEXT NOT NULL,
  first_name TEXT NOT NULL,
  last_name TEXT NOT NULL,
  company_name TEXT NOT NULL,
  enabled INTEGER NOT NULL,
  trusted INTEGER NOT NULL,
  verified INTEGER NOT NULL,
  max_sender_domains INTEGER NOT NULL,
  monthly_send_limit INTEGER NOT NULL,
  send_rate_per_minute INTEGER NOT NULL,
  permissions TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE sessions (
  digest BLOB PRIMARY KEY,
  user_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
  created_at INTEGER NOT NULL,
  last_used_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_by_user ON sessions (user_id);

CREATE TABLE user_keys (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  user_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
  digest BLOB NOT NULL UNIQUE,
  note TEXT NOT NULL,
  bound_ip TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  last_used_at INTEGER NOT NULL
) STRICT;
CREATE INDEX user_keys_by_user ON user_keys (user_id);

CREATE TABLE domains (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  user_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
  name TEXT NOT NULL,
  status TEXT NOT NULL,
  link_tracking INTEGER NOT NULL,
  open_tracking INTEGER NOT NULL,
  unsubscribe_link INTEGER NOT NULL,
  hosting_provider TEXT NOT NULL,
  custom_subdomain TEXT,
  custom_track_prefix TEXT,
  custom_track_merge TEXT,
  track_prefix_disabled INTEGER NOT NULL,
  mfrom_host TEXT NOT NULL,
  tracking_host TEXT NOT NULL,
  dkim_selector TEXT NOT NULL,
  dkim_private_key BLOB NOT NULL,
  dkim_public_key TEXT NOT NULL,
  signing_key BLOB NOT NULL,
  consecutive_failures INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  last_checked_at INTEGER NOT NULL,
  UNIQUE (user_id, name)
) STRICT;
CREATE UNIQUE INDEX domains_enabled ON domains (name) WHERE status = 'Enabled';

CREATE TABLE dns_records (
  domain_id INTEGER NOT NULL REFERENCES domains ON DELETE CASCADE,
  position INTEGER NOT NULL,
  purpose TEXT NOT NULL,
  host TEXT NOT NULL,
  type TEXT NOT NULL,
  value TEXT NOT NULL,
  status TEXT NOT NULL,
  found TEXT NOT NULL,
  error TEXT NOT NULL,
  last_checked_at INTEGER NOT NULL,
  PRIMARY KEY (domain_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE sender_keys (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  domain_id INTEGER NOT NULL REFERENCES domains ON DELETE CASCADE,
  digest BLOB NOT NULL UNIQUE,
  sealed BLOB NOT NULL,
  description TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX sender_keys_by_domain ON sender_keys (domain_id);

-- What events show of a message. It outlives content and recipients, until its last event goes; `number` stands for
-- the 16-byte id in the larger tables.
CREATE TABLE messages (
  number INTEGER PRIMARY KEY,
  id BLOB NOT NULL UNIQUE,
  user_id INTEGER NOT NULL,
  domain_id INTEGER NOT NULL,
  journey_id INTEGER NOT NULL,
  action_id INTEGER NOT NULL,
  content_kind INTEGER NOT NULL,
  smtputf8 INTEGER NOT NULL,
  accepted_at INTEGER NOT NULL,
  send_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  tags TEXT NOT NULL,
  from_header TEXT NOT NULL,
  subject TEXT NOT NULL,
  to_header TEXT NOT NULL
) STRICT;

CREATE TABLE contents (
  message INTEGER PRIMARY KEY,
  content BLOB NOT NULL
) STRICT;

-- The queue. AUTOINCREMENT: the outcome of a dropped recipient must never meet a newer one under the same id.
CREATE TABLE recipients (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  message INTEGER NOT NULL,
  domain_id INTEGER NOT NULL REFERENCES domains ON DELETE CASCADE,
  attempts INTEGER NOT NULL DEFAULT 0,
  next_attempt_at INTEGER NOT NULL,
  lease_until INTEGER NOT NULL DEFAULT 0,
  address TEXT NOT NULL,
  destination TEXT NOT NULL
) STRICT;
CREATE INDEX recipients_due ON recipients (max(next_attempt_at, lease_until));
CREATE INDEX recipients_by_message ON recipients (domain_id, message);

-- Messages without a recipient left, whose content waits for its clean-up.
CREATE TABLE finished_messages (
  finished_at INTEGER NOT NULL,
  message INTEGER NOT NULL,
  PRIMARY KEY (finished_at, message)
) STRICT, WITHOUT ROWID;

CREATE TABLE events (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  type INTEGER NOT NULL,
  at INTEGER NOT NULL,
  domain_id INTEGER NOT NULL,
  message INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  smtp_code INTEGER NOT NULL,
  delivery_ms INTEGER NOT NULL,
  recipient TEXT NOT NULL,
  enhanced_code TEXT NOT NULL,
  smtp_response TEXT NOT NULL,
  mx_host TEXT NOT NULL,
  mx_address TEXT NOT NULL,
  tls TEXT NOT NULL,
  bounce_class TEXT NOT NULL,
  reason TEXT NOT NULL,
  url TEXT NOT NULL,
  client_address TEXT NOT NULL,
  user_agent TEXT NOT NULL
) STRICT;
-- `type` rides along so that counting one type reads no rows.
CREATE INDEX events_by_domain ON events (domain_id, at, type);
CREATE INDEX events_by_message ON events (message);

CREATE TABLE idempotency_keys (
  domain_id INTEGER NOT NULL REFERENCES domains ON DELETE CASCADE,
  key TEXT NOT NULL,
  body_digest BLOB NOT NULL,
  reply TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (domain_id, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);

CREATE TABLE suppressions (
  user_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
  address TEXT NOT NULL,
  source TEXT NOT NULL,
  reason TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (user_id, address)
) STRICT, WITHOUT ROWID;

-- Recipients accepted for a user in a UTC month, written as year * 100 + month.
CREATE TABLE monthly_sends (
  user_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
  month INTEGER NOT NULL,
  recipients INTEGER NOT NULL,
  PRIMARY KEY (user_id, month)
) STRICT, WITHOUT ROWID;
