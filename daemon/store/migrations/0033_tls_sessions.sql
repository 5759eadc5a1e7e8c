-- Connections to mail servers by recipient domain and day (core::TlsSession), counted with the outcomes they led to.
CREATE TABLE tls_sessions (
  day INTEGER NOT NULL,
  domain TEXT NOT NULL,
  policy TEXT NOT NULL,
  result TEXT NOT NULL,
  host TEXT NOT NULL,
  sessions INTEGER NOT NULL,
  PRIMARY KEY (day, domain, policy, result, host)
) STRICT, WITHOUT ROWID;
