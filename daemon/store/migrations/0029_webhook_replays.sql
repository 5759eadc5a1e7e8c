-- Which events were posted to a webhook again, so that who follows a domain's events gets them too. The newest of each
-- domain are kept. `since`: only events from then on; 0: all of the stretch.
CREATE TABLE webhook_replays (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  domain_id INTEGER NOT NULL REFERENCES domains ON DELETE CASCADE,
  webhook_id INTEGER NOT NULL,
  event INTEGER NOT NULL,
  first_sequence INTEGER NOT NULL,
  last_sequence INTEGER NOT NULL,
  since INTEGER NOT NULL,
  at INTEGER NOT NULL
) STRICT;
CREATE INDEX webhook_replays_by_domain ON webhook_replays (domain_id, id);
