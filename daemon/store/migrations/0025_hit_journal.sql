-- Up to which place of the journal of hits (daemon/service/tracking/hit_journal.h) events hold them. One row.
CREATE TABLE hit_journal (
  file INTEGER NOT NULL,
  offset INTEGER NOT NULL
) STRICT;
INSERT INTO hit_journal VALUES (0, 0);
