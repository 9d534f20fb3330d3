//! A radio over a Unix socket: the wearable is another process.
//!
//! Every scan and every link opens the socket anew, see [`lines`](crate::lines) for what crosses it.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use async_trait::async_trait;
use tokio::net::UnixStream;
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

use crate::bonds::{BondBook, Bonds};
use crate::central::{self, Air};
use crate::error::LinkError;
use crate::lines;
use crate::port::{Connection, Discovered, PairingPrompt, PeripheralId, Radio};

/// A scan looks this often.
const SCAN_INTERVAL: Duration = Duration::from_secs(1);
/// How long one look waits for an advertisement.
const SCAN_WINDOW: Duration = Duration::from_secs(2);

/// A radio that reaches the one wearable listening on a Unix socket. Clones share everything.
#[derive(Clone, Debug)]
pub struct SocketRadio {
    path: PathBuf,
    book: BondBook,
    current: Arc<Mutex<Weak<Air>>>,
}

impl SocketRadio {
    /// A radio over the socket at `path`, with bonds that last as long as the radio.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            book: BondBook::in_memory(Bonds::new()),
            current: Arc::default(),
        }
    }

    /// Keeps the bonds in a file that its owner alone can read; it is made when there is none.
    pub fn with_bonds_file(mut self, file: impl Into<PathBuf>) -> Self {
        self.book = BondBook::File(file.into());
        self
    }

    /// The one wearable this radio can reach.
    pub fn peripheral(&self) -> PeripheralId {
        PeripheralId::new(self.path.to_string_lossy())
    }

    fn current(&self) -> Option<Arc<Air>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner).upgrade()
    }
}

/// Opens the socket. The stream ends when the last holder of the result lets go of it.
async fn open(path: &Path) -> Result<Arc<Air>, LinkError> {
    let stream = UnixStream::connect(path).await.map_err(|error| match error.kind() {
        ErrorKind::NotFound | ErrorKind::ConnectionRefused => LinkError::NotFound,
        ErrorKind::PermissionDenied => LinkError::NoPermission,
        kind => LinkError::Platform(format!("can't open the wearable's socket ({kind})")),
    })?;
    let (to, outgoing) = mpsc::unbounded_channel();
    let (incoming, from) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        if let Err(error) = lines::carry(stream, incoming, outgoing).await {
            tracing::warn!(%error, "the link to the wearable's process broke");
        }
    });
    Ok(Air::listen(to, from))
}

#[async_trait]
impl Radio for SocketRadio {
    async fn scan(&self) -> Result<mpsc::Receiver<Discovered>, LinkError> {
        let (found, receiver) = mpsc::channel(1);
        let radio = self.clone();
        tokio::spawn(async move {
            let looking = async {
                loop {
                    if let Some(discovered) = radio.look().await {
                        if found.send(discovered).await.is_err() {
                            return;
                        }
                    }
                    sleep(SCAN_INTERVAL).await;
                }
            };
            tokio::select! {
                () = looking => {}
                () = found.closed() => {}
            }
        });
        Ok(receiver)
    }

    async fn connect(
        &self,
        id: &PeripheralId,
        prompt: Option<Arc<dyn PairingPrompt>>,
    ) -> Result<Box<dyn Connection>, LinkError> {
        if *id != self.peripheral() {
            return Err(LinkError::NotFound);
        }
        if self.current().is_some() {
            return Err(LinkError::InUse);
        }
        let air = open(&self.path).await?;
        {
            let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
            if current.upgrade().is_some() {
                return Err(LinkError::InUse);
            }
            *current = Arc::downgrade(&air);
        }
        let connection = central::connect(air, id, &self.book, prompt).await?;
        Ok(Box::new(connection))
    }

    async fn remove_bond(&self, id: &PeripheralId) -> Result<(), LinkError> {
        let removed = id.clone();
        self.book.change(move |bonds| bonds.remove(&removed)).await?;
        if let Some(air) = self.current().filter(|_| *id == self.peripheral()) {
            air.close_any();
        }
        Ok(())
    }
}

impl SocketRadio {
    /// One look: is the wearable there, and does it advertise?
    async fn look(&self) -> Option<Discovered> {
        let air = open(&self.path).await.ok()?;
        let mut seen = air.watch();
        let advertised = seen.wait_for(|seen| seen.is_gone() || seen.wearable().is_some());
        let name = timeout(SCAN_WINDOW, advertised).await.ok()?.ok()?.wearable()?.name.clone();
        let id = self.peripheral();
        let bonded = self.book.load().await.ok().map(|bonds| bonds.contains(&id));
        Some(Discovered {
            id,
            name: Some(name),
            rssi_dbm: None,
            bonded,
        })
    }
}
