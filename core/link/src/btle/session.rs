//! One adapter: its one event stream, its scan, and who is connected through it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::time::Duration;

use btleplug::api::{Central, CentralEvent, CentralState, Manager as _, Peripheral as _, ScanFilter};
use btleplug::platform::{Adapter, Manager, Peripheral, PeripheralId as PlatformId};
use futures::StreamExt;
use lumbra_protocol::ADVERTISED_SERVICE;
use tokio::sync::{broadcast, mpsc, oneshot};
use tokio::time::timeout;
use uuid::Uuid;

use super::fault::from_btleplug;
use crate::error::LinkError;
use crate::link_state::LinkState;
use crate::port::{Discovered, PeripheralId};
use crate::task;

/// How long a connection attempt looks for a wearable that the system doesn't know at the moment.
const FIND_TIMEOUT: Duration = Duration::from_secs(15);
/// Sightings that wait for a scan; a scan that falls behind sees the next ones.
const SIGHTINGS: usize = 256;

pub(super) struct Session {
    adapter: Adapter,
    #[cfg(target_os = "linux")]
    pub(crate) bluez: crate::bluez::Bluez,
    alive: AtomicBool,
    sightings: broadcast::Sender<PlatformId>,
    scans: tokio::sync::Mutex<usize>,
    links: Mutex<HashMap<PlatformId, Arc<LinkState>>>,
    slots: Mutex<HashMap<PeripheralId, Arc<Slot>>>,
    _held: oneshot::Sender<()>,
}

/// Whether a peripheral is in use. The lock is held until a link has really been cut.
#[derive(Default)]
pub(super) struct Slot {
    pub(super) live: AtomicBool,
    pub(super) turn: Arc<tokio::sync::Mutex<()>>,
    /// The platform's name for it, once it was found.
    platform: OnceLock<PlatformId>,
}

impl Session {
    pub(super) async fn open(wanted: Option<&str>) -> Result<Arc<Self>, LinkError> {
        let manager = Manager::new().await.map_err(|error| from_btleplug(&error))?;
        let adapters = manager.adapters().await.map_err(|error| from_btleplug(&error))?;
        let adapter = choose(adapters, wanted).await?;
        let mut events = adapter.events().await.map_err(|error| from_btleplug(&error))?;
        let (held, mut released) = oneshot::channel();
        let session = Arc::new(Self {
            adapter,
            #[cfg(target_os = "linux")]
            bluez: crate::bluez::Bluez::new().await?,
            alive: AtomicBool::new(true),
            sightings: broadcast::Sender::new(SIGHTINGS),
            scans: tokio::sync::Mutex::new(0),
            links: Mutex::default(),
            slots: Mutex::default(),
            _held: held,
        });
        let weak = Arc::downgrade(&session);
        // One stream for as long as the session lasts: dropping streams is what bluez-async does badly.
        task::spawn(async move {
            loop {
                let event = tokio::select! {
                    event = events.next() => event,
                    _ = &mut released => return,
                };
                match (Weak::upgrade(&weak), event) {
                    (Some(session), Some(event)) => session.take(event),
                    (Some(session), None) => {
                        session.alive.store(false, Ordering::Release);
                        session.lose_all();
                        return;
                    }
                    (None, _) => return,
                }
            }
        });
        Ok(session)
    }

    pub(super) fn is_alive(&self) -> bool {
        self.alive.load(Ordering::Acquire)
    }

    /// Fails when Bluetooth is off. Android doesn't tell; there the next call does.
    pub(super) async fn check_power(&self) -> Result<(), LinkError> {
        match self.adapter.adapter_state().await.map_err(|error| from_btleplug(&error))? {
            CentralState::PoweredOff => Err(LinkError::RadioOff),
            CentralState::PoweredOn | CentralState::Unknown => Ok(()),
        }
    }

    fn take(&self, event: CentralEvent) {
        match event {
            CentralEvent::DeviceConnected(id) => {
                if let Some(link) = self.link(&id) {
                    link.came_up();
                }
            }
            CentralEvent::DeviceDisconnected(id) => {
                if let Some(link) = self.link(&id) {
                    link.went_down();
                }
            }
            CentralEvent::StateUpdate(CentralState::PoweredOff) => self.lose_all(),
            CentralEvent::DeviceDiscovered(id)
            | CentralEvent::DeviceUpdated(id)
            | CentralEvent::ServicesAdvertisement { id, .. }
            | CentralEvent::RssiUpdate { id, .. } => {
                // Nobody scans: nobody wants to know.
                let _ = self.sightings.send(id);
            }
            _ => {}
        }
    }

    fn link(&self, id: &PlatformId) -> Option<Arc<LinkState>> {
        self.links.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    fn lose_all(&self) {
        let links: Vec<_> = {
            let links = self.links.lock().unwrap_or_else(PoisonError::into_inner);
            links.values().cloned().collect()
        };
        for link in links {
            link.close();
        }
    }

    /// From now on, events of this peripheral go to this link.
    pub(super) fn attach(&self, id: PlatformId, link: Arc<LinkState>) {
        self.links.lock().unwrap_or_else(PoisonError::into_inner).insert(id, link);
    }

    pub(super) fn detach(&self, id: &PlatformId) {
        self.links.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
    }

    pub(super) fn slot(&self, id: &PeripheralId) -> Arc<Slot> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(slots.entry(id.clone()).or_default())
    }

    /// Scans until the result is dropped; several scans share the adapter's one.
    pub(super) async fn start_scan(self: &Arc<Self>) -> Result<Scanning, LinkError> {
        let session = Arc::clone(self);
        // In a task, so that a caller that gives up can't leave the count and the adapter at odds.
        let started = task::spawn(async move {
            let mut scans = session.scans.lock().await;
            if *scans == 0 {
                let filter = ScanFilter { services: vec![Uuid::from_u128(ADVERTISED_SERVICE)] };
                let started = session.adapter.start_scan(filter).await;
                started.map_err(|error| from_btleplug(&error))?;
            }
            *scans += 1;
            drop(scans);
            Ok(Scanning(Some(session)))
        });
        started.await.map_err(|_| LinkError::Platform("the scan broke off".into()))?
    }

    /// Reports wearables in reach until the receiver is gone.
    pub(super) async fn report(&self, found: &mpsc::Sender<Discovered>) {
        let mut sightings = self.sightings.subscribe();
        // A system that is scanning for someone else already may have nothing new to tell of these.
        for peripheral in self.adapter.peripherals().await.unwrap_or_default() {
            self.report_one(&peripheral, found).await;
        }
        loop {
            match sightings.recv().await {
                Ok(id) => {
                    if let Ok(peripheral) = self.adapter.peripheral(&id).await {
                        self.report_one(&peripheral, found).await;
                    }
                }
                Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => return,
            }
        }
    }

    async fn report_one(&self, peripheral: &Peripheral, found: &mpsc::Sender<Discovered>) {
        let Ok(Some(properties)) = peripheral.properties().await else {
            return;
        };
        // The filter is a wish: some systems report what others scan for, or what they remember. Without a
        // signal strength it isn't in reach.
        if !properties.services.contains(&Uuid::from_u128(ADVERTISED_SERVICE)) || properties.rssi.is_none() {
            return;
        }
        let id = PeripheralId::new(peripheral.id().to_string());
        let bonded = self.is_bonded(&id).await.unwrap_or_default();
        let _ = found.try_send(Discovered {
            id,
            name: properties.advertisement_name.or(properties.local_name),
            rssi_dbm: properties.rssi,
            bonded,
        });
    }

    /// Whether there is a bond, where the platform tells.
    #[cfg(target_os = "linux")]
    pub(super) async fn is_bonded(&self, id: &PeripheralId) -> Result<Option<bool>, LinkError> {
        self.bluez.is_paired(id).await.map(Some)
    }

    #[cfg(not(target_os = "linux"))]
    #[allow(clippy::unused_async, reason = "Linux asks bluetoothd")]
    pub(super) async fn is_bonded(&self, _id: &PeripheralId) -> Result<Option<bool>, LinkError> {
        Ok(None)
    }

    /// The platform's peripheral of this name: from what it knows, else by a scan.
    pub(super) async fn find(self: &Arc<Self>, id: &PeripheralId, slot: &Slot) -> Result<Peripheral, LinkError> {
        if let Some(platform) = slot.platform.get()
            && let Ok(known) = self.adapter.peripheral(platform).await
        {
            return Ok(known);
        }
        let found = self.look_for(id).await?;
        let _ = slot.platform.set(found.id());
        Ok(found)
    }

    async fn look_for(self: &Arc<Self>, id: &PeripheralId) -> Result<Peripheral, LinkError> {
        if let Some(known) = self.known(id).await? {
            return Ok(known);
        }
        let mut sightings = self.sightings.subscribe();
        let _scanning = self.start_scan().await?;
        let seen = async {
            loop {
                match sightings.recv().await {
                    Ok(seen) if seen.to_string() == id.as_str() => {
                        if let Ok(peripheral) = self.adapter.peripheral(&seen).await {
                            return Ok(peripheral);
                        }
                    }
                    Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => {}
                    Err(broadcast::error::RecvError::Closed) => return Err(LinkError::NotFound),
                }
            }
        };
        timeout(FIND_TIMEOUT, seen).await.map_err(|_| LinkError::NotFound)?
    }

    async fn known(&self, id: &PeripheralId) -> Result<Option<Peripheral>, LinkError> {
        let known = self.adapter.peripherals().await.map_err(|error| from_btleplug(&error))?;
        let found = known.into_iter().find(|peripheral| peripheral.id().to_string() == id.as_str());
        #[cfg(target_vendor = "apple")]
        if found.is_none()
            && let Ok(identifier) = Uuid::parse_str(id.as_str())
        {
            // Known to the phone since an earlier run of the app: no scan needed, which iOS would not
            // allow in the background.
            let options = btleplug::api::RetrievePeripheralsOptions {
                identifiers: Some(vec![identifier.into()]),
                services: None,
            };
            let retrieved = self.adapter.retrieve_peripherals(options).await;
            return Ok(retrieved.unwrap_or_default().into_iter().next());
        }
        Ok(found)
    }
}

/// The adapter of this name, or the first. What a system says of an adapter begins with its name.
async fn choose(adapters: Vec<Adapter>, wanted: Option<&str>) -> Result<Adapter, LinkError> {
    for adapter in adapters {
        let Some(wanted) = wanted else { return Ok(adapter) };
        let info = adapter.adapter_info().await.map_err(|error| from_btleplug(&error))?;
        if info.split_whitespace().next() == Some(wanted) {
            return Ok(adapter);
        }
    }
    Err(LinkError::NoAdapter)
}

/// A share in the adapter's scan.
pub(super) struct Scanning(Option<Arc<Session>>);

impl Drop for Scanning {
    fn drop(&mut self) {
        let Some(session) = self.0.take() else { return };
        task::spawn_if_running(async move {
            let mut scans = session.scans.lock().await;
            *scans = scans.saturating_sub(1);
            if *scans == 0
                && let Err(error) = session.adapter.stop_scan().await
            {
                tracing::debug!(error = %from_btleplug(&error), "the scan did not stop");
            }
        });
    }
}
