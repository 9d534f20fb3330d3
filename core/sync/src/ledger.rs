//! What a sync keeps between runs, and the port to it. The store implements it; `support::MemoryLedger` does for
//! tests.

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::fhir::{Fetched, Incoming};
use crate::upload::{Ack, Dead, EntryId, Group};

/// To which server, as whom. No secrets: tokens are behind [`TokenStore`](crate::smart::TokenStore).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connection {
    /// The server's FHIR base, without a slash at the end.
    pub base: String,
    /// The person's logical id there.
    pub patient: String,
}

// The id names a person.
impl std::fmt::Debug for Connection {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Connection(..)")
    }
}

/// How far the phone has read one kind of resource. Both moments are by the server's clock.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// The largest `meta.lastUpdated` of a download that came to its end.
    pub watermark: Option<String>,
    /// When it was last looked for what is gone, RFC 3339.
    pub swept: Option<String>,
}

/// How it went before this process, by the phone's clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Before {
    /// When everything was exchanged last.
    pub last_good: Option<Timestamp>,
    /// How often in a row it has failed since.
    pub failures: u32,
    /// Not to be tried before then.
    pub next_try: Option<Timestamp>,
}

/// A ledger's own failure: a full disk, a key that is gone. The sync stops, and nothing is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[error("what a sync keeps can't be read or written")]
pub struct LedgerError;

/// What a ledger answers.
pub type Kept<T> = Result<T, LedgerError>;

/// What a sync keeps. Each call is one transaction: it has happened altogether or not at all, and stays after a power cut.
///
/// The way of an entry: *pending* -> *in flight* -> *acked* or *dead*. Whoever queues a group writes all of it, pending, in the
/// transaction that made the facts it tells.
#[async_trait]
pub trait Ledger: Send + Sync {
    /// To which server, as whom; none before the person has connected one.
    async fn connection(&self) -> Kept<Option<Connection>>;
    /// What the server can do, as it was kept: the text of a `CapabilityStatement`'s digest, opaque here.
    async fn ways(&self) -> Kept<Option<String>>;
    /// Keeps what the server can do, or forgets it.
    async fn set_ways(&self, ways: Option<&str>) -> Kept<()>;

    /// Makes pending again whatever is in flight: nobody is sending it when a run begins.
    async fn requeue(&self) -> Kept<()>;
    /// The oldest pending groups in the order they were queued, without those named, up to this many entries and bytes together; the
    /// first one whatever its size.
    async fn next_groups(&self, entries: usize, bytes: usize, without: &[uuid::Uuid]) -> Kept<Vec<Group>>;
    /// How many groups are pending or in flight.
    async fn waiting(&self) -> Kept<usize>;
    /// Pending -> in flight.
    async fn mark_in_flight(&self, entries: &[EntryId]) -> Kept<()>;
    /// In flight -> pending: the server was not reached, or asked to wait.
    async fn mark_pending(&self, entries: &[EntryId]) -> Kept<()>;
    /// In flight -> acked.
    async fn mark_acked(&self, acks: &[Ack]) -> Kept<()>;
    /// In flight -> dead.
    async fn mark_dead(&self, dead: &[Dead]) -> Kept<()>;
    /// What is dead.
    async fn dead(&self) -> Kept<Vec<Dead>>;

    /// How far this kind was read.
    async fn cursor(&self, kind: Incoming) -> Kept<Cursor>;
    /// Keeps a page's resources (each replaces what is kept under its kind and id) and, with the last page, the watermark: both or
    /// neither.
    async fn apply_page(&self, kind: Incoming, resources: &[Fetched], watermark: Option<&str>) -> Kept<()>;
    /// The ids that are kept of this kind, with the version of each.
    async fn known(&self, kind: Incoming) -> Kept<Vec<(String, Option<String>)>>;
    /// What is kept under this id.
    async fn resource(&self, kind: Incoming, id: &str) -> Kept<Option<Fetched>>;
    /// Removes what the server has no more.
    async fn remove(&self, kind: Incoming, ids: &[String]) -> Kept<()>;
    /// Keeps when it was looked for what is gone.
    async fn set_swept(&self, kind: Incoming, at: &str) -> Kept<()>;

    /// Notes that everything was exchanged at `at`, by the phone's clock: this is the one place where that is kept. `clock_skew_s`: how far
    /// that clock is ahead of the server's, in seconds, where the server told the time.
    async fn note_good(&self, at: Timestamp, clock_skew_s: Option<i64>) -> Kept<()>;
    /// Notes that a run has failed once more, and before when none is to be tried again. `clock_skew_s` as for a good one.
    async fn note_failed(&self, next_try: Timestamp, clock_skew_s: Option<i64>) -> Kept<()>;
    /// What was noted so far.
    async fn before(&self) -> Kept<Before>;
}
