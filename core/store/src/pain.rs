//! Pain entries.

use rusqlite::{Connection, Params, Row, params};
use serde_json::json;

use crate::audit;
use crate::convert::{local_day, stored_as_text, words, words_json};
use crate::error::StoreError;
use crate::store::Store;

stored_as_text! {
    /// What a pain entry belongs to.
    PainContext {
        /// Just before a session.
        BeforeSession = "before_session",
        /// Just after a session.
        AfterSession = "after_session",
        /// Neither.
        Diary = "diary",
    }
}

/// A pain score with what the person says about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PainEntry {
    /// Its id: a UUID of the caller's.
    pub entry_id: String,
    /// When the pain was felt, in Unix milliseconds.
    pub at_ms: i64,
    /// The person's time less UTC, in seconds.
    pub utc_offset_s: i32,
    /// The score on the numeric rating scale, 0 (none) to 10 (worst).
    pub score: u8,
    /// What it belongs to.
    pub context: PainContext,
    /// The session it belongs to: [`crate::Session::id`].
    pub session: Option<i64>,
    /// Where it hurts, in one word; [`PainDetail::sites`] has all of them.
    pub place: String,
    /// A note.
    pub note: String,
    /// What else was said.
    pub detail: PainDetail,
}

/// What a person may add to a score. Empty: not said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PainDetail {
    /// Where it hurts, with sides, in words of the caller's.
    pub sites: Vec<String>,
    /// How it feels, in words of the caller's.
    pub qualities: Vec<String>,
    /// The worst of the last 24 hours, 0 to 10.
    pub worst: Option<u8>,
    /// The average of the last 24 hours, 0 to 10.
    pub average: Option<u8>,
}

/// A pain entry with its place in the order of telling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToldPain {
    /// Grows with each entry, and with each edit that says something else about score, places or qualities. 0: from before
    /// this was counted.
    pub told: u32,
    /// The entry.
    pub entry: PainEntry,
}

const COLUMNS: &str =
    "entry_id, at_ms, utc_offset_s, score, context, session, place, note, sites, qualities, worst, average";

fn entry(row: &Row<'_>) -> rusqlite::Result<PainEntry> {
    Ok(PainEntry {
        entry_id: row.get(0)?,
        at_ms: row.get(1)?,
        utc_offset_s: row.get(2)?,
        score: row.get(3)?,
        context: row.get(4)?,
        session: row.get(5)?,
        place: row.get(6)?,
        note: row.get(7)?,
        detail: PainDetail {
            sites: words(row, 8)?,
            qualities: words(row, 9)?,
            worst: row.get(10)?,
            average: row.get(11)?,
        },
    })
}

fn select(connection: &Connection, rest: &str, values: impl Params) -> Result<Vec<PainEntry>, StoreError> {
    let mut statement = connection.prepare(&format!("SELECT {COLUMNS} FROM pain {rest}"))?;
    Ok(statement.query_map(values, entry)?.collect::<Result<_, _>>()?)
}

fn check(entry: &PainEntry) -> Result<(), StoreError> {
    let scores = [Some(entry.score), entry.detail.worst, entry.detail.average];
    if scores.into_iter().flatten().any(|score| score > 10) {
        return Err(StoreError::Invalid { what: "pain score" });
    }
    Ok(())
}

/// What a new row, or a row that says something else, is told as.
const TOLD_NEXT: &str = "(SELECT COALESCE(MAX(told), 0) + 1 FROM pain)";

impl Store {
    /// Adds a pain entry.
    pub fn add_pain(&mut self, entry: &PainEntry) -> Result<(), StoreError> {
        check(entry)?;
        self.write(|transaction| {
            transaction.execute(
                &format!(
                    "INSERT INTO pain ({COLUMNS}, local_day, told)
                     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, {TOLD_NEXT})"
                ),
                params![
                    entry.entry_id,
                    entry.at_ms,
                    entry.utc_offset_s,
                    entry.score,
                    entry.context,
                    entry.session,
                    entry.place,
                    entry.note,
                    words_json(&entry.detail.sites),
                    words_json(&entry.detail.qualities),
                    entry.detail.worst,
                    entry.detail.average,
                    local_day(entry.at_ms, entry.utc_offset_s),
                ],
            )?;
            audit::append(transaction, entry.at_ms, ("pain", &entry.entry_id), "added", &json!({}))
        })
    }

    /// Replaces a pain entry; the audit keeps what was there before. `edited_at_ms`: now.
    pub fn edit_pain(&mut self, entry: &PainEntry, edited_at_ms: i64) -> Result<(), StoreError> {
        check(entry)?;
        self.write(|transaction| {
            let old = select(transaction, "WHERE entry_id = ?", [&entry.entry_id])?
                .pop()
                .ok_or(StoreError::NotFound { what: "this pain entry" })?;
            let says_else = (old.score, &old.place, &old.detail.sites, &old.detail.qualities)
                != (entry.score, &entry.place, &entry.detail.sites, &entry.detail.qualities);
            let told = if says_else { TOLD_NEXT } else { "told" };
            transaction.execute(
                &format!(
                    "UPDATE pain SET at_ms = ?, utc_offset_s = ?, score = ?, context = ?, session = ?, place = ?, note = ?,
                         sites = ?, qualities = ?, worst = ?, average = ?, local_day = ?, told = {told}
                     WHERE entry_id = ?"
                ),
                params![
                    entry.at_ms,
                    entry.utc_offset_s,
                    entry.score,
                    entry.context,
                    entry.session,
                    entry.place,
                    entry.note,
                    words_json(&entry.detail.sites),
                    words_json(&entry.detail.qualities),
                    entry.detail.worst,
                    entry.detail.average,
                    local_day(entry.at_ms, entry.utc_offset_s),
                    entry.entry_id,
                ],
            )?;
            let before = json!({
                "at_ms": old.at_ms,
                "utc_offset_s": old.utc_offset_s,
                "score": old.score,
                "context": old.context.as_str(),
                "session": old.session,
                "place": old.place,
                "note": old.note,
                "sites": old.detail.sites,
                "qualities": old.detail.qualities,
                "worst": old.detail.worst,
                "average": old.detail.average,
            });
            audit::append(transaction, edited_at_ms, ("pain", &entry.entry_id), "edited", &before)
        })
    }

    /// One pain entry.
    pub fn pain(&self, entry_id: &str) -> Result<Option<PainEntry>, StoreError> {
        self.read(|connection| Ok(select(connection, "WHERE entry_id = ?", [entry_id])?.pop()))
    }

    /// Pain entries from `from_ms` to before `to_ms`, oldest first.
    pub fn pain_between(&self, from_ms: i64, to_ms: i64) -> Result<Vec<PainEntry>, StoreError> {
        self.read(|connection| {
            let rest = "WHERE at_ms >= ? AND at_ms < ? ORDER BY at_ms, rowid";
            select(connection, rest, [from_ms, to_ms])
        })
    }

    /// Pain that was told after `told`, all that was felt up to `look_back_ms` before the oldest of it, and the newest entry
    /// before that: by the time of feeling.
    pub fn pain_told_since(&self, told: u32, look_back_ms: i64) -> Result<Vec<ToldPain>, StoreError> {
        self.read(|connection| {
            let oldest_ms: Option<i64> =
                connection.query_row("SELECT MIN(at_ms) FROM pain WHERE told > ?", [told], |row| row.get(0))?;
            let Some(oldest_ms) = oldest_ms else { return Ok(Vec::new()) };
            let from_ms = oldest_ms.saturating_sub(look_back_ms);
            let mut statement = connection.prepare(&format!(
                "SELECT {COLUMNS}, told FROM pain
                 WHERE at_ms >= COALESCE((SELECT MAX(at_ms) FROM pain WHERE at_ms < ?1), ?1) ORDER BY at_ms, told"
            ))?;
            let rows = statement.query_map([from_ms], |row| Ok(ToldPain { entry: entry(row)?, told: row.get(12)? }))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }
}
