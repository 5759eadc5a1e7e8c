-- Why the admin set the status.
ALTER TABLE domains ADD COLUMN status_reason TEXT NOT NULL DEFAULT '';
