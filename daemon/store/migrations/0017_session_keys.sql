-- A session that was opened with a user key ends with it, and keeps to the address it is bound to.
ALTER TABLE sessions ADD COLUMN key_id INTEGER REFERENCES user_keys ON DELETE CASCADE;
CREATE INDEX sessions_by_key ON sessions (key_id);
