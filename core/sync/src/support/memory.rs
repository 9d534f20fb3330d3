//! A ledger and a key store in memory. They outlive an engine: dropping one and making another over them is a restart.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use jiff::Timestamp;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::fhir::{Fetched, Incoming};
use crate::ledger::{Before, Connection, Cursor, Kept, Ledger, LedgerError};
use crate::smart::{TokenStore, TokenStoreError};
use crate::upload::{Ack, Dead, Entry, EntryId, Group};

/// Where an entry is on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// It waits.
    Pending,
    /// It is being sent.
    InFlight,
    /// The server has it.
    Acked(Ack),
    /// The server will not have it.
    Dead(Dead),
}

#[derive(Debug, Default)]
struct Rows {
    connection: Option<Connection>,
    ways: Option<String>,
    queue: Vec<(Uuid, Entry, Status)>,
    cursors: BTreeMap<Incoming, Cursor>,
    resources: BTreeMap<(Incoming, String), Fetched>,
    before: Before,
}

/// A ledger in memory.
#[derive(Debug)]
pub struct MemoryLedger {
    rows: Mutex<Rows>,
    /// Fails from this call on: a full disk. `usize::MAX` for never.
    fail_from: AtomicUsize,
    calls: AtomicUsize,
}

impl Default for MemoryLedger {
    fn default() -> Self {
        Self { rows: Mutex::default(), fail_from: AtomicUsize::new(usize::MAX), calls: AtomicUsize::new(0) }
    }
}

impl MemoryLedger {
    /// Connected to this base, as this person.
    pub fn connected(base: &str, patient: &str) -> Self {
        let connection = Connection { base: base.to_owned(), patient: patient.to_owned() };
        let rows = Rows { connection: Some(connection), ..Rows::default() };
        Self { rows: Mutex::new(rows), ..Self::default() }
    }

    /// Queues a group.
    pub fn queue(&self, group: &Group) {
        let rows = group.entries().iter().map(|entry| (group.id(), entry.clone(), Status::Pending));
        self.rows.lock().unwrap().queue.extend(rows);
    }

    /// Every entry with where it is.
    pub fn queued(&self) -> Vec<(Entry, Status)> {
        self.rows.lock().unwrap().queue.iter().map(|(_, entry, status)| (entry.clone(), status.clone())).collect()
    }

    /// Every resource of the clinic that is kept.
    pub fn resources(&self) -> Vec<Fetched> {
        self.rows.lock().unwrap().resources.values().cloned().collect()
    }

    /// When everything was last exchanged.
    pub fn last_good(&self) -> Option<Timestamp> {
        self.rows.lock().unwrap().before.last_good
    }

    /// Fails from the n-th call from now on; `None`: no more.
    pub fn fail_after(&self, calls: Option<usize>) {
        let from = calls.map_or(usize::MAX, |calls| self.calls.load(Ordering::Relaxed) + calls);
        self.fail_from.store(from, Ordering::Relaxed);
    }

    /// How many calls there were.
    pub fn calls(&self) -> usize {
        self.calls.load(Ordering::Relaxed)
    }

    fn rows<T>(&self, work: impl FnOnce(&mut Rows) -> T) -> Kept<T> {
        if self.calls.fetch_add(1, Ordering::Relaxed) >= self.fail_from.load(Ordering::Relaxed) {
            return Err(LedgerError);
        }
        Ok(work(&mut self.rows.lock().unwrap()))
    }

    /// Moves entries, which must be where they are thought to be.
    fn set(&self, entries: &[EntryId], from: &[Status], to: impl Fn(usize) -> Status) -> Kept<()> {
        self.rows(|rows| {
            for (index, id) in entries.iter().enumerate() {
                let row = rows.queue.iter_mut().find(|(_, entry, _)| entry.id == *id).expect("a known entry");
                assert!(from.contains(&row.2), "{:?} is no way from {:?}", to(index), row.2);
                row.2 = to(index);
            }
        })
    }
}

#[async_trait]
impl Ledger for MemoryLedger {
    async fn connection(&self) -> Kept<Option<Connection>> {
        self.rows(|rows| rows.connection.clone())
    }

    async fn ways(&self) -> Kept<Option<String>> {
        self.rows(|rows| rows.ways.clone())
    }

    async fn set_ways(&self, ways: Option<&str>) -> Kept<()> {
        self.rows(|rows| rows.ways = ways.map(str::to_owned))
    }

    async fn requeue(&self) -> Kept<()> {
        self.rows(|rows| {
            for (_, _, status) in &mut rows.queue {
                if *status == Status::InFlight {
                    *status = Status::Pending;
                }
            }
        })
    }

    async fn next_groups(&self, entries: usize, bytes: usize, without: &[Uuid]) -> Kept<Vec<Group>> {
        self.rows(|rows| {
            let mut order: Vec<Uuid> = Vec::new();
            let mut groups: BTreeMap<Uuid, Vec<Entry>> = BTreeMap::new();
            for (group, entry, _) in rows.queue.iter().filter(|(_, _, status)| *status == Status::Pending) {
                if !without.contains(group) {
                    if !order.contains(group) {
                        order.push(*group);
                    }
                    groups.entry(*group).or_default().push(entry.clone());
                }
            }
            let (mut found, mut many, mut long) = (Vec::new(), 0, 0);
            for id in order {
                let group = Group::new(id, groups.remove(&id).unwrap_or_default()).expect("a queued group is one");
                (many, long) = (many + group.entries().len(), long + group.bytes());
                if !found.is_empty() && (many > entries || long > bytes) {
                    break;
                }
                found.push(group);
            }
            found
        })
    }

    async fn waiting(&self) -> Kept<usize> {
        self.rows(|rows| {
            let open = rows.queue.iter().filter(|(_, _, status)| matches!(status, Status::Pending | Status::InFlight));
            let mut groups: Vec<Uuid> = open.map(|(group, _, _)| *group).collect();
            groups.sort();
            groups.dedup();
            groups.len()
        })
    }

    async fn mark_in_flight(&self, entries: &[EntryId]) -> Kept<()> {
        self.set(entries, &[Status::Pending, Status::InFlight], |_| Status::InFlight)
    }

    async fn mark_pending(&self, entries: &[EntryId]) -> Kept<()> {
        self.set(entries, &[Status::Pending, Status::InFlight], |_| Status::Pending)
    }

    async fn mark_acked(&self, acks: &[Ack]) -> Kept<()> {
        let ids: Vec<EntryId> = acks.iter().map(|ack| ack.entry).collect();
        self.set(&ids, &[Status::InFlight], |index| Status::Acked(acks[index].clone()))
    }

    async fn mark_dead(&self, dead: &[Dead]) -> Kept<()> {
        let ids: Vec<EntryId> = dead.iter().map(|dead| dead.entry).collect();
        self.set(&ids, &[Status::InFlight], |index| Status::Dead(dead[index].clone()))
    }

    async fn dead(&self) -> Kept<Vec<Dead>> {
        self.rows(|rows| {
            let dead = |(_, _, status): &(Uuid, Entry, Status)| match status {
                Status::Dead(dead) => Some(dead.clone()),
                _ => None,
            };
            rows.queue.iter().filter_map(dead).collect()
        })
    }

    async fn cursor(&self, kind: Incoming) -> Kept<Cursor> {
        self.rows(|rows| rows.cursors.get(&kind).cloned().unwrap_or_default())
    }

    async fn apply_page(&self, kind: Incoming, resources: &[Fetched], watermark: Option<&str>) -> Kept<()> {
        self.rows(|rows| {
            let new = resources.iter().map(|one| ((one.kind, one.id.clone()), one.clone()));
            rows.resources.extend(new);
            if let Some(watermark) = watermark {
                rows.cursors.entry(kind).or_default().watermark = Some(watermark.to_owned());
            }
        })
    }

    async fn known(&self, kind: Incoming) -> Kept<Vec<(String, Option<String>)>> {
        self.rows(|rows| {
            let of = rows.resources.values().filter(|resource| resource.kind == kind);
            of.map(|resource| (resource.id.clone(), resource.version.clone())).collect()
        })
    }

    async fn resource(&self, kind: Incoming, id: &str) -> Kept<Option<Fetched>> {
        self.rows(|rows| rows.resources.get(&(kind, id.to_owned())).cloned())
    }

    async fn remove(&self, kind: Incoming, ids: &[String]) -> Kept<()> {
        self.rows(|rows| rows.resources.retain(|(of, id), _| *of != kind || !ids.contains(id)))
    }

    async fn set_swept(&self, kind: Incoming, at: &str) -> Kept<()> {
        self.rows(|rows| rows.cursors.entry(kind).or_default().swept = Some(at.to_owned()))
    }

    async fn note_good(&self, at: Timestamp, _clock_skew_s: Option<i64>) -> Kept<()> {
        self.rows(|rows| rows.before = Before { last_good: Some(at), ..Before::default() })
    }

    async fn note_failed(&self, next_try: Timestamp, _clock_skew_s: Option<i64>) -> Kept<()> {
        self.rows(|rows| {
            rows.before.failures += 1;
            rows.before.next_try = Some(next_try);
        })
    }

    async fn before(&self) -> Kept<Before> {
        self.rows(|rows| rows.before)
    }
}

/// A key store in memory.
#[derive(Debug, Default)]
pub struct MemoryTokens {
    kept: Mutex<Option<Vec<u8>>>,
    broken: std::sync::atomic::AtomicBool,
}

impl MemoryTokens {
    /// With this in it.
    pub fn with(bytes: &[u8]) -> Self {
        Self { kept: Mutex::new(Some(bytes.to_vec())), ..Self::default() }
    }

    /// What is kept, as text.
    pub fn text(&self) -> Option<String> {
        self.kept.lock().unwrap().clone().map(|bytes| String::from_utf8(bytes).unwrap())
    }

    /// Whether saving fails.
    pub fn set_broken(&self, broken: bool) {
        self.broken.store(broken, Ordering::Relaxed);
    }
}

#[async_trait]
impl TokenStore for MemoryTokens {
    async fn load(&self) -> Result<Option<Zeroizing<Vec<u8>>>, TokenStoreError> {
        Ok(self.kept.lock().unwrap().clone().map(Zeroizing::new))
    }

    async fn save(&self, bytes: &[u8]) -> Result<(), TokenStoreError> {
        if self.broken.load(Ordering::Relaxed) {
            return Err(TokenStoreError);
        }
        *self.kept.lock().unwrap() = Some(bytes.to_vec());
        Ok(())
    }

    async fn delete(&self) -> Result<(), TokenStoreError> {
        *self.kept.lock().unwrap() = None;
        Ok(())
    }
}
