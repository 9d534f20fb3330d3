//! The outbox beside a model of it, under whatever may happen in any order, the death of the process among it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use proptest::prelude::*;
use proptest::sample::Index;
use tempfile::TempDir;

use super::tests::{connected, new_entry, open};
use super::*;

/// What may happen to an outbox.
#[derive(Clone, Debug)]
enum Op {
    Queue { resources: BTreeSet<u8>, size: usize },
    Send { max_entries: usize, max_bytes: usize, now_ms: i64 },
    Ack { which: Index, all: bool },
    PutOff { which: Index, until_ms: Option<i64> },
    Refuse { which: Index },
    Retry { which: Index },
    Crash,
    Prune { before_ms: i64 },
}

fn op() -> impl Strategy<Value = Op> {
    let index = any::<Index>;
    let resources = prop::collection::btree_set(0_u8..9, 1..5);
    prop_oneof![
        4 => (resources, 1_usize..2_000).prop_map(|(resources, size)| Op::Queue { resources, size }),
        4 => (1_usize..9, 1_usize..6_000, 0_i64..100)
            .prop_map(|(max_entries, max_bytes, now_ms)| Op::Send { max_entries, max_bytes, now_ms }),
        4 => (index(), any::<bool>()).prop_map(|(which, all)| Op::Ack { which, all }),
        2 => (index(), prop::option::of(0_i64..100)).prop_map(|(which, until_ms)| Op::PutOff { which, until_ms }),
        1 => index().prop_map(|which| Op::Refuse { which }),
        1 => index().prop_map(|which| Op::Retry { which }),
        1 => Just(Op::Crash),
        1 => (0_i64..60).prop_map(|before_ms| Op::Prune { before_ms }),
    ]
}

/// An outbox beside what it must be.
struct Trial {
    dir: TempDir,
    store: Store,
    count: i64,
    /// Every row there must be, oldest first.
    rows: Vec<OutboxEntry>,
    /// What was queued, by entry.
    frozen: BTreeMap<String, Vec<u8>>,
}

impl Trial {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = connected(dir.path());
        Self { dir, store, count: 0, rows: Vec::new(), frozen: BTreeMap::new() }
    }

    fn is_open(row: &OutboxEntry) -> bool {
        matches!(row.state, OutboxState::Pending | OutboxState::InFlight)
    }

    /// A group in this state, with the entries in it.
    fn choose(&self, which: Index, state: OutboxState) -> Option<(String, Vec<String>)> {
        let groups: BTreeSet<_> =
            self.rows.iter().filter(|row| row.state == state).map(|row| row.group_id.clone()).collect();
        let group = groups.iter().nth(which.index(groups.len().max(1)))?.clone();
        let of_it = self.rows.iter().filter(|row| row.group_id == group && row.state == state);
        Some((group.clone(), of_it.map(|row| row.entry_id.clone()).collect()))
    }

    fn of_group(&mut self, group_id: &str, state: OutboxState, change: impl Fn(&mut OutboxEntry)) {
        self.rows.iter_mut().filter(|row| row.group_id == group_id && row.state == state).for_each(change);
    }

    /// The groups that may be sent, in their order, told the long way.
    fn due(&self, now_ms: i64) -> Vec<(String, usize, usize)> {
        let mut groups: Vec<String> = Vec::new();
        for row in self.rows.iter().filter(|row| Self::is_open(row)) {
            if !groups.contains(&row.group_id) {
                groups.push(row.group_id.clone());
            }
        }
        let is_due = |group: &&String| {
            self.rows.iter().enumerate().filter(|(_, row)| Self::is_open(row) && row.group_id == **group).all(
                |(at, row)| {
                    row.state == OutboxState::Pending
                        && row.next_try_at_ms.is_none_or(|at_ms| at_ms <= now_ms)
                        && !self.rows[..at].iter().any(|earlier| {
                            Self::is_open(earlier)
                                && earlier.group_id != row.group_id
                                && earlier.resource_id == row.resource_id
                        })
                },
            )
        };
        let sizes = |group: &String| {
            let of_it = self.rows.iter().filter(|row| Self::is_open(row) && row.group_id == *group);
            of_it.fold((0, 0), |(entries, bytes), row| (entries + 1, bytes + row.bytes.len()))
        };
        groups.iter().filter(is_due).map(|group| (group.clone(), sizes(group).0, sizes(group).1)).collect()
    }

    fn send(&mut self, max_entries: usize, max_bytes: usize, now_ms: i64) -> usize {
        let groups = self.store.next_groups(max_entries, max_bytes, now_ms, &[]).unwrap();
        let mut expected = Vec::new();
        let (mut entries, mut bytes) = (0, 0);
        for (group, of_it, size) in self.due(now_ms) {
            (entries, bytes) = (entries + of_it, bytes + size);
            if (entries > max_entries || bytes > max_bytes) && !expected.is_empty() {
                break;
            }
            expected.push(group);
        }
        let ids: Vec<_> = groups.iter().map(|group| group.group_id.clone()).collect();
        assert_eq!(ids, expected);
        let mut resources = BTreeSet::new();
        for group in &groups {
            let whole: Vec<_> =
                self.rows.iter().filter(|row| row.group_id == group.group_id && Self::is_open(row)).cloned().collect();
            assert_eq!(group.entries, whole, "the group is whole");
            for entry in &group.entries {
                assert_eq!(entry.bytes, self.frozen[&entry.entry_id], "not a byte has changed");
                assert!(resources.insert(entry.resource_id.clone()), "no resource is sent twice at once");
            }
        }
        self.store.mark_in_flight(&ids).unwrap();
        for group in &ids {
            self.of_group(group, OutboxState::Pending, |row| {
                row.state = OutboxState::InFlight;
                row.attempts += 1;
                row.next_try_at_ms = None;
            });
        }
        groups.len()
    }

    fn acknowledge(&mut self, entry_ids: &[String]) {
        let acknowledged: Vec<_> =
            entry_ids.iter().map(|id| Acknowledged { entry_id: id, etag: Some("W/\"1\"") }).collect();
        self.store.mark_acked(&acknowledged, self.count).unwrap();
        // An answer that comes twice changes nothing.
        self.store.mark_acked(&acknowledged, self.count + 1).unwrap();
        for row in self.rows.iter_mut().filter(|row| entry_ids.contains(&row.entry_id)) {
            row.state = OutboxState::Acked;
            row.bytes = Vec::new();
            row.acked_at_ms = Some(self.count);
            row.etag = Some("W/\"1\"".into());
        }
    }

    fn queue(&mut self, resources: &BTreeSet<u8>, size: usize) {
        let group_id = format!("group {}", self.count);
        let entries: Vec<_> = resources
            .iter()
            .map(|resource| {
                let filling = u8::try_from(self.count % 251).unwrap() ^ resource;
                new_entry(&format!("{resource} of {}", self.count), &format!("r{resource}"), &vec![filling; size])
            })
            .collect();
        self.store.queue(&group_id, &entries, self.count).unwrap();
        assert!(matches!(self.store.queue(&group_id, &entries, self.count), Err(StoreError::Conflict { .. })));
        for NewEntry { entry_id, resource_type, resource_id, bytes } in entries {
            let of_it = self.rows.iter().filter(|row| row.resource_id == resource_id);
            let version = of_it.map(|row| row.version).max().unwrap_or(0) + 1;
            self.frozen.insert(entry_id.clone(), bytes.clone());
            self.rows.push(OutboxEntry {
                entry_id,
                group_id: group_id.clone(),
                resource_type,
                resource_id,
                version,
                queued_at_ms: self.count,
                state: OutboxState::Pending,
                attempts: 0,
                next_try_at_ms: None,
                acked_at_ms: None,
                etag: None,
                reason: None,
                bytes,
            });
        }
    }

    /// The process dies: what is on the disk is opened in another place.
    fn crash(&mut self) {
        let copy = tempfile::tempdir().unwrap();
        for file in fs::read_dir(self.dir.path()).unwrap() {
            let file = file.unwrap();
            fs::copy(file.path(), copy.path().join(file.file_name())).unwrap();
        }
        self.store = open(copy.path());
        self.dir = copy;
        for row in self.rows.iter_mut().filter(|row| row.state == OutboxState::InFlight) {
            row.state = OutboxState::Pending;
        }
    }

    fn refuse(&mut self, group: &str, entry_id: &str) {
        self.store.mark_dead(&[entry_id], "no such patient", self.count).unwrap();
        self.of_group(group, OutboxState::InFlight, |row| {
            row.state = OutboxState::Dead;
            row.reason = (row.entry_id == entry_id).then(|| "no such patient".into());
        });
    }

    fn retry(&mut self, group: &str, entry_id: &str) {
        let overtaken = self.rows.iter().enumerate().any(|(at, row)| {
            row.group_id == group
                && row.state == OutboxState::Dead
                && self.rows[at + 1..].iter().any(|newer| newer.resource_id == row.resource_id)
        });
        let retried = self.store.retry_dead(entry_id, self.count);
        if overtaken {
            assert!(matches!(retried, Err(StoreError::Conflict { .. })));
            return;
        }
        retried.unwrap();
        self.of_group(group, OutboxState::Dead, |row| {
            (row.state, row.attempts, row.reason) = (OutboxState::Pending, 0, None);
        });
    }

    fn prune(&mut self, before_ms: i64) {
        let open: BTreeSet<_> =
            self.rows.iter().filter(|row| row.state != OutboxState::Acked).map(|row| row.resource_id.clone()).collect();
        let before = self.rows.len();
        self.rows.retain(|row| {
            row.acked_at_ms.is_none_or(|acked_at_ms| acked_at_ms >= before_ms) || open.contains(&row.resource_id)
        });
        assert_eq!(self.store.prune_acked(before_ms).unwrap(), before - self.rows.len());
    }

    fn play(&mut self, op: &Op) {
        self.count += 1;
        match op {
            Op::Queue { resources, size } => self.queue(resources, *size),
            Op::Send { max_entries, max_bytes, now_ms } => {
                self.send(*max_entries, *max_bytes, *now_ms);
            }
            Op::Ack { which, all } => {
                if let Some((_, mut entries)) = self.choose(*which, OutboxState::InFlight) {
                    entries.truncate(if *all { usize::MAX } else { 1 });
                    self.acknowledge(&entries);
                }
            }
            Op::PutOff { which, until_ms } => {
                if let Some((group, _)) = self.choose(*which, OutboxState::InFlight) {
                    self.store.mark_pending(&[&group], *until_ms).unwrap();
                    self.of_group(&group, OutboxState::InFlight, |row| {
                        (row.state, row.next_try_at_ms) = (OutboxState::Pending, *until_ms);
                    });
                }
            }
            Op::Refuse { which } => {
                if let Some((group, entries)) = self.choose(*which, OutboxState::InFlight) {
                    self.refuse(&group, &entries[which.index(entries.len())]);
                }
            }
            Op::Retry { which } => {
                if let Some((group, entries)) = self.choose(*which, OutboxState::Dead) {
                    self.retry(&group, &entries[0]);
                }
            }
            Op::Crash => self.crash(),
            Op::Prune { before_ms } => self.prune(*before_ms),
        }
        self.compare();
    }

    fn compare(&self) {
        assert_eq!(select(&self.store.connection, "TRUE", ()).unwrap(), self.rows);
        let counted = |state| u32::try_from(self.rows.iter().filter(|row| row.state == state).count()).unwrap();
        let waiting = self.store.waiting().unwrap();
        assert_eq!(
            (waiting.pending, waiting.in_flight),
            (counted(OutboxState::Pending), counted(OutboxState::InFlight))
        );
        assert_eq!((waiting.dead, self.store.dead_entries().unwrap().len()), {
            let dead = counted(OutboxState::Dead);
            (dead, dead as usize)
        });
        let open = || self.rows.iter().filter(|row| Self::is_open(row));
        assert_eq!(waiting.bytes, open().map(|row| row.bytes.len() as u64).sum::<u64>());
        assert_eq!(waiting.oldest_queued_at_ms, open().map(|row| row.queued_at_ms).min());
    }

    /// Whatever has happened: a server that takes everything ends with everything that is not dead.
    fn finish(&mut self) {
        self.crash();
        let groups: BTreeSet<_> = self.rows.iter().map(|row| row.group_id.clone()).collect();
        let mut rounds = 0;
        while self.send(GROUP_ENTRIES_MAX, GROUP_BYTES_MAX, i64::MAX) > 0 {
            let sent = self.rows.iter().filter(|row| row.state == OutboxState::InFlight);
            let sent: Vec<_> = sent.map(|row| row.entry_id.clone()).collect();
            self.acknowledge(&sent);
            rounds += 1;
            assert!(rounds <= groups.len(), "each round sends a group at least");
        }
        self.compare();
        assert!(self.rows.iter().all(|row| matches!(row.state, OutboxState::Acked | OutboxState::Dead)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn whatever_happens_groups_stay_whole_and_bytes_as_they_were(ops in prop::collection::vec(op(), 1..40)) {
        let mut trial = Trial::new();
        for op in &ops {
            trial.play(op);
        }
        trial.finish();
    }
}
