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
