//! What of the outbox is next, and what is told of it.

use std::collections::HashSet;

use rusqlite::{OptionalExtension, Row};

use crate::error::StoreError;
use crate::outbox::{OutboxEntry, OutboxState, select};
use crate::store::Store;
use crate::together;

/// Entries that are sent together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboxGroup {
    /// The group.
    pub group_id: String,
    /// All of it that the server does not have, in the order in which it was queued.
    pub entries: Vec<OutboxEntry>,
}

/// What was queued last of a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewestQueued {
    /// The resource's type.
    pub resource_type: String,
    /// The resource's id.
    pub resource_id: String,
    /// Which of its versions it is, from 1.
    pub version: u32,
    /// The entry that holds it.
    pub entry_id: String,
    /// Where that is on its way.
    pub state: OutboxState,
}

/// How much is in the outbox.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// Entries that wait.
    pub pending: u32,
    /// Entries that are being sent.
    pub in_flight: u32,
    /// Entries that were given up.
    pub dead: u32,
    /// Bytes of what waits and is being sent.
    pub bytes: u64,
    /// When the oldest of those was queued, in Unix milliseconds.
    pub oldest_queued_at_ms: Option<i64>,
}

/// An entry that waits or is being sent, without its bytes.
struct Open {
    group_id: String,
    resource: (String, String),
    state: OutboxState,
    next_try_at_ms: Option<i64>,
    byte_count: usize,
}

fn open(row: &Row<'_>) -> rusqlite::Result<Open> {
    Ok(Open {
        group_id: row.get(0)?,
        resource: (row.get(1)?, row.get(2)?),
        state: row.get(3)?,
        next_try_at_ms: row.get(4)?,
        byte_count: row.get::<_, u32>(5)? as usize,
    })
}

/// The groups that are next, of all that is open, in its order. No more is read than it takes to fill what is asked for: each row costs a
/// page that is decrypted, and a long backlog is asked for its next groups often.
fn pick(
    open: impl Iterator<Item = rusqlite::Result<Open>>,
    max_entries: usize,
    max_bytes: usize,
    now_ms: i64,
    without: &[String],
) -> Result<Vec<String>, StoreError> {
    let mut open = open.peekable();
    let (mut picked, mut entries, mut bytes) = (Vec::new(), 0_usize, 0_usize);
    // What an earlier group has yet to bring.
    let mut earlier = HashSet::new();
    while let Some(first) = open.next().transpose()? {
        let group_id = first.group_id.clone();
        let mut group = vec![first];
        while let Some(next) = open.next_if(|next| next.as_ref().is_ok_and(|next| next.group_id == group_id)) {
            group.push(next?);
        }
        let is_due = !without.contains(&group_id)
            && group.iter().all(|entry| {
                entry.state == OutboxState::Pending
                    && entry.next_try_at_ms.is_none_or(|at_ms| at_ms <= now_ms)
                    && !earlier.contains(&entry.resource)
            });
        if is_due {
            entries = entries.saturating_add(group.len());
            bytes = group.iter().fold(bytes, |sum, entry| sum.saturating_add(entry.byte_count));
            // One that is too large by itself goes alone: it must go some time.
            if (entries > max_entries || bytes > max_bytes) && !picked.is_empty() {
                break;
            }
            picked.push(group_id);
        }
        earlier.extend(group.into_iter().map(|entry| entry.resource));
    }
    Ok(picked)
}

impl Store {
    /// The groups to send next at `now_ms`, a Unix time in milliseconds: whole, oldest first, as many as fit into `max_entries` entries
    /// of `max_bytes` bytes together; the first is given even when it alone is more. Left out are groups that must wait longer, that are
    /// being sent, that hold a newer version of what an older group has yet to bring, so that no resource is in the answer twice, and those
    /// named in `without`.
    pub fn next_groups(
        &self,
        max_entries: usize,
        max_bytes: usize,
        now_ms: i64,
        without: &[String],
    ) -> Result<Vec<OutboxGroup>, StoreError> {
        self.read(|connection| {
            let _moment = together::moment(connection)?;
            let mut statement = connection.prepare_cached(
                "SELECT group_id, resource_type, resource_id, state, next_try_at_ms, byte_count FROM outbox
                 WHERE state IN ('pending', 'in_flight') ORDER BY id",
            )?;
            pick(statement.query_map((), open)?, max_entries, max_bytes, now_ms, without)?
                .into_iter()
                .map(|group_id| {
                    let entries = select(connection, "group_id = ? AND state = 'pending'", [&group_id])?;
                    Ok(OutboxGroup { group_id, entries })
                })
                .collect()
        })
    }

    /// How much waits, is being sent and was given up.
    pub fn waiting(&self) -> Result<Waiting, StoreError> {
        self.read(|connection| {
            let query = "SELECT COUNT(*) FILTER (WHERE state = 'pending'), COUNT(*) FILTER (WHERE state = 'in_flight'),
                             COUNT(*) FILTER (WHERE state = 'dead'),
                             COALESCE(SUM(byte_count) FILTER (WHERE state <> 'dead'), 0),
                             MIN(queued_at_ms) FILTER (WHERE state <> 'dead')
                         FROM outbox WHERE state <> 'acked'";
            Ok(connection.prepare_cached(query)?.query_row((), |row| {
                Ok(Waiting {
                    pending: row.get(0)?,
                    in_flight: row.get(1)?,
                    dead: row.get(2)?,
                    bytes: row.get::<_, i64>(3)?.cast_unsigned(),
                    oldest_queued_at_ms: row.get(4)?,
                })
            })?)
        })
    }

    /// How many groups wait or are being sent.
    pub fn waiting_groups(&self) -> Result<u32, StoreError> {
        self.read(|connection| {
            let query = "SELECT COUNT(DISTINCT group_id) FROM outbox WHERE state IN ('pending', 'in_flight')";
            Ok(connection.prepare_cached(query)?.query_row((), |row| row.get(0))?)
        })
    }

    /// Of each resource what was queued last, wherever that is on its way.
    pub fn newest_queued(&self) -> Result<Vec<NewestQueued>, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT resource_type, resource_id, version, entry_id, state FROM outbox
                 WHERE id IN (SELECT MAX(id) FROM outbox GROUP BY resource_type, resource_id)",
            )?;
            let rows = statement.query_map((), |row| {
                Ok(NewestQueued {
                    resource_type: row.get(0)?,
                    resource_id: row.get(1)?,
                    version: row.get(2)?,
                    entry_id: row.get(3)?,
                    state: row.get(4)?,
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// The entries that were given up, oldest first.
    pub fn dead_entries(&self) -> Result<Vec<OutboxEntry>, StoreError> {
        self.read(|connection| select(connection, "state = 'dead'", ()))
    }

    /// One entry.
    pub fn outbox_entry(&self, entry_id: &str) -> Result<Option<OutboxEntry>, StoreError> {
        self.read(|connection| Ok(select(connection, "entry_id = ?", [entry_id])?.pop()))
    }

    /// The server's `ETag` of the newest version of a resource that it has acknowledged, if it gave one and it was not pruned.
    pub fn acked_etag(&self, resource_type: &str, resource_id: &str) -> Result<Option<String>, StoreError> {
        self.read(|connection| {
            let query = "SELECT etag FROM outbox WHERE resource_type = ? AND resource_id = ? AND state = 'acked'
                         ORDER BY id DESC LIMIT 1";
            let found = connection.prepare_cached(query)?.query_row([resource_type, resource_id], |row| row.get(0));
            Ok(found.optional()?.flatten())
        })
    }
}
