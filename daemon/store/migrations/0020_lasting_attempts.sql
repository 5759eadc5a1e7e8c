-- Tokens in return-paths and unsubscribe addresses name a recipient, and are answered as long as its message is known:
-- an attempt stays as long, only its dialogue is forgotten.
DELETE FROM attempts WHERE message NOT IN (SELECT number FROM messages);
DROP INDEX attempts_by_age;
CREATE INDEX attempts_by_age ON attempts (at) WHERE dialogue <> '';

-- Of sessions that were opened before 0017 nobody knows with which key: they end. So do those that a password opened.
DELETE FROM sessions WHERE key_id IS NULL;
