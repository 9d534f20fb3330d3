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
use crate::task;

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
        Self { path: path.into(), book: BondBook::in_memory(Bonds::new()), current: Arc::default() }
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
    task::spawn(async move {
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
        task::spawn(async move {
            let looking = async {
                loop {
                    if let Some(discovered) = radio.look().await
                        && found.send(discovered).await.is_err()
                    {
                        return;
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
        Some(Discovered { id, name: Some(name), rssi_dbm: None, bonded })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use lumbra_protocol::Endpoint;
    use tokio::io::AsyncWriteExt;
    use tokio::net::UnixListener;
    use tokio::task::JoinHandle;

    use super::*;
    use crate::air::ToPeripheral;
    use crate::port::LinkEvent;
    use crate::scripted::{Handle, PASSKEY, Types, honest, opening, play};

    /// A wearable's process: a peripheral for each client.
    fn serve(path: &Path) -> (Arc<Mutex<Vec<Handle>>>, JoinHandle<()>) {
        let listener = UnixListener::bind(path).unwrap();
        let handles: Arc<Mutex<Vec<Handle>>> = Arc::default();
        let all = Arc::clone(&handles);
        let task = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (incoming, requests) = mpsc::unbounded_channel();
                let (say, outgoing) = mpsc::unbounded_channel();
                all.lock().unwrap().push(play(requests, say, opening(true), honest()));
                tokio::spawn(lines::carry(stream, incoming, outgoing));
            }
        });
        (handles, task)
    }

    async fn until(mut condition: impl FnMut() -> bool) {
        while !condition() {
            sleep(Duration::from_millis(5)).await;
        }
    }

    #[tokio::test]
    async fn found_paired_used_and_known_again_by_another_process() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("wearable");
        let bonds = folder.path().join("bonds.json");
        let (handles, _task) = serve(&path);
        let radio = SocketRadio::new(&path).with_bonds_file(&bonds);
        let found = radio.scan().await.unwrap().recv().await.unwrap();
        assert_eq!((found.id.clone(), found.bonded), (radio.peripheral(), Some(false)));

        let link = radio.connect(&found.id, Types::the(PASSKEY)).await.unwrap();
        assert_eq!(link.read(Endpoint::Status).await.unwrap(), b"Status");
        assert_eq!(radio.connect(&found.id, None).await.map(drop), Err(LinkError::InUse));
        drop(link);
        let served = handles.lock().unwrap().last().unwrap().clone();
        until(|| served.heard().contains(&ToPeripheral::Disconnected)).await;

        let other = SocketRadio::new(&path).with_bonds_file(&bonds);
        let again = other.scan().await.unwrap().recv().await.unwrap();
        assert_eq!(again.bonded, Some(true));
        assert!(other.connect(&again.id, None).await.is_ok());
        other.remove_bond(&again.id).await.unwrap();
        assert_eq!(other.connect(&again.id, None).await.map(drop), Err(LinkError::NotPaired));
    }

    #[tokio::test]
    async fn nobody_there_is_not_found() {
        let folder = tempfile::tempdir().unwrap();
        let radio = SocketRadio::new(folder.path().join("nothing"));
        let result = radio.connect(&radio.peripheral(), None).await;
        assert_eq!(result.map(drop), Err(LinkError::NotFound));
        let other = radio.connect(&PeripheralId::new("other"), None).await;
        assert_eq!(other.map(drop), Err(LinkError::NotFound));
    }

    #[tokio::test]
    async fn garbage_in_a_link_ends_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("wearable");
        let listener = UnixListener::bind(&path).unwrap();
        let served = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            for message in opening(true) {
                let line = serde_json::to_string(&message).unwrap() + "\n";
                stream.write_all(line.as_bytes()).await.unwrap();
            }
            // The answer to the first request, whatever it is: id 0.
            stream.write_all(b"{\"type\":\"value\",\"id\":0,\"value\":\"00\"}\n").await.unwrap();
            sleep(Duration::from_millis(50)).await;
            stream.write_all(b"\x00\xff{]\n").await.unwrap();
            stream
        });
        let radio = SocketRadio::new(&path);
        // The early answer belongs to no question, so the peripheral counts as silent until it babbles.
        let result = radio.connect(&radio.peripheral(), Types::the(PASSKEY)).await;
        assert_eq!(result.map(drop), Err(LinkError::Disconnected));
        drop(served.await.unwrap());
    }

    #[tokio::test]
    async fn a_killed_process_takes_the_link_along() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("wearable");
        let (stream_sender, mut streams) = mpsc::unbounded_channel();
        let listener = UnixListener::bind(&path).unwrap();
        tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            let (incoming, requests) = mpsc::unbounded_channel();
            let (say, outgoing) = mpsc::unbounded_channel();
            let handle = play(requests, say, opening(true), honest());
            let task = tokio::spawn(lines::carry(stream, incoming, outgoing));
            stream_sender.send((task, handle)).unwrap();
        });
        let radio = SocketRadio::new(&path);
        let link = radio.connect(&radio.peripheral(), Types::the(PASSKEY)).await.unwrap();
        let mut events = link.take_events().unwrap();
        streams.recv().await.unwrap().0.abort();
        assert_eq!(events.recv().await, Some(LinkEvent::Disconnected));
        assert_eq!(link.read(Endpoint::Status).await, Err(LinkError::Disconnected));
    }
}
