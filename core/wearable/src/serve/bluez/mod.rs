//! The wearable as a real peripheral: on a Bluetooth adapter of this machine, through bluetoothd's own GATT server.
//!
//! bluetoothd runs the link: it advertises, pairs, encrypts, and refuses whoever isn't authenticated; here its calls
//! become the air's messages, and the wearable's answers become replies and signals. One loop does all of it,
//! in order, so that an answer leaves before the notification it leads to.
//!
//! | file | what |
//! |---|---|
//! | `calls`, `answers` | bluetoothd's calls and signals, read, and what it hears |
//! | `link` | who is connected, and what waits for an answer |
//! | `objects` | the attribute table and the advertisement as D-Bus objects |
//! | `daemon` | what is asked of bluetoothd |
//!
//! Over zbus, which the radio on Linux uses already: the crate `bluer` would bring eighteen more crates and has no
//! word for a subscription that needs an authenticated link. And with messages by hand instead of zbus's object
//! server, which answers each call from a task of its own, in any order.
//!
//! What bluetoothd can't do of PROFILE.md: its passkey is random at each pairing and is shown, not printed on a
//! label; it announces the general discoverable flag alone; whether legacy pairing is refused is a setting of the
//! machine. Whoever holds a bond with the adapter is let in for as long as the wearable is in pairing mode, as it
//! forgets its own bond when it is switched off.

mod answers;
mod calls;
mod daemon;
mod error;
mod link;
mod objects;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::fs::File;
use std::future::Future;
use std::num::NonZeroUsize;

use futures::future::BoxFuture;
use futures::stream::{FuturesUnordered, StreamExt};
use lumbra_link::air::{Advertisement, Security, ToCentral, ToPeripheral};
use tokio::sync::mpsc;
use zbus::{Connection, Message, MessageStream, Variant};

use super::flows::FlowLog;
use super::runner::{Runner, WearableHandle};
use crate::device::Device;
use answers::{IN_PROGRESS, INVALID_OFFSET};
use calls::{Call, Happening, Options};
use daemon::Daemon;
pub use error::AdapterError;
use link::Link;
use objects::{CHARACTERISTIC_INTERFACE, Table};

/// Messages that may wait while bluetoothd is asked something.
const QUEUE: usize = 1_024;

/// What whoever serves the wearable wants to know.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum AdapterEvent {
    /// It is on the air; a hand on it.
    Serving(WearableHandle),
    /// A central pairs: this passkey is to be shown, and typed there.
    Passkey(u32),
}

/// Serves a device on the adapter of this name, such as `hci0`, until `until` comes. `flows` is as in
/// [`serve_socket`](super::serve_socket).
///
/// While it is served, the adapter is pairable exactly when the wearable is in pairing mode, and pairings that other
/// devices begin are the wearable's; afterwards it is as it was before. Another program with an agent, such as
/// `bluetoothctl`, makes it pairable when its agent takes the wearable's place again. Bonds stay.
pub async fn serve_adapter(
    device: Device,
    seed: u64,
    adapter: &str,
    flows: Option<File>,
    tell: impl FnMut(AdapterEvent),
    until: impl Future<Output = ()>,
) -> Result<(), AdapterError> {
    let bus = Connection::system().await.map_err(AdapterError::from)?;
    serve_over(bus, device, seed, adapter, flows, tell, until).await
}

async fn serve_over(
    mut bus: Connection,
    device: Device,
    seed: u64,
    adapter: &str,
    flows: Option<File>,
    mut tell: impl FnMut(AdapterEvent),
    until: impl Future<Output = ()>,
) -> Result<(), AdapterError> {
    bus.set_max_queued(NonZeroUsize::new(QUEUE).unwrap_or(NonZeroUsize::MIN));
    // Before anything is registered: no call may be missed.
    let mut messages = MessageStream::from(&bus);
    let daemon = Daemon::find(bus, adapter).await?;
    let pairable_before = daemon.pairable().await?;
    daemon.register_agent().await?;

    let (mut runner, handle) = Runner::new(device, seed);
    let mut flows = FlowLog::new(flows, &mut runner);
    let (to_wearable, mut from_air) = mpsc::unbounded_channel();
    let mut server = Server::new(daemon.clone(), Link::new(to_wearable));
    let mut handle = Some(handle);
    let mut until = std::pin::pin!(until);
    let result = loop {
        let step = tokio::select! {
            () = &mut until => break Ok(()),
            message = messages.next() => match message {
                Some(Ok(message)) => server.hear(&message, &mut tell).await,
                // The bus has gone, and bluetoothd is out of reach with it.
                Some(Err(_)) | None => Err(AdapterError::NoService),
            },
            (said, _) = runner.turn(&mut from_air) => server.say(said).await,
            Some(done) = server.jobs.next(), if !server.jobs.is_empty() => done.map(|done| {
                if server.done(done) && let Some(handle) = handle.take() {
                    tell(AdapterEvent::Serving(handle));
                }
            }),
        };
        if let Err(error) = step.and_then(|()| flows.write(&mut runner).map_err(AdapterError::from)) {
            break Err(error);
        }
    };
    server.leave(pairable_before).await;
    result
}

/// A request that waits for the wearable.
#[derive(Debug)]
struct Waiting {
    message: Message,
    /// From where on the value is wanted.
    offset: u16,
}

/// A finished call to bluetoothd.
#[derive(Debug)]
enum Done {
    TableRegistered,
    Advertised(Option<Advertisement>),
    Disconnected,
}

/// The loop's state.
#[allow(clippy::struct_excessive_bools, reason = "four facts that don't exclude each other")]
struct Server {
    daemon: Daemon,
    link: Link<Waiting>,
    table: Option<Table>,
    registered: bool,
    /// What the wearable wants to advertise, and what bluetoothd advertises.
    wanted: Option<Advertisement>,
    shown: Option<Advertisement>,
    advertising: bool,
    /// A link has ended since: over an older controller the kernel goes on with nothing, or with something else.
    stale: bool,
    /// Pairing mode, as the last advertisement told it: on a link, nothing tells.
    pairing: bool,
    /// Calls during which bluetoothd calls back.
    jobs: FuturesUnordered<BoxFuture<'static, Result<Done, AdapterError>>>,
}

impl Server {
    fn new(daemon: Daemon, link: Link<Waiting>) -> Self {
        Self {
            daemon,
            link,
            table: None,
            registered: false,
            wanted: None,
            shown: None,
            advertising: false,
            stale: false,
            pairing: false,
            jobs: FuturesUnordered::new(),
        }
    }

    // --- from bluetoothd ---

    async fn hear(&mut self, message: &Message, tell: &mut impl FnMut(AdapterEvent)) -> Result<(), AdapterError> {
        if let Some(call) = Call::read(message) {
            // Nobody else on the bus may reach the wearable past bluetoothd's protection.
            let call = if self.daemon.sent(message) { call } else { Call::Unknown };
            return self.call(message, call, tell).await;
        }
        match Happening::read(message, self.daemon.adapter()) {
            Some(Happening::Down(device)) => {
                for waiting in self.link.down(&device) {
                    self.daemon.refuse(&waiting.message, IN_PROGRESS).await?;
                }
                self.stale = true;
                self.advertise();
                Ok(())
            }
            Some(Happening::AdapterOff) => Err(self.daemon.off()),
            Some(Happening::AdapterGone) => Err(self.daemon.gone()),
            Some(Happening::DaemonGone) => Err(AdapterError::NoService),
            None => Ok(()),
        }
    }

    async fn call(
        &mut self,
        message: &Message,
        call: Call,
        tell: &mut impl FnMut(AdapterEvent),
    ) -> Result<(), AdapterError> {
        match call {
            Call::Objects => {
                let objects = self.table.as_ref().map(Table::objects).unwrap_or_default();
                self.daemon.reply(message, &objects).await
            }
            Call::Advertisement => {
                let properties = self.wanted.as_ref().map(objects::advertised).unwrap_or_default();
                self.daemon.reply(message, &properties).await
            }
            Call::Read { path, options } => self.read(message, &path, &options).await,
            Call::Write { path, value, options } => self.write(message, &path, value, &options).await,
            Call::Subscribe { path, on } => {
                let Some((uuid, protected)) = self.attribute(&path) else { return self.daemon.unknown(message).await };
                self.link.subscribe(uuid, protected, on);
                self.daemon.reply(message, &()).await
            }
            Call::Passkey { device, passkey, first } => {
                if !self.pairing || !self.daemon.has_device(&device) {
                    return self.daemon.reject(message).await;
                }
                if first {
                    tell(AdapterEvent::Passkey(passkey));
                }
                self.daemon.reply(message, &()).await
            }
            // Just Works, comparison, a passkey to type: none of them is the profile's.
            Call::OtherPairing => self.daemon.reject(message).await,
            Call::Note => self.daemon.reply(message, &()).await,
            Call::Unknown => self.daemon.unknown(message).await,
        }
    }

    async fn read(&mut self, message: &Message, path: &str, options: &Options) -> Result<(), AdapterError> {
        let Some((characteristic, protected)) = self.attribute(path) else { return self.daemon.unknown(message).await };
        if !self.admit(options, protected).await? {
            return self.daemon.refuse(message, IN_PROGRESS).await;
        }
        let waiting = Waiting { message: message.clone(), offset: options.offset };
        self.link.ask(waiting, |id| ToPeripheral::Read { id, characteristic });
        Ok(())
    }

    async fn write(
        &mut self,
        message: &Message,
        path: &str,
        value: Vec<u8>,
        options: &Options,
    ) -> Result<(), AdapterError> {
        let Some((characteristic, protected)) = self.attribute(path) else { return self.daemon.unknown(message).await };
        if options.offset > 0 {
            // No value of the profile comes in parts.
            return self.daemon.refuse(message, INVALID_OFFSET).await;
        }
        if !self.admit(options, protected).await? {
            return self.daemon.refuse(message, IN_PROGRESS).await;
        }
        if options.command {
            self.link.ask_and_forget(|id| ToPeripheral::Write { id, characteristic, value, response: false });
            return self.daemon.reply(message, &()).await;
        }
        let waiting = Waiting { message: message.clone(), offset: 0 };
        self.link.ask(waiting, |id| ToPeripheral::Write { id, characteristic, value, response: true });
        Ok(())
    }

    /// Makes sure that the wearable knows who asks, and how its link is protected.
    async fn admit(&mut self, options: &Options, protected: bool) -> Result<bool, AdapterError> {
        if !self.daemon.has_device(&options.device) || !self.link.admit(&options.device, options.mtu) {
            return Ok(false);
        }
        self.advertise();
        if protected && !self.link.is_secured() {
            // The request has come through bluetoothd, which has checked the link; that there is a key is a second
            // lock. A subscription proves nothing: who made it isn't told.
            if !self.daemon.is_bonded(&options.device).await? {
                tracing::warn!("a request for a protected attribute without a bond was refused");
                return Ok(false);
            }
            self.link.secured(true);
        }
        Ok(true)
    }

    fn attribute(&self, path: &str) -> Option<(uuid::Uuid, bool)> {
        let characteristic = self.table.as_ref()?.at(path)?;
        Some((characteristic.uuid, characteristic.security > Security::Open))
    }

    // --- from the wearable ---

    async fn say(&mut self, said: Vec<ToCentral>) -> Result<(), AdapterError> {
        for message in said {
            self.say_one(message).await?;
        }
        Ok(())
    }

    async fn say_one(&mut self, message: ToCentral) -> Result<(), AdapterError> {
        match message {
            // bluetoothd makes the passkeys; the label's is of no use here.
            ToCentral::Profile { services, passkey: _ } => {
                if self.table.is_none() {
                    self.table = Some(Table::new(services));
                    let daemon = self.daemon.clone();
                    self.job(async move { daemon.register_table().await.map(|()| Done::TableRegistered) });
                }
                Ok(())
            }
            ToCentral::Advertise { advertisement } => {
                self.pairing = advertisement.as_ref().map_or(self.pairing, |advertisement| advertisement.pairing);
                self.wanted = advertisement;
                self.advertise();
                Ok(())
            }
            ToCentral::Value { id, value } => match self.link.answered(id) {
                Some(waiting) => match value.get(usize::from(waiting.offset)..) {
                    Some(rest) => self.daemon.reply(&waiting.message, &rest).await,
                    None => self.daemon.refuse(&waiting.message, INVALID_OFFSET).await,
                },
                None => Ok(()),
            },
            ToCentral::Written { id } => match self.link.answered(id) {
                Some(waiting) => self.daemon.reply(&waiting.message, &()).await,
                None => Ok(()),
            },
            ToCentral::Refused { id, att_error } => match self.link.answered(id) {
                Some(waiting) => self.daemon.refuse(&waiting.message, att_error).await,
                None => Ok(()),
            },
            ToCentral::Notify { characteristic, value, .. } => {
                let Some(path) = self.table.as_ref().and_then(|table| table.path_of(characteristic)) else {
                    return Ok(());
                };
                let changed = HashMap::from([("Value", Variant::from(value))]);
                let body = (CHARACTERISTIC_INTERFACE, changed, Vec::<&str>::new());
                let signal =
                    self.daemon.bus().emit_signal(None::<&str>, path, daemon::PROPERTIES, "PropertiesChanged", &body);
                signal.await.map_err(AdapterError::from)
            }
            ToCentral::Disconnect => {
                let Some((device, unanswered)) = self.link.cut() else { return Ok(()) };
                self.advertise();
                for waiting in unanswered {
                    self.daemon.refuse(&waiting.message, IN_PROGRESS).await?;
                }
                let daemon = self.daemon.clone();
                self.job(async move {
                    // It may have gone by itself.
                    if let Err(error) = daemon.disconnect(&device).await {
                        tracing::debug!(%error, "nothing to disconnect");
                    }
                    Ok(Done::Disconnected)
                });
                Ok(())
            }
        }
    }

    /// Brings what bluetoothd advertises to what the wearable wants, one call after the other. With a central it
    /// wants none: there is one at a time.
    fn advertise(&mut self) {
        let wanted = self.wanted.clone().filter(|_| self.link.central().is_none());
        let as_wanted = wanted == self.shown && (wanted.is_none() || !self.stale);
        if !self.registered || self.advertising || as_wanted {
            return;
        }
        (self.advertising, self.stale) = (true, false);
        let (daemon, shown) = (self.daemon.clone(), self.shown.is_some());
        self.job(async move {
            if shown {
                daemon.unregister_advertisement().await?;
            }
            if let Some(advertisement) = &wanted {
                daemon.set_pairable(advertisement.pairing).await?;
                daemon.register_advertisement().await?;
            }
            Ok(Done::Advertised(wanted))
        });
    }

    /// `true`: it is on the air.
    fn done(&mut self, done: Done) -> bool {
        match done {
            Done::TableRegistered => self.registered = true,
            Done::Advertised(shown) => {
                self.advertising = false;
                self.shown = shown;
            }
            Done::Disconnected => {}
        }
        self.advertise();
        self.shown.is_some()
    }

    /// The end: the adapter is asked to be as it was. What is registered goes with the connection to the bus.
    async fn leave(&mut self, pairable: bool) {
        if let Some((device, _)) = self.link.cut()
            && let Err(error) = self.daemon.disconnect(&device).await
        {
            tracing::debug!(%error, "the link was not cut");
        }
        if let Err(error) = self.daemon.set_pairable(pairable).await {
            tracing::debug!(%error, "the adapter stays as it is");
        }
    }

    fn job(&mut self, job: impl Future<Output = Result<Done, AdapterError>> + Send + 'static) {
        self.jobs.push(Box::pin(job));
    }
}
