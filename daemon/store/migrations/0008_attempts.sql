-- The last attempt at each recipient, for explanations; `recipient` is the id it has or had in the queue.
CREATE TABLE attempts (
  recipient INTEGER PRIMARY KEY,
  message INTEGER NOT NULL,
  at INTEGER NOT NULL,
  address TEXT NOT NULL,
  rule TEXT NOT NULL,
  dialogue TEXT NOT NULL
) STRICT;
CREATE INDEX attempts_by_message ON attempts (message);
CREATE INDEX attempts_by_age ON attempts (at);

CREATE TABLE paused_destinations (
  destination TEXT PRIMARY KEY,
  at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
