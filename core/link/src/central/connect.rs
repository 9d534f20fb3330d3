//! From an advertisement to a connection that is safe to use.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use lumbra_protocol::Endpoint;
use tokio::sync::mpsc;
use tokio::time::timeout;
use uuid::Uuid;

use super::link::{Kind, Link, MAX_VALUE_LEN, Request, message};
use super::{ATT_MTU, Air, CONNECT_TIMEOUT, PASSKEY_TIMEOUT, Profile, REQUEST_TIMEOUT};
use crate::air::{Advertisement, Security, ToPeripheral};
use crate::att;
use crate::bonds::BondBook;
use crate::error::LinkError;
use crate::port::{Connection, LinkEvent, PairingPrompt, PeripheralId};
use crate::table::Table;

/// Connects, and makes sure of an authenticated link: with the bond in the book, or by pairing.
pub(crate) async fn connect(
    air: Arc<Air>,
    id: &PeripheralId,
    book: &BondBook,
    prompt: Option<Arc<dyn PairingPrompt>>,
) -> Result<AirConnection, LinkError> {
    let bonds = book.load().await?;
    let (profile, advertisement) = in_reach(&air).await?;
    let table = profile.table?;
    let connection = AirConnection::open(Arc::clone(&air), table, bonds.central())?;

    if bonds.contains(id) {
        let result = proven(connection).await;
        if !matches!(result, Err(LinkError::Disconnected)) {
            return result;
        }
        // A link that comes up and falls at once, twice, although both sides should hold a key: the wearable has lost
        // its one.
        let (profile, _) = in_reach(&air).await?;
        let again = AirConnection::open(air, profile.table?, bonds.central())?;
        return proven(again).await.map_err(|error| match error {
            LinkError::Disconnected => LinkError::BondLost,
            error => error,
        });
    }

    let prompt = prompt.ok_or(LinkError::NotPaired)?;
    if !advertisement.pairing {
        return Err(LinkError::PairingFailed);
    }
    let asked = timeout(PASSKEY_TIMEOUT, prompt.passkey(Some(&advertisement.name)));
    let typed = tokio::select! {
        typed = asked => typed.ok().flatten().ok_or(LinkError::PairingFailed)?,
        () = connection.lost() => return Err(LinkError::Disconnected),
    };
    if typed != profile.passkey {
        return Err(LinkError::PairingFailed);
    }
    connection.secure();
    let connection = connection.prove().await.map_err(|error| match error {
        LinkError::Refused(code) if att::is_about_protection(code) => LinkError::PairingFailed,
        error => error,
    })?;
    let bonded = id.clone();
    let central = bonds.central().to_owned();
    let kept = book
        .change(move |bonds| {
            // Another central has taken the book over meanwhile: the bond just made isn't its bond.
            let same = bonds.central() == central;
            if same {
                bonds.add(bonded);
            }
            same
        })
        .await?;
    if kept { Ok(connection) } else { Err(LinkError::PairingFailed) }
}

/// A link with a bond, proven to be protected.
async fn proven(connection: AirConnection) -> Result<AirConnection, LinkError> {
    connection.secure();
    connection.prove().await.map_err(|error| match error {
        LinkError::Refused(code) if att::is_about_protection(code) => LinkError::BondLost,
        error => error,
    })
}

/// Waits until the peripheral has shown its table and advertises.
async fn in_reach(air: &Air) -> Result<(Profile, Advertisement), LinkError> {
    if air.slot().link.is_some() {
        return Err(LinkError::InUse);
    }
    let mut seen = air.watch();
    let ready = seen.wait_for(|seen| seen.gone || (seen.profile.is_some() && seen.wearable().is_some()));
    let seen =
        timeout(CONNECT_TIMEOUT, ready).await.map_err(|_| LinkError::NotFound)?.map_err(|_| LinkError::NotFound)?;
    match (&seen.profile, seen.wearable()) {
        (Some(profile), Some(advertisement)) => Ok((profile.clone(), advertisement.clone())),
        _ => Err(LinkError::NotFound),
    }
}

/// A link to a software peripheral. Dropping it cuts the link.
#[derive(Debug)]
pub(crate) struct AirConnection {
    air: Arc<Air>,
    table: Arc<Table<Uuid>>,
    generation: u64,
    events: Mutex<Option<mpsc::UnboundedReceiver<LinkEvent>>>,
    serial: Vec<u8>,
}

impl AirConnection {
    fn open(air: Arc<Air>, table: Arc<Table<Uuid>>, central: &str) -> Result<Self, LinkError> {
        let (sender, events) = mpsc::unbounded_channel();
        let mut slot = air.slot();
        if slot.link.is_some() {
            return Err(LinkError::InUse);
        }
        let generation = slot.next_generation;
        let connected = ToPeripheral::Connected { peer: central.to_owned(), mtu: ATT_MTU };
        air.to.send(connected).map_err(|_| LinkError::NotFound)?;
        slot.next_generation += 1;
        slot.link = Some(Link::new(generation, Arc::clone(&table), sender));
        drop(slot);
        Ok(Self { air, table, generation, events: Mutex::new(Some(events)), serial: Vec::new() })
    }

    /// Reads the serial number, which is given away on a protected link only.
    async fn prove(mut self) -> Result<Self, LinkError> {
        self.serial = self.read(Endpoint::SerialNumber).await?;
        Ok(self)
    }

    fn secure(&self) {
        let _ = self.air.to.send(ToPeripheral::Secured { security: Security::Authenticated, bonded: true });
    }

    /// Resolves when the link is gone.
    async fn lost(&self) {
        // A request that is never sent: it ends when the link does.
        let waiting = {
            let mut slot = self.air.slot();
            let id = slot.next_id;
            slot.next_id = slot.next_id.wrapping_add(1);
            match slot.link.as_mut().filter(|link| link.generation == self.generation) {
                Some(link) => link.expect(id, Kind::Write),
                None => return,
            }
        };
        let _ = waiting.await;
    }

    async fn request(&self, endpoint: Endpoint, kind: Kind, request: Request<'_>) -> Result<Vec<u8>, LinkError> {
        let characteristic = self.table.get(&endpoint).ok_or(LinkError::MissingEndpoint(endpoint.name()))?.handle;
        let answered = !matches!(request, Request::Write { response: false, .. });
        let waiting = {
            let mut slot = self.air.slot();
            let id = slot.next_id;
            slot.next_id = slot.next_id.wrapping_add(1);
            let link =
                slot.link.as_mut().filter(|link| link.generation == self.generation).ok_or(LinkError::Disconnected)?;
            let waiting = answered.then(|| link.expect(id, kind));
            self.air.to.send(message(id, characteristic, request)).map_err(|_| LinkError::Disconnected)?;
            waiting
        };
        match waiting {
            None => Ok(Vec::new()),
            Some(answer) => timeout(REQUEST_TIMEOUT, answer)
                .await
                .map_err(|_| LinkError::Timeout)?
                .map_err(|_| LinkError::Disconnected)?,
        }
    }

    fn close(&self) {
        self.air.close_if(|link| link.generation == self.generation);
    }
}

#[async_trait]
impl Connection for AirConnection {
    fn serial_number(&self) -> &[u8] {
        &self.serial
    }

    async fn read(&self, endpoint: Endpoint) -> Result<Vec<u8>, LinkError> {
        self.request(endpoint, Kind::Read, Request::Read).await
    }

    async fn write(&self, endpoint: Endpoint, bytes: &[u8]) -> Result<(), LinkError> {
        if bytes.len() > MAX_VALUE_LEN {
            return Err(LinkError::Refused(att::INVALID_VALUE_LENGTH));
        }
        let response = self.table.get(&endpoint).is_none_or(|found| found.access.write);
        let write = Request::Write { value: bytes, response };
        self.request(endpoint, Kind::Write, write).await.map(drop)
    }

    async fn subscribe(&self, endpoint: Endpoint) -> Result<(), LinkError> {
        self.request(endpoint, Kind::Subscribe(endpoint), Request::Subscribe).await.map(drop)
    }

    fn take_events(&self) -> Option<mpsc::UnboundedReceiver<LinkEvent>> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn max_value_len(&self) -> usize {
        MAX_VALUE_LEN
    }

    async fn disconnect(&self) {
        self.close();
    }
}

impl Drop for AirConnection {
    fn drop(&mut self) {
        self.close();
    }
}
