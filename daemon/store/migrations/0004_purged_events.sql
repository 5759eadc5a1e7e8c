-- Events before this instant are purged or being purged: their statistics no longer say how many there are.
CREATE TABLE purged_events (
  before INTEGER NOT NULL
) STRICT;
INSERT INTO purged_events (before) VALUES (0);
