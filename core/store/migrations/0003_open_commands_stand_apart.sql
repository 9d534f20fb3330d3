-- A command is saved before its first byte leaves, so what saving takes is on the way of every tap. An open command stands in a
-- small table without an index, which is one page to encrypt and write; settled, it moves to the many.
DROP TRIGGER intents_keep_rows;
DROP TRIGGER intents_keep_values;
DROP TRIGGER intents_settle_once;
ALTER TABLE intents RENAME TO intents_before_3;

CREATE TABLE intents (
    id               INTEGER PRIMARY KEY,
    command_id       TEXT NOT NULL,
    device_id        TEXT NOT NULL REFERENCES devices,
    session_id       INTEGER,
    kind             TEXT NOT NULL,
    sequence         INTEGER NOT NULL,
    boot_id          INTEGER,
    newest_before    INTEGER,
    expires_ticks_ms INTEGER,
    detail           TEXT NOT NULL CHECK (json_valid(detail)),
    saved_at_ms      INTEGER NOT NULL,
    outcome          TEXT NOT NULL DEFAULT 'pending' CHECK (outcome IN ('pending', 'unknown')),
    settled_by       TEXT,
    reason           TEXT
) STRICT;

CREATE TABLE commands (
    id               INTEGER PRIMARY KEY,
    command_id       TEXT NOT NULL UNIQUE,
    device_id        TEXT NOT NULL REFERENCES devices,
    session_id       INTEGER,
    kind             TEXT NOT NULL,
    sequence         INTEGER NOT NULL,
    boot_id          INTEGER,
    newest_before    INTEGER,
    expires_ticks_ms INTEGER,
    detail           TEXT NOT NULL CHECK (json_valid(detail)),
    saved_at_ms      INTEGER NOT NULL,
    outcome          TEXT NOT NULL CHECK (outcome IN ('confirmed', 'rejected', 'unknown')),
    settled_by       TEXT,
    reason           TEXT,
    settled_at_ms    INTEGER NOT NULL
) STRICT;

INSERT INTO intents (command_id, device_id, session_id, kind, sequence, boot_id, newest_before, expires_ticks_ms, detail,
        saved_at_ms, outcome, settled_by, reason)
    SELECT command_id, device_id, session_id, kind, sequence, boot_id, newest_before, expires_ticks_ms, detail,
        saved_at_ms, outcome, settled_by, reason
    FROM intents_before_3 WHERE settled_at_ms IS NULL ORDER BY rowid;
INSERT INTO commands (command_id, device_id, session_id, kind, sequence, boot_id, newest_before, expires_ticks_ms, detail,
        saved_at_ms, outcome, settled_by, reason, settled_at_ms)
    SELECT command_id, device_id, session_id, kind, sequence, boot_id, newest_before, expires_ticks_ms, detail,
        saved_at_ms, outcome, settled_by, reason, settled_at_ms
    FROM intents_before_3 WHERE settled_at_ms IS NOT NULL ORDER BY rowid;
DROP TABLE intents_before_3;
CREATE INDEX commands_by_time ON commands (saved_at_ms);

CREATE VIEW every_command AS
    SELECT id, command_id, device_id, session_id, kind, sequence, boot_id, newest_before, expires_ticks_ms, detail,
        saved_at_ms, outcome, settled_by, reason, settled_at_ms FROM commands
    UNION ALL
    SELECT id, command_id, device_id, session_id, kind, sequence, boot_id, newest_before, expires_ticks_ms, detail,
        saved_at_ms, outcome, settled_by, reason, NULL FROM intents;

CREATE TRIGGER intents_never_twice BEFORE INSERT ON intents
    WHEN EXISTS (SELECT 1 FROM every_command WHERE command_id = NEW.command_id)
    BEGIN SELECT RAISE(ABORT, 'a command is kept under its id'); END;
CREATE TRIGGER intents_keep_values BEFORE UPDATE OF command_id, device_id, session_id, kind, sequence, boot_id,
    newest_before, expires_ticks_ms, detail, saved_at_ms ON intents
    BEGIN SELECT RAISE(ABORT, 'what was commanded is kept'); END;
CREATE TRIGGER intents_keep_rows BEFORE DELETE ON intents
    WHEN NOT EXISTS (
        SELECT 1 FROM commands WHERE command_id = OLD.command_id AND device_id = OLD.device_id
            AND session_id IS OLD.session_id AND kind = OLD.kind AND sequence = OLD.sequence AND boot_id IS OLD.boot_id
            AND newest_before IS OLD.newest_before AND expires_ticks_ms IS OLD.expires_ticks_ms
            AND detail = OLD.detail AND saved_at_ms = OLD.saved_at_ms)
    BEGIN SELECT RAISE(ABORT, 'an open command is kept until it is settled'); END;
CREATE TRIGGER commands_keep_rows BEFORE DELETE ON commands BEGIN SELECT RAISE(ABORT, 'commands are kept'); END;
CREATE TRIGGER commands_keep_values BEFORE UPDATE ON commands
    BEGIN SELECT RAISE(ABORT, 'a settled command is kept'); END;
