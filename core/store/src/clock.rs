//! What the phone's clock told when, and the dating of everything anew when it turns out to have been wrong.
//!
//! The rules are `lumbra_domain::clock`'s. Here stands which rows they concern: the device's records with their minutes, and the
//! posture samples, by their ticks; sessions and pain entries, which the phone has dated, by the marks between which they were told.

use std::collections::BTreeSet;

use lumbra_domain::clock::{self, Mark, STEP_MS};
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::json;

use crate::audit;
use crate::convert::signed;
use crate::error::StoreError;
use crate::sealing;
use crate::store::Store;
use crate::zones::Zones;

/// While nothing happens to a clock, a mark in so much time keeps the drift of a crystal small, in milliseconds.
const MARK_EVERY_MS: u64 = 6 * 3_600_000;
const MS_AN_HOUR: i64 = 3_600_000;

/// The marks of one device, oldest first.
pub(crate) struct Marks {
    rows: Vec<Marked>,
    marks: Vec<Mark>,
}

struct Marked {
    id: i64,
    audit_id: i64,
    correction_ms: i64,
}

fn mark(row: &Row<'_>) -> rusqlite::Result<Mark> {
    Ok(Mark { boot: row.get(0)?, ticks_ms: row.get::<_, i64>(1)?.cast_unsigned(), wall_ms: row.get(2)? })
}

impl Marks {
    pub(crate) fn read(connection: &Connection, device_id: &str) -> Result<Self, StoreError> {
        let mut statement = connection.prepare_cached(
            "SELECT boot_id, ticks_ms, wall_ms, id, audit_id, correction_ms FROM clock_marks WHERE device_id = ? ORDER BY id",
        )?;
        let rows = statement.query_map([device_id], |row| {
            Ok((mark(row)?, Marked { id: row.get(3)?, audit_id: row.get(4)?, correction_ms: row.get(5)? }))
        })?;
        let (marks, rows) = rows.collect::<Result<Vec<_>, _>>()?.into_iter().unzip();
        Ok(Self { rows, marks })
    }

    /// When a tick was, in Unix milliseconds, as far as the marks of its boot tell.
    pub(crate) fn moment(&self, boot: u32, ticks_ms: u64) -> Option<i64> {
        let corrections: Vec<_> = self.rows.iter().map(|row| row.correction_ms).collect();
        clock::moment(&self.marks, &corrections, boot, ticks_ms)
    }

    /// What was told after the audit's row of that number, and before the next mark: the marks around it.
    fn around(&self, audit_id: i64) -> [Option<(Mark, i64)>; 2] {
        let next = self.rows.partition_point(|row| row.audit_id < audit_id);
        let at =
            |index: Option<usize>| index.and_then(|at| Some((*self.marks.get(at)?, self.rows.get(at)?.correction_ms)));
        [at(next.checked_sub(1)), at(Some(next))]
    }
}

impl Store {
    /// Notes what the phone's clock tells at a tick of the device: now. Most of the time nothing is written. When it shows that
    /// the clock was wrong before, all that was dated by it is moved to where it belongs, and the audit says so.
    pub fn note_clock(&mut self, device_id: &str, now: Mark) -> Result<(), StoreError> {
        let ticks_ms = signed(now.ticks_ms, "ticks_ms")?;
        let last = self.read(|connection| {
            let newest =
                "SELECT boot_id, ticks_ms, wall_ms FROM clock_marks WHERE device_id = ? ORDER BY id DESC LIMIT 1";
            Ok(connection.prepare_cached(newest)?.query_row([device_id], mark).optional()?)
        })?;
        let same_boot = last.filter(|last| last.boot == now.boot);
        let step = same_boot.and_then(|last| last.step_to(&now));
        // A status that was overtaken by a newer one tells nothing.
        if same_boot.is_some_and(|last| now.ticks_ms < last.ticks_ms)
            || (same_boot.is_some_and(|last| now.ticks_ms - last.ticks_ms < MARK_EVERY_MS) && step.is_none())
        {
            return Ok(());
        }
        self.write(|transaction| {
            transaction
                .prepare_cached(
                    "INSERT INTO clock_marks (device_id, boot_id, ticks_ms, wall_ms, audit_id)
                     VALUES (?, ?, ?, ?, (SELECT COALESCE(MAX(id), 0) FROM audit))",
                )?
                .execute(params![device_id, now.boot, ticks_ms, now.wall_ms])?;
            if step.is_some() { date_anew(transaction, device_id, now.wall_ms) } else { Ok(()) }
        })
    }
}

fn date_anew(connection: &Connection, device_id: &str, now_ms: i64) -> Result<(), StoreError> {
    let mut marks = Marks::read(connection, device_id)?;
    let mut boots = BTreeSet::new();
    let mut told_after = i64::MAX;
    let mut before = 0;
    for ((row, mark), correction_ms) in marks.rows.iter_mut().zip(&marks.marks).zip(clock::corrections(&marks.marks)) {
        if row.correction_ms != correction_ms {
            connection
                .prepare_cached("UPDATE clock_marks SET correction_ms = ? WHERE id = ?")?
                .execute([correction_ms, row.id])?;
            row.correction_ms = correction_ms;
            boots.insert(mark.boot);
            told_after = told_after.min(before);
        }
        before = row.audit_id;
    }
    if boots.is_empty() {
        return Ok(());
    }
    let zones = Zones::read(connection)?;
    sealing::seal_waiting(connection)?;
    let mut days = BTreeSet::new();
    let mut records = 0_u32;
    for boot in &boots {
        records += date_records(connection, (device_id, *boot), &marks, &zones, &mut days)?;
        date_samples(connection, (device_id, *boot), &marks)?;
    }
    days.iter().try_for_each(|day| sum_day(connection, *day))?;
    let told = date_told(connection, &marks, told_after, &zones)?;
    connection.execute(
        "DELETE FROM days WHERE sessions = 0 AND pain_entries = 0 AND nudges = 0
             AND upright_s + slouched_s + leaning_s + lying_s + moving_s + not_worn_s = 0",
        (),
    )?;
    let detail = json!({ "boots": boots.len(), "records": records, "told": told });
    audit::append(connection, now_ms, ("clock", device_id), "corrected", &detail)
}

/// Dates the records of a boot anew, with their minutes; the days concerned are added to `days`.
fn date_records(
    connection: &Connection,
    (device_id, boot): (&str, u32),
    marks: &Marks,
    zones: &Zones,
    days: &mut BTreeSet<i32>,
) -> Result<u32, StoreError> {
    let mut statement = connection.prepare(
        "SELECT records.number, records.ticks_ms, records.at_ms, local_day, local_hour
         FROM records LEFT JOIN posture_minutes AS minute
             ON minute.device_id = records.device_id AND record_number = number AND minute.boot_id = records.boot_id
         WHERE records.device_id = ? AND records.boot_id = ?",
    )?;
    let rows = statement.query_map(params![device_id, boot], |row| {
        let (number, ticks_ms, at_ms): (u32, i64, Option<i64>) = (row.get(0)?, row.get(1)?, row.get(2)?);
        Ok((number, ticks_ms, at_ms, row.get::<_, Option<i32>>(3)?, row.get::<_, Option<i64>>(4)?))
    })?;
    let mut moved = 0;
    for row in rows {
        let (number, ticks_ms, old_ms, old_day, old_hour) = row?;
        let Some(at_ms) = marks.moment(boot, ticks_ms.cast_unsigned()) else { continue };
        if old_ms.is_some_and(|old_ms| old_ms.abs_diff(at_ms) <= STEP_MS.unsigned_abs()) {
            continue;
        }
        // Where no zone is known, the offset by which it was dated, to the hour.
        let offset_h = match (old_ms, old_day, old_hour) {
            (Some(old_ms), Some(day), Some(hour)) => i64::from(day) * 24 + hour - old_ms.div_euclid(MS_AN_HOUR),
            _ => 0,
        };
        let (day, hour) = zones.lived(at_ms, i32::try_from(offset_h * 3_600).unwrap_or(0));
        connection
            .prepare_cached("UPDATE records SET at_ms = ? WHERE device_id = ? AND number = ? AND boot_id = ?")?
            .execute(params![at_ms, device_id, number, boot])?;
        let minute = connection
            .prepare_cached(
                "UPDATE posture_minutes SET at_ms = ?, local_day = ?, local_hour = ?
                 WHERE device_id = ? AND record_number = ? AND boot_id = ?",
            )?
            .execute(params![at_ms, day, hour, device_id, number, boot])?;
        if minute > 0 {
            days.extend(old_day);
            days.insert(day);
        }
        moved += 1;
    }
    Ok(moved)
}

/// Nothing waits any more when this is called: it was sealed before.
fn date_samples(connection: &Connection, (device_id, boot): (&str, u32), marks: &Marks) -> Result<(), StoreError> {
    let mut statement = connection
        .prepare("SELECT id, first_ticks_ms, first_at_ms FROM posture_chunks WHERE device_id = ? AND boot_id = ?")?;
    let rows = statement.query_map(params![device_id, boot], |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, row.get::<_, i64>(2)?))
    })?;
    for row in rows {
        let (id, ticks_ms, old_ms) = row?;
        let Some(at_ms) = marks.moment(boot, ticks_ms.cast_unsigned()) else { continue };
        if old_ms.abs_diff(at_ms) > STEP_MS.unsigned_abs() {
            // The parts of a chunk are dated from its first.
            connection
                .prepare_cached(
                    "UPDATE posture_chunks SET first_at_ms = first_at_ms + ?1, last_at_ms = last_at_ms + ?1 WHERE id = ?2",
                )?
                .execute([at_ms.saturating_sub(old_ms), id])?;
        }
    }
    Ok(())
}

/// Sums a day's posture anew from its minutes, and what is made of the day.
fn sum_day(connection: &Connection, day: i32) -> Result<(), StoreError> {
    const SUMS: &str = "SUM(upright_s), SUM(slouched_s), SUM(leaning_s), SUM(lying_s), SUM(moving_s), SUM(not_worn_s)";
    const MONTH: &str = "(strftime('%Y', local_day * 86400, 'unixepoch') - 1970) * 12
        + strftime('%m', local_day * 86400, 'unixepoch') - 1";
    connection.prepare_cached("DELETE FROM posture_hours WHERE local_day = ?")?.execute([day])?;
    connection
        .prepare_cached(&format!(
            "INSERT INTO posture_hours SELECT local_day, local_hour, {SUMS}, SUM(nudges)
             FROM posture_minutes WHERE local_day = ? GROUP BY local_day, local_hour"
        ))?
        .execute([day])?;
    connection.prepare_cached("INSERT INTO days (local_day) VALUES (?) ON CONFLICT DO NOTHING")?.execute([day])?;
    connection
        .prepare_cached(
            "UPDATE days SET (upright_s, slouched_s, leaning_s, lying_s, moving_s, not_worn_s, pitch_ddeg_s, nudges) = (
                 SELECT COALESCE(SUM(upright_s), 0), COALESCE(SUM(slouched_s), 0), COALESCE(SUM(leaning_s), 0),
                     COALESCE(SUM(lying_s), 0), COALESCE(SUM(moving_s), 0), COALESCE(SUM(not_worn_s), 0),
                     COALESCE(SUM(mean_pitch_ddeg * (upright_s + slouched_s + leaning_s + lying_s + moving_s)), 0),
                     COALESCE(SUM(nudges), 0)
                 FROM posture_minutes WHERE posture_minutes.local_day = days.local_day)
             WHERE local_day = ?",
        )?
        .execute([day])?;
    let month: i64 =
        connection.query_row(&format!("SELECT {MONTH} FROM (SELECT ? AS local_day)"), [day], |row| row.get(0))?;
    connection.prepare_cached("DELETE FROM posture_month_hours WHERE month = ?")?.execute([month])?;
    // Days enough to hold the month: those of other months are left out again.
    connection
        .prepare_cached(&format!(
            "INSERT INTO posture_month_hours SELECT {MONTH} AS month, local_hour, {SUMS}, SUM(nudges) FROM posture_hours
             WHERE local_day BETWEEN ?1 - 31 AND ?1 + 31 GROUP BY month, local_hour HAVING month = ?2"
        ))?
        .execute(params![day, month])?;
    Ok(())
}

/// Dates anew what the person told since `told_after`, a row of the audit.
fn date_told(connection: &Connection, marks: &Marks, told_after: i64, zones: &Zones) -> Result<u32, StoreError> {
    let mut statement = connection.prepare(
        "SELECT id, subject, subject_id FROM audit
         WHERE id > ? AND ((subject = 'pain' AND action = 'added') OR (subject = 'session' AND action = 'started'))",
    )?;
    let rows = statement.query_map([told_after], |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?))
    })?;
    let mut moved = 0;
    for row in rows {
        let (audit_id, subject, subject_id) = row?;
        let [before, after] = marks.around(audit_id);
        let (select, update) = if subject == "pain" {
            (
                "SELECT at_ms, utc_offset_s, clock_correction_ms FROM pain WHERE entry_id = ?",
                "UPDATE pain SET at_ms = at_ms + ?1, local_day = ?2, clock_correction_ms = clock_correction_ms + ?1
                 WHERE entry_id = ?3",
            )
        } else {
            (
                "SELECT started_at_ms, utc_offset_s, clock_correction_ms FROM sessions WHERE id = ?",
                "UPDATE sessions SET started_at_ms = started_at_ms + ?1, ended_at_ms = ended_at_ms + ?1, local_day = ?2,
                     clock_correction_ms = clock_correction_ms + ?1 WHERE id = ?3",
            )
        };
        let found = connection
            .prepare_cached(select)?
            .query_row([&subject_id], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i32>(1)?, row.get::<_, i64>(2)?)))
            .optional()?;
        // A session that was taken back is not there.
        let Some((at_ms, utc_offset_s, applied_ms)) = found else { continue };
        let told_ms = at_ms.saturating_sub(applied_ms);
        let correction_ms = clock::correction_between(before, after, told_ms);
        let by_ms = correction_ms.saturating_sub(applied_ms);
        if by_ms.saturating_abs() <= STEP_MS {
            continue;
        }
        let day = zones.lived(at_ms.saturating_add(by_ms), utc_offset_s).0;
        connection.prepare_cached(update)?.execute(params![by_ms, day, subject_id])?;
        if subject == "session" {
            connection
                .prepare_cached("UPDATE session_events SET at_ms = at_ms + ? WHERE session = ?")?
                .execute(params![by_ms, subject_id])?;
        }
        moved += 1;
    }
    Ok(moved)
}
