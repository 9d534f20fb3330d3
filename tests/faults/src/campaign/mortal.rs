//! The app's ports with a death in them.
//!
//! A killed process does nothing more: no close, no flush. Its tasks live in the same runtime as the wearable, so they are
//! ended from within: once the app is dead, whatever port it touches next (clock, radio, link) unwinds the task that
//! touched it, and the store's thread does nothing of what was still asked. Between two touches of ports an app only
//! thinks. So a death at the n-th touch is a death at any await point that could be told from outside.

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use async_trait::async_trait;
use lumbra::WallClock;
use lumbra::link::{Connection, Discovered, InProcessRadio, LinkError, LinkEvent, PairingPrompt, PeripheralId, Radio};
use lumbra_protocol::Endpoint;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use super::gate::Gate;

/// What a dead app's task unwinds with. It is no panic: no hook hears of it.
pub(crate) struct Death;

/// Changes what the app writes to the Control Point; `None` swallows it. For worlds that are wrong on purpose.
pub(crate) type Tamper = fn(&[u8]) -> Option<Vec<u8>>;

/// One life of the app.
#[derive(Clone)]
pub(crate) struct Mortal(Arc<Inner>);

struct Inner {
    dead: AtomicBool,
    /// Touches of ports left; negative: no death is near.
    touches_left: AtomicI64,
    /// For how long the phone's system holds the link of the dead app.
    held_for: Mutex<Duration>,
    died: watch::Sender<bool>,
    link: Mutex<Link>,
    gate: Arc<Gate>,
}

#[derive(Default)]
struct Link {
    events: Option<mpsc::UnboundedSender<LinkEvent>>,
    connection: Option<Weak<dyn Connection>>,
    held: Option<Arc<dyn Connection>>,
}

impl Mortal {
    pub(crate) fn new(gate: Arc<Gate>) -> Self {
        Self(Arc::new(Inner {
            dead: AtomicBool::new(false),
            touches_left: AtomicI64::new(-1),
            held_for: Mutex::default(),
            died: watch::Sender::new(false),
            link: Mutex::default(),
            gate,
        }))
    }

    /// It will die at so many touches of a port from now; 0 is now.
    pub(crate) fn doom(&self, touches: u32, held_for: Duration) {
        *self.0.held_for.lock().unwrap_or_else(PoisonError::into_inner) = held_for;
        if touches == 0 {
            self.die();
        } else {
            self.0.touches_left.store(touches.into(), Ordering::Relaxed);
        }
    }

    /// It will not die after all.
    pub(crate) fn spare(&self) {
        self.0.touches_left.store(-1, Ordering::Relaxed);
    }

    pub(crate) fn is_dead(&self) -> bool {
        self.0.dead.load(Ordering::Relaxed)
    }

    /// Resolves when it is dead.
    pub(crate) async fn died(&self) {
        // The sender lives as long as this.
        let _ = self.0.died.subscribe().wait_for(|died| *died).await;
    }

    /// Closes in on the tasks that are left: the one that waits for the link's events is woken. Gives the link that the
    /// phone's system still holds, and for how long.
    pub(crate) fn poke(&self) -> Option<(Arc<dyn Connection>, Duration)> {
        let mut link = self.link();
        if let Some(events) = link.events.take() {
            // Nobody listens any more when the task has ended.
            let _ = events.send(LinkEvent::Disconnected);
        }
        let held_for = *self.0.held_for.lock().unwrap_or_else(PoisonError::into_inner);
        link.held.take().map(|held| (held, held_for))
    }

    /// Whether its store is closed; waits for it in real time.
    pub(crate) fn store_has_ended(&self) -> bool {
        self.0.gate.wait_ended()
    }

    fn die(&self) {
        if self.0.dead.swap(true, Ordering::Relaxed) {
            return;
        }
        self.0.gate.die();
        let held_for = *self.0.held_for.lock().unwrap_or_else(PoisonError::into_inner);
        let mut link = self.link();
        if held_for > Duration::ZERO {
            link.held = link.connection.as_ref().and_then(Weak::upgrade);
        }
        drop(link);
        self.0.died.send_replace(true);
    }

    fn touch(&self) {
        if self.0.touches_left.load(Ordering::Relaxed) >= 0 && self.0.touches_left.fetch_sub(1, Ordering::Relaxed) == 0
        {
            self.die();
        }
        if self.0.dead.load(Ordering::Relaxed) {
            resume_unwind(Box::new(Death));
        }
    }

    fn link(&self) -> MutexGuard<'_, Link> {
        self.0.link.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Wall time that follows the runtime's virtual time.
pub(crate) struct MortalClock {
    pub(crate) mortal: Mortal,
    pub(crate) origin: Instant,
}

/// 2026-01-01T00:00:00Z.
pub(crate) const ORIGIN_UNIX_MS: i64 = 1_767_225_600_000;

impl WallClock for MortalClock {
    fn unix_ms(&self) -> i64 {
        self.mortal.touch();
        ORIGIN_UNIX_MS.saturating_add(i64::try_from(self.origin.elapsed().as_millis()).unwrap_or(i64::MAX))
    }

    fn utc_offset_s(&self) -> i32 {
        3_600
    }
}

/// The radio.
pub(crate) struct MortalRadio {
    pub(crate) mortal: Mortal,
    pub(crate) radio: InProcessRadio,
    pub(crate) tamper: Option<Tamper>,
}

#[async_trait]
impl Radio for MortalRadio {
    async fn scan(&self) -> Result<mpsc::Receiver<Discovered>, LinkError> {
        self.mortal.touch();
        self.radio.scan().await
    }

    async fn connect(
        &self,
        id: &PeripheralId,
        prompt: Option<Arc<dyn PairingPrompt>>,
    ) -> Result<Box<dyn Connection>, LinkError> {
        self.mortal.touch();
        let connecting = self.radio.connect(id, prompt);
        let connection: Arc<dyn Connection> = tokio::select! {
            biased;
            () = self.mortal.died() => resume_unwind(Box::new(Death)),
            made = connecting => Arc::from(made?),
        };
        let (events, events_out) = mpsc::unbounded_channel();
        if let Some(mut inner) = connection.take_events() {
            let forward = events.clone();
            tokio::spawn(async move {
                while let Some(event) = inner.recv().await {
                    if forward.send(event).is_err() {
                        break;
                    }
                }
            });
        }
        let mut link = self.mortal.link();
        link.events = Some(events);
        link.connection = Some(Arc::downgrade(&connection));
        drop(link);
        let (mortal, tamper) = (self.mortal.clone(), self.tamper);
        Ok(Box::new(MortalConnection { mortal, connection, tamper, events: Mutex::new(Some(events_out)) }))
    }

    async fn remove_bond(&self, id: &PeripheralId) -> Result<(), LinkError> {
        self.mortal.touch();
        self.radio.remove_bond(id).await
    }
}

/// A link.
struct MortalConnection {
    mortal: Mortal,
    connection: Arc<dyn Connection>,
    tamper: Option<Tamper>,
    events: Mutex<Option<mpsc::UnboundedReceiver<LinkEvent>>>,
}

#[async_trait]
impl Connection for MortalConnection {
    fn serial_number(&self) -> &[u8] {
        self.connection.serial_number()
    }

    async fn read(&self, endpoint: Endpoint) -> Result<Vec<u8>, LinkError> {
        self.mortal.touch();
        self.connection.read(endpoint).await
    }

    async fn write(&self, endpoint: Endpoint, bytes: &[u8]) -> Result<(), LinkError> {
        self.mortal.touch();
        match self.tamper.filter(|_| endpoint == Endpoint::ControlPoint) {
            None => self.connection.write(endpoint, bytes).await,
            Some(tamper) => match tamper(bytes) {
                Some(bytes) => self.connection.write(endpoint, &bytes).await,
                None => Ok(()),
            },
        }
    }

    async fn subscribe(&self, endpoint: Endpoint) -> Result<(), LinkError> {
        self.mortal.touch();
        self.connection.subscribe(endpoint).await
    }

    fn take_events(&self) -> Option<mpsc::UnboundedReceiver<LinkEvent>> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn max_value_len(&self) -> usize {
        self.connection.max_value_len()
    }

    async fn disconnect(&self) {
        self.mortal.touch();
        self.connection.disconnect().await;
    }
}
