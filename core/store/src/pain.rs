//! Pain entries.

use rusqlite::{Connection, Params, Row, params};
use serde_json::json;

use crate::audit;
use crate::convert::{local_day, stored_as_text};
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
    /// Where it hurts.
    pub place: String,
    /// A note.
    pub note: String,
}

const COLUMNS: &str = "entry_id, at_ms, utc_offset_s, score, context, session, place, note";

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
    })
}

fn select(connection: &Connection, rest: &str, values: impl Params) -> Result<Vec<PainEntry>, StoreError> {
    let mut statement = connection.prepare(&format!("SELECT {COLUMNS} FROM pain {rest}"))?;
    Ok(statement.query_map(values, entry)?.collect::<Result<_, _>>()?)
}

fn check(entry: &PainEntry) -> Result<(), StoreError> {
    if entry.score > 10 {
        return Err(StoreError::Invalid { what: "pain score" });
    }
    Ok(())
}

impl Store {
    /// Adds a pain entry.
    pub fn add_pain(&mut self, entry: &PainEntry) -> Result<(), StoreError> {
        check(entry)?;
        self.write(|transaction| {
            transaction.execute(
                &format!("INSERT INTO pain ({COLUMNS}, local_day) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"),
                params![
                    entry.entry_id,
                    entry.at_ms,
                    entry.utc_offset_s,
                    entry.score,
                    entry.context,
                    entry.session,
                    entry.place,
                    entry.note,
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
            transaction.execute(
                "UPDATE pain SET at_ms = ?, utc_offset_s = ?, score = ?, context = ?, session = ?, place = ?, note = ?,
                     local_day = ? WHERE entry_id = ?",
                params![
                    entry.at_ms,
                    entry.utc_offset_s,
                    entry.score,
                    entry.context,
                    entry.session,
                    entry.place,
                    entry.note,
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
}
