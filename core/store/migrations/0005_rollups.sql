-- What history screens ask for, so that none of them reads minutes or samples. Triggers keep it up in the very transaction that
-- changes what it is made of, whatever the order in which that comes.

-- The zone the person lived in from a time on, by its IANA name, as their phone told it. Rows are only added.
CREATE TABLE zones (
    since_ms INTEGER PRIMARY KEY,
    zone     TEXT NOT NULL
) STRICT;

-- The hour of the person's day. For minutes from before, by the offset of the session that began last before them. A clock may
-- have stood before 1970.
ALTER TABLE posture_minutes ADD COLUMN local_hour INTEGER CHECK (local_hour BETWEEN 0 AND 23);
UPDATE posture_minutes SET local_hour = ((COALESCE(at_ms, 0) / 1000 + COALESCE(
    (SELECT utc_offset_s FROM sessions WHERE started_at_ms <= at_ms ORDER BY started_at_ms DESC LIMIT 1), 0)) / 3600 % 24 + 24) % 24
WHERE local_day IS NOT NULL;

-- A row for each of the person's days with something in it. A session whose start was refused is none. pitch_ddeg_s is the sum
-- of mean pitch times seconds worn.
CREATE TABLE days (
    local_day          INTEGER PRIMARY KEY,
    sessions           INTEGER NOT NULL DEFAULT 0,
    uncertain_sessions INTEGER NOT NULL DEFAULT 0,
    stimulated_s       INTEGER NOT NULL DEFAULT 0,
    pain_entries       INTEGER NOT NULL DEFAULT 0,
    pain_sum           INTEGER NOT NULL DEFAULT 0,
    pain_lowest        INTEGER,
    pain_highest       INTEGER,
    upright_s          INTEGER NOT NULL DEFAULT 0,
    slouched_s         INTEGER NOT NULL DEFAULT 0,
    leaning_s          INTEGER NOT NULL DEFAULT 0,
    lying_s            INTEGER NOT NULL DEFAULT 0,
    moving_s           INTEGER NOT NULL DEFAULT 0,
    not_worn_s         INTEGER NOT NULL DEFAULT 0,
    pitch_ddeg_s       INTEGER NOT NULL DEFAULT 0,
    nudges             INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE posture_hours (
    local_day  INTEGER NOT NULL,
    local_hour INTEGER NOT NULL,
    upright_s  INTEGER NOT NULL,
    slouched_s INTEGER NOT NULL,
    leaning_s  INTEGER NOT NULL,
    lying_s    INTEGER NOT NULL,
    moving_s   INTEGER NOT NULL,
    not_worn_s INTEGER NOT NULL,
    nudges     INTEGER NOT NULL,
    PRIMARY KEY (local_day, local_hour)
) STRICT, WITHOUT ROWID;

-- month: months since 1970-01 on the person's calendar.
CREATE TABLE posture_month_hours (
    month      INTEGER NOT NULL,
    local_hour INTEGER NOT NULL,
    upright_s  INTEGER NOT NULL,
    slouched_s INTEGER NOT NULL,
    leaning_s  INTEGER NOT NULL,
    lying_s    INTEGER NOT NULL,
    moving_s   INTEGER NOT NULL,
    not_worn_s INTEGER NOT NULL,
    nudges     INTEGER NOT NULL,
    PRIMARY KEY (month, local_hour)
) STRICT, WITHOUT ROWID;

INSERT INTO days (local_day, upright_s, slouched_s, leaning_s, lying_s, moving_s, not_worn_s, pitch_ddeg_s, nudges)
SELECT local_day, SUM(upright_s), SUM(slouched_s), SUM(leaning_s), SUM(lying_s), SUM(moving_s), SUM(not_worn_s),
    SUM(mean_pitch_ddeg * (upright_s + slouched_s + leaning_s + lying_s + moving_s)), SUM(nudges)
FROM posture_minutes WHERE local_day IS NOT NULL GROUP BY local_day;

INSERT INTO posture_hours
SELECT local_day, local_hour, SUM(upright_s), SUM(slouched_s), SUM(leaning_s), SUM(lying_s), SUM(moving_s), SUM(not_worn_s),
    SUM(nudges)
FROM posture_minutes WHERE local_day IS NOT NULL GROUP BY local_day, local_hour;

INSERT INTO posture_month_hours
SELECT (strftime('%Y', local_day * 86400, 'unixepoch') - 1970) * 12 + strftime('%m', local_day * 86400, 'unixepoch') - 1 AS month,
    local_hour, SUM(upright_s), SUM(slouched_s), SUM(leaning_s), SUM(lying_s), SUM(moving_s), SUM(not_worn_s), SUM(nudges)
FROM posture_hours GROUP BY month, local_hour;

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
END;
-- What was counted can't change under its roll-ups.
CREATE TRIGGER posture_minutes_stay BEFORE UPDATE ON posture_minutes WHEN OLD.local_day IS NOT NULL
    BEGIN SELECT RAISE(ABORT, 'a minute that is counted stays'); END;
CREATE TRIGGER posture_minutes_stay_there BEFORE DELETE ON posture_minutes
    BEGIN SELECT RAISE(ABORT, 'a minute stays'); END;

-- A day has few sessions and entries: they are summed anew.
INSERT INTO days (local_day) SELECT DISTINCT local_day FROM sessions WHERE true ON CONFLICT DO NOTHING;
INSERT INTO days (local_day) SELECT DISTINCT local_day FROM pain WHERE true ON CONFLICT DO NOTHING;
UPDATE days SET (sessions, uncertain_sessions, stimulated_s) = (
        SELECT COUNT(*), COUNT(*) FILTER (WHERE dose_uncertain OR ended_at_ms IS NULL),
            COALESCE(SUM(IIF(dose_uncertain OR ended_at_ms IS NULL, MAX(planned_s, elapsed_s), elapsed_s)), 0)
        FROM sessions WHERE sessions.local_day = days.local_day AND outcome IS NOT 'not_begun'),
    (pain_entries, pain_sum, pain_lowest, pain_highest) = (
        SELECT COUNT(*), COALESCE(SUM(score), 0), MIN(score), MAX(score)
        FROM pain WHERE pain.local_day = days.local_day);

CREATE TRIGGER session_counts AFTER INSERT ON sessions BEGIN
    INSERT INTO days (local_day) VALUES (NEW.local_day) ON CONFLICT DO NOTHING;
    UPDATE days SET (sessions, uncertain_sessions, stimulated_s) = (
        SELECT COUNT(*), COUNT(*) FILTER (WHERE dose_uncertain OR ended_at_ms IS NULL),
            COALESCE(SUM(IIF(dose_uncertain OR ended_at_ms IS NULL, MAX(planned_s, elapsed_s), elapsed_s)), 0)
        FROM sessions WHERE sessions.local_day = days.local_day AND outcome IS NOT 'not_begun')
    WHERE local_day = NEW.local_day;
END;
-- Telemetry of an open session moves nothing here: it counts as planned.
CREATE TRIGGER session_counts_anew AFTER UPDATE OF local_day, planned_s, elapsed_s, ended_at_ms, outcome, dose_uncertain ON sessions
WHEN OLD.ended_at_ms IS NOT NULL OR NEW.ended_at_ms IS NOT NULL OR NEW.elapsed_s > NEW.planned_s
    OR OLD.local_day <> NEW.local_day OR OLD.planned_s <> NEW.planned_s
BEGIN
    INSERT INTO days (local_day) VALUES (NEW.local_day) ON CONFLICT DO NOTHING;
    UPDATE days SET (sessions, uncertain_sessions, stimulated_s) = (
        SELECT COUNT(*), COUNT(*) FILTER (WHERE dose_uncertain OR ended_at_ms IS NULL),
            COALESCE(SUM(IIF(dose_uncertain OR ended_at_ms IS NULL, MAX(planned_s, elapsed_s), elapsed_s)), 0)
        FROM sessions WHERE sessions.local_day = days.local_day AND outcome IS NOT 'not_begun')
    WHERE local_day IN (OLD.local_day, NEW.local_day);
END;
CREATE TRIGGER session_counts_no_more AFTER DELETE ON sessions BEGIN
    UPDATE days SET (sessions, uncertain_sessions, stimulated_s) = (
        SELECT COUNT(*), COUNT(*) FILTER (WHERE dose_uncertain OR ended_at_ms IS NULL),
            COALESCE(SUM(IIF(dose_uncertain OR ended_at_ms IS NULL, MAX(planned_s, elapsed_s), elapsed_s)), 0)
        FROM sessions WHERE sessions.local_day = days.local_day AND outcome IS NOT 'not_begun')
    WHERE local_day = OLD.local_day;
END;

CREATE TRIGGER pain_counts AFTER INSERT ON pain BEGIN
    INSERT INTO days (local_day) VALUES (NEW.local_day) ON CONFLICT DO NOTHING;
    UPDATE days SET (pain_entries, pain_sum, pain_lowest, pain_highest) = (
        SELECT COUNT(*), COALESCE(SUM(score), 0), MIN(score), MAX(score)
        FROM pain WHERE pain.local_day = days.local_day)
    WHERE local_day = NEW.local_day;
END;
CREATE TRIGGER pain_counts_anew AFTER UPDATE OF local_day, score ON pain
BEGIN
    INSERT INTO days (local_day) VALUES (NEW.local_day) ON CONFLICT DO NOTHING;
    UPDATE days SET (pain_entries, pain_sum, pain_lowest, pain_highest) = (
        SELECT COUNT(*), COALESCE(SUM(score), 0), MIN(score), MAX(score)
        FROM pain WHERE pain.local_day = days.local_day)
    WHERE local_day IN (OLD.local_day, NEW.local_day);
END;
CREATE TRIGGER pain_counts_no_more AFTER DELETE ON pain BEGIN
    UPDATE days SET (pain_entries, pain_sum, pain_lowest, pain_highest) = (
        SELECT COUNT(*), COALESCE(SUM(score), 0), MIN(score), MAX(score)
        FROM pain WHERE pain.local_day = days.local_day)
    WHERE local_day = OLD.local_day;
END;
