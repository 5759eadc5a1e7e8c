-- Templates, lists, subscribers, journeys; webhook subscriptions and SMTP credentials of a domain; sends to a list.

CREATE TABLE templates (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  user_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
  name TEXT NOT NULL,
  subject TEXT NOT NULL,
  content TEXT NOT NULL,
  html TEXT NOT NULL,
  plain TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX templates_by_user ON templates (user_id);

CREATE TABLE lists (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  user_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
  name TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX lists_by_user ON lists (user_id);

-- custom_fields is a JSON object of strings.
CREATE TABLE subscribers (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  list_id INTEGER NOT NULL REFERENCES lists ON DELETE CASCADE,
  email_address TEXT NOT NULL COLLATE NOCASE,
  status TEXT NOT NULL,
  custom_fields TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  UNIQUE (list_id, email_address)
) STRICT;
-- Walking a list in the order of ids, and counting it, without reading rows.
CREATE INDEX subscribers_by_status ON subscribers (list_id, status);

CREATE TABLE journeys (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  user_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
  name TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX journeys_by_user ON journeys (user_id);

CREATE TABLE journey_actions (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  journey_id INTEGER NOT NULL REFERENCES journeys ON DELETE CASCADE,
  position INTEGER NOT NULL,
  name TEXT NOT NULL
) STRICT;
CREATE INDEX journey_actions_by_journey ON journey_actions (journey_id, position);

CREATE TABLE webhooks (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  domain_id INTEGER NOT NULL REFERENCES domains ON DELETE CASCADE,
  event INTEGER NOT NULL,
  event_word TEXT NOT NULL,
  url TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX webhooks_by_domain ON webhooks (domain_id);

-- A password is 256 random bits, so its SHA-256 is enough.
CREATE TABLE smtp_credentials (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  domain_id INTEGER NOT NULL REFERENCES domains ON DELETE CASCADE,
  username TEXT NOT NULL UNIQUE,
  password_digest BLOB NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX smtp_credentials_by_domain ON smtp_credentials (domain_id);

-- Whose fields personalise a recipient's copy; 0: nobody's.
ALTER TABLE recipients ADD COLUMN subscriber_id INTEGER NOT NULL DEFAULT 0;

-- Accepted sends to a list that are not yet recipients in full: subscribers up to last_subscriber_id are.
CREATE TABLE list_sends (
  message INTEGER PRIMARY KEY,
  domain_id INTEGER NOT NULL REFERENCES domains ON DELETE CASCADE,
  list_id INTEGER NOT NULL REFERENCES lists ON DELETE CASCADE,
  last_subscriber_id INTEGER NOT NULL
) STRICT;
CREATE INDEX list_sends_by_domain ON list_sends (domain_id);
CREATE INDEX list_sends_by_list ON list_sends (list_id);
