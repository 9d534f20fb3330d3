-- Raw posture for years: what streams in waits in a few slots, and is sealed into chunks of some ten minutes.

-- A sealed chunk holds what was appended in several parts. What is true of the first part stands in the row itself; `parts` tells of all
-- of them, and is NULL where there is one. frame_count and sample_count are of the whole, last_at_ms is when the last part began. The
-- samples come last, so that reading the rest of a row never reads them.
CREATE TABLE posture_sealed (
    id             INTEGER PRIMARY KEY,
    device_id      TEXT NOT NULL REFERENCES devices,
    boot_id        INTEGER NOT NULL,
    first_ticks_ms INTEGER NOT NULL,
    first_frame    INTEGER NOT NULL,
    frame_count    INTEGER NOT NULL,
    interval_ms    INTEGER NOT NULL,
    sample_count   INTEGER NOT NULL,
    first_at_ms    INTEGER NOT NULL,
    last_at_ms     INTEGER NOT NULL,
    utc_offset_s   INTEGER NOT NULL,
    parts          BLOB,
    samples        BLOB NOT NULL,
    UNIQUE (device_id, boot_id, first_ticks_ms)
) STRICT;
INSERT INTO posture_sealed
SELECT id, device_id, boot_id, first_ticks_ms, first_frame, frame_count, interval_ms, sample_count, first_at_ms, first_at_ms,
    utc_offset_s, NULL, samples
FROM posture_chunks ORDER BY id;
DROP TABLE posture_chunks;
ALTER TABLE posture_sealed RENAME TO posture_chunks;
-- With what is counted in it, so that counting reads no row.
CREATE INDEX posture_chunks_by_time ON posture_chunks (first_at_ms, last_at_ms, frame_count, sample_count);

-- A slot is as long as any other and is written over, so that saving some seconds of posture changes a single page. What it holds counts
-- while its number, the first eight bytes of `part`, is above posture_sealing.sealed: sealing raises that and leaves the slots as they are.
CREATE TABLE posture_tail (
    slot INTEGER PRIMARY KEY,
    part BLOB NOT NULL
) STRICT;
CREATE TABLE posture_sealing (
    id     INTEGER PRIMARY KEY CHECK (id = 1),
    sealed INTEGER NOT NULL CHECK (sealed >= 0)
) STRICT;
INSERT INTO posture_sealing VALUES (1, 0);

-- How long raw samples are kept; NULL: for good. As with caps, rows are only added and the newest counts.
CREATE TABLE raw_retentions (
    id        INTEGER PRIMARY KEY,
    set_at_ms INTEGER NOT NULL,
    keep_days INTEGER CHECK (keep_days >= 30)
) STRICT;
-- What was received and is kept no more, by the day in UTC, so that it stays counted.
CREATE TABLE posture_dropped (
    utc_day      INTEGER PRIMARY KEY,
    frame_count  INTEGER NOT NULL,
    sample_count INTEGER NOT NULL
) STRICT;

-- The hour of the day over a whole year of the person's calendar: years cost no more than one.
CREATE TABLE posture_year_hours (
    year       INTEGER NOT NULL,
    local_hour INTEGER NOT NULL,
    upright_s  INTEGER NOT NULL,
    slouched_s INTEGER NOT NULL,
    leaning_s  INTEGER NOT NULL,
    lying_s    INTEGER NOT NULL,
    moving_s   INTEGER NOT NULL,
    not_worn_s INTEGER NOT NULL,
    nudges     INTEGER NOT NULL,
    PRIMARY KEY (year, local_hour)
) STRICT, WITHOUT ROWID;
INSERT INTO posture_year_hours
SELECT CAST(strftime('%Y', local_day * 86400, 'unixepoch') AS INTEGER) AS year,
    local_hour, SUM(upright_s), SUM(slouched_s), SUM(leaning_s), SUM(lying_s), SUM(moving_s), SUM(not_worn_s), SUM(nudges)
FROM posture_hours GROUP BY year, local_hour;

DROP TRIGGER posture_minute_counts;
CREATE TRIGGER posture_minute_counts AFTER INSERT ON posture_minutes WHEN NEW.local_day IS NOT NULL BEGIN
    INSERT INTO days (local_day, upright_s, slouched_s, leaning_s, lying_s, moving_s, not_worn_s, pitch_ddeg_s, nudges)
    VALUES (NEW.local_day, NEW.upright_s, NEW.slouched_s, NEW.leaning_s, NEW.lying_s, NEW.moving_s, NEW.not_worn_s,
        NEW.mean_pitch_ddeg * (NEW.upright_s + NEW.slouched_s + NEW.leaning_s + NEW.lying_s + NEW.moving_s), NEW.nudges)
    ON CONFLICT DO UPDATE SET upright_s = upright_s + excluded.upright_s, slouched_s = slouched_s + excluded.slouched_s,
        leaning_s = leaning_s + excluded.leaning_s, lying_s = lying_s + excluded.lying_s,
        moving_s = moving_s + excluded.moving_s, not_worn_s = not_worn_s + excluded.not_worn_s,
        pitch_ddeg_s = pitch_ddeg_s + excluded.pitch_ddeg_s, nudges = nudges + excluded.nudges;
    INSERT INTO posture_hours VALUES (NEW.local_day, NEW.local_hour, NEW.upright_s, NEW.slouched_s, NEW.leaning_s,
        NEW.lying_s, NEW.moving_s, NEW.not_worn_s, NEW.nudges)
    ON CONFLICT DO UPDATE SET upright_s = upright_s + excluded.upright_s, slouched_s = slouched_s + excluded.slouched_s,
        leaning_s = leaning_s + excluded.leaning_s, lying_s = lying_s + excluded.lying_s,
        moving_s = moving_s + excluded.moving_s, not_worn_s = not_worn_s + excluded.not_worn_s,
        nudges = nudges + excluded.nudges;
    INSERT INTO posture_month_hours VALUES (
        (strftime('%Y', NEW.local_day * 86400, 'unixepoch') - 1970) * 12
            + strftime('%m', NEW.local_day * 86400, 'unixepoch') - 1,
        NEW.local_hour, NEW.upright_s, NEW.slouched_s, NEW.leaning_s, NEW.lying_s, NEW.moving_s, NEW.not_worn_s,
        NEW.nudges)
    ON CONFLICT DO UPDATE SET upright_s = upright_s + excluded.upright_s, slouched_s = slouched_s + excluded.slouched_s,
        leaning_s = leaning_s + excluded.leaning_s, lying_s = lying_s + excluded.lying_s,
        moving_s = moving_s + excluded.moving_s, not_worn_s = not_worn_s + excluded.not_worn_s,
        nudges = nudges + excluded.nudges;
    INSERT INTO posture_year_hours VALUES (CAST(strftime('%Y', NEW.local_day * 86400, 'unixepoch') AS INTEGER),
        NEW.local_hour, NEW.upright_s, NEW.slouched_s, NEW.leaning_s, NEW.lying_s, NEW.moving_s, NEW.not_worn_s,
        NEW.nudges)
    ON CONFLICT DO UPDATE SET upright_s = upright_s + excluded.upright_s, slouched_s = slouched_s + excluded.slouched_s,
        leaning_s = leaning_s + excluded.leaning_s, lying_s = lying_s + excluded.lying_s,
        moving_s = moving_s + excluded.moving_s, not_worn_s = not_worn_s + excluded.not_worn_s,
        nudges = nudges + excluded.nudges;
END;

-- Pain with places, qualities and the last 24 hours; an entry for each day; questionnaires; checks of the red flags.

-- sites and qualities: words, as JSON arrays. An entry from before has its place alone.
ALTER TABLE pain ADD COLUMN sites TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(sites));
ALTER TABLE pain ADD COLUMN qualities TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(qualities));
ALTER TABLE pain ADD COLUMN worst INTEGER CHECK (worst BETWEEN 0 AND 10);
ALTER TABLE pain ADD COLUMN average INTEGER CHECK (average BETWEEN 0 AND 10);
-- The order in which pain was told, an entry that says something else by an edit anew: what a check has covered must not depend
-- on a clock.
ALTER TABLE pain ADD COLUMN told INTEGER NOT NULL DEFAULT 0;
CREATE INDEX pain_by_told ON pain (told);

-- A check of the red flags stands among the screenings: what counts is the order of both. told: the newest pain by then.
ALTER TABLE screenings ADD COLUMN part TEXT NOT NULL DEFAULT 'all' CHECK (part IN ('all', 'red_flags'));
ALTER TABLE screenings ADD COLUMN told INTEGER NOT NULL DEFAULT 0;

-- How a day was. NULL: not said.
CREATE TABLE wellbeing (
    local_day     INTEGER PRIMARY KEY,
    saved_at_ms   INTEGER NOT NULL,
    stiffness_min INTEGER CHECK (stiffness_min BETWEEN 0 AND 1440),
    sleep_quality INTEGER CHECK (sleep_quality BETWEEN 0 AND 10),
    sleep_min     INTEGER CHECK (sleep_min BETWEEN 0 AND 1440),
    heat          INTEGER NOT NULL CHECK (heat IN (0, 1)),
    cold          INTEGER NOT NULL CHECK (cold IN (0, 1)),
    activity      TEXT,
    triggers      TEXT NOT NULL CHECK (json_valid(triggers)),
    note          TEXT NOT NULL
) STRICT;

CREATE TABLE medications (
    local_day INTEGER NOT NULL REFERENCES wellbeing,
    position  INTEGER NOT NULL,
    name      TEXT NOT NULL,
    dose      TEXT NOT NULL,
    PRIMARY KEY (local_day, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE questionnaires (
    entry_id     TEXT PRIMARY KEY,
    at_ms        INTEGER NOT NULL,
    utc_offset_s INTEGER NOT NULL,
    local_day    INTEGER NOT NULL,
    form         TEXT NOT NULL,
    answers      TEXT NOT NULL CHECK (json_valid(answers)),
    score        REAL NOT NULL
) STRICT;
CREATE INDEX questionnaires_by_time ON questionnaires (at_ms);
CREATE INDEX questionnaires_by_day ON questionnaires (form, local_day);

-- Moments at which a wearable's ticks and the phone's clock were read together: what was dated by a clock that stood wrong can be
-- moved to where it belongs. In the order of id; audit_id is the newest row of the audit then, so that what the person
-- told meanwhile is known to have been told between two marks.
CREATE TABLE clock_marks (
    id            INTEGER PRIMARY KEY,
    device_id     TEXT NOT NULL REFERENCES devices,
    boot_id       INTEGER NOT NULL,
    ticks_ms      INTEGER NOT NULL,
    wall_ms       INTEGER NOT NULL,
    audit_id      INTEGER NOT NULL,
    -- To be added to wall_ms to be right, as far as is known.
    correction_ms INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX clock_marks_of ON clock_marks (device_id, id);

-- The correction that the times of the row contain already.
ALTER TABLE pain ADD COLUMN clock_correction_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN clock_correction_ms INTEGER NOT NULL DEFAULT 0;

-- What a minute was like stays; when it was may be found out. Who changes that sums the roll-ups of the days concerned anew.
DROP TRIGGER posture_minutes_stay;
CREATE TRIGGER posture_minutes_stay BEFORE UPDATE OF device_id, record_number, boot_id, upright_s, slouched_s, leaning_s, lying_s,
    moving_s, not_worn_s, mean_pitch_ddeg, nudges ON posture_minutes
    BEGIN SELECT RAISE(ABORT, 'a minute stays as it was'); END;
