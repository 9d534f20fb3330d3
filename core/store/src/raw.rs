//! Posture samples at full rate: kept as they come, sealed into chunks, counted, and read in windows.

use std::collections::BTreeMap;

use rusqlite::{Connection, Row, params};

use crate::columns::DecodeError;
use crate::error::StoreError;
use crate::packed;
use crate::part::{self, Part, SPAN_MAX_MS};
use crate::posture::{PostureChunk, PostureCounts, PostureGap};
use crate::retention;
use crate::sealing;
use crate::store::Store;
use crate::tail::{Tail, Waiting, check_device};
use crate::together;

/// The columns of a chunk that tell of its parts.
const PARTS: &str =
    "parts, first_frame, frame_count, first_ticks_ms, first_at_ms, utc_offset_s, interval_ms, sample_count";

impl Store {
    /// Adds what was received since the last time, some 20 s of it, and the gaps noticed meanwhile. It waits, safely kept, until there
    /// are some ten minutes, and is sealed then; it comes back as it was handed over all the same. Long runs are sealed at once.
    /// [`StoreError::Conflict`], and nothing is added: a chunk of this device that began at this tick is known.
    pub fn append_posture(&mut self, chunks: &[PostureChunk], gaps: &[PostureGap]) -> Result<(), StoreError> {
        self.write(|transaction| {
            let parts =
                chunks.iter().map(|chunk| Ok((chunk, Part::of(chunk)?))).collect::<Result<Vec<_>, StoreError>>()?;
            let tail = Tail::read(transaction)?;
            check(transaction, &tail, &parts)?;
            if !chunks.is_empty() && sealing::keep(transaction, tail, &parts)? {
                let now_ms = parts.iter().map(|(_, part)| part.first_at_ms).max().unwrap_or(i64::MIN);
                retention::drop_old(transaction, now_ms, retention::WHILE_SEALING)?;
            }
            for gap in gaps {
                transaction.prepare_cached(
                    "INSERT INTO posture_gaps (device_id, boot_id, from_frame, to_frame, at_ms) VALUES (?, ?, ?, ?, ?)",
                )?.execute(params![gap.device_id, gap.boot_id, gap.from_frame, gap.to_frame, gap.at_ms])?;
            }
            Ok(())
        })
    }

    /// Seals what waits to be: for the end of a stream, after which nothing is added to it for long. Opening a store does so too.
    pub fn seal_posture(&mut self) -> Result<(), StoreError> {
        if self.read(Tail::read)?.is_empty() {
            return Ok(());
        }
        self.write(|transaction| sealing::seal_waiting(transaction).map(drop))
    }

    /// Chunks that begin from `from_ms` to before `to_ms`, oldest first: full rate, for windows of minutes.
    pub fn posture_between(&self, from_ms: i64, to_ms: i64) -> Result<Vec<PostureChunk>, StoreError> {
        self.read(|connection| {
            // Another process may seal between one query and the next.
            let _moment = together::moment(connection)?;
            let within = |part: &Part| (from_ms..to_ms).contains(&part.first_at_ms);
            let mut statement = connection.prepare_cached(&format!(
                "SELECT {PARTS}, device_id, boot_id, samples FROM posture_chunks
                 WHERE first_at_ms >= ? AND first_at_ms < ? AND last_at_ms >= ?"
            ))?;
            let mut rows = statement.query([from_ms.saturating_sub(SPAN_MAX_MS), to_ms, from_ms])?;
            let mut chunks = Vec::new();
            while let Some(row) = rows.next()? {
                let parts = parts_of(row)?;
                let blob = row.get_ref(10)?.as_blob().map_err(rusqlite::Error::from)?;
                let samples = packed::unpack(blob)?;
                let (device_id, boot_id): (String, u32) = (row.get(8)?, row.get(9)?);
                let mut rest = samples.as_slice();
                for part in &parts {
                    let taken = rest.split_at_checked(part.sample_count as usize);
                    let (own, others) = taken.ok_or(DecodeError::OutOfRange("sample count"))?;
                    rest = others;
                    if within(part) {
                        chunks.push(part.chunk(&device_id, boot_id, own.to_vec()));
                    }
                }
                if !rest.is_empty() {
                    return Err(DecodeError::OutOfRange("sample count").into());
                }
            }
            for waiting in Tail::read_whole(connection)?.waiting.iter().filter(|waiting| within(&waiting.part)) {
                chunks.push(waiting.unpack()?);
            }
            // By the clocks, so that the order is the same before and after sealing.
            chunks.sort_by(|one, other| key(one).cmp(&key(other)));
            Ok(chunks)
        })
    }

    /// What has been received since `from_ms`, counted without reading samples. Of what is kept no more whole days in UTC count.
    pub fn posture_counts(&self, from_ms: i64) -> Result<PostureCounts, StoreError> {
        self.read(|connection| {
            let _moment = together::moment(connection)?;
            let mut counts = PostureCounts::default();
            let (frames, samples) = two(
                connection,
                "SELECT COALESCE(SUM(frame_count), 0), COALESCE(SUM(sample_count), 0) FROM posture_chunks WHERE first_at_ms >= ?",
                from_ms,
            )?;
            let (old_frames, old_samples) = two(
                connection,
                "SELECT COALESCE(SUM(frame_count), 0), COALESCE(SUM(sample_count), 0) FROM posture_dropped WHERE utc_day >= ?",
                from_ms.div_euclid(retention::DAY_MS),
            )?;
            (counts.frames, counts.samples) = (frames.wrapping_add(old_frames), samples.wrapping_add(old_samples));
            let mut add = |part: &Part| {
                if part.first_at_ms >= from_ms {
                    counts.frames = counts.frames.wrapping_add(part.frame_count.into());
                    counts.samples = counts.samples.wrapping_add(part.sample_count.into());
                }
            };
            // Those that begin before and reach into the time.
            let mut statement = connection.prepare_cached(&format!(
                "SELECT {PARTS} FROM posture_chunks WHERE first_at_ms >= ? AND first_at_ms < ? AND last_at_ms >= ?"
            ))?;
            let mut rows = statement.query([from_ms.saturating_sub(SPAN_MAX_MS), from_ms, from_ms])?;
            while let Some(row) = rows.next()? {
                parts_of(row)?.iter().for_each(&mut add);
            }
            Tail::read_whole(connection)?.waiting.iter().for_each(|waiting| add(&waiting.part));
            (counts.gaps, counts.missing_frames) = two(
                connection,
                "SELECT COUNT(*), COALESCE(SUM(to_frame - from_frame + 1), 0) FROM posture_gaps WHERE at_ms >= ?",
                from_ms,
            )?;
            Ok(counts)
        })
    }
}

fn two(connection: &Connection, query: &str, from: i64) -> Result<(u64, u64), StoreError> {
    let (one, other): (i64, i64) =
        connection.prepare_cached(query)?.query_row([from], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok((one.cast_unsigned(), other.cast_unsigned()))
}

fn key(chunk: &PostureChunk) -> (i64, &str, u32, u64) {
    (chunk.first_at_ms, &chunk.device_id, chunk.boot_id, chunk.first_ticks_ms)
}

/// The parts of a row that begins with [`PARTS`].
fn parts_of(row: &Row<'_>) -> Result<Vec<Part>, StoreError> {
    let (first_ticks_ms, first_at_ms) = (row.get(3)?, row.get(4)?);
    if let Some(parts) = row.get_ref(0)?.as_blob_or_null().map_err(rusqlite::Error::from)? {
        return Ok(part::unpack(parts, first_ticks_ms, first_at_ms)?);
    }
    Ok(vec![Part {
        first_frame: row.get(1)?,
        frame_count: row.get(2)?,
        first_ticks_ms,
        first_at_ms,
        utc_offset_s: row.get(5)?,
        interval_ms: row.get(6)?,
        sample_count: row.get(7)?,
    }])
}

/// Refuses what is kept already, and what is of nobody.
fn check(connection: &Connection, tail: &Tail, parts: &[(&PostureChunk, Part)]) -> Result<(), StoreError> {
    // When the new ones of each boot began, so that a backlog asks once.
    let mut boots: BTreeMap<(&str, u32), Vec<i64>> = BTreeMap::new();
    for (chunk, part) in parts {
        boots.entry((&chunk.device_id, chunk.boot_id)).or_default().push(part.first_ticks_ms);
    }
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {PARTS} FROM posture_chunks
         WHERE device_id = ? AND boot_id = ? AND first_ticks_ms BETWEEN ? AND ?"
    ))?;
    for ((device_id, boot_id), mut begun_ms) in boots {
        check_device(connection, device_id)?;
        let conflict = StoreError::Conflict { what: "this entry" };
        begun_ms.sort_unstable();
        let (Some(first), Some(last)) = (begun_ms.first().copied(), begun_ms.last().copied()) else { continue };
        if begun_ms.windows(2).any(|two| matches!(two, [one, other] if one == other)) {
            return Err(conflict);
        }
        let is_new = |ticks_ms: i64| begun_ms.binary_search(&ticks_ms).is_err();
        let of_boot = |waiting: &&Waiting| (waiting.device_id.as_str(), waiting.boot_id) == (device_id, boot_id);
        if !tail.waiting.iter().filter(of_boot).all(|waiting| is_new(waiting.part.first_ticks_ms)) {
            return Err(conflict);
        }
        let mut rows = statement.query(params![device_id, boot_id, first.saturating_sub(SPAN_MAX_MS), last])?;
        while let Some(row) = rows.next()? {
            if !parts_of(row)?.iter().all(|kept| is_new(kept.first_ticks_ms)) {
                return Err(conflict);
            }
        }
    }
    Ok(())
}
