//! The questions of history asked of raw samples instead of roll-ups: of `DuckDB`, and of rows in SQLite. All three must answer the same.
//!
//! Roll-ups are made before anybody asks, so to be faster than a scan is no feat of theirs: the ratios are guards. The window at full rate
//! is the one question that reads samples in the store as well.

use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use lumbra::store::{FileKeyStore, PostureSample, PostureSeconds, Store};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use crate::BenchError;
use crate::raw::{CLASSES, RATE_HZ};
use crate::report::{Case, Goal, Report, median_ms};
use crate::seed::END;

const DAY_MS: i64 = 86_400_000;
const WINDOW_MS: i64 = 600_000;
/// How far answers may be apart: sums are of whole samples and come out the same, shares and means are rounded by each engine its own
/// way.
const APART: f64 = 1e-9;
const WARM: usize = 21;
/// A scan of millions of rows takes seconds, and varies little.
const SCANS: usize = 1;

type Rows = Vec<Vec<f64>>;

/// A question in the words of both engines; they differ in how they divide whole numbers.
#[derive(Serialize)]
struct Question {
    name: &'static str,
    sql: String,
}

#[derive(Deserialize)]
struct Answer {
    name: String,
    ms: f64,
    rows: Rows,
}

/// Days and months since 1970 that the samples cover whole.
struct Range {
    first_day: i32,
    last_day: i32,
    first_month: i32,
    last_month: i32,
    window_ms: i64,
}

/// Asks all of them the same, over the newest `raw_days` days of the store in this folder.
pub(crate) fn run(report: &mut Report, dir: &Path, raw_days: u32) -> Result<(), BenchError> {
    let (store, _) = Store::open(dir, &FileKeyStore::new(dir.join("lumbra.key")))?;
    let folder = tempfile::tempdir()?;
    let range = range(&store, raw_days)?;
    eprintln!("writing the samples out for DuckDB and as rows");
    let rows = export(&store, folder.path(), &range)?;
    let questions = questions(&range, "//");
    fs::write(folder.path().join("questions.json"), serde_json::to_string(&questions).unwrap_or_default())?;
    eprintln!("asking DuckDB");
    let duck = duckdb(folder.path());
    for (question, by_rows) in questions.iter().zip(self::questions(&range, "/")) {
        let (ours_ms, ours) = ask_store(&store, question.name, &range)?;
        let (rows_ms, by_rows) = ask_rows(&rows, &by_rows.sql)?;
        equal(question.name, &ours, &by_rows)?;
        side(report, question.name, ours_ms, "rows of samples", rows_ms);
        match duck.as_ref().and_then(|answers| answers.iter().find(|answer| answer.name == question.name)) {
            Some(answer) => {
                equal(question.name, &ours, &answer.rows)?;
                side(report, question.name, ours_ms, "DuckDB, one thread", answer.ms);
            }
            None => eprintln!("history {}_of_raw_days beside DuckDB: not measured", question.name),
        }
    }
    Ok(())
}

fn side(report: &mut Report, name: &str, ours_ms: f64, baseline: &'static str, baseline_ms: f64) {
    report.case(&Case {
        bench: "history",
        name: &format!("{name}_of_raw_days"),
        unit: "ms",
        value: ours_ms,
        baseline,
        baseline_value: Some(baseline_ms),
        goal: Goal::AtMost(1.0),
    });
}

fn equal(name: &str, ours: &Rows, others: &Rows) -> Result<(), BenchError> {
    let same_row = |one: &Vec<f64>, other: &Vec<f64>| {
        one.len() == other.len() && one.iter().zip(other).all(|(one, other)| (one - other).abs() <= APART)
    };
    if !ours.is_empty()
        && ours.len() == others.len()
        && ours.iter().zip(others).all(|(one, other)| same_row(one, other))
    {
        return Ok(());
    }
    let differs = ours.iter().zip(others).find(|(one, other)| !same_row(one, other));
    eprintln!("{name}: {} rows against {}, the first that differs: {differs:?}", ours.len(), others.len());
    Err(BenchError::Broken("the answers of roll-ups and samples differ"))
}

fn days_since_1970(date: jiff::civil::Date) -> i32 {
    (date - jiff::civil::date(1970, 1, 1)).get_days()
}

fn range(store: &Store, raw_days: u32) -> Result<Range, BenchError> {
    let end = days_since_1970(END);
    let first_day = end - i32::try_from(raw_days).unwrap_or_default();
    // Whole months before the end; none where there are too few days for one.
    let months = i32::try_from(raw_days / 31).unwrap_or_default();
    let last_month = (i32::from(END.year()) - 1970) * 12 + i32::from(END.month()) - 2;
    let last_worn =
        store.days(first_day, end)?.iter().rev().find(|day| day.posture.worn_s() > 0).map(|day| day.local_day);
    let last_day = last_worn.ok_or(BenchError::Broken("a person who wears nothing"))?;
    Ok(Range {
        first_day,
        last_day,
        first_month: last_month - months + 1,
        last_month,
        window_ms: i64::from(last_day) * DAY_MS + 12 * 3_600_000,
    })
}

/// In SQL, by the class's place in [`CLASSES`]; one beyond is upright.
fn class() -> String {
    let whens: Vec<String> = CLASSES.iter().zip(0..).map(|((_, is), at)| format!("WHEN {is} THEN {at}")).collect();
    format!("CASE {} ELSE {} END", whens.join(" "), CLASSES.len())
}

/// Seconds by class, as the store tells them.
fn seconds() -> String {
    let of = |name: &str| {
        let at = CLASSES.iter().position(|(class, _)| *class == name).unwrap_or(CLASSES.len());
        format!("SUM(CASE WHEN class = {at} THEN 1 ELSE 0 END) / {RATE_HZ}.0")
    };
    ["upright_s", "slouched_s", "leaning_s", "lying_s", "moving_s", "not_worn_s"].map(of).join(", ")
}

fn month_begins(month: i32) -> i32 {
    let year = i16::try_from(1970 + month.div_euclid(12)).unwrap_or(1970);
    let month = i8::try_from(month.rem_euclid(12) + 1).unwrap_or(1);
    jiff::civil::Date::new(year, month, 1).map_or(0, days_since_1970)
}

fn questions(range: &Range, whole: &str) -> Vec<Question> {
    let Range { first_day, last_day, first_month, last_month, window_ms } = range;
    let (class, seconds) = (class(), seconds());
    let local_ms = "(at_ms + CAST(utc_offset_s AS BIGINT) * 1000)";
    let hours = |from: i64, to: i64| {
        format!(
            "SELECT hour, {seconds} FROM (SELECT {local_ms} {whole} 3600000 % 24 AS hour, {class} AS class FROM raw
                 WHERE {local_ms} >= {from} AND {local_ms} < {to}) AS classed GROUP BY hour ORDER BY hour"
        )
    };
    let by_day = format!("SELECT {local_ms} {whole} 86400000 AS day, {class} AS class FROM raw");
    let mut questions = vec![
        Question {
            name: "posture",
            sql: format!("SELECT day, {seconds} FROM ({by_day}) AS classed GROUP BY day ORDER BY day"),
        },
        Question {
            name: "hours_of_a_day",
            sql: hours(i64::from(*last_day) * DAY_MS, (i64::from(*last_day) + 1) * DAY_MS),
        },
        Question {
            name: "pain_beside_posture",
            sql: format!(
                "SELECT held.day, 1.0 * bent / still, mean FROM
                     (SELECT day, SUM(CASE WHEN class IN (3, 4) THEN 1 ELSE 0 END) AS bent,
                          SUM(CASE WHEN class >= 3 THEN 1 ELSE 0 END) AS still FROM ({by_day}) AS classed GROUP BY day) AS held
                     JOIN (SELECT day, AVG(1.0 * score) AS mean FROM pain GROUP BY day) AS felt ON felt.day = held.day + 1
                 WHERE still > 0 AND held.day >= {first_day} ORDER BY held.day"
            ),
        },
        Question {
            name: "ten_minutes_at_full_rate",
            sql: format!(
                "SELECT at_ms, pitch, roll, activity, flags FROM raw
                 WHERE at_ms >= {window_ms} AND at_ms < {} ORDER BY at_ms",
                window_ms + WINDOW_MS
            ),
        },
    ];
    if first_month <= last_month {
        let (from, to) = (month_begins(*first_month), month_begins(last_month + 1));
        questions.push(Question { name: "hour_of_day", sql: hours(i64::from(from) * DAY_MS, i64::from(to) * DAY_MS) });
    }
    questions
}

fn of_seconds(key: impl Into<f64>, posture: &PostureSeconds) -> Vec<f64> {
    let seconds = [
        posture.upright_s,
        posture.slouched_s,
        posture.leaning_s,
        posture.lying_s,
        posture.moving_s,
        posture.not_worn_s,
    ];
    std::iter::once(key.into()).chain(seconds.map(f64::from)).collect()
}

/// The same of the store: what it reads, not what is made of it for drawing.
fn ask_store(store: &Store, name: &str, range: &Range) -> Result<(f64, Rows), BenchError> {
    let last = days_since_1970(END);
    let mut times = Vec::new();
    let mut rows = Rows::new();
    for _ in 0..WARM {
        let began = Instant::now();
        rows = match name {
            "posture" => {
                let days = store.days(range.first_day, last)?;
                let worn = days.iter().filter(|day| day.posture.worn_s() + day.posture.not_worn_s > 0);
                worn.map(|day| of_seconds(day.local_day, &day.posture)).collect()
            }
            "hours_of_a_day" => {
                let hours = store.hours(range.last_day, range.last_day)?;
                hours.iter().map(|hour| of_seconds(hour.local_hour, &hour.posture)).collect()
            }
            "hour_of_day" => {
                let hours = store.hours_over_months(range.first_month, range.last_month)?;
                hours.iter().map(|hour| of_seconds(hour.local_hour, &hour.posture)).collect()
            }
            "pain_beside_posture" => pain_beside_posture(store, range.first_day, last)?,
            _ => window(store, range.window_ms)?,
        };
        times.push(began.elapsed());
    }
    Ok((median_ms(times), rows))
}

fn pain_beside_posture(store: &Store, first_day: i32, last_day: i32) -> Result<Rows, BenchError> {
    let days = store.pain_and_posture(first_day, last_day)?;
    let rows = days.iter().zip(days.iter().skip(1)).filter_map(|(day, next)| {
        let together = next.local_day == day.local_day + 1 && day.still_s > 0 && next.pain_entries > 0;
        let share = || f64::from(day.bent_s) / f64::from(day.still_s);
        together.then(|| vec![day.local_day.into(), share(), f64::from(next.pain_sum) / f64::from(next.pain_entries)])
    });
    Ok(rows.collect())
}

fn window(store: &Store, from_ms: i64) -> Result<Rows, BenchError> {
    let mut rows = Rows::new();
    for (at_ms, sample) in
        samples(store, from_ms, from_ms + WINDOW_MS)?.iter().map(|(at_ms, _, sample)| (at_ms, sample))
    {
        #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
        let at_ms = *at_ms as f64;
        rows.push(vec![
            at_ms,
            sample.pitch_ddeg.into(),
            sample.roll_ddeg.into(),
            sample.activity.into(),
            sample.flags.into(),
        ]);
    }
    Ok(rows)
}

/// Samples with their wall time and the person's offset from UTC.
fn samples(store: &Store, from_ms: i64, to_ms: i64) -> Result<Vec<(i64, i32, PostureSample)>, BenchError> {
    let mut all = Vec::new();
    for part in store.posture_between(from_ms, to_ms)? {
        let times = (0..).map(|number: i64| part.first_at_ms + number * i64::from(part.interval_ms));
        all.extend(times.zip(&part.samples).map(|(at_ms, sample)| (at_ms, part.utc_offset_s, *sample)));
    }
    Ok(all)
}

fn ask_rows(rows: &Connection, sql: &str) -> Result<(f64, Rows), BenchError> {
    let mut times: Vec<Duration> = Vec::new();
    let mut answer = Rows::new();
    for _ in 0..SCANS {
        let began = Instant::now();
        let mut statement = rows.prepare(sql)?;
        let columns = statement.column_count();
        let found =
            statement.query_map((), |row| (0..columns).map(|at| number(row, at)).collect::<Result<Vec<_>, _>>())?;
        answer = found.collect::<Result<_, _>>()?;
        times.push(began.elapsed());
    }
    Ok((median_ms(times), answer))
}

fn number(row: &rusqlite::Row<'_>, at: usize) -> rusqlite::Result<f64> {
    use rusqlite::types::ValueRef;
    #[expect(clippy::cast_precision_loss, reason = "times in milliseconds, far below 2^52")]
    match row.get_ref(at)? {
        ValueRef::Integer(number) => Ok(number as f64),
        ValueRef::Real(number) => Ok(number),
        _ => Ok(f64::NAN),
    }
}

/// Writes samples and pain entries as a file a column, and as rows of a database in clear.
fn export(store: &Store, folder: &Path, range: &Range) -> Result<Connection, BenchError> {
    let mut rows = Connection::open(folder.join("rows.db"))?;
    // It is only made here: what writing costs is measured by `ingest`.
    rows.execute_batch(
        "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
         CREATE TABLE raw (at_ms INTEGER PRIMARY KEY, utc_offset_s INTEGER NOT NULL, pitch INTEGER NOT NULL, roll INTEGER NOT NULL,
             activity INTEGER NOT NULL, flags INTEGER NOT NULL) STRICT;
         CREATE TABLE pain (day INTEGER NOT NULL, score INTEGER NOT NULL) STRICT;",
    )?;
    let column = |name: &str| File::create(folder.join(name)).map(BufWriter::new);
    let names = ["at_ms", "utc_offset_s", "pitch", "roll", "activity", "flags"];
    let [mut times, mut offsets, mut pitches, mut rolls, mut activities, mut flags] =
        names.map(|name| column(&format!("raw.{name}")));
    for day in range.first_day - 1..=days_since_1970(END) {
        let transaction = rows.transaction()?;
        {
            let mut insert = transaction.prepare_cached("INSERT INTO raw VALUES (?, ?, ?, ?, ?, ?)")?;
            let from_ms = i64::from(day) * DAY_MS;
            for (at_ms, offset_s, sample) in samples(store, from_ms, from_ms + DAY_MS)? {
                insert.execute((
                    at_ms,
                    offset_s,
                    sample.pitch_ddeg,
                    sample.roll_ddeg,
                    sample.activity,
                    sample.flags,
                ))?;
                let bytes: [(&mut std::io::Result<BufWriter<File>>, &[u8]); 6] = [
                    (&mut times, &at_ms.to_le_bytes()),
                    (&mut offsets, &offset_s.to_le_bytes()),
                    (&mut pitches, &sample.pitch_ddeg.to_le_bytes()),
                    (&mut rolls, &sample.roll_ddeg.to_le_bytes()),
                    (&mut activities, &[sample.activity]),
                    (&mut flags, &[sample.flags]),
                ];
                for (file, bytes) in bytes {
                    file.as_mut().map_err(|error| std::io::Error::from(error.kind()))?.write_all(bytes)?;
                }
            }
        }
        transaction.commit()?;
    }
    for file in [times, offsets, pitches, rolls, activities, flags] {
        file?.flush()?;
    }
    let (mut days, mut scores) = (column("pain.day")?, column("pain.score")?);
    let from_ms = i64::from(range.first_day - 1) * DAY_MS;
    for entry in store.pain_between(from_ms, i64::MAX)? {
        let day = lumbra::store::local_day(entry.at_ms, entry.utc_offset_s);
        days.write_all(&day.to_le_bytes())?;
        scores.write_all(&[entry.score])?;
        rows.execute("INSERT INTO pain VALUES (?, ?)", (day, entry.score))?;
    }
    days.flush()?;
    scores.flush()?;
    Ok(rows)
}

/// What `DuckDB` answers; `None` where it can't be had.
fn duckdb(folder: &Path) -> Option<Vec<Answer>> {
    let scripts = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("besides");
    let told = |command: &mut Command| -> Option<String> {
        let output = command.output().ok()?;
        if !output.status.success() {
            eprintln!("{}", String::from_utf8_lossy(&output.stderr));
            return None;
        }
        String::from_utf8(output.stdout).ok()
    };
    let python = told(&mut Command::new(scripts.join("setup.sh")))?;
    let answers = told(Command::new(python.trim()).arg(scripts.join("duck.py")).arg(folder))?;
    answers.lines().map(|line| serde_json::from_str(line).ok()).collect()
}
