-- Webhook deliveries (daemon/core/webhook_delivery.h).

ALTER TABLE webhooks ADD COLUMN endpoint INTEGER NOT NULL DEFAULT 0;
ALTER TABLE webhooks ADD COLUMN failing_since INTEGER NOT NULL DEFAULT 0;
ALTER TABLE webhooks ADD COLUMN disabled_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE webhooks ADD COLUMN disabled_reason TEXT NOT NULL DEFAULT '';
UPDATE webhooks SET endpoint =
  (SELECT min(other.id) FROM webhooks other WHERE other.domain_id = webhooks.domain_id AND other.url = webhooks.url);
CREATE INDEX webhooks_by_endpoint ON webhooks (endpoint);

-- Not yet attempted. Rows of a webhook that is gone are dropped, some hundreds at a time, when they are come upon.
CREATE TABLE webhook_jobs (
  endpoint INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  webhook_id INTEGER NOT NULL,
  message INTEGER NOT NULL,
  PRIMARY KEY (endpoint, sequence, webhook_id)
) STRICT, WITHOUT ROWID;

-- Attempted without success, or held behind such a one of the same message; then next_attempt_at is out of reach.
CREATE TABLE webhook_retries (
  endpoint INTEGER NOT NULL,
  message INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  webhook_id INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  next_attempt_at INTEGER NOT NULL,
  PRIMARY KEY (endpoint, message, sequence, webhook_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX webhook_retries_due ON webhook_retries (endpoint, next_attempt_at);

-- The log of attempts. `outcome` is the number of a WebhookOutcome.
CREATE TABLE webhook_attempts (
  webhook_id INTEGER NOT NULL,
  at INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  outcome INTEGER NOT NULL,
  status INTEGER NOT NULL,
  latency_ms INTEGER NOT NULL,
  next_attempt_at INTEGER NOT NULL,
  response TEXT NOT NULL,
  error TEXT NOT NULL,
  PRIMARY KEY (webhook_id, at, sequence, attempt)
) STRICT, WITHOUT ROWID;
