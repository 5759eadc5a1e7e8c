-- Addresses that were to be forgotten (daemon/service/subject). One is being erased as long as its address is here;
-- what is left then is when, and how much.
CREATE TABLE erasures (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  begun_at INTEGER NOT NULL,
  finished_at INTEGER NOT NULL,  -- 0: not yet
  address TEXT NOT NULL,
  alias TEXT NOT NULL            -- what takes the address's place in what stays
) STRICT;
CREATE INDEX erasures_begun ON erasures (id) WHERE finished_at = 0;

CREATE TABLE erased_counts (
  erasure INTEGER NOT NULL REFERENCES erasures ON DELETE CASCADE,
  kind TEXT NOT NULL,
  entries INTEGER NOT NULL,
  PRIMARY KEY (erasure, kind)
) STRICT, WITHOUT ROWID;

-- Fills the database's free pages, to overwrite what they held; empty otherwise.
CREATE TABLE filler (
  id INTEGER PRIMARY KEY,
  zeros BLOB NOT NULL
) STRICT;
