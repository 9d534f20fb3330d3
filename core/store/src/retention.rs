//! How long raw samples are kept. Roll-ups and gaps stay for good; so do counts, in days.

use rusqlite::{Connection, OptionalExtension, params};
use serde_json::json;

use crate::audit;
use crate::error::StoreError;
use crate::store::Store;

pub(crate) const DAY_MS: i64 = 86_400_000;

/// Kept so long until somebody has chosen, in days.
const DEFAULT_DAYS: u32 = 90;

/// How much is dropped at once.
#[derive(Clone, Copy)]
pub(crate) struct Step {
    /// Fewer chunks are left for the next time.
    at_least: usize,
    at_most: usize,
}

/// An hour's chunks together, as each place that is written costs whole pages; and twice as many as are sealed meanwhile, so that what
/// is too old gets less.
pub(crate) const WHILE_SEALING: Step = Step { at_least: 6, at_most: 12 };
/// A megabyte: some milliseconds.
const BY_ITSELF: Step = Step { at_least: 1, at_most: 64 };

/// How long raw posture samples are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RawRetention {
    /// When that was set, in Unix milliseconds.
    pub set_at_ms: i64,
    /// For how many days, at least 30; `None`: for good.
    pub keep_days: Option<u32>,
}

impl Store {
    /// Sets how long raw posture samples are kept. What is too old by it goes step by step: see [`Store::drop_old_posture`].
    pub fn set_raw_retention(&mut self, retention: RawRetention) -> Result<(), StoreError> {
        self.write(|transaction| {
            transaction.execute(
                "INSERT INTO raw_retentions (set_at_ms, keep_days) VALUES (?, ?)",
                params![retention.set_at_ms, retention.keep_days],
            )?;
            let id = transaction.last_insert_rowid().to_string();
            let detail = json!({ "keep_days": retention.keep_days });
            audit::append(transaction, retention.set_at_ms, ("raw_retention", &id), "set", &detail)
        })
    }

    /// For how many days raw posture samples are kept, 90 unless somebody has chosen; `None`: for good.
    pub fn raw_keep_days(&self) -> Result<Option<u32>, StoreError> {
        self.read(keep_days)
    }

    /// Drops some of the raw samples that are too old at `now_ms`, a Unix time in milliseconds: a small step. Tells whether there may
    /// be more. Sealing does the same as it goes. Roll-ups stay, and what was dropped stays counted. The space is used for what comes next.
    pub fn drop_old_posture(&mut self, now_ms: i64) -> Result<bool, StoreError> {
        if oldest(&self.connection, now_ms, 1)?.is_empty() {
            return Ok(false);
        }
        self.write(|transaction| drop_old(transaction, now_ms, BY_ITSELF))
    }
}

fn keep_days(connection: &Connection) -> Result<Option<u32>, StoreError> {
    let chosen = connection
        .prepare_cached("SELECT keep_days FROM raw_retentions ORDER BY id DESC LIMIT 1")?
        .query_row((), |row| row.get::<_, Option<u32>>(0))
        .optional()?;
    Ok(chosen.unwrap_or(Some(DEFAULT_DAYS)))
}

/// A chunk that is too old.
struct Old {
    id: i64,
    utc_day: i64,
    frame_count: i64,
    sample_count: i64,
}

/// Without a limit: SQLite would prepare it anew each time that one is bound, which takes longer than to run it. Rows come as they are
/// asked for, in the order of an index.
pub(crate) const OLDEST: &str = "SELECT id, first_at_ms, frame_count, sample_count FROM posture_chunks
     WHERE first_at_ms < ?1 AND last_at_ms < ?1 ORDER BY first_at_ms";

fn oldest(connection: &Connection, now_ms: i64, limit: usize) -> Result<Vec<Old>, StoreError> {
    let Some(days) = keep_days(connection)? else { return Ok(Vec::new()) };
    let before_ms = now_ms.saturating_sub(i64::from(days).saturating_mul(DAY_MS));
    let mut statement = connection.prepare_cached(OLDEST)?;
    let rows = statement.query_map([before_ms], |row| {
        Ok(Old {
            id: row.get(0)?,
            utc_day: row.get::<_, i64>(1)?.div_euclid(DAY_MS),
            frame_count: row.get(2)?,
            sample_count: row.get(3)?,
        })
    })?;
    Ok(rows.take(limit).collect::<Result<_, _>>()?)
}

/// Drops a step's worth of what is too old. Tells whether there may be more.
pub(crate) fn drop_old(connection: &Connection, now_ms: i64, step: Step) -> Result<bool, StoreError> {
    let old = oldest(connection, now_ms, step.at_most)?;
    if old.len() < step.at_least {
        return Ok(false);
    }
    for chunk in &old {
        connection
            .prepare_cached(
                "INSERT INTO posture_dropped (utc_day, frame_count, sample_count) VALUES (?, ?, ?)
                 ON CONFLICT DO UPDATE SET frame_count = frame_count + excluded.frame_count,
                     sample_count = sample_count + excluded.sample_count",
            )?
            .execute(params![chunk.utc_day, chunk.frame_count, chunk.sample_count])?;
        connection.prepare_cached("DELETE FROM posture_chunks WHERE id = ?")?.execute([chunk.id])?;
    }
    Ok(old.len() == step.at_most)
}
