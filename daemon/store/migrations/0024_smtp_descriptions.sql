-- What SMTP credentials are for, in their owner's words.
ALTER TABLE smtp_credentials ADD COLUMN description TEXT NOT NULL DEFAULT '';
