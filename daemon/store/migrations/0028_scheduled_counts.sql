-- How many of a user's messages, live and test ones apart, are scheduled for each hour and each minute, so that counting
-- those whose time has not come reads hours, the minutes of this hour and the messages of this minute. `width` of a slot
-- in milliseconds.
CREATE TABLE scheduled_counts (
  user_id INTEGER NOT NULL,
  is_test INTEGER NOT NULL,
  width INTEGER NOT NULL,
  slot INTEGER NOT NULL,
  messages INTEGER NOT NULL,
  PRIMARY KEY (user_id, is_test, width, slot)
) STRICT, WITHOUT ROWID;

INSERT INTO scheduled_counts
  SELECT user_id, is_test, width, send_at / width, count(*)
  FROM messages JOIN (SELECT 60000 AS width UNION ALL SELECT 3600000) WHERE send_at > 0 GROUP BY 1, 2, 3, 4;

CREATE TRIGGER messages_scheduled_added AFTER INSERT ON messages WHEN NEW.send_at > 0 BEGIN
  INSERT INTO scheduled_counts VALUES (NEW.user_id, NEW.is_test, 60000, NEW.send_at / 60000, 1)
    ON CONFLICT DO UPDATE SET messages = messages + 1;
  INSERT INTO scheduled_counts VALUES (NEW.user_id, NEW.is_test, 3600000, NEW.send_at / 3600000, 1)
    ON CONFLICT DO UPDATE SET messages = messages + 1;
END;
CREATE TRIGGER messages_scheduled_moved_to AFTER UPDATE OF send_at ON messages WHEN NEW.send_at > 0 BEGIN
  INSERT INTO scheduled_counts VALUES (NEW.user_id, NEW.is_test, 60000, NEW.send_at / 60000, 1)
    ON CONFLICT DO UPDATE SET messages = messages + 1;
  INSERT INTO scheduled_counts VALUES (NEW.user_id, NEW.is_test, 3600000, NEW.send_at / 3600000, 1)
    ON CONFLICT DO UPDATE SET messages = messages + 1;
END;
CREATE TRIGGER messages_scheduled_moved_from AFTER UPDATE OF send_at ON messages WHEN OLD.send_at > 0 BEGIN
  UPDATE scheduled_counts SET messages = messages - 1
    WHERE user_id = OLD.user_id AND is_test = OLD.is_test AND width = 60000 AND slot = OLD.send_at / 60000;
  UPDATE scheduled_counts SET messages = messages - 1
    WHERE user_id = OLD.user_id AND is_test = OLD.is_test AND width = 3600000 AND slot = OLD.send_at / 3600000;
END;
CREATE TRIGGER messages_scheduled_deleted AFTER DELETE ON messages WHEN OLD.send_at > 0 BEGIN
  UPDATE scheduled_counts SET messages = messages - 1
    WHERE user_id = OLD.user_id AND is_test = OLD.is_test AND width = 60000 AND slot = OLD.send_at / 60000;
  UPDATE scheduled_counts SET messages = messages - 1
    WHERE user_id = OLD.user_id AND is_test = OLD.is_test AND width = 3600000 AND slot = OLD.send_at / 3600000;
END;
CREATE TRIGGER scheduled_counts_emptied AFTER UPDATE ON scheduled_counts WHEN NEW.messages = 0 BEGIN
  DELETE FROM scheduled_counts
    WHERE user_id = NEW.user_id AND is_test = NEW.is_test AND width = NEW.width AND slot = NEW.slot;
END;
