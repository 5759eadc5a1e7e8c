-- Whose a lease is: the start of egd that took it (queue_store.h).
ALTER TABLE recipients ADD COLUMN lease_owner INTEGER NOT NULL DEFAULT 0;

-- Deleted for everybody to see; upkeep sweeps what is left.
ALTER TABLE lists ADD COLUMN deleted INTEGER NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN deleted INTEGER NOT NULL DEFAULT 0;

-- A page of a list is read in the order of ids, without sorting the list.
CREATE INDEX subscribers_by_list ON subscribers (list_id);

-- Scheduled messages, for the limit of how many a user may have.
CREATE INDEX messages_scheduled ON messages (user_id, send_at) WHERE send_at > 0;
