//! The wearable on a Unix socket, one JSON object a line: for another process, or for a program that puts it
//! on a real or emulated controller.
//!
//! Several clients may listen, as several phones may scan; one at a time is connected.

use std::collections::HashMap;
use std::fs::File;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use lumbra_link::air::{ToCentral, ToPeripheral};
use lumbra_link::lines;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::mpsc;

use super::flows::FlowLog;
use super::runner::{Runner, WearableHandle};
use crate::device::Device;

type Client = u64;

/// Serves a device on a socket until the future is dropped. A file that is left at the path from an earlier
/// run is removed. With `flows`, every change of the true current is appended to it as a line
/// `{"at_ms": .., "currents_ma": [..]}`, with `at_ms` counted from the start. `started` gets a hand on the
/// device once clients can come.
pub async fn serve_socket(
    device: Device,
    seed: u64,
    path: &Path,
    flows: Option<File>,
    started: impl FnOnce(WearableHandle),
) -> std::io::Result<()> {
    let listener = bind(path)?;
    let (mut runner, handle) = Runner::new(device, seed);
    let mut flows = FlowLog::new(flows, &mut runner);
    started(handle);
    let (messages, mut messages_in) = mpsc::unbounded_channel();
    let hub = Hub::default();
    let accepting = async {
        let mut next: Client = 0;
        loop {
            let (stream, _) = listener.accept().await?;
            next += 1;
            tokio::spawn(hub.clone().attend(next, stream, messages.clone()));
        }
    };
    let running = async {
        runner.introduce();
        loop {
            let (arrived, _) = runner.turn(&mut messages_in).await;
            for message in arrived {
                hub.tell(&message);
            }
            flows.write(&mut runner)?;
        }
    };
    tokio::select! {
        result = accepting => result,
        result = running => result,
    }
}

fn bind(path: &Path) -> std::io::Result<UnixListener> {
    match UnixListener::bind(path) {
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
            // Somebody may still be serving there: then it must not be taken away.
            if std::os::unix::net::UnixStream::connect(path).is_ok() {
                return Err(error);
            }
            std::fs::remove_file(path)?;
            UnixListener::bind(path)
        }
        other => other,
    }
}

#[derive(Default)]
struct Clients {
    senders: HashMap<Client, mpsc::UnboundedSender<ToCentral>>,
    connected: Option<Client>,
    profile: Option<ToCentral>,
    advertise: Option<ToCentral>,
}

/// Who is there, and who is connected.
#[derive(Clone, Default)]
struct Hub(Arc<Mutex<Clients>>);

impl Hub {
    fn lock(&self) -> std::sync::MutexGuard<'_, Clients> {
        // The maps are sound whatever panicked beside them.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What everybody hears goes to all, the rest to who is connected.
    fn tell(&self, message: &ToCentral) {
        let mut clients = self.lock();
        let to_all = match message {
            ToCentral::Profile { .. } => {
                clients.profile = Some(message.clone());
                true
            }
            ToCentral::Advertise { .. } => {
                clients.advertise = Some(message.clone());
                true
            }
            _ => false,
        };
        let connected = clients.connected;
        for (client, sender) in &clients.senders {
            if to_all || connected == Some(*client) {
                // A client that has gone is taken off the list by its own task.
                let _ = sender.send(message.clone());
            }
        }
        if *message == ToCentral::Disconnect {
            clients.connected = None;
        }
    }

    async fn attend(self, client: Client, stream: UnixStream, messages: mpsc::UnboundedSender<ToPeripheral>) {
        let (sender, outgoing) = mpsc::unbounded_channel();
        let (incoming, mut said) = mpsc::unbounded_channel();
        {
            let mut clients = self.lock();
            for known in [&clients.profile, &clients.advertise].into_iter().flatten() {
                // Nobody has dropped the receiver yet.
                let _ = sender.send(known.clone());
            }
            clients.senders.insert(client, sender);
        }
        let hearing = async {
            while let Some(message) = said.recv().await {
                self.hear(client, message, &messages);
            }
        };
        let (carried, ()) = tokio::join!(lines::carry(stream, incoming, outgoing), hearing);
        if let Err(error) = carried {
            tracing::debug!(%error, "a client of the socket was given up");
        }
        let was_connected = {
            let mut clients = self.lock();
            clients.senders.remove(&client);
            clients.connected.take_if(|connected| *connected == client).is_some()
        };
        if was_connected {
            // The device goes on when nobody serves it any more, but then nobody hears either.
            let _ = messages.send(ToPeripheral::Disconnected);
        }
    }

    fn hear(&self, client: Client, message: ToPeripheral, messages: &mpsc::UnboundedSender<ToPeripheral>) {
        let mut clients = self.lock();
        if matches!(message, ToPeripheral::Connected { .. }) && clients.connected.is_none() {
            clients.connected = Some(client);
        }
        if clients.connected == Some(client) {
            if message == ToPeripheral::Disconnected {
                clients.connected = None;
            }
            // As above.
            let _ = messages.send(message);
        } else if let Some(sender) = clients.senders.get(&client) {
            // As above.
            let _ = sender.send(ToCentral::Disconnect);
        }
    }
}
