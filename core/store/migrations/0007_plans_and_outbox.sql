-- Plans with what was done of them, what waits for the clinic's server, and what is known of that server.

-- One connection at most. Its tokens are in the key store, never here. connection_id is used once: who forgets a connection and makes
-- another finds nothing of the first under the new name.
CREATE TABLE sync_connection (
    id               INTEGER PRIMARY KEY CHECK (id = 1),
    connection_id    TEXT NOT NULL,
    base_url         TEXT NOT NULL,
    client_id        TEXT NOT NULL,
    patient_id       TEXT NOT NULL,
    connected_at_ms  INTEGER NOT NULL,
    capability       TEXT CHECK (json_valid(capability)),
    capability_at_ms INTEGER,
    last_good_ms     INTEGER,
    -- The server's clock less the phone's.
    clock_skew_ms    INTEGER,
    failures         INTEGER NOT NULL DEFAULT 0 CHECK (failures >= 0),
    next_try_at_ms   INTEGER,
    CHECK ((capability IS NULL) = (capability_at_ms IS NULL))
) STRICT;

-- Up to where each type was downloaded: a moment of the server's clock, in the server's own writing.
CREATE TABLE sync_watermarks (
    resource_type TEXT PRIMARY KEY,
    connection    INTEGER NOT NULL DEFAULT 1 REFERENCES sync_connection ON DELETE CASCADE,
    watermark     TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- What was downloaded, byte by byte as it came: what this version does not understand, a later one may. The bytes come last, so that
-- reading the rest of a row never reads them.
CREATE TABLE downloads (
    resource_type  TEXT NOT NULL,
    resource_id    TEXT NOT NULL,
    connection     INTEGER NOT NULL DEFAULT 1 REFERENCES sync_connection ON DELETE CASCADE,
    version        TEXT NOT NULL,
    received_at_ms INTEGER NOT NULL,
    -- When it was found to be on the server no more.
    gone_at_ms     INTEGER,
    bytes          BLOB NOT NULL,
    PRIMARY KEY (resource_type, resource_id)
) STRICT;

-- What is to be sent. The order of id is the order of queueing, and the rows of a group follow one another. What was queued was made for
-- this patient on this server, and goes when the connection goes. Bytes that have arrived are dropped.
CREATE TABLE outbox (
    id             INTEGER PRIMARY KEY,
    entry_id       TEXT NOT NULL UNIQUE,
    group_id       TEXT NOT NULL,
    connection     INTEGER NOT NULL DEFAULT 1 REFERENCES sync_connection ON DELETE CASCADE,
    resource_type  TEXT NOT NULL,
    resource_id    TEXT NOT NULL,
    version        INTEGER NOT NULL CHECK (version > 0),
    queued_at_ms   INTEGER NOT NULL,
    state          TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'in_flight', 'acked', 'dead')),
    attempts       INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    next_try_at_ms INTEGER CHECK (next_try_at_ms IS NULL OR state = 'pending'),
    acked_at_ms    INTEGER,
    etag           TEXT CHECK (etag IS NULL OR state = 'acked'),
    -- What the server said, which may quote what was sent.
    reason         TEXT CHECK (reason IS NULL OR state = 'dead'),
    byte_count     INTEGER NOT NULL CHECK (byte_count > 0),
    bytes          BLOB CHECK (length(bytes) = byte_count),
    UNIQUE (group_id, resource_type, resource_id),
    CHECK ((bytes IS NULL) = (state = 'acked')),
    CHECK ((acked_at_ms IS NULL) = (state <> 'acked'))
) STRICT;
CREATE INDEX outbox_open ON outbox (id) WHERE state IN ('pending', 'in_flight');
CREATE INDEX outbox_of_resource ON outbox (resource_type, resource_id, id);
CREATE TRIGGER outbox_keeps_values BEFORE UPDATE OF id, entry_id, group_id, connection, resource_type, resource_id, version,
    queued_at_ms, byte_count ON outbox
    BEGIN SELECT RAISE(ABORT, 'what was queued is kept'); END;
CREATE TRIGGER outbox_keeps_bytes BEFORE UPDATE OF bytes ON outbox WHEN NEW.bytes IS NOT NULL OR NEW.state <> 'acked'
    BEGIN SELECT RAISE(ABORT, 'what was queued is kept'); END;
CREATE TRIGGER outbox_keeps_acknowledgements BEFORE UPDATE ON outbox WHEN OLD.state = 'acked'
    BEGIN SELECT RAISE(ABORT, 'an acknowledgement is kept'); END;
CREATE TRIGGER outbox_keeps_rows BEFORE DELETE ON outbox
    WHEN OLD.state <> 'acked' AND EXISTS (SELECT 1 FROM sync_connection)
    BEGIN SELECT RAISE(ABORT, 'what was queued is kept until it has arrived'); END;

-- Every version of every plan. The highest id of a plan is the version in force: what was received last. The document is JSON of the
-- caller's; the columns beside it are what is asked for.
CREATE TABLE plans (
    id             INTEGER PRIMARY KEY,
    plan_id        TEXT NOT NULL,
    version        TEXT NOT NULL,
    source         TEXT NOT NULL CHECK (source IN ('clinic', 'own')),
    status         TEXT NOT NULL CHECK (status IN ('active', 'on_hold', 'ended', 'withdrawn')),
    received_at_ms INTEGER NOT NULL,
    document       TEXT NOT NULL CHECK (json_valid(document)),
    UNIQUE (plan_id, version)
) STRICT;
CREATE TRIGGER plans_keep_rows BEFORE DELETE ON plans BEGIN SELECT RAISE(ABORT, 'a plan is kept'); END;

CREATE TABLE exercise_log (
    entry_id    TEXT PRIMARY KEY,
    plan_id     TEXT,
    local_day   INTEGER NOT NULL,
    exercise    TEXT NOT NULL,
    saved_at_ms INTEGER NOT NULL,
    document    TEXT NOT NULL CHECK (json_valid(document))
) STRICT;
CREATE INDEX exercise_log_by_day ON exercise_log (local_day, saved_at_ms);

CREATE TABLE goals (
    goal_id     TEXT PRIMARY KEY,
    plan_id     TEXT,
    status      TEXT NOT NULL CHECK (status IN ('open', 'reached', 'given_up')),
    saved_at_ms INTEGER NOT NULL,
    document    TEXT NOT NULL CHECK (json_valid(document))
) STRICT;

CREATE TABLE goal_progress (
    entry_id    TEXT PRIMARY KEY,
    goal_id     TEXT NOT NULL REFERENCES goals,
    local_day   INTEGER NOT NULL,
    saved_at_ms INTEGER NOT NULL,
    document    TEXT NOT NULL CHECK (json_valid(document))
) STRICT;
CREATE INDEX goal_progress_of ON goal_progress (goal_id, local_day);
