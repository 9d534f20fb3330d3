-- How the person wants their posture watched, and their daily goal. As with caps, rows are only added and the newest counts.
CREATE TABLE posture_settings (
    id        INTEGER PRIMARY KEY,
    set_at_ms INTEGER NOT NULL,
    settings  TEXT NOT NULL CHECK (json_valid(settings))
) STRICT;

-- A share of the time held still to be upright. grown_day and closed_day are local days: when it last grew, and the newest day
-- that was taken into account. Days in a row that were alike are counted in one of met_days and missed_days.
CREATE TABLE posture_goals (
    id            INTEGER PRIMARY KEY,
    set_at_ms     INTEGER NOT NULL,
    share_percent INTEGER NOT NULL CHECK (share_percent BETWEEN 0 AND 100),
    met_days      INTEGER NOT NULL CHECK (met_days BETWEEN 0 AND 255),
    missed_days   INTEGER NOT NULL CHECK (missed_days BETWEEN 0 AND 255),
    grown_day     INTEGER,
    closed_day    INTEGER,
    CHECK (met_days = 0 OR missed_days = 0)
) STRICT;

-- Where the sensor's face points, and how well upright is known; nothing is known of the latter for earlier calibrations.
ALTER TABLE calibrations ADD COLUMN turn TEXT NOT NULL DEFAULT 'ahead' CHECK (turn IN ('ahead', 'left', 'behind', 'right'));
ALTER TABLE calibrations ADD COLUMN sample_count INTEGER;
ALTER TABLE calibrations ADD COLUMN spread_ddeg INTEGER;
ALTER TABLE calibrations ADD COLUMN drift_ddeg INTEGER;
