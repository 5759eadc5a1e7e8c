-- How much all contents are, for the limit of retention.content_bytes. One row.
CREATE TABLE contents_total (
  messages INTEGER NOT NULL,
  bytes INTEGER NOT NULL
) STRICT;
INSERT INTO contents_total SELECT count(*), ifnull(sum(length + length(content)), 0) FROM contents;
CREATE TRIGGER contents_added AFTER INSERT ON contents BEGIN
  UPDATE contents_total SET messages = messages + 1, bytes = bytes + NEW.length + length(NEW.content);
END;
CREATE TRIGGER contents_deleted AFTER DELETE ON contents BEGIN
  UPDATE contents_total SET messages = messages - 1, bytes = bytes - OLD.length - length(OLD.content);
END;
