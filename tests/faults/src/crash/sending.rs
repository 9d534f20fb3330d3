//! The part of the writes that is about a clinic: facts that are stored together with what tells of them, and what became of that.

use std::collections::BTreeMap;

use lumbra_store::{Acknowledged, NewEntry, PainEntry, Store, StoreError, SyncConnection};
use rusqlite::Connection;

use super::Broken;

/// The server's `ETag` for all that arrives.
const ETAG: &str = "W/\"1\"";
/// Why the server refuses what it refuses.
const REASON: &str = "no such patient";

/// One change of what goes to a clinic.
#[derive(Clone, Debug)]
pub(crate) enum Sending {
    /// Connects, or finds that it is connected.
    Connect(SyncConnection),
    /// Adds a pain entry, and queues under its id what tells of it: both or neither.
    Tell(Box<PainEntry>, Vec<NewEntry>),
    /// Marks a group as being sent.
    Send { group_id: String },
    /// Marks a group as arrived.
    Arrived { group_id: String, entry_ids: Vec<String>, at_ms: i64 },
    /// Marks an entry as refused, and its group of so many with it.
    Refused { group_id: String, entry_id: String, count: usize, at_ms: i64 },
}

impl Sending {
    /// Makes the calls.
    pub(crate) fn apply(&self, store: &mut Store) -> Result<(), StoreError> {
        match self {
            Self::Connect(connection) => store.connect(connection),
            Self::Tell(pain, entries) => store.together(|store| {
                store.add_pain(pain)?;
                store.queue(&pain.entry_id, entries, pain.at_ms)
            }),
            Self::Send { group_id } => send(store, group_id),
            Self::Arrived { group_id, entry_ids, at_ms } => store.together(|store| {
                send(store, group_id)?;
                let arrived: Vec<_> =
                    entry_ids.iter().map(|entry_id| Acknowledged { entry_id, etag: Some(ETAG) }).collect();
                store.mark_acked(&arrived, *at_ms)
            }),
            Self::Refused { entry_id, at_ms, .. } => store.mark_dead(&[entry_id], REASON, *at_ms),
        }
    }
}

/// What a plan has told a clinic and not heard of again: groups with their entries.
#[derive(Debug, Default)]
pub(crate) struct Letters(Vec<(String, Vec<String>)>);

impl Letters {
    /// The same for every generation.
    pub(crate) fn connect(connected_at_ms: i64) -> Sending {
        Sending::Connect(SyncConnection {
            connection_id: "connection".into(),
            base_url: "https://clinic.example/fhir".into(),
            client_id: "lumbra".into(),
            patient_id: "p1".into(),
            connected_at_ms,
        })
    }

    /// Tells of a pain entry in one to three entries.
    pub(crate) fn tell(&mut self, pain: PainEntry, random: &mut fastrand::Rng) -> Sending {
        let count = random.u8(1..4);
        let entry = |number: u8| {
            let entry_id = format!("{}-{number}", pain.entry_id);
            // Mostly within a page; sometimes over several.
            let len = if random.u8(..8) == 0 { 40_000 } else { 400 };
            let bytes = vec![random.u8(..); random.usize(1..len)];
            NewEntry { resource_id: entry_id.clone(), entry_id, resource_type: "Observation".into(), bytes }
        };
        let entries: Vec<_> = (0..count).map(entry).collect();
        let entry_ids = entries.iter().map(|entry| entry.entry_id.clone()).collect();
        self.0.push((pain.entry_id.clone(), entry_ids));
        Sending::Tell(Box::new(pain), entries)
    }

    /// What becomes of a group, if there is one.
    pub(crate) fn send(&mut self, at_ms: i64, random: &mut fastrand::Rng) -> Option<Sending> {
        let at = random.usize(..self.0.len().max(1));
        let (group_id, entry_ids) = self.0.get(at)?.clone();
        let next = random.u8(..6);
        if next < 4 {
            self.0.swap_remove(at);
        }
        Some(match next {
            0 => {
                let entry_id = random.choice(&entry_ids).cloned()?;
                Sending::Refused { group_id, entry_id, count: entry_ids.len(), at_ms }
            }
            1..=3 => Sending::Arrived { group_id, entry_ids, at_ms },
            _ => Sending::Send { group_id },
        })
    }
}

/// It may be on its way already, unless the store was closed meanwhile.
fn send(store: &mut Store, group_id: &str) -> Result<(), StoreError> {
    match store.mark_in_flight(&[group_id]) {
        Err(StoreError::Conflict { .. }) => Ok(()),
        result => result,
    }
}

/// An entry as it is found when the store was opened anew: what was being sent waits again.
#[derive(Clone, Debug, PartialEq)]
struct Entry {
    group_id: String,
    state: String,
    etag: Option<String>,
    reason: Option<String>,
    bytes: Option<Vec<u8>>,
}

/// What is kept of all that.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Sent {
    connection: Option<SyncConnection>,
    entries: BTreeMap<String, Entry>,
}

impl Sent {
    /// Reads it, beside the store's methods.
    pub(crate) fn read(store: &Store, raw: &Connection) -> Result<Self, Broken> {
        let mut statement = raw.prepare("SELECT entry_id, group_id, state, etag, reason, bytes FROM outbox")?;
        let rows = statement.query_map((), |row| {
            let (group_id, state) = (row.get(1)?, row.get(2)?);
            Ok((row.get(0)?, Entry { group_id, state, etag: row.get(3)?, reason: row.get(4)?, bytes: row.get(5)? }))
        })?;
        Ok(Self {
            connection: store.sync_state()?.map(|state| state.connection),
            entries: rows.collect::<Result<_, _>>()?,
        })
    }

    /// What is kept after this; tells whether it connected anew. The pain entry is not its matter.
    pub(crate) fn apply(&mut self, sending: &Sending) -> bool {
        match sending {
            Sending::Connect(connection) => return self.connection.replace(connection.clone()).is_none(),
            Sending::Tell(pain, entries) => {
                for NewEntry { entry_id, bytes, .. } in entries {
                    let entry = Entry {
                        group_id: pain.entry_id.clone(),
                        state: "pending".into(),
                        etag: None,
                        reason: None,
                        bytes: Some(bytes.clone()),
                    };
                    self.entries.insert(entry_id.clone(), entry);
                }
            }
            Sending::Send { .. } => {}
            Sending::Arrived { group_id, .. } => {
                for entry in self.entries.values_mut().filter(|entry| entry.group_id == *group_id) {
                    entry.state = "acked".into();
                    (entry.etag, entry.bytes) = (Some(ETAG.into()), None);
                }
            }
            Sending::Refused { group_id, entry_id, .. } => {
                for (id, entry) in self.entries.iter_mut().filter(|(_, entry)| entry.group_id == *group_id) {
                    entry.state = "dead".into();
                    entry.reason = (id == entry_id).then(|| REASON.into());
                }
            }
        }
        false
    }
}
