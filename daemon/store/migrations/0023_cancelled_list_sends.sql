-- Subscribers who are not yet recipients get a `rejected` event in place of the mail.
ALTER TABLE list_sends ADD COLUMN cancelled INTEGER NOT NULL DEFAULT 0;
