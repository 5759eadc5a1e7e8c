-- Events of domains with many webhooks, whose jobs are made after the event's commit, some hundreds at a time.
CREATE TABLE webhook_fan_outs (
  domain_id INTEGER NOT NULL,
  sequence INTEGER NOT NULL,       -- the event's
  type INTEGER NOT NULL,
  message INTEGER NOT NULL,
  last_webhook INTEGER NOT NULL,   -- newer ones are not told
  after_webhook INTEGER NOT NULL,  -- those up to it have their jobs
  PRIMARY KEY (domain_id, sequence)
) STRICT, WITHOUT ROWID;
