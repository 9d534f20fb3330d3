//! The outbox: what the phone has to tell, how it is packed, and what an answer means. Pure; the engine sends.
//!
//! - Facts are the phone's and are only ever added. Each has a name that the phone minted, and is put under it: the same bytes twice
//!   are the same fact. The bytes are frozen when they are queued.
//! - A session with its observations is one [`Group`]: it arrives as a whole, or is refused as a whole. It is never split.
//! - [`pack`](fn@pack) puts groups into transactions of at most [`ENTRIES_MAX`] entries and [`BYTES_MAX`] bytes.
//! - [`judge`](fn@judge) says what an answer means for what was sent. Whatever it is, sending the same again is harmless.
//! - A transaction that is refused because of one bad resource is taken apart by [`isolate`]: the bad group goes dead with what the
//!   server said about it, and the others go on.

mod capability;
mod entry;
mod judge;
mod pack;

pub use capability::{BundleWay, Ways, WriteWay};
pub use entry::{Ack, BadGroup, Dead, Entry, EntryId, Group, Kind, Outgoing};
pub(crate) use judge::dead;
pub use judge::{Fate, Verdict, Why, judge, judge_single};
pub use pack::{BYTES_MAX, ENTRIES_MAX, bundle, isolate, pack, single};
pub(crate) use pack::{FHIR_JSON, identifier};
