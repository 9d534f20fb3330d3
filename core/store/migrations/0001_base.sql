-- Schema version 1. Names carry units; wall times are Unix milliseconds in UTC; a person's day is
-- local_day, whole days since 1970-01-01 in the person's own time. Never edit a released migration: add one.
PRAGMA application_id = 0x4C756D62; -- 'Lumb'

-- Everything that was commanded, changed or decided. Rows are only ever added.
CREATE TABLE audit (
    id         INTEGER PRIMARY KEY,
    at_ms      INTEGER NOT NULL,
    subject    TEXT NOT NULL,
    subject_id TEXT NOT NULL,
    action     TEXT NOT NULL,
    detail     TEXT NOT NULL CHECK (json_valid(detail))
) STRICT;
CREATE INDEX audit_of ON audit (subject, subject_id);
CREATE TRIGGER audit_keeps_rows BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
CREATE TRIGGER audit_keeps_values BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;

CREATE TABLE devices (
    device_id       TEXT PRIMARY KEY,
    model           TEXT NOT NULL,
    serial          TEXT NOT NULL,
    firmware        TEXT NOT NULL,
    hardware        TEXT NOT NULL,
    name            TEXT NOT NULL,
    link_id         TEXT UNIQUE,
    paired_at_ms    INTEGER NOT NULL,
    last_seen_ms    INTEGER NOT NULL,
    forgotten_at_ms INTEGER,
    UNIQUE (model, serial)
) STRICT;

CREATE TABLE intents (
    command_id       TEXT PRIMARY KEY,
    device_id        TEXT NOT NULL REFERENCES devices,
    session_id       INTEGER,
    kind             TEXT NOT NULL,
    sequence         INTEGER NOT NULL,
    boot_id          INTEGER,
    newest_before    INTEGER,
    expires_ticks_ms INTEGER,
    detail           TEXT NOT NULL CHECK (json_valid(detail)),
    saved_at_ms      INTEGER NOT NULL,
    outcome          TEXT NOT NULL DEFAULT 'pending' CHECK (outcome IN ('pending', 'confirmed', 'rejected', 'unknown')),
    settled_by       TEXT,
    reason           TEXT,
    settled_at_ms    INTEGER,
    CHECK (outcome <> 'pending' OR settled_at_ms IS NULL)
) STRICT;
CREATE INDEX intents_open ON intents (device_id) WHERE settled_at_ms IS NULL;
CREATE INDEX intents_by_time ON intents (saved_at_ms);
CREATE INDEX intents_by_session ON intents (device_id, session_id);

CREATE TABLE sessions (
    id                INTEGER PRIMARY KEY,
    device_id         TEXT NOT NULL REFERENCES devices,
    boot_id           INTEGER NOT NULL,
    session_id        INTEGER NOT NULL,
    programme         TEXT NOT NULL,
    planned_s         INTEGER NOT NULL,
    limit_dma         INTEGER NOT NULL,
    started_at_ms     INTEGER NOT NULL,
    utc_offset_s      INTEGER NOT NULL,
    local_day         INTEGER NOT NULL,
    ended_at_ms       INTEGER,
    outcome           TEXT,
    elapsed_s         INTEGER NOT NULL DEFAULT 0,
    max_delivered_dma INTEGER NOT NULL DEFAULT 0,
    dose_uncertain    INTEGER NOT NULL DEFAULT 0,
    telemetry         BLOB, -- last, so that reading the rest of a row never reads it
    UNIQUE (device_id, boot_id, session_id),
    CHECK ((ended_at_ms IS NULL) = (outcome IS NULL))
) STRICT;
CREATE INDEX sessions_by_start ON sessions (started_at_ms);
CREATE INDEX sessions_by_end ON sessions (ended_at_ms);
CREATE INDEX sessions_by_day ON sessions (local_day);

-- Telemetry of a session that is not sealed into its blob yet.
CREATE TABLE telemetry_tail (
    id      INTEGER PRIMARY KEY,
    session INTEGER NOT NULL REFERENCES sessions,
    samples BLOB NOT NULL
) STRICT;
CREATE INDEX telemetry_tail_of ON telemetry_tail (session);

CREATE TABLE session_events (
    id      INTEGER PRIMARY KEY,
    session INTEGER NOT NULL REFERENCES sessions,
    at_ms   INTEGER NOT NULL,
    kind    TEXT NOT NULL,
    detail  TEXT NOT NULL CHECK (json_valid(detail))
) STRICT;
CREATE INDEX session_events_of ON session_events (session);

CREATE TABLE pain (
    entry_id     TEXT PRIMARY KEY,
    at_ms        INTEGER NOT NULL,
    utc_offset_s INTEGER NOT NULL,
    local_day    INTEGER NOT NULL,
    score        INTEGER NOT NULL CHECK (score BETWEEN 0 AND 10),
    context      TEXT NOT NULL CHECK (context IN ('before_session', 'after_session', 'diary')),
    session      INTEGER REFERENCES sessions,
    place        TEXT NOT NULL,
    note         TEXT NOT NULL
) STRICT;
CREATE INDEX pain_by_time ON pain (at_ms);
CREATE INDEX pain_by_day ON pain (local_day);
CREATE INDEX pain_of_session ON pain (session) WHERE session IS NOT NULL;

CREATE TABLE screenings (
    id                    INTEGER PRIMARY KEY,
    at_ms                 INTEGER NOT NULL,
    questionnaire_version INTEGER NOT NULL,
    answers               TEXT NOT NULL CHECK (json_valid(answers)),
    outcome               TEXT NOT NULL
) STRICT;

-- The newest row of an owner, device and channel counts; limit_dma NULL takes the cap away.
CREATE TABLE caps (
    id        INTEGER PRIMARY KEY,
    owner     TEXT NOT NULL CHECK (owner IN ('user', 'clinician')),
    set_by    TEXT NOT NULL,
    device_id TEXT REFERENCES devices,
    channel   INTEGER NOT NULL,
    limit_dma INTEGER,
    set_at_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE calibrations (
    id                INTEGER PRIMARY KEY,
    device_id         TEXT NOT NULL REFERENCES devices,
    at_ms             INTEGER NOT NULL,
    neutral_pitch_ddeg INTEGER NOT NULL,
    neutral_roll_ddeg  INTEGER NOT NULL
) STRICT;
CREATE INDEX calibrations_of ON calibrations (device_id, at_ms);

-- Samples at full rate, some seconds or minutes a row. first_ticks_ms tells streams of one boot apart,
-- whose frame numbers all begin at 0.
CREATE TABLE posture_chunks (
    id             INTEGER PRIMARY KEY,
    device_id      TEXT NOT NULL REFERENCES devices,
    boot_id        INTEGER NOT NULL,
    first_ticks_ms INTEGER NOT NULL,
    first_frame    INTEGER NOT NULL,
    frame_count    INTEGER NOT NULL,
    interval_ms    INTEGER NOT NULL,
    sample_count   INTEGER NOT NULL,
    first_at_ms    INTEGER NOT NULL,
    utc_offset_s   INTEGER NOT NULL,
    samples        BLOB NOT NULL,
    UNIQUE (device_id, boot_id, first_ticks_ms)
) STRICT;
CREATE INDEX posture_chunks_by_time ON posture_chunks (first_at_ms);

CREATE TABLE posture_gaps (
    id         INTEGER PRIMARY KEY,
    device_id  TEXT NOT NULL REFERENCES devices,
    boot_id    INTEGER NOT NULL,
    from_frame INTEGER NOT NULL,
    to_frame   INTEGER NOT NULL CHECK (to_frame >= from_frame),
    at_ms      INTEGER NOT NULL
) STRICT;
CREATE INDEX posture_gaps_by_time ON posture_gaps (at_ms);

CREATE TABLE records (
    device_id TEXT NOT NULL REFERENCES devices,
    number    INTEGER NOT NULL,
    boot_id   INTEGER NOT NULL,
    kind      INTEGER NOT NULL,
    ticks_ms  INTEGER NOT NULL,
    at_ms     INTEGER,
    payload   BLOB NOT NULL,
    PRIMARY KEY (device_id, number, boot_id)
) STRICT, WITHOUT ROWID;

-- Minutes the device has judged; the record number makes a minute that is read twice count once.
CREATE TABLE posture_minutes (
    device_id       TEXT NOT NULL REFERENCES devices,
    record_number   INTEGER NOT NULL,
    boot_id         INTEGER NOT NULL,
    local_day       INTEGER,
    at_ms           INTEGER,
    upright_s       INTEGER NOT NULL,
    slouched_s      INTEGER NOT NULL,
    leaning_s       INTEGER NOT NULL,
    lying_s         INTEGER NOT NULL,
    moving_s        INTEGER NOT NULL,
    not_worn_s      INTEGER NOT NULL,
    mean_pitch_ddeg INTEGER NOT NULL,
    nudges          INTEGER NOT NULL,
    PRIMARY KEY (device_id, record_number, boot_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX posture_minutes_by_day ON posture_minutes (local_day) WHERE local_day IS NOT NULL;
