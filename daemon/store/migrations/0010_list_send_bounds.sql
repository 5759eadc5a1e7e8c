-- A send to a list goes to the subscribers it had when it was accepted, however long it grows meanwhile. What was
-- counted against the month for it beforehand, and turns out not to be sent, is given back.
ALTER TABLE list_sends ADD COLUMN up_to_subscriber_id INTEGER NOT NULL DEFAULT 0;
ALTER TABLE list_sends ADD COLUMN reserved INTEGER NOT NULL DEFAULT 0;

-- A journey's messages, for those who look for its events; most messages are of none.
CREATE INDEX messages_by_journey ON messages (journey_id, action_id) WHERE journey_id <> 0;
