//! Observers: what a shell hears of its own accord.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use lumbra::sync::engine::SyncState;
use lumbra::{Events, link};
use tokio::sync::{mpsc, watch};
use tokio::task::AbortHandle;
use tokio::time::sleep;

use crate::clinic::ClinicState;
use crate::error::{LumbraError, PortError};
use crate::live::Live;
use crate::runtime::Clockwork;
use crate::snapshot::{Contact, Snapshot};

/// At most ten snapshots a second reach a shell: no screen shows more, and each costs a call.
const SNAPSHOT_PACE: Duration = Duration::from_millis(100);

/// Hears snapshots: the present one first, then the newest after every change, at most ten a second. One at a time.
#[uniffi::export(foreign)]
pub trait SnapshotObserver: Send + Sync {
    /// How things are now.
    fn on_snapshot(&self, snapshot: Snapshot) -> Result<(), PortError>;
}

/// Hears what happens with a wearable, one thing after the other.
#[uniffi::export(foreign)]
pub trait EventObserver: Send + Sync {
    /// Something happened.
    fn on_event(&self, event: DeviceEvent) -> Result<(), PortError>;
}

/// Hears of wearables in reach.
#[uniffi::export(foreign)]
pub trait ScanObserver: Send + Sync {
    /// There is one; it is told anew when it is seen anew.
    fn on_discovered(&self, discovered: Discovered) -> Result<(), PortError>;

    /// The scan has ended by itself: the radio is gone. Not called after it was cancelled.
    fn on_ended(&self) -> Result<(), PortError>;
}

/// Hears what can be seen of syncing with the clinic: the present state first, then the newest after every change, at most ten a second.
#[uniffi::export(foreign)]
pub trait ClinicObserver: Send + Sync {
    /// How it is now.
    fn on_state(&self, state: ClinicState) -> Result<(), PortError>;

    /// There is no more to tell: the clinic was forgotten, or the core shut down. Not called after it was cancelled.
    fn on_ended(&self) -> Result<(), PortError>;
}

/// A wearable in reach.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct Discovered {
    /// Whom to pair with: the radio's own name for it.
    pub id: String,
    /// The name it advertises.
    pub name: Option<String>,
    /// Signal strength in dBm.
    pub rssi_dbm: Option<i16>,
    /// Whether this phone holds a bond with it, where the platform tells.
    pub bonded: Option<bool>,
}

impl From<link::Discovered> for Discovered {
    fn from(discovered: link::Discovered) -> Self {
        let link::Discovered { id, name, rssi_dbm, bonded } = discovered;
        Self { id: id.as_str().to_owned(), name, rssi_dbm, bonded }
    }
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct DeviceEvent {
    /// When the core took note of it, in Unix milliseconds.
    pub at_ms: i64,
    /// What.
    pub kind: EventKind,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum EventKind {
    /// There is a link.
    Connected,
    /// The link is gone; the core looks for the wearable again by itself.
    Disconnected,
    /// The wearable has begun the session.
    SessionBegun,
    /// The session waits at zero.
    SessionPaused {
        /// Why, where it is known.
        reason: Option<String>,
    },
    /// The session goes on, from zero.
    SessionResumed,
    /// The session is over.
    SessionEnded {
        /// How, as the history tells it.
        outcome: String,
        /// Whether the end was not seen, so that time and current are the worse case.
        uncertain: bool,
    },
    /// The start never took effect: there was no session.
    SessionNotBegun,
    /// A channel's pads sit differently.
    ContactChanged {
        /// The channel, from 0.
        channel: u32,
        /// How they sit now.
        contact: Contact,
    },
    /// Faults are latched, as the profile numbers them.
    Faults {
        /// All that are latched now.
        faults: u16,
    },
    /// The observer was too slow, and so many events are lost to it; the history has them all.
    Missed {
        /// How many.
        count: u64,
    },
}

impl DeviceEvent {
    /// What these shells hear of an event. What the posture coach says is not among it yet.
    fn heard(event: lumbra::DeviceEvent) -> Option<Self> {
        use lumbra::EventKind as Kind;
        let kind = match event.kind {
            Kind::Connected => EventKind::Connected,
            Kind::Disconnected => EventKind::Disconnected,
            Kind::SessionBegun => EventKind::SessionBegun,
            Kind::SessionPaused { reason } => EventKind::SessionPaused { reason: reason.map(str::to_owned) },
            Kind::SessionResumed => EventKind::SessionResumed,
            Kind::SessionEnded { outcome, uncertain } => {
                EventKind::SessionEnded { outcome: outcome.to_owned(), uncertain }
            }
            Kind::SessionNotBegun => EventKind::SessionNotBegun,
            Kind::ContactChanged { channel, contact } => EventKind::ContactChanged {
                channel: u32::try_from(channel).unwrap_or(u32::MAX),
                contact: contact.into(),
            },
            Kind::Faults { faults } => EventKind::Faults { faults },
            Kind::Missed { count } => EventKind::Missed { count },
            Kind::SlouchCounts | Kind::Nudge | Kind::TakeABreak { .. } => return None,
        };
        Some(Self { at_ms: event.at_ms, kind })
    }
}

/// An observer's hold on what it observes. Cancelled, or dropped, no further call begins; one that has begun may still
/// end afterwards.
#[derive(uniffi::Object)]
pub struct Subscription {
    cancelled: Arc<AtomicBool>,
    task: AbortHandle,
    _live: Live,
}

#[uniffi::export]
impl Subscription {
    /// Ends the calls. May be called from within one, and more than once.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Release);
        self.task.abort();
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.cancel();
    }
}

impl Subscription {
    /// Runs `observing` until it ends or the subscription is cancelled.
    fn begin<F: Future<Output = ()> + Send + 'static>(
        clockwork: &Clockwork,
        observing: impl FnOnce(Caller) -> F,
    ) -> Result<Arc<Self>, LumbraError> {
        let cancelled = Arc::new(AtomicBool::new(false));
        let task = clockwork.spawn(observing(Caller(Arc::clone(&cancelled))))?;
        Ok(Arc::new(Self { cancelled, task, _live: Live::new() }))
    }
}

/// Calls an observer: on a thread of its own, as it may block.
struct Caller(Arc<AtomicBool>);

impl Caller {
    async fn call(&self, call: impl FnOnce() -> Result<(), PortError> + Send + 'static) {
        let cancelled = Arc::clone(&self.0);
        let called =
            tokio::task::spawn_blocking(move || if cancelled.load(Ordering::Acquire) { Ok(()) } else { call() });
        // An observer that throws is called again the next time: it misses what it threw at.
        if let Ok(Err(error)) = called.await {
            tracing::warn!(%error, "an observer of the app failed");
        }
    }
}

pub(crate) fn snapshots(
    clockwork: &Clockwork,
    mut snapshots: watch::Receiver<lumbra::Snapshot>,
    observer: Arc<dyn SnapshotObserver>,
) -> Result<Arc<Subscription>, LumbraError> {
    Subscription::begin(clockwork, |caller| async move {
        loop {
            let snapshot = Snapshot::from(snapshots.borrow_and_update().clone());
            let observer = Arc::clone(&observer);
            caller.call(move || observer.on_snapshot(snapshot)).await;
            sleep(SNAPSHOT_PACE).await;
            if snapshots.changed().await.is_err() {
                break;
            }
        }
    })
}

pub(crate) fn events(
    clockwork: &Clockwork,
    mut events: Events,
    observer: Arc<dyn EventObserver>,
) -> Result<Arc<Subscription>, LumbraError> {
    Subscription::begin(clockwork, |caller| async move {
        while let Some(event) = events.next().await {
            let Some(event) = DeviceEvent::heard(event) else { continue };
            let observer = Arc::clone(&observer);
            caller.call(move || observer.on_event(event)).await;
        }
    })
}

pub(crate) fn clinic(
    clockwork: &Clockwork,
    mut states: watch::Receiver<SyncState>,
    observer: Arc<dyn ClinicObserver>,
) -> Result<Arc<Subscription>, LumbraError> {
    Subscription::begin(clockwork, |caller| async move {
        loop {
            let state = ClinicState::from(states.borrow_and_update().clone());
            let told = Arc::clone(&observer);
            caller.call(move || told.on_state(state)).await;
            sleep(SNAPSHOT_PACE).await;
            if states.changed().await.is_err() {
                break;
            }
        }
        caller.call(move || observer.on_ended()).await;
    })
}

pub(crate) fn scan(
    clockwork: &Clockwork,
    mut found: mpsc::Receiver<link::Discovered>,
    observer: Arc<dyn ScanObserver>,
) -> Result<Arc<Subscription>, LumbraError> {
    Subscription::begin(clockwork, |caller| async move {
        while let Some(discovered) = found.recv().await {
            let observer = Arc::clone(&observer);
            caller.call(move || observer.on_discovered(discovered.into())).await;
        }
        caller.call(move || observer.on_ended()).await;
    })
}
