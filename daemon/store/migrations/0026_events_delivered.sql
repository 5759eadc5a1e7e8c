-- When a recipient's mail was delivered, however many others its message has.
CREATE INDEX events_delivered ON events (message, recipient) WHERE type = 3;
