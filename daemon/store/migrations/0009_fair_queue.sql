-- The queue is claimed domain by domain, so that nobody waits behind somebody else's million.
DROP INDEX recipients_due;
CREATE INDEX recipients_due ON recipients (domain_id, max(next_attempt_at, lease_until));
