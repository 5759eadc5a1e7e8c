-- Keys that signed a domain's webhooks before the one it has, as long as receivers may still verify with them: sealed,
-- as domains.signing_key is.
CREATE TABLE retired_signing_keys (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  domain_id INTEGER NOT NULL REFERENCES domains ON DELETE CASCADE,
  sealed BLOB NOT NULL,
  signs_until INTEGER NOT NULL
) STRICT;
CREATE INDEX retired_signing_keys_by_domain ON retired_signing_keys (domain_id);
