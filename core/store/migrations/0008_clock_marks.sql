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
