-- The hours of the day over any months at the cost of two of them: running totals instead of years.
--
-- through: the last month that is in them. A month that has a row in posture_month_hours has one here for each of the 24
-- hours. The sums of months are the one thing they are made from, however those come about.

DROP TABLE posture_year_hours;
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
END;

CREATE TABLE posture_hours_through (
    through    INTEGER NOT NULL,
    local_hour INTEGER NOT NULL,
    upright_s  INTEGER NOT NULL,
    slouched_s INTEGER NOT NULL,
    leaning_s  INTEGER NOT NULL,
    lying_s    INTEGER NOT NULL,
    moving_s   INTEGER NOT NULL,
    not_worn_s INTEGER NOT NULL,
    nudges     INTEGER NOT NULL,
    PRIMARY KEY (through, local_hour)
) STRICT, WITHOUT ROWID;

CREATE TABLE hours_of_the_day (local_hour INTEGER PRIMARY KEY) STRICT;
INSERT INTO hours_of_the_day
VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9), (10), (11), (12), (13), (14), (15), (16), (17), (18), (19), (20), (21),
    (22), (23);

INSERT INTO posture_hours_through
SELECT month, local_hour,
    SUM(COALESCE(upright_s, 0)) OVER earlier, SUM(COALESCE(slouched_s, 0)) OVER earlier, SUM(COALESCE(leaning_s, 0)) OVER earlier,
    SUM(COALESCE(lying_s, 0)) OVER earlier, SUM(COALESCE(moving_s, 0)) OVER earlier, SUM(COALESCE(not_worn_s, 0)) OVER earlier,
    SUM(COALESCE(nudges, 0)) OVER earlier
FROM (SELECT DISTINCT month FROM posture_month_hours) CROSS JOIN hours_of_the_day
    LEFT JOIN posture_month_hours USING (month, local_hour)
WINDOW earlier AS (PARTITION BY local_hour ORDER BY month);

-- The first of a month goes on from the month before. Later months have rows to change only when a record comes late.
CREATE TRIGGER posture_month_hour_begun AFTER INSERT ON posture_month_hours BEGIN
    INSERT INTO posture_hours_through
    SELECT NEW.month, hours_of_the_day.local_hour,
        COALESCE(upright_s, 0), COALESCE(slouched_s, 0), COALESCE(leaning_s, 0), COALESCE(lying_s, 0),
        COALESCE(moving_s, 0), COALESCE(not_worn_s, 0), COALESCE(nudges, 0)
    FROM hours_of_the_day LEFT JOIN posture_hours_through AS earlier ON earlier.local_hour = hours_of_the_day.local_hour
        AND earlier.through = (SELECT MAX(through) FROM posture_hours_through WHERE through < NEW.month)
    WHERE NOT EXISTS (SELECT 1 FROM posture_hours_through WHERE through = NEW.month);
    UPDATE posture_hours_through
    SET upright_s = upright_s + NEW.upright_s, slouched_s = slouched_s + NEW.slouched_s, leaning_s = leaning_s + NEW.leaning_s,
        lying_s = lying_s + NEW.lying_s, moving_s = moving_s + NEW.moving_s, not_worn_s = not_worn_s + NEW.not_worn_s,
        nudges = nudges + NEW.nudges
    WHERE through >= NEW.month AND local_hour = NEW.local_hour;
END;
CREATE TRIGGER posture_month_hour_grown AFTER UPDATE ON posture_month_hours BEGIN
    UPDATE posture_hours_through
    SET upright_s = upright_s + NEW.upright_s - OLD.upright_s, slouched_s = slouched_s + NEW.slouched_s - OLD.slouched_s,
        leaning_s = leaning_s + NEW.leaning_s - OLD.leaning_s, lying_s = lying_s + NEW.lying_s - OLD.lying_s,
        moving_s = moving_s + NEW.moving_s - OLD.moving_s, not_worn_s = not_worn_s + NEW.not_worn_s - OLD.not_worn_s,
        nudges = nudges + NEW.nudges - OLD.nudges
    WHERE through >= NEW.month AND local_hour = NEW.local_hour;
END;
CREATE TRIGGER posture_month_hour_gone AFTER DELETE ON posture_month_hours BEGIN
    UPDATE posture_hours_through
    SET upright_s = upright_s - OLD.upright_s, slouched_s = slouched_s - OLD.slouched_s, leaning_s = leaning_s - OLD.leaning_s,
        lying_s = lying_s - OLD.lying_s, moving_s = moving_s - OLD.moving_s, not_worn_s = not_worn_s - OLD.not_worn_s,
        nudges = nudges - OLD.nudges
    WHERE through >= OLD.month AND local_hour = OLD.local_hour;
END;
