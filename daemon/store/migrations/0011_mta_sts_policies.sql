-- What recipients' domains demand of those who send to them (RFC 8461); read once, when egd starts.
CREATE TABLE mta_sts_policies (
  domain TEXT PRIMARY KEY,
  id TEXT NOT NULL,    -- of the DNS record that it was fetched for
  mode TEXT NOT NULL,  -- none, testing or enforce
  mx TEXT NOT NULL,    -- a host name or pattern a line
  fetched_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
