//! From a name to a link that is up, discovered and proven to be authenticated.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use btleplug::api::{CharPropFlags, Characteristic, Peripheral as _};
use btleplug::platform::Peripheral;
use lumbra_protocol::{Access, Endpoint};
use tokio::sync::OwnedMutexGuard;
use tokio::time::{sleep, timeout};

use super::connection::{BtleConnection, Proven};
use super::fault::from_btleplug;
use super::session::{Session, Slot};
use crate::att;
use crate::error::LinkError;
use crate::link_state::LinkState;
use crate::port::{PairingPrompt, PeripheralId};
use crate::proof::prove;
use crate::table::{self, Row};
use crate::task;

/// Systems wait for an advertisement up to 40 s, or for ever; a person gives up sooner.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);
const DISCOVER_TIMEOUT: Duration = Duration::from_secs(15);
/// bluetoothd takes up to 3 s to cut a link, a phone less.
const DISCONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Beyond what a cut waits for; Linux gives up on a controller that doesn't answer after 20 s.
const DOWN_TIMEOUT: Duration = Duration::from_secs(15);
const DOWN_INTERVAL: Duration = Duration::from_millis(250);

pub(super) async fn connect(
    session: Arc<Session>,
    id: &PeripheralId,
    prompt: Option<Arc<dyn PairingPrompt>>,
) -> Result<BtleConnection, LinkError> {
    let slot = session.slot(id);
    if slot.live.load(Ordering::Acquire) {
        return Err(LinkError::InUse);
    }
    // The last link may still be on its way down.
    let turn = timeout(DISCONNECT_TIMEOUT, Arc::clone(&slot.turn).lock_owned()).await.map_err(|_| LinkError::InUse)?;
    // What the system is asked for does not depend on each other.
    let ((), peripheral, bonded) =
        tokio::try_join!(session.check_power(), session.find(id, &slot), session.is_bonded(id))?;
    let mut hold = Hold::new(session, slot, turn, peripheral);
    match hold.make(id, bonded, prompt).await {
        Ok(proven) => Ok(BtleConnection::new(hold, proven)),
        Err(error) => {
            // Before it is told: left to a task, the link would outlive a process that ends with this error, and a wearable
            // that is connected does not advertise for the next try.
            hold.cut().await;
            Err(error)
        }
    }
}

/// Makes a bond. Elsewhere the system does, when the link is used.
#[cfg(target_os = "linux")]
async fn pair(
    session: &Session,
    id: &PeripheralId,
    peripheral: &Peripheral,
    prompt: Option<Arc<dyn PairingPrompt>>,
) -> Result<(), LinkError> {
    let prompt = prompt.ok_or(LinkError::NotPaired)?;
    let properties = peripheral.properties().await.ok().flatten();
    let name = properties.and_then(|properties| properties.advertisement_name);
    session.bluez.pair(id, name, prompt).await
}

/// A peripheral in use. Dropping it cuts the link, and lets the next one in when that is done.
pub(super) struct Hold {
    session: Arc<Session>,
    slot: Arc<Slot>,
    turn: Option<OwnedMutexGuard<()>>,
    pub(super) peripheral: Peripheral,
    link: Option<Arc<LinkState>>,
    /// The link is known to be down.
    down: bool,
}

impl Hold {
    fn new(session: Arc<Session>, slot: Arc<Slot>, turn: OwnedMutexGuard<()>, peripheral: Peripheral) -> Self {
        slot.live.store(true, Ordering::Release);
        Self { session, slot, turn: Some(turn), peripheral, link: None, down: false }
    }

    fn came_up(&self) -> bool {
        self.link.as_ref().is_some_and(|link| link.was_up())
    }

    /// The link, with a bond if it needs one.
    async fn make(
        &mut self,
        id: &PeripheralId,
        bonded: Option<bool>,
        prompt: Option<Arc<dyn PairingPrompt>>,
    ) -> Result<Proven, LinkError> {
        #[cfg(target_os = "linux")]
        if bonded != Some(true) {
            pair(&self.session, id, &self.peripheral, prompt.clone()).await?;
        }
        // Elsewhere bonds are the system's own affair.
        #[cfg(not(target_os = "linux"))]
        let _ = id;
        let mut result = self.attempt(prompt.is_some()).await;
        if matches!(result, Err(LinkError::Disconnected)) && bonded == Some(true) && self.came_up() {
            // A link that comes up and falls at once, twice, although both sides should hold a key: the
            // wearable has lost its one. Older versions of bluetoothd have no word of their own for it.
            self.cut().await;
            self.went_down().await;
            result = self.attempt(prompt.is_some()).await;
            if matches!(result, Err(LinkError::Disconnected)) && self.came_up() {
                return Err(LinkError::BondLost);
            }
        }
        match result {
            Err(LinkError::Refused(code)) if att::is_about_protection(code) => match (bonded, prompt) {
                (Some(true), _) => Err(LinkError::BondLost),
                (_, None) => Err(LinkError::NotPaired),
                (_, Some(_)) => {
                    // A bond without authentication was made just now: it is of no use, and in the way of
                    // the next try.
                    #[cfg(target_os = "linux")]
                    self.session.bluez.remove(id).await?;
                    Err(LinkError::PairingFailed)
                }
            },
            result => result,
        }
    }

    /// One try: connect, discover, prove.
    async fn attempt(&mut self, prompted: bool) -> Result<Proven, LinkError> {
        let link = LinkState::new();
        self.down = false;
        self.link = Some(Arc::clone(&link));
        self.session.attach(self.peripheral.id(), Arc::clone(&link));
        let peripheral = &self.peripheral;
        let establish = async {
            timeout(CONNECT_TIMEOUT, peripheral.connect())
                .await
                .map_err(|_| LinkError::NotFound)?
                .map_err(|error| from_btleplug(&error))?;
            link.came_up();
            timeout(DISCOVER_TIMEOUT, peripheral.discover_services())
                .await
                .map_err(|_| LinkError::Timeout)?
                .map_err(|error| from_btleplug(&error))?;
            // A loss between the connection and the line that noted it left no trace.
            if !peripheral.is_connected().await.map_err(|error| from_btleplug(&error))? {
                return Err(LinkError::Disconnected);
            }
            let table = Arc::new(table::resolve(rows(peripheral))?);
            let serial =
                table.get(&Endpoint::SerialNumber).ok_or(LinkError::MissingEndpoint(Endpoint::SerialNumber.name()))?;
            // On Linux the bond is made already, by our own agent.
            let dialog = prompted && cfg!(not(target_os = "linux"));
            let read = || async { peripheral.read(&serial.handle).await.map_err(|error| from_btleplug(&error)) };
            let serial = prove(dialog, read).await?;
            link.forward(peripheral, Arc::clone(&table)).await?;
            Ok((table, serial))
        };
        let (table, serial) = tokio::select! {
            result = establish => result?,
            () = link.lost() => return Err(LinkError::Disconnected),
        };
        Ok(Proven { link, table, serial })
    }

    /// Waits until the system shows the link as down. After a failed encryption that takes some as long as the
    /// link's own time-out, and a connection that is asked for meanwhile hangs.
    async fn went_down(&self) {
        let down = async {
            while self.peripheral.is_connected().await.unwrap_or(false) {
                sleep(DOWN_INTERVAL).await;
            }
        };
        if timeout(DOWN_TIMEOUT, down).await.is_err() {
            tracing::debug!("the link does not go down");
        }
    }

    /// Cuts the link and waits until it is down.
    pub(super) async fn cut(&mut self) {
        if !self.down {
            disconnect(&self.peripheral).await;
            self.down = true;
        }
        if let Some(link) = &self.link {
            link.close();
        }
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        if let Some(link) = self.link.take() {
            link.close();
        }
        let (peripheral, session, turn, down) =
            (self.peripheral.clone(), Arc::clone(&self.session), self.turn.take(), self.down);
        session.detach(&peripheral.id());
        self.slot.live.store(false, Ordering::Release);
        task::spawn_if_running(async move {
            if !down {
                disconnect(&peripheral).await;
            }
            drop(turn);
        });
    }
}

/// Also calls off a connection that is being made.
async fn disconnect(peripheral: &Peripheral) {
    match timeout(DISCONNECT_TIMEOUT, peripheral.disconnect()).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(error = %from_btleplug(&error), "nothing to disconnect"),
        Err(_) => tracing::warn!("the system did not cut the link in time"),
    }
}

fn rows(peripheral: &Peripheral) -> impl Iterator<Item = Row<Characteristic>> {
    peripheral.services().into_iter().flat_map(|service| {
        let uuid = service.uuid;
        service.characteristics.into_iter().map(move |characteristic| Row {
            service: uuid,
            characteristic: characteristic.uuid,
            access: access(characteristic.properties),
            handle: characteristic,
        })
    })
}

fn access(properties: CharPropFlags) -> Access {
    Access {
        read: properties.contains(CharPropFlags::READ),
        write: properties.contains(CharPropFlags::WRITE),
        write_without_response: properties.contains(CharPropFlags::WRITE_WITHOUT_RESPONSE),
        notify: properties.contains(CharPropFlags::NOTIFY),
        indicate: properties.contains(CharPropFlags::INDICATE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn properties_map_one_to_one() {
        for (flag, expected) in [
            (CharPropFlags::READ, Access { read: true, ..access(CharPropFlags::empty()) }),
            (CharPropFlags::WRITE, Access { write: true, ..access(CharPropFlags::empty()) }),
            (
                CharPropFlags::WRITE_WITHOUT_RESPONSE,
                Access { write_without_response: true, ..access(CharPropFlags::empty()) },
            ),
            (CharPropFlags::NOTIFY, Access { notify: true, ..access(CharPropFlags::empty()) }),
            (CharPropFlags::INDICATE, Access { indicate: true, ..access(CharPropFlags::empty()) }),
        ] {
            assert_eq!(access(flag), expected);
        }
    }
}
