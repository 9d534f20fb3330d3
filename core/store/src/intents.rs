//! Commands: saved before their first byte leaves, settled when their outcome is known.
//!
//! While one is open it is a row of the small table `intents`, so that saving it is a single page; settled, it moves to
//! `commands`. The view `every_command` shows both.

use rusqlite::{Connection, OptionalExtension, Params, Row, params};
use serde_json::json;

use crate::audit;
use crate::convert::{signed, stored_as_text};
use crate::error::StoreError;
use crate::store::Store;

stored_as_text! {
    /// What became of a command.
    CommandOutcome {
        /// Saved, perhaps sent; nothing more is known.
        Pending = "pending",
        /// The device has applied it.
        Confirmed = "confirmed",
        /// It was certainly not applied.
        Rejected = "rejected",
        /// It can't be told; for now, or for good when it is settled.
        Unknown = "unknown",
    }
}

/// A command as it is saved before it is sent: enough to find out after a crash what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intent {
    /// The command's id: a UUID of the caller's, never used twice.
    pub command_id: String,
    /// The device.
    pub device_id: String,
    /// The device's session it is meant for.
    pub session_id: Option<u32>,
    /// The command's kind, such as `set_intensity`.
    pub kind: String,
    /// Its number on the air.
    pub sequence: u16,
    /// The device's boot it was given in.
    pub boot_id: Option<u32>,
    /// The newest command the device knew then.
    pub newest_before: Option<u16>,
    /// When the device refuses it as too late, in device ticks; for commands that can raise.
    pub expires_ticks_ms: Option<u64>,
    /// Its absolute targets, as JSON.
    pub detail: String,
    /// When it was saved, in Unix milliseconds.
    pub saved_at_ms: i64,
}

/// A command with its outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// The command.
    pub intent: Intent,
    /// What became of it.
    pub outcome: CommandOutcome,
    /// What the outcome was told from, such as `reply` or `status`.
    pub settled_by: Option<String>,
    /// Why it was rejected or is unknown.
    pub reason: Option<String>,
    /// When its outcome became final, in Unix milliseconds; `None` while it is open.
    pub settled_at_ms: Option<i64>,
}

/// How a command's outcome was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settlement<'a> {
    /// The outcome.
    pub outcome: CommandOutcome,
    /// What it was told from, such as `reply` or `status`.
    pub settled_by: &'a str,
    /// Why it was rejected or is unknown.
    pub reason: Option<&'a str>,
    /// When, in Unix milliseconds.
    pub at_ms: i64,
}

const INTENT_COLUMNS: &str = "command_id, device_id, session_id, kind, sequence, boot_id, newest_before, \
                              expires_ticks_ms, detail, saved_at_ms";

fn command(row: &Row<'_>) -> rusqlite::Result<Command> {
    Ok(Command {
        intent: Intent {
            command_id: row.get(0)?,
            device_id: row.get(1)?,
            session_id: row.get(2)?,
            kind: row.get(3)?,
            sequence: row.get(4)?,
            boot_id: row.get(5)?,
            newest_before: row.get(6)?,
            expires_ticks_ms: row.get::<_, Option<i64>>(7)?.map(i64::cast_unsigned),
            detail: row.get(8)?,
            saved_at_ms: row.get(9)?,
        },
        outcome: row.get(10)?,
        settled_by: row.get(11)?,
        reason: row.get(12)?,
        settled_at_ms: row.get(13)?,
    })
}

fn select(connection: &Connection, from: &str, values: impl Params) -> Result<Vec<Command>, StoreError> {
    let columns = format!("{INTENT_COLUMNS}, outcome, settled_by, reason, settled_at_ms");
    let mut statement = connection.prepare(&format!("SELECT {columns} FROM {from}"))?;
    Ok(statement.query_map(values, command)?.collect::<Result<_, _>>()?)
}

impl Store {
    /// Saves a command. Only when this has returned may its first byte leave.
    pub fn save_intent(&mut self, intent: &Intent) -> Result<(), StoreError> {
        let expires = intent.expires_ticks_ms.map(|ticks| signed(ticks, "expires_ticks_ms")).transpose()?;
        self.write(|transaction| {
            transaction
                .prepare_cached(&format!(
                    "INSERT INTO intents ({INTENT_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                ))?
                .execute(params![
                    intent.command_id,
                    intent.device_id,
                    intent.session_id,
                    intent.kind,
                    intent.sequence,
                    intent.boot_id,
                    intent.newest_before,
                    expires,
                    intent.detail,
                    intent.saved_at_ms,
                ])?;
            Ok(())
        })
    }

    /// Marks an open command as unknown; it stays open, to be settled by the device later. A settled one
    /// can't be marked: [`StoreError::Conflict`].
    pub fn mark_unknown(
        &mut self,
        command_id: &str,
        settled_by: &str,
        reason: Option<&str>,
        at_ms: i64,
    ) -> Result<(), StoreError> {
        self.change(command_id, Settlement { outcome: CommandOutcome::Unknown, settled_by, reason, at_ms }, None)
    }

    /// Gives an open command its final outcome. To settle it again with the same outcome changes nothing;
    /// with another it is a [`StoreError::Conflict`].
    pub fn settle_intent(&mut self, command_id: &str, settlement: Settlement<'_>) -> Result<(), StoreError> {
        if settlement.outcome == CommandOutcome::Pending {
            return Err(StoreError::Invalid { what: "outcome" });
        }
        self.change(command_id, settlement, Some(settlement.at_ms))
    }

    fn change(&mut self, command_id: &str, to: Settlement<'_>, settled_at_ms: Option<i64>) -> Result<(), StoreError> {
        self.write(|transaction| {
            let (outcome, settled): (CommandOutcome, bool) = transaction
                .prepare_cached("SELECT outcome, settled_at_ms IS NOT NULL FROM every_command WHERE command_id = ?")?
                .query_row([command_id], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?
                .ok_or(StoreError::NotFound { what: "this command" })?;
            if settled {
                return if settled_at_ms.is_some() && outcome == to.outcome {
                    Ok(())
                } else {
                    Err(StoreError::Conflict { what: "the outcome of this command" })
                };
            }
            if let Some(settled_at_ms) = settled_at_ms {
                transaction
                    .prepare_cached(&format!(
                        "INSERT INTO commands ({INTENT_COLUMNS}, outcome, settled_by, reason, settled_at_ms)
                         SELECT {INTENT_COLUMNS}, ?2, ?3, ?4, ?5 FROM intents WHERE command_id = ?1"
                    ))?
                    .execute(params![command_id, to.outcome, to.settled_by, to.reason, settled_at_ms])?;
                transaction.prepare_cached("DELETE FROM intents WHERE command_id = ?")?.execute([command_id])?;
                return Ok(());
            }
            transaction
                .prepare_cached("UPDATE intents SET outcome = ?2, settled_by = ?3, reason = ?4 WHERE command_id = ?1")?
                .execute(params![command_id, to.outcome, to.settled_by, to.reason])?;
            let detail = json!({ "by": to.settled_by, "reason": to.reason, "final": false });
            audit::append(transaction, to.at_ms, ("command", command_id), to.outcome.as_str(), &detail)
        })
    }

    /// The commands of a device whose outcome is not final, oldest first: to be settled by its status before
    /// anything but a stop is sent.
    pub fn open_intents(&self, device_id: &str) -> Result<Vec<Command>, StoreError> {
        self.read(|connection| {
            let open = "(SELECT *, NULL AS settled_at_ms FROM intents WHERE device_id = ?) ORDER BY id";
            select(connection, open, [device_id])
        })
    }

    /// One command.
    pub fn command(&self, command_id: &str) -> Result<Option<Command>, StoreError> {
        self.read(|connection| Ok(select(connection, "every_command WHERE command_id = ?", [command_id])?.pop()))
    }

    /// Commands saved from `from_ms` to before `to_ms`, oldest first.
    pub fn commands_between(&self, from_ms: i64, to_ms: i64) -> Result<Vec<Command>, StoreError> {
        self.read(|connection| {
            let between = "every_command WHERE saved_at_ms >= ? AND saved_at_ms < ?
                           ORDER BY saved_at_ms, settled_at_ms IS NULL, id";
            select(connection, between, [from_ms, to_ms])
        })
    }
}
