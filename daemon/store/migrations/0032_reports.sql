CREATE INDEX domains_by_name ON domains (name);

-- Reports that others send about our mail (daemon/service/reports). `row_count`: rows of it below.
CREATE TABLE reports (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL,
  organisation TEXT NOT NULL,
  report_id TEXT NOT NULL,
  domain TEXT NOT NULL,
  begins_at INTEGER NOT NULL,
  ends_at INTEGER NOT NULL,
  received_at INTEGER NOT NULL,
  messages INTEGER NOT NULL,
  row_count INTEGER NOT NULL,
  UNIQUE (kind, organisation, report_id, domain)
) STRICT;
CREATE INDEX reports_by_end ON reports (ends_at);

CREATE TABLE dmarc_counts (
  report INTEGER NOT NULL,
  day INTEGER NOT NULL,
  domain TEXT NOT NULL,
  source TEXT NOT NULL,
  disposition INTEGER NOT NULL,
  dkim INTEGER NOT NULL,
  spf INTEGER NOT NULL,
  messages INTEGER NOT NULL,
  PRIMARY KEY (report, day, domain, source, disposition, dkim, spf)
) STRICT, WITHOUT ROWID;
CREATE INDEX dmarc_counts_by_day ON dmarc_counts (day);

-- `result` is empty for sessions that came about.
CREATE TABLE tls_counts (
  report INTEGER NOT NULL,
  day INTEGER NOT NULL,
  domain TEXT NOT NULL,
  policy TEXT NOT NULL,
  result TEXT NOT NULL,
  host TEXT NOT NULL,
  sessions INTEGER NOT NULL,
  PRIMARY KEY (report, day, domain, policy, result, host)
) STRICT, WITHOUT ROWID;
CREATE INDEX tls_counts_by_day ON tls_counts (day);
