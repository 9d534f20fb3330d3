//! A radio over software peripherals in the same process.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use tokio::sync::mpsc;

use crate::air::{ToCentral, ToPeripheral};
use crate::bonds::{BondBook, Bonds};
use crate::central::{self, Air};
use crate::error::LinkError;
use crate::port::{Connection, Discovered, PairingPrompt, PeripheralId, Radio};
use crate::task;

/// Scan results that wait for the caller; more are dropped until it has caught up.
const SCAN_QUEUE: usize = 16;

/// One software peripheral as seen from the air.
#[derive(Debug)]
pub struct Peripheral {
    /// What the central does to it.
    pub to: mpsc::UnboundedSender<ToPeripheral>,
    /// What it does to the central.
    pub from: mpsc::UnboundedReceiver<ToCentral>,
}

impl Peripheral {
    /// A peripheral's two sides: what a radio takes, and the channels that whoever plays it serves.
    pub fn pair() -> (Self, mpsc::UnboundedReceiver<ToPeripheral>, mpsc::UnboundedSender<ToCentral>) {
        let (to, requests) = mpsc::unbounded_channel();
        let (answers, from) = mpsc::unbounded_channel();
        (Self { to, from }, requests, answers)
    }
}

/// A radio that reaches the software peripherals it was made with, and nothing else. Clones share
/// everything, bonds too.
#[derive(Clone, Debug)]
pub struct InProcessRadio {
    peripherals: Arc<BTreeMap<PeripheralId, Slot>>,
    book: BondBook,
    scanning: Arc<AtomicUsize>,
}

/// Listening needs a runtime, so it begins at the first use.
#[derive(Debug)]
struct Slot(Mutex<Listening>);

#[derive(Debug)]
enum Listening {
    NotYet(Option<Peripheral>),
    Started(Arc<Air>),
}

impl Slot {
    fn air(&self) -> Option<Arc<Air>> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Listening::NotYet(peripheral) = &mut *state {
            let Peripheral { to, from } = peripheral.take()?;
            *state = Listening::Started(Air::listen(to, from));
        }
        match &*state {
            Listening::Started(air) => Some(Arc::clone(air)),
            Listening::NotYet(_) => None,
        }
    }

    fn started(&self) -> Option<Arc<Air>> {
        match &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            Listening::Started(air) => Some(Arc::clone(air)),
            Listening::NotYet(_) => None,
        }
    }
}

impl InProcessRadio {
    /// A radio that reaches exactly these peripherals and has no bonds.
    pub fn new(peripherals: Vec<(PeripheralId, Peripheral)>) -> Self {
        Self::with_bonds(peripherals, Bonds::new())
    }

    /// A radio with the bonds of an earlier one, see [`InProcessRadio::bonds`].
    pub fn with_bonds(peripherals: Vec<(PeripheralId, Peripheral)>, bonds: Bonds) -> Self {
        let peripherals = peripherals
            .into_iter()
            .map(|(id, peripheral)| (id, Slot(Mutex::new(Listening::NotYet(Some(peripheral))))))
            .collect();
        Self { peripherals: Arc::new(peripherals), book: BondBook::in_memory(bonds), scanning: Arc::default() }
    }

    /// How many scans listen to a peripheral at this moment, over all peripherals.
    pub fn scanning(&self) -> usize {
        self.scanning.load(Ordering::Relaxed)
    }

    /// The bonds as they are now, to keep for another run.
    pub async fn bonds(&self) -> Result<Bonds, LinkError> {
        self.book.load().await
    }
}

#[async_trait]
impl Radio for InProcessRadio {
    async fn scan(&self) -> Result<mpsc::Receiver<Discovered>, LinkError> {
        let (found, receiver) = mpsc::channel(SCAN_QUEUE);
        for (id, slot) in &*self.peripherals {
            let Some(air) = slot.air() else { continue };
            let listening = Scanning::begin(&self.scanning);
            let report = report(id.clone(), air.watch(), self.book.clone(), found.clone());
            task::spawn(async move {
                let _listening = listening;
                report.await;
            });
        }
        Ok(receiver)
    }

    async fn connect(
        &self,
        id: &PeripheralId,
        prompt: Option<Arc<dyn PairingPrompt>>,
    ) -> Result<Box<dyn Connection>, LinkError> {
        let air = self.peripherals.get(id).and_then(Slot::air);
        let connection = central::connect(air.ok_or(LinkError::NotFound)?, id, &self.book, prompt).await?;
        Ok(Box::new(connection))
    }

    async fn remove_bond(&self, id: &PeripheralId) -> Result<(), LinkError> {
        let removed = id.clone();
        self.book.change(move |bonds| bonds.remove(&removed)).await?;
        // The key a link is encrypted with is gone: so is the link.
        if let Some(air) = self.peripherals.get(id).and_then(Slot::started) {
            air.close_any();
        }
        Ok(())
    }
}

/// Counts a scan while it listens.
struct Scanning(Arc<AtomicUsize>);

impl Scanning {
    fn begin(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(count))
    }
}

impl Drop for Scanning {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Reports a peripheral whenever it begins to advertise, or advertises something else.
async fn report(
    id: PeripheralId,
    mut seen: tokio::sync::watch::Receiver<central::Seen>,
    book: BondBook,
    found: mpsc::Sender<Discovered>,
) {
    loop {
        let advertisement = seen.borrow_and_update().wearable().cloned();
        if let Some(advertisement) = advertisement {
            let bonded = book.load().await.ok().map(|bonds| bonds.contains(&id));
            let discovered = Discovered { id: id.clone(), name: Some(advertisement.name), rssi_dbm: None, bonded };
            // A caller that doesn't keep up misses a repetition, not a peripheral: it is reported again
            // when it is seen anew, and the queue holds more than anyone wears.
            if let Err(mpsc::error::TrySendError::Closed(_)) = found.try_send(discovered) {
                return;
            }
        }
        tokio::select! {
            changed = seen.changed() => if changed.is_err() { return },
            () = found.closed() => return,
        }
    }
}
