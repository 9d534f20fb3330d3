//! What a sync keeps, in the store: the outbox, and what came from the clinic with the plans that are made of it.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use lumbra_store::{
    Acknowledged, Capability, Downloaded, OutboxEntry, OutboxState, Store, StoreError, StoreHandle, Watermark,
};
use lumbra_sync::fhir::{Fetched, Incoming};
use lumbra_sync::ledger::{Before, Connection, Cursor, Kept, Ledger, LedgerError};
use lumbra_sync::upload::{Ack, Dead, Entry, EntryId, Group, Kind, Outgoing};
use uuid::Uuid;

use super::plans::take_plans;
use crate::clock::WallClock;

/// The ledger over one store.
pub(super) struct StoreLedger {
    pub(super) store: StoreHandle,
    pub(super) clock: Arc<dyn WallClock>,
}

impl StoreLedger {
    async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Store) -> Result<T, StoreError> + Send + 'static,
    ) -> Kept<T> {
        self.store.call(work).await.map_err(|error| {
            tracing::warn!(%error, "what a sync keeps can't be read or written");
            LedgerError
        })
    }

    fn now(&self) -> (i64, i32) {
        (self.clock.unix_ms(), self.clock.utc_offset_s())
    }
}

fn texts(entries: &[EntryId]) -> Vec<String> {
    entries.iter().map(|entry| entry.0.to_string()).collect()
}

/// The groups that entries are of, each once: of those entries that are where they should be on their way.
fn groups_of(
    store: &Store,
    entries: &[String],
    counts: impl Fn(OutboxState) -> bool,
) -> Result<Vec<String>, StoreError> {
    let mut groups = Vec::new();
    for entry in entries {
        let found = store.outbox_entry(entry)?.ok_or(StoreError::NotFound { what: "this entry of the outbox" })?;
        if counts(found.state) && !groups.contains(&found.group_id) {
            groups.push(found.group_id);
        }
    }
    Ok(groups)
}

/// An entry as the engine knows it. What can't be read any more was not written by this app.
fn entry(stored: &OutboxEntry) -> Option<Entry> {
    let resource = Outgoing::from_name(&stored.resource_type)?;
    Some(Entry {
        id: EntryId(Uuid::parse_str(&stored.entry_id).ok()?),
        kind: kind(resource, &stored.bytes),
        resource,
        resource_id: Uuid::parse_str(&stored.resource_id).ok()?,
        bytes: stored.bytes.clone().into(),
    })
}

/// What a person calls it.
fn kind(resource: Outgoing, bytes: &[u8]) -> Kind {
    let says = |what: &[u8]| bytes.windows(what.len()).any(|window| window == what);
    match resource {
        Outgoing::Procedure if says(lumbra_sync::fhir::codes::EXERCISES.as_bytes()) => Kind::Exercise,
        Outgoing::Procedure => Kind::Session,
        Outgoing::Device => Kind::Device,
        Outgoing::QuestionnaireResponse => Kind::Questionnaire,
        Outgoing::Observation if says(b"\"derivedFrom\"") => Kind::Questionnaire,
        Outgoing::Observation if says(b"\"activity\"") => Kind::Posture,
        Outgoing::Observation if says(b"\"therapy\"") => Kind::Session,
        Outgoing::Observation => Kind::Pain,
    }
}

fn fetched(kind: Incoming, stored: Downloaded) -> Fetched {
    let Downloaded { resource_id, version, bytes, .. } = stored;
    let version = Some(version).filter(|version| !version.is_empty());
    Fetched { kind, id: resource_id, version, last_updated: None, bytes }
}

/// Everything that is kept of the clinic.
pub(super) fn all_fetched(store: &Store) -> Result<Vec<Fetched>, StoreError> {
    let mut all = Vec::new();
    for kind in Incoming::ALL {
        all.extend(store.all_downloaded(kind.name())?.into_iter().map(|stored| fetched(kind, stored)));
    }
    Ok(all)
}

/// Under which name it is kept when a kind was last looked through for what is gone.
fn swept(kind: Incoming) -> String {
    format!("{}/swept", kind.name())
}

#[async_trait]
impl Ledger for StoreLedger {
    async fn connection(&self) -> Kept<Option<Connection>> {
        self.with(|store| {
            let state = store.sync_state()?;
            Ok(state.map(|state| Connection { base: state.connection.base_url, patient: state.connection.patient_id }))
        })
        .await
    }

    async fn ways(&self) -> Kept<Option<String>> {
        self.with(|store| Ok(store.sync_state()?.and_then(|state| state.capability).map(|kept| kept.statement))).await
    }

    async fn set_ways(&self, ways: Option<&str>) -> Kept<()> {
        let (read_at_ms, _) = self.now();
        let capability = ways.map(|ways| Capability { statement: ways.to_owned(), read_at_ms });
        self.with(move |store| store.save_capability(capability.as_ref())).await
    }

    async fn requeue(&self) -> Kept<()> {
        self.with(|store| store.recover_in_flight().map(drop)).await
    }

    async fn next_groups(&self, entries: usize, bytes: usize, without: &[Uuid]) -> Kept<Vec<Group>> {
        let without: Vec<String> = without.iter().map(Uuid::to_string).collect();
        let (now_ms, _) = self.now();
        self.with(move |store| {
            let found = store.next_groups(entries, bytes, now_ms, &without)?;
            let mut groups = Vec::new();
            for group in found {
                let id = Uuid::parse_str(&group.group_id).ok();
                let read = group.entries.iter().map(entry).collect::<Option<Vec<_>>>();
                match id.zip(read).and_then(|(id, read)| Group::new(id, read).ok()) {
                    Some(read) => groups.push(read),
                    // Nothing may stand in the way of the rest.
                    None => give_up(store, &group.entries, now_ms)?,
                }
            }
            Ok(groups)
        })
        .await
    }

    async fn waiting(&self) -> Kept<usize> {
        self.with(|store| Ok(usize::try_from(store.waiting_groups()?).unwrap_or(usize::MAX))).await
    }

    async fn mark_in_flight(&self, entries: &[EntryId]) -> Kept<()> {
        let entries = texts(entries);
        self.with(move |store| {
            // What is in flight already may be named again.
            let groups = groups_of(store, &entries, |state| state == OutboxState::Pending)?;
            store.mark_in_flight(&groups)
        })
        .await
    }

    async fn mark_pending(&self, entries: &[EntryId]) -> Kept<()> {
        let entries = texts(entries);
        self.with(move |store| {
            let groups = groups_of(store, &entries, |_| true)?;
            store.mark_pending(&groups, None)
        })
        .await
    }

    async fn mark_acked(&self, acks: &[Ack]) -> Kept<()> {
        let acks: Vec<(String, Option<String>)> =
            acks.iter().map(|ack| (ack.entry.0.to_string(), ack.etag.clone())).collect();
        let (at_ms, _) = self.now();
        self.with(move |store| {
            let acks: Vec<_> =
                acks.iter().map(|(entry_id, etag)| Acknowledged { entry_id, etag: etag.as_deref() }).collect();
            store.mark_acked(&acks, at_ms)
        })
        .await
    }

    async fn mark_dead(&self, dead: &[Dead]) -> Kept<()> {
        let dead: Vec<(String, String)> = dead
            .iter()
            .map(|dead| {
                let reason = dead.reason.clone().unwrap_or_default();
                (
                    dead.entry.0.to_string(),
                    format!("{}\n{reason}\n{}", dead.status, dead.outcome.as_deref().unwrap_or("")),
                )
            })
            .collect();
        let (at_ms, _) = self.now();
        self.with(move |store| {
            store.together(|store| dead.iter().try_for_each(|(entry, reason)| store.mark_dead(&[entry], reason, at_ms)))
        })
        .await
    }

    async fn dead(&self) -> Kept<Vec<Dead>> {
        self.with(|store| Ok(store.dead_entries()?.iter().filter_map(dead).collect())).await
    }

    async fn cursor(&self, kind: Incoming) -> Kept<Cursor> {
        self.with(move |store| {
            Ok(Cursor { watermark: store.watermark(kind.name())?, swept: store.watermark(&swept(kind))? })
        })
        .await
    }

    async fn apply_page(&self, kind: Incoming, resources: &[Fetched], watermark: Option<&str>) -> Kept<()> {
        let resources: Vec<Downloaded> = resources
            .iter()
            .map(|one| Downloaded {
                resource_type: one.kind.name().to_owned(),
                resource_id: one.id.clone(),
                version: one.version.clone().unwrap_or_default(),
                bytes: one.bytes.clone(),
            })
            .collect();
        let watermark = watermark.map(str::to_owned);
        let (at_ms, utc_offset_s) = self.now();
        self.with(move |store| {
            // A plan that was taken back must not be startable a moment longer than its resource says.
            store.together(|store| {
                let watermark = watermark.as_deref().map(|at| Watermark { resource_type: kind.name(), at });
                store.apply_page(&resources, watermark, at_ms)?;
                take_plans(store, at_ms, utc_offset_s)
            })
        })
        .await
    }

    async fn known(&self, kind: Incoming) -> Kept<Vec<(String, Option<String>)>> {
        self.with(move |store| {
            let known = store.known_resources(kind.name())?.into_iter();
            Ok(known.map(|one| (one.resource_id, Some(one.version).filter(|version| !version.is_empty()))).collect())
        })
        .await
    }

    async fn resource(&self, kind: Incoming, id: &str) -> Kept<Option<Fetched>> {
        let id = id.to_owned();
        self.with(move |store| Ok(store.downloaded(kind.name(), &id)?.map(|stored| fetched(kind, stored)))).await
    }

    async fn remove(&self, kind: Incoming, ids: &[String]) -> Kept<()> {
        let ids = ids.to_vec();
        let (at_ms, utc_offset_s) = self.now();
        self.with(move |store| {
            store.together(|store| {
                store.mark_gone(kind.name(), &ids, at_ms)?;
                take_plans(store, at_ms, utc_offset_s)
            })
        })
        .await
    }

    async fn set_swept(&self, kind: Incoming, at: &str) -> Kept<()> {
        let at = at.to_owned();
        let (at_ms, _) = self.now();
        self.with(move |store| {
            let watermark = Watermark { resource_type: &swept(kind), at: &at };
            store.apply_page(&[], Some(watermark), at_ms)
        })
        .await
    }

    async fn note_good(&self, at: Timestamp, clock_skew_s: Option<i64>) -> Kept<()> {
        self.with(move |store| store.note_good_sync(at.as_millisecond(), skew_ms(clock_skew_s))).await
    }

    async fn note_failed(&self, next_try: Timestamp, clock_skew_s: Option<i64>) -> Kept<()> {
        self.with(move |store| store.note_failed_sync(next_try.as_millisecond(), skew_ms(clock_skew_s))).await
    }

    async fn before(&self) -> Kept<Before> {
        let state = self.with(|store| store.sync_state()).await?;
        let at = |ms: Option<i64>| ms.and_then(|ms| Timestamp::from_millisecond(ms).ok());
        Ok(state.map_or_else(Before::default, |state| Before {
            last_good: at(state.last_good_ms),
            failures: state.failures,
            next_try: at(state.next_try_at_ms),
        }))
    }
}

/// The store keeps how far the server's clock is ahead, the other way round.
fn skew_ms(clock_skew_s: Option<i64>) -> Option<i64> {
    clock_skew_s.and_then(|skew_s| skew_s.checked_mul(-1_000))
}

fn give_up(store: &mut Store, entries: &[OutboxEntry], at_ms: i64) -> Result<(), StoreError> {
    tracing::error!("a group of the outbox can't be read: it is given up");
    let ids: Vec<&str> = entries.iter().map(|entry| entry.entry_id.as_str()).collect();
    store.mark_dead(&ids, "0\nthis app can't read it any more\n", at_ms)
}

pub(super) fn dead(stored: &OutboxEntry) -> Option<Dead> {
    let resource = Outgoing::from_name(&stored.resource_type)?;
    // One that was refused only because another of its group was has no reason of its own.
    let mut reason = stored.reason.as_deref()?.splitn(3, '\n');
    let status = reason.next()?.parse().ok()?;
    let some = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(str::to_owned);
    Some(Dead {
        entry: EntryId(Uuid::parse_str(&stored.entry_id).ok()?),
        kind: kind(resource, &stored.bytes),
        status,
        reason: some(reason.next()),
        outcome: some(reason.next()),
    })
}
