//! The radio of a shell that brings its platform's Bluetooth itself, where btleplug's gaps hurt: plain blocking calls
//! down ([`ShellBluetooth`]), and what the platform says of its own accord up ([`ShellSink`]). All that a radio has
//! to promise beyond them is kept here.

mod connection;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use lumbra_protocol::{ADVERTISED_SERVICE, Access, Endpoint};
use tokio::sync::{broadcast, mpsc};
use tokio::time::timeout;
use uuid::Uuid;

use crate::error::LinkError;
use crate::link_state::{LinkState, lock};
use crate::port::{Connection, Discovered, PairingPrompt, PeripheralId, Radio};
use crate::task;

/// Scan results that wait for the caller; what doesn't fit is reported at its next advertisement.
const SCAN_QUEUE: usize = 16;
/// Sightings that wait for a scan; a scan that falls behind sees the next ones.
const SIGHTINGS: usize = 256;
/// How long an earlier link may take on its way down.
const DISCONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Bluetooth as a shell brings it. Every call may block until the platform has answered; it is made on a thread of its own. For
/// one peripheral there is one request at a time, unless one has not come back within 5 s.
pub trait ShellBluetooth: Send + Sync + 'static {
    /// Looks for peripherals that advertise `service`, and tells the sink of each; never called twice without a stop.
    fn start_scan(&self, service: Uuid) -> Result<(), LinkError>;

    /// Ends the scan.
    fn stop_scan(&self);

    /// Connects and discovers all characteristics. With `pair` it lets the system ask the person for the passkey; without, it
    /// relies on the bond there is. Must end within 60 s, and at once when `disconnect` is called meanwhile.
    fn connect(&self, id: &PeripheralId, pair: bool) -> Result<ShellLink, LinkError>;

    /// Cuts the link, or calls off the attempt to make one; comes back when it is down. Nothing where there is none.
    fn disconnect(&self, id: &PeripheralId);

    /// Reads a characteristic. The value must not go to the sink as well.
    fn read(&self, id: &PeripheralId, characteristic: Uuid) -> Result<Vec<u8>, LinkError>;

    /// Writes a characteristic whole; with `with_response` it comes back when the peripheral has answered.
    fn write(
        &self,
        id: &PeripheralId,
        characteristic: Uuid,
        bytes: Vec<u8>,
        with_response: bool,
    ) -> Result<(), LinkError>;

    /// Asks for notifications or indications, whichever there are; values go to the sink in their order.
    fn subscribe(&self, id: &PeripheralId, characteristic: Uuid) -> Result<(), LinkError>;

    /// Removes the bond; [`LinkError::Unsupported`] where the platform can't.
    fn remove_bond(&self, id: &PeripheralId) -> Result<(), LinkError>;
}

/// A link that the platform has made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShellLink {
    /// The largest value one write or notification carries, in bytes (ATT MTU less 3).
    pub max_value_len: usize,
    /// Every characteristic that was discovered.
    pub characteristics: Vec<ShellCharacteristic>,
}

/// A characteristic that was discovered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShellCharacteristic {
    /// The UUID of its service.
    pub service: Uuid,
    /// Its own UUID.
    pub uuid: Uuid,
    /// What it allows.
    pub access: Access,
}

/// Takes what the platform says of its own accord. Cheap to clone; may be called on any thread, and never blocks.
#[derive(Clone, Debug)]
pub struct ShellSink {
    ears: Arc<Ears>,
}

/// What the sink feeds. It does not hold the shell's half, which holds the sink.
#[derive(Debug)]
struct Ears {
    sightings: broadcast::Sender<Discovered>,
    links: Mutex<HashMap<PeripheralId, Arc<LinkState>>>,
}

impl ShellSink {
    /// A peripheral was seen, or seen anew.
    pub fn discovered(&self, discovered: Discovered) {
        // Nobody scans: nobody wants to know.
        let _ = self.ears.sightings.send(discovered);
    }

    /// A notification or indication came.
    pub fn value(&self, id: &PeripheralId, characteristic: Uuid, bytes: Vec<u8>) {
        let link = lock(&self.ears.links).get(id).cloned();
        if let (Some(link), Some(endpoint)) = (link, Endpoint::from_uuid(characteristic.as_u128())) {
            link.deliver(endpoint, bytes);
        }
    }

    /// A link is gone, for whatever reason.
    pub fn disconnected(&self, id: &PeripheralId) {
        let link = lock(&self.ears.links).get(id).cloned();
        if let Some(link) = link {
            link.went_down();
        }
    }

    /// Bluetooth was switched off: every link is gone.
    pub fn switched_off(&self) {
        let links: Vec<_> = lock(&self.ears.links).values().cloned().collect();
        for link in links {
            link.went_down();
        }
    }
}

/// What all clones of the radio and its links share.
struct Shared {
    bluetooth: Arc<dyn ShellBluetooth>,
    ears: Arc<Ears>,
    scans: tokio::sync::Mutex<usize>,
    turns: Mutex<HashMap<PeripheralId, Arc<tokio::sync::Mutex<()>>>>,
}

impl Shared {
    /// Makes a blocking call on a thread of its own.
    async fn call<T: Send + 'static>(
        &self,
        call: impl FnOnce(&dyn ShellBluetooth) -> Result<T, LinkError> + Send + 'static,
    ) -> Result<T, LinkError> {
        let bluetooth = Arc::clone(&self.bluetooth);
        task::spawn_blocking(move || call(&*bluetooth))
            .await
            .unwrap_or_else(|_| Err(LinkError::Platform("the shell's Bluetooth broke off".into())))
    }
}

/// Reaches wearables through a shell's own Bluetooth. Clones share everything.
#[derive(Clone)]
pub struct ShellRadio {
    shared: Arc<Shared>,
}

impl std::fmt::Debug for ShellRadio {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("ShellRadio(..)")
    }
}

impl ShellRadio {
    /// The radio, and where the shell tells what happens.
    pub fn new(bluetooth: Arc<dyn ShellBluetooth>) -> (Self, ShellSink) {
        let ears = Arc::new(Ears { sightings: broadcast::Sender::new(SIGHTINGS), links: Mutex::default() });
        let sink = ShellSink { ears: Arc::clone(&ears) };
        let shared = Shared { bluetooth, ears, scans: tokio::sync::Mutex::default(), turns: Mutex::default() };
        (Self { shared: Arc::new(shared) }, sink)
    }
}

#[async_trait]
impl Radio for ShellRadio {
    async fn scan(&self) -> Result<mpsc::Receiver<Discovered>, LinkError> {
        let mut sightings = self.shared.ears.sightings.subscribe();
        let scanning = start_scan(&self.shared).await?;
        let (found, receiver) = mpsc::channel(SCAN_QUEUE);
        task::spawn(async move {
            let report = async {
                loop {
                    match sightings.recv().await {
                        Ok(discovered) => {
                            let _ = found.try_send(discovered);
                        }
                        Err(broadcast::error::RecvError::Lagged(_)) => {}
                        Err(broadcast::error::RecvError::Closed) => return,
                    }
                }
            };
            tokio::select! {
                () = report => {}
                () = found.closed() => {}
            }
            drop(scanning);
        });
        Ok(receiver)
    }

    async fn connect(
        &self,
        id: &PeripheralId,
        prompt: Option<Arc<dyn PairingPrompt>>,
    ) -> Result<Box<dyn Connection>, LinkError> {
        let turn = Arc::clone(lock(&self.shared.turns).entry(id.clone()).or_default());
        if lock(&self.shared.ears.links).contains_key(id) {
            return Err(LinkError::InUse);
        }
        // The last link may still be on its way down.
        let turn = timeout(DISCONNECT_TIMEOUT, turn.lock_owned()).await.map_err(|_| LinkError::InUse)?;
        Ok(Box::new(connection::connect(&self.shared, id, prompt.is_some(), turn).await?))
    }

    async fn remove_bond(&self, id: &PeripheralId) -> Result<(), LinkError> {
        let peripheral = id.clone();
        self.shared.call(move |bluetooth| bluetooth.remove_bond(&peripheral)).await?;
        // The key a link is encrypted with is gone: so is the link.
        let link = lock(&self.shared.ears.links).get(id).cloned();
        if let Some(link) = link {
            link.close();
        }
        Ok(())
    }
}

/// A share in the platform's one scan.
struct Scanning(Option<Arc<Shared>>);

async fn start_scan(shared: &Arc<Shared>) -> Result<Scanning, LinkError> {
    let shared = Arc::clone(shared);
    // In a task, so that a caller that gives up can't leave the count and the platform at odds.
    let started = task::spawn(async move {
        let mut scans = shared.scans.lock().await;
        if *scans == 0 {
            shared.call(|bluetooth| bluetooth.start_scan(Uuid::from_u128(ADVERTISED_SERVICE))).await?;
        }
        *scans += 1;
        drop(scans);
        Ok(Scanning(Some(shared)))
    });
    started.await.map_err(|_| LinkError::Platform("the scan broke off".into()))?
}

impl Drop for Scanning {
    fn drop(&mut self) {
        let Some(shared) = self.0.take() else { return };
        task::spawn_if_running(async move {
            let mut scans = shared.scans.lock().await;
            *scans = scans.saturating_sub(1);
            if *scans == 0 {
                // It says nothing that could fail.
                let _ = shared
                    .call(|bluetooth| {
                        bluetooth.stop_scan();
                        Ok(())
                    })
                    .await;
            }
        });
    }
}
