//! What the clinic's server will not have: shown to the person, and sent again at their wish.

use lumbra_store::{OutboxEntry, Store, StoreError};

use super::ledger::dead;
use crate::companion::Companion;
use crate::error::Error;

/// A fact that the clinic's server will not have.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct RefusedFact {
    /// What kind, such as `session`.
    pub kind: String,
    /// When it was, as it was told: a moment in RFC 3339, or a day such as `2026-03-01`. Absent for what has no time, such as a wearable.
    pub at: Option<String>,
    /// The server's HTTP status.
    pub status: u16,
    /// Its words, if it said any.
    pub reason: Option<String>,
}

/// What is refused, oldest first: once for what is told together, such as a session with its pain. What has a newer version is not among
/// it: that one tells what is true now, or is refused itself.
pub(super) fn refused(store: &Store) -> Result<Vec<RefusedFact>, StoreError> {
    let newest = store.newest_queued()?;
    let mut entries = store.dead_entries()?;
    entries.retain(|entry| newest.iter().any(|one| one.entry_id == entry.entry_id));
    let mut groups: Vec<&str> = Vec::new();
    let mut facts = Vec::new();
    for entry in &entries {
        let Some(dead) = dead(entry).filter(|_| !groups.contains(&entry.group_id.as_str())) else { continue };
        groups.push(&entry.group_id);
        let kind = format!("{:?}", dead.kind).to_lowercase();
        facts.push(RefusedFact { kind, at: at(&entry.bytes), status: dead.status, reason: dead.reason });
    }
    Ok(facts)
}

/// When a resource says that it was.
fn at(bytes: &[u8]) -> Option<String> {
    let resource: serde_json::Value = serde_json::from_slice(bytes).ok()?;
    let places = ["/effectiveDateTime", "/performedPeriod/start", "/authored"];
    places.iter().find_map(|place| resource.pointer(place)?.as_str().map(str::to_owned))
}

impl Companion {
    /// Lets what the clinic's server will not have wait again, as after the clinic has mended something there, and gives how many groups
    /// that is: a group is what is told together, such as a session with its pain. The next sync sends them once more; what is refused
    /// then is refused again. What has a newer version stays as it is: the newer one tells it.
    pub async fn retry_refused(&self) -> Result<u32, Error> {
        let at_ms = self.clock().unix_ms();
        let retried = self.store().call(move |store| {
            let mut groups: Vec<String> = Vec::new();
            let mut retried = 0;
            for OutboxEntry { entry_id, group_id, .. } in store.dead_entries()? {
                if groups.contains(&group_id) {
                    continue;
                }
                match store.retry_dead(&entry_id, at_ms) {
                    Ok(()) => retried += 1,
                    // It has a newer version, which it would undo.
                    Err(StoreError::Conflict { .. }) => {}
                    Err(error) => return Err(error),
                }
                groups.push(group_id);
            }
            Ok(retried)
        });
        Ok(retried.await?)
    }
}
