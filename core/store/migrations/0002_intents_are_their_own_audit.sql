-- A command's row says by itself when it was saved and how it was settled, so it needs no more rows in the audit; what those
-- were kept from, this one is kept from now. Every page less is a sooner first byte.
DROP INDEX intents_by_session;
CREATE TRIGGER intents_keep_rows BEFORE DELETE ON intents BEGIN SELECT RAISE(ABORT, 'commands are kept'); END;
CREATE TRIGGER intents_keep_values BEFORE UPDATE OF command_id, device_id, session_id, kind, sequence, boot_id,
    newest_before, expires_ticks_ms, detail, saved_at_ms ON intents
    BEGIN SELECT RAISE(ABORT, 'what was commanded is kept'); END;
CREATE TRIGGER intents_settle_once BEFORE UPDATE ON intents WHEN OLD.settled_at_ms IS NOT NULL
    BEGIN SELECT RAISE(ABORT, 'a settled command is kept'); END;
