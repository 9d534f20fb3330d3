//! The facade: what a shell holds.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use lumbra_link::{Discovered, LinkError, PairingPrompt, PeripheralId, Radio};
use lumbra_store::{KeyStore, SetAside, Store, StoreError, StoreHandle};
use serde::Serialize;
use tokio::sync::{mpsc, oneshot};

use crate::clinic::HeldClinic;
use crate::clock::WallClock;
use crate::device::Device;
use crate::engine::{Ask, Context, Recall, Task, Ways, describe, establish};
use crate::error::Error;
use crate::ids;
use crate::snapshot::PhaseName;

/// What the core stands on. Each part is a port with a default for desktops.
pub struct Config {
    /// Where the data lies. Used by one process at a time.
    pub dir: PathBuf,
    /// Where the database's key lies.
    pub keys: Box<dyn KeyStore + Send>,
    /// How wearables are reached.
    pub radio: Arc<dyn Radio>,
    /// The time of day.
    pub clock: Arc<dyn WallClock>,
}

/// A paired wearable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DeviceInfo {
    /// Its identity here.
    pub device_id: String,
    /// The name it advertises.
    pub name: String,
    /// Model.
    pub model: String,
    /// Serial number.
    pub serial: String,
    /// Firmware revision.
    pub firmware: String,
    /// When it was paired, in Unix milliseconds.
    pub paired_at_ms: i64,
    /// When it was last connected, in Unix milliseconds.
    pub last_seen_ms: i64,
}

/// The core, opened. Cheap to clone; all clones are the same core.
#[derive(Clone)]
pub struct Companion {
    inner: Arc<Inner>,
}

struct Inner {
    dir: PathBuf,
    keys: Arc<dyn KeyStore + Send>,
    store: StoreHandle,
    radio: Arc<dyn Radio>,
    clock: Arc<dyn WallClock>,
    engines: Mutex<HashMap<String, Ways>>,
    recall: Arc<Recall>,
    set_aside: Option<SetAside>,
    clinic: tokio::sync::Mutex<Option<HeldClinic>>,
}

impl Companion {
    /// Opens the store and gets ready. A damaged database is set aside and reported by
    /// [`Companion::set_aside`]; a wrong key, a newer database and a folder in use are errors that change
    /// nothing. Needs a tokio runtime with time.
    pub async fn open(config: Config) -> Result<Self, Error> {
        let Config { dir, keys, radio, clock } = config;
        let keys: Arc<dyn KeyStore + Send> = Arc::from(keys);
        let (store, set_aside) = {
            let (dir, keys) = (dir.clone(), keys.clone());
            tokio::task::spawn_blocking(move || Store::open(&dir, &*keys))
                .await
                .map_err(|_| Error::Internal("opening the store"))??
        };
        let store = StoreHandle::spawn(store)?;
        if let Err(error) = note_zone(&store, &*clock).await {
            // Days are counted by the zone that was known before.
            tracing::warn!(%error, "the time zone could not be kept");
        }
        crate::posture::drop_some_old(&store, clock.unix_ms());
        let (engines, recall, clinic) = (Mutex::default(), Arc::default(), tokio::sync::Mutex::default());
        Ok(Self { inner: Arc::new(Inner { dir, keys, store, radio, clock, engines, recall, set_aside, clinic }) })
    }

    /// The damaged database that was set aside when this core was opened, if any.
    pub fn set_aside(&self) -> Option<&SetAside> {
        self.inner.set_aside.as_ref()
    }

    /// Where the data lies.
    pub fn dir(&self) -> &Path {
        &self.inner.dir
    }

    pub(crate) fn keys(&self) -> Arc<dyn KeyStore + Send> {
        self.inner.keys.clone()
    }

    pub(crate) fn held_clinic(&self) -> &tokio::sync::Mutex<Option<HeldClinic>> {
        &self.inner.clinic
    }

    /// The database file.
    pub fn database_path(&self) -> PathBuf {
        Store::database_path(&self.inner.dir)
    }

    /// Whether the database file is encrypted, told from its bytes.
    pub async fn is_encrypted(&self) -> Result<bool, Error> {
        Ok(self.store().call(|store| store.is_encrypted()).await?)
    }

    /// Looks for wearables until the receiver is dropped.
    pub async fn scan(&self) -> Result<mpsc::Receiver<Discovered>, Error> {
        Ok(self.inner.radio.scan().await?)
    }

    /// Pairs with a wearable that is in pairing mode, and keeps the link open.
    pub async fn pair(
        &self,
        id: &PeripheralId,
        name: Option<&str>,
        prompt: Arc<dyn PairingPrompt>,
    ) -> Result<Device, Error> {
        let established = establish(&*self.inner.radio, id, Some(prompt), None, &self.inner.recall).await?;
        let described = describe(&*established.connection).await?;
        let at_ms = self.clock().unix_ms();
        let new_id = ids::new_uuid()?;
        let (serial, link_id) = (established.serial.clone(), id.as_str().to_owned());
        let name = name.unwrap_or("Lumbra").to_owned();
        let saved = self.store().call(move |store| {
            let known = store.device_by_serial(&described.model, &serial)?;
            let device = lumbra_store::Device {
                device_id: known.as_ref().map_or(new_id, |known| known.device_id.clone()),
                model: described.model,
                serial,
                firmware: described.firmware,
                hardware: described.hardware,
                name,
                link_id: Some(link_id),
                paired_at_ms: known.map_or(at_ms, |known| known.paired_at_ms),
                last_seen_ms: at_ms,
                forgotten_at_ms: None,
            };
            store.save_device(&device)?;
            Ok(device)
        });
        let device = match saved.await {
            Ok(device) => device,
            Err(error) => {
                established.connection.disconnect().await;
                return Err(error.into());
            }
        };
        self.close_engine(&device.device_id).await;
        self.spawn(device, Some(established)).await
    }

    /// The paired wearables.
    pub async fn devices(&self) -> Result<Vec<DeviceInfo>, Error> {
        let devices = self.store().call(|store| store.devices(false)).await?;
        Ok(devices.into_iter().map(info).collect())
    }

    /// A paired wearable, by its identity, its name, or the only one there is. Its engine is started, and
    /// keeps trying to connect until it is closed.
    pub async fn device(&self, which: Option<&str>) -> Result<Device, Error> {
        let device = self.find(which).await?;
        match self.engine(&device.device_id) {
            Some(ways) => Ok(Device::new(self.clone(), info(device), ways)),
            None => self.spawn(device, None).await,
        }
    }

    /// A paired wearable that is connected: as [`Companion::device`], and waits for the link. When it does not come in time,
    /// or the caller gives up and drops this, an engine that was started for it is ended again, and with it the attempt.
    pub async fn connect(&self, which: Option<&str>, within: Duration) -> Result<Device, Error> {
        Ok(self.connect_for(which, within).await?.take())
    }

    /// The same for a caller that may be gone by the time it has connected: nothing stays connected unless it is taken.
    pub async fn connect_for(&self, which: Option<&str>, within: Duration) -> Result<Handover, Error> {
        let device_id = self.find(which).await?.device_id;
        let ran = self.engine(&device_id).is_some();
        let device = self.device(Some(&device_id)).await?;
        let handover =
            Handover { companion: self.clone(), device: device.clone(), unwanted: (!ran).then_some(device_id) };
        device.connected(within).await?;
        Ok(handover)
    }

    /// The wearables whose engine runs, each a handle of it.
    pub(crate) fn running(&self) -> Vec<Ways> {
        self.engines().values().filter(|ways| !ways.asks.is_closed()).cloned().collect()
    }

    /// Ends every session under way but those that were told to already, because the person's own words rule stimulation out.
    /// Gives which were told to now.
    pub(crate) fn stop_sessions(&self, already: &[u32]) -> Vec<u32> {
        let mut told = Vec::new();
        for ways in self.running() {
            let running = {
                let snapshot = ways.snapshot.borrow();
                snapshot.session.as_ref().filter(|_| snapshot.phase != PhaseName::Stopping).map(|session| session.id)
            };
            if let Some(session) = running.filter(|session| !already.contains(session)) {
                // Nobody waits for the answer: the snapshot and the audit tell.
                let (answer, _) = oneshot::channel();
                let _ = ways.stops.send(answer);
                told.push(session);
            }
        }
        told
    }

    /// What is known of a paired wearable without connecting to it.
    pub async fn device_info(&self, which: Option<&str>) -> Result<DeviceInfo, Error> {
        Ok(info(self.find(which).await?))
    }

    /// Closes the link to a wearable, removes its bond, and forgets it. Its history stays. Gives a note for
    /// the person when the bond must be removed by hand.
    pub async fn forget(&self, which: Option<&str>) -> Result<Option<String>, Error> {
        let device = self.find(which).await?;
        self.close_engine(&device.device_id).await;
        let mut by_hand = None;
        if let Some(link_id) = &device.link_id {
            match self.inner.radio.remove_bond(&PeripheralId::new(link_id)).await {
                Ok(()) => {}
                // The person's wish to forget comes before a bond that can't be removed from here.
                Err(error @ (LinkError::Unsupported(_) | LinkError::RadioOff | LinkError::NoAdapter)) => {
                    by_hand =
                        Some(format!("remove \"{}\" in the system's Bluetooth settings too: {error}", device.name));
                }
                Err(error) => return Err(error.into()),
            }
        }
        let at_ms = self.clock().unix_ms();
        self.store().call(move |store| store.forget_device(&device.device_id, at_ms)).await?;
        Ok(by_hand)
    }

    /// Closes every link and the store. What was asked before is done first.
    pub async fn close(self) {
        let running: Vec<String> = self.engines().keys().cloned().collect();
        for device_id in running {
            self.close_engine(&device_id).await;
        }
        self.store().clone().close().await;
    }

    pub(crate) fn store(&self) -> &StoreHandle {
        &self.inner.store
    }

    pub(crate) fn clock_port(&self) -> Arc<dyn WallClock> {
        self.inner.clock.clone()
    }

    pub(crate) fn clock(&self) -> &dyn WallClock {
        &*self.inner.clock
    }

    pub(crate) async fn close_engine(&self, device_id: &str) {
        let running = self.engines().remove(device_id);
        if let Some(ways) = running {
            let (done, closed) = oneshot::channel();
            if ways.asks.send(Ask::Close(done)).await.is_ok() {
                // An error tells that the task has ended by itself.
                let _ = closed.await;
            }
        }
    }

    fn engine(&self, device_id: &str) -> Option<Ways> {
        self.engines().get(device_id).filter(|ways| !ways.asks.is_closed()).cloned()
    }

    async fn find(&self, which: Option<&str>) -> Result<lumbra_store::Device, Error> {
        let mut devices = self.store().call(|store| store.devices(false)).await?;
        let fits = |device: &lumbra_store::Device| {
            which.is_none_or(|which| device.device_id == which || device.name == which || device.serial == which)
        };
        devices.retain(fits);
        match (devices.pop(), devices.is_empty()) {
            (Some(device), true) => Ok(device),
            (Some(_), false) => Err(Error::Invalid(
                "several wearables are paired: say which one, by its name or its identity".to_owned(),
            )),
            (None, _) => Err(Error::NoSuchDevice),
        }
    }

    async fn spawn(
        &self,
        device: lumbra_store::Device,
        established: Option<crate::engine::Established>,
    ) -> Result<Device, Error> {
        let link_id = device.link_id.clone().ok_or(Error::NoSuchDevice)?;
        let ways = Task::spawn(Context {
            device_id: device.device_id.clone(),
            serial: device.serial.clone(),
            peripheral: PeripheralId::new(link_id),
            radio: self.inner.radio.clone(),
            store: self.inner.store.clone(),
            clock: self.inner.clock.clone(),
            recall: self.inner.recall.clone(),
            established,
        })
        .await?;
        self.engines().insert(device.device_id.clone(), ways.clone());
        Ok(Device::new(self.clone(), info(device), ways))
    }

    fn engines(&self) -> std::sync::MutexGuard<'_, HashMap<String, Ways>> {
        // A map of handles is sound whatever panicked beside it.
        self.inner.engines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connected wearable on its way to who asked for it. Dropped before it is taken, an engine that was started for it is ended
/// again, and with it the link.
pub struct Handover {
    companion: Companion,
    device: Device,
    unwanted: Option<String>,
}

impl Handover {
    /// Takes the wearable: it stays connected.
    pub fn take(mut self) -> Device {
        self.unwanted = None;
        self.device.clone()
    }

    /// The wearable, without taking it.
    pub const fn device(&self) -> &Device {
        &self.device
    }
}

impl Drop for Handover {
    fn drop(&mut self) {
        let Some(ways) = self.unwanted.take().and_then(|device_id| self.companion.engines().remove(&device_id)) else {
            return;
        };
        let (done, _) = oneshot::channel();
        // Nothing was asked of an engine that never had a link: its queue has room.
        let _ = ways.asks.try_send(Ask::Close(done));
    }
}

fn info(device: lumbra_store::Device) -> DeviceInfo {
    DeviceInfo {
        device_id: device.device_id,
        name: device.name,
        model: device.model,
        serial: device.serial,
        firmware: device.firmware,
        paired_at_ms: device.paired_at_ms,
        last_seen_ms: device.last_seen_ms,
    }
}

/// Keeps the zone the person is in, if it is another than before: it makes the days of what a wearable tells later.
pub(crate) async fn note_zone(store: &StoreHandle, clock: &dyn WallClock) -> Result<(), StoreError> {
    let (now_ms, zone) = (clock.unix_ms(), clock.zone());
    match zone {
        Some(zone) => store.call(move |store| store.save_zone(now_ms, &zone)).await,
        None => Ok(()),
    }
}
