-- A domain signs with one key after the other, and with several at once: its keys get rows of their own, oldest first.
-- since: in that state. due_at: when a pending key's record is looked for, when a retiring key is deleted.
CREATE TABLE dkim_keys (
  domain_id INTEGER NOT NULL REFERENCES domains ON DELETE CASCADE,
  position INTEGER NOT NULL,
  selector TEXT NOT NULL,
  algorithm TEXT NOT NULL,
  state TEXT NOT NULL,
  private_key BLOB NOT NULL,
  public_key TEXT NOT NULL,
  since INTEGER NOT NULL,
  due_at INTEGER NOT NULL,
  PRIMARY KEY (domain_id, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX dkim_keys_due ON dkim_keys (due_at) WHERE state <> 'active';

INSERT INTO dkim_keys
  SELECT id, 0, dkim_selector, 'rsa-sha256', 'active', dkim_private_key, dkim_public_key, created_at, 0 FROM domains;

-- The DKIM key that a record publishes; empty for other records.
ALTER TABLE dns_records ADD COLUMN selector TEXT NOT NULL DEFAULT '';
UPDATE dns_records SET selector = keys.selector FROM dkim_keys AS keys
  WHERE keys.domain_id = dns_records.domain_id
    AND (dns_records.host LIKE keys.selector || '.%'
         OR (keys.public_key <> '' AND instr(dns_records.value, keys.public_key) > 0));

ALTER TABLE domains DROP COLUMN dkim_selector;
ALTER TABLE domains DROP COLUMN dkim_private_key;
ALTER TABLE domains DROP COLUMN dkim_public_key;
