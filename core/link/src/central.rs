//! The central's half of the air for peripherals that are software: what bluetoothd or a phone does for
//! real ones. One implementation, whatever carries the messages.
//!
//! [`Air`] is one peripheral as it is seen from here. A task of its own (`Air::listen`) takes the
//! peripheral's messages for as long as anyone holds the `Air`; requests wait for their answers by id. The
//! peripheral is not trusted: answers nobody asked for, values too long for the air and notifications
//! nobody subscribed to are dropped.

mod connect;
mod link;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use lumbra_protocol::{ADVERTISED_SERVICE, Access};
use tokio::sync::{mpsc, oneshot, watch};
use uuid::Uuid;

use crate::air::{Advertisement, Property, Service, ToCentral, ToPeripheral};
use crate::error::LinkError;
use crate::table::{self, Row, Table};
use crate::task;

pub(crate) use connect::connect;
use link::Link;

/// The ATT MTU this central agrees to, in bytes: what current phones settle on, one data packet long.
const ATT_MTU: u16 = 247;
/// A peripheral that doesn't answer within this time counts as gone silent.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a connection attempt waits for the peripheral to advertise.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a person may take to type the passkey (SMP timeout: Core specification, volume 3, part H, 3.4).
const PASSKEY_TIMEOUT: Duration = Duration::from_secs(30);

/// What is known of a peripheral from its messages.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    profile: Option<Profile>,
    advertisement: Option<Advertisement>,
    gone: bool,
}

impl Seen {
    /// The advertisement, if it is one of a wearable.
    pub(crate) fn wearable(&self) -> Option<&Advertisement> {
        self.advertisement.as_ref().filter(|seen| !self.gone && seen.service == Uuid::from_u128(ADVERTISED_SERVICE))
    }

    #[cfg(unix)]
    pub(crate) fn is_gone(&self) -> bool {
        self.gone
    }
}

/// The peripheral's first message, checked. A table that lacks something is kept as its error.
#[derive(Clone)]
struct Profile {
    table: Result<Arc<Table<Uuid>>, LinkError>,
    passkey: u32,
}

impl Profile {
    fn new(services: &[Service], passkey: u32) -> Self {
        let rows = services.iter().flat_map(|service| {
            service.characteristics.iter().map(|characteristic| Row {
                service: service.uuid,
                characteristic: characteristic.uuid,
                access: access(&characteristic.properties),
                handle: characteristic.uuid,
            })
        });
        Self { table: table::resolve(rows).map(Arc::new), passkey }
    }
}

// The passkey is what keeps strangers out.
impl std::fmt::Debug for Profile {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Profile(..)")
    }
}

fn access(properties: &[Property]) -> Access {
    let has = |property| properties.contains(&property);
    Access {
        read: has(Property::Read),
        write: has(Property::Write),
        write_without_response: has(Property::WriteWithoutResponse),
        notify: has(Property::Notify),
        indicate: has(Property::Indicate),
    }
}

/// One software peripheral as seen from here.
#[derive(Debug)]
pub(crate) struct Air {
    to: mpsc::UnboundedSender<ToPeripheral>,
    seen: watch::Sender<Seen>,
    link: Mutex<LinkSlot>,
    /// Tells the listening task that nobody holds this any more.
    _held: oneshot::Sender<()>,
}

/// At most one link at a time. Ids go on counting across links, so that a late answer to a link that is
/// gone never passes for an answer to the present one.
#[derive(Debug, Default)]
struct LinkSlot {
    link: Option<Link>,
    next_id: u32,
    next_generation: u64,
}

impl Air {
    /// Starts listening to a peripheral. Must be called within a tokio runtime.
    pub(crate) fn listen(
        to: mpsc::UnboundedSender<ToPeripheral>,
        mut from: mpsc::UnboundedReceiver<ToCentral>,
    ) -> Arc<Self> {
        let (held, mut released) = oneshot::channel();
        let air = Arc::new(Self { to, seen: watch::Sender::new(Seen::default()), link: Mutex::default(), _held: held });
        let weak = Arc::downgrade(&air);
        task::spawn(async move {
            loop {
                let message = tokio::select! {
                    message = from.recv() => message,
                    _ = &mut released => return,
                };
                let (Some(air), Some(message)) = (Weak::upgrade(&weak), message) else {
                    break;
                };
                air.take(message);
            }
            if let Some(air) = Weak::upgrade(&weak) {
                air.seen.send_modify(|seen| seen.gone = true);
                air.close_any();
            }
        });
        air
    }

    /// What is known, now and from now on.
    pub(crate) fn watch(&self) -> watch::Receiver<Seen> {
        self.seen.subscribe()
    }

    fn slot(&self) -> MutexGuard<'_, LinkSlot> {
        self.link.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes one message of the peripheral.
    fn take(&self, message: ToCentral) {
        match message {
            ToCentral::Profile { services, passkey } => {
                self.seen.send_modify(|seen| {
                    // A table that changes under a link that is up would make its handles mean something
                    // else: the first one holds.
                    if seen.profile.is_none() {
                        seen.profile = Some(Profile::new(&services, passkey));
                    }
                });
            }
            ToCentral::Advertise { advertisement } => {
                self.seen.send_modify(|seen| seen.advertisement = advertisement);
            }
            ToCentral::Disconnect => self.close_any(),
            ToCentral::Value { id, value } => self.answer(id, link::Answer::Value(value)),
            ToCentral::Written { id } => self.answer(id, link::Answer::Written),
            ToCentral::Refused { id, att_error } => self.answer(id, link::Answer::Refused(att_error)),
            ToCentral::Notify { characteristic, value, .. } => {
                if let Some(link) = &mut self.slot().link {
                    link.notify(characteristic, value);
                }
            }
        }
    }

    fn answer(&self, id: u32, answer: link::Answer) {
        if let Some(link) = &mut self.slot().link {
            link.answer(id, answer);
        }
    }

    /// Ends whatever link there is, and tells both sides.
    pub(crate) fn close_any(&self) {
        self.close_if(|_| true);
    }

    fn close_if(&self, which: impl FnOnce(&Link) -> bool) {
        let mut slot = self.slot();
        if slot.link.as_ref().is_some_and(which) {
            // Sent under the lock, so that a `Connected` of the next link can't overtake it.
            let _ = self.to.send(ToPeripheral::Disconnected);
            if let Some(link) = slot.link.take() {
                link.end();
            }
        }
    }
}

#[cfg(test)]
mod tests;
