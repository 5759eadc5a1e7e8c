-- Whose return-path host a name is.
CREATE INDEX domains_by_mfrom_host ON domains (mfrom_host) WHERE status = 'Enabled';
