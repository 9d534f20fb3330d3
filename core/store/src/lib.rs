//! The encrypted local store: everything the app knows about a person, on their own device.
//!
//! It is one SQLite database, encrypted by SQLCipher under a random 256-bit key. The crate knows no Bluetooth
//! and no network, and has no clock: ids, wall times (Unix milliseconds) and the person's offset from UTC
//! come from the caller.
//!
//! # Where to start
//! - [`Store::open`] needs a folder and a [`KeyStore`]; [`FileKeyStore`] is the desktop's. It makes what isn't
//!   there yet, brings an older database to the present schema, and sets a damaged one aside ([`SetAside`])
//!   instead of deleting it.
//! - [`Store::back_up`] and [`Store::restore`] make and take an encrypted copy under a passphrase.
//! - [`StoreHandle::spawn`] moves the store to a thread of its own, for async callers.
//! - The methods of [`Store`] are grouped by what they keep: devices, commands ([`Intent`], [`Command`]),
//!   sessions with their telemetry, pain entries, days, questionnaires, screenings and caps, posture with its settings and goal, the
//!   device's own records, what the phone's clock told when ([`Store::note_clock`]), plans with what was done of them ([`PlanRecord`],
//!   [`ExerciseEntry`], [`Goal`]), the connection to a clinic ([`SyncConnection`]) with what was downloaded over it ([`Downloaded`]) and
//!   what waits to be sent ([`Store::queue`]), and the audit.
//! - [`Store::together`] makes several of their changes one, such as a pain entry and what tells the clinic of it.
//!
//! # What it promises
//! - **Durable before acknowledged.** A method that changes something has reached the disk when it returns, or
//!   has failed and changed nothing. So an intent is saved before its command's first byte leaves, and a
//!   device's record before it is deleted there.
//! - **Nothing in clear.** The database, its log and its temporary tables are encrypted or in memory; errors
//!   and logs hold no stored values.
//! - **Never a new key over old data.** A missing key is [`StoreError::KeyLost`], another one is
//!   [`StoreError::WrongKey`]; a small file with a hash of the key tells a wrong key from a damaged database.
//! - **Posture comes back as it was handed over**, whether it waits to be sealed or is: see [`Store::append_posture`]. It is kept as long as
//!   [`Store::set_raw_retention`] says; what history screens show is kept for good, and read from roll-ups alone.
//! - **The audit only grows.** The database itself refuses to change or delete its rows.
//! - **What is queued is sent as it is.** The database refuses to change a byte of the outbox, or to delete what has not arrived, but with
//!   its connection. Its groups are handed out whole.
//! - **No tokens.** They are secrets of the key store ([`Secret`]), which no backup holds.
//!
//! `cargo run -p lumbra-faults -- kill` and `-- power-cut` try the first of these by chance.
//!
//! # The files
//! | file | what |
//! |---|---|
//! | `lumbra.db`, `-wal`, `-shm` | the database, its log, and the log's index |
//! | `lumbra.db-key-check` | a hash of the key |
//! | `lumbra.db-suspect` | damage was seen: the next start checks everything |
//! | `lumbra.lock` | who uses the folder |
//! | `lumbra.db-restoring` | a backup on its way back |
//! | `lumbra.key.secret-NAME.bin` | a secret of [`FileKeyStore`], beside its key; `.new`, `.gone`: on its way there, or from there |
//! | `lumbra-damaged-TIME.db`, `lumbra-replaced-TIME.db`, each `-wal`, `-shm` | a database that was set aside |
//!
//! What that protects from whom, and what it does not, is told in `core/THREATS.md`.
//!
//! # To change the schema
//! Add a file to `migrations/` and its name to `schema.rs`; never edit one that was released. Then make a
//! frozen database of the version before (`cargo run -p lumbra-store --example freeze -- DIR`) and add it to
//! `tests/frozen`, so that the step from it stays tested.
//!
//! ```
//! # fn main() -> Result<(), lumbra_store::StoreError> {
//! # let dir = std::env::temp_dir().join(format!("lumbra-store-example-{}", std::process::id()));
//! use lumbra_store::{FileKeyStore, PainContext, PainDetail, PainEntry, Store};
//!
//! let keys = FileKeyStore::new(dir.join("lumbra.key"));
//! let (mut store, set_aside) = Store::open(&dir, &keys)?;
//! assert!(set_aside.is_none());
//! store.add_pain(&PainEntry {
//!     entry_id: "0b9d6e3c-6f0e-4a55-8a0f-0d2c6f1f5f11".into(),
//!     at_ms: 1_750_000_000_000,
//!     utc_offset_s: 7_200,
//!     score: 6,
//!     context: PainContext::Diary,
//!     session: None,
//!     place: "low back".into(),
//!     note: String::new(),
//!     detail: PainDetail { worst: Some(8), ..PainDetail::default() },
//! })?;
//! drop(store);
//! Store::erase(&dir, &keys)?;
//! # std::fs::remove_dir_all(&dir)?;
//! # Ok(())
//! # }
//! ```

mod audit;
mod backup;
#[cfg(feature = "test-support")]
pub mod blobs;
mod clock;
mod coaching;
mod columns;
mod convert;
mod devices;
mod documents;
mod downloads;
mod error;
mod exercise_log;
mod files;
mod goals;
mod handle;
mod history;
mod intents;
mod key;
mod limits;
mod outbox;
mod outbox_pick;
mod pace;
mod packed;
mod pain;
mod part;
mod plans;
mod posture;
mod questionnaires;
mod raw;
mod records;
mod retention;
mod schema;
mod sealing;
mod secrets;
mod sessions;
mod store;
mod sync_state;
mod tail;
pub mod telemetry;
mod together;
mod wellbeing;
mod zones;

pub use audit::AuditEntry;
pub use backup::{PASSPHRASE_MIN, Passphrase, PassphraseError};
pub use coaching::{PostureGoal, PostureSettings};
pub use columns::{DecodeError, MAX_ROWS};
pub use convert::{local_day, local_hour};
pub use devices::Device;
pub use downloads::{Downloaded, Known, Watermark};
pub use error::StoreError;
pub use exercise_log::ExerciseEntry;
pub use files::SetAside;
pub use goals::{Goal, GoalProgress, GoalStatus};
pub use handle::StoreHandle;
pub use history::{Day, DayFigure, DayPainAndPosture, DayPart, Hour, HourOverMonths, MonthHour};
pub use intents::{Command, CommandOutcome, Intent, Settlement};
pub use key::{FileKeyStore, KEY_LEN, Key, KeyStore, KeyStoreError};
pub use limits::{Cap, CapOwner, Round, RoundPart, Screening};
pub use outbox::{Acknowledged, GROUP_BYTES_MAX, GROUP_ENTRIES_MAX, NewEntry, OutboxEntry, OutboxState};
pub use outbox_pick::{NewestQueued, OutboxGroup, Waiting};
#[cfg(any(test, feature = "test-support"))]
pub use pace::Pace;
pub use pain::{PainContext, PainDetail, PainEntry, ToldPain};
pub use plans::{PlanRecord, PlanSource, PlanStatus};
pub use posture::{
    Calibration, CalibrationQuality, PostureChunk, PostureCounts, PostureGap, PostureSample, SensorTurn,
};
pub use questionnaires::Questionnaire;
pub use records::{DeviceRecord, PostureMinute, PostureSeconds};
pub use retention::RawRetention;
pub use secrets::{SECRET_MAX, Secret, SecretName};
pub use sessions::{NewSession, Session, SessionEnd, SessionEvent};
pub use store::Store;
pub use sync_state::{Capability, SyncConnection, SyncState};
pub use wellbeing::{Medication, Wellbeing};
