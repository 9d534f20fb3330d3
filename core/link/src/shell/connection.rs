//! From a name to a link through the shell's Bluetooth, and the link's operations.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use lumbra_protocol::Endpoint;
use tokio::sync::{OwnedMutexGuard, mpsc};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use uuid::Uuid;

use super::{DISCONNECT_TIMEOUT, Shared, ShellBluetooth, ShellLink};
use crate::att;
use crate::error::LinkError;
use crate::link_state::{LinkState, Requests, lock};
use crate::port::{Connection, LinkEvent, PeripheralId};
use crate::proof::prove;
use crate::table::{self, Row, Table};
use crate::task;

/// A person's time for the system's dialog, and some for the connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(65);

pub(super) async fn connect(
    shared: &Arc<Shared>,
    id: &PeripheralId,
    pair: bool,
    turn: OwnedMutexGuard<()>,
) -> Result<ShellConnection, LinkError> {
    let mut hold = Hold::new(shared, id, turn);
    let made = timeout(CONNECT_TIMEOUT, hold.make(pair)).await.map_err(|_| LinkError::NotFound)?;
    let link = Arc::clone(&hold.link);
    let made = match made {
        Err(LinkError::Refused(code)) if att::is_about_protection(code) => return Err(unprotected(pair)),
        made => made?,
    };
    link.came_up();
    let table = table::resolve(made.characteristics.into_iter().map(|found| Row {
        service: found.service,
        characteristic: found.uuid,
        access: found.access,
        handle: found.uuid,
    }))?;
    let mut connection = ShellConnection {
        requests: Requests::new(Arc::clone(&link)),
        table,
        max_value_len: made.max_value_len,
        id: id.clone(),
        shared: Arc::clone(shared),
        link,
        hold: Mutex::new(Some(hold)),
        serial: Vec::new(),
    };
    match prove(pair, || connection.read(Endpoint::SerialNumber)).await {
        Ok(serial) => {
            connection.serial = serial;
            Ok(connection)
        }
        Err(LinkError::Refused(code)) if att::is_about_protection(code) => Err(unprotected(pair)),
        Err(error) => Err(error),
    }
}

const fn unprotected(pair: bool) -> LinkError {
    if pair { LinkError::PairingFailed } else { LinkError::NotPaired }
}

/// A peripheral in use. Dropping it cuts the link, or the attempt, and lets the next one in when that is done.
struct Hold {
    shared: Arc<Shared>,
    id: PeripheralId,
    link: Arc<LinkState>,
    turn: Option<OwnedMutexGuard<()>>,
    /// The shell's call that makes the link, until it has come back.
    making: Option<JoinHandle<Result<ShellLink, LinkError>>>,
}

impl Hold {
    fn new(shared: &Arc<Shared>, id: &PeripheralId, turn: OwnedMutexGuard<()>) -> Self {
        let link = LinkState::new();
        lock(&shared.ears.links).insert(id.clone(), Arc::clone(&link));
        Self { shared: Arc::clone(shared), id: id.clone(), link, turn: Some(turn), making: None }
    }

    async fn make(&mut self, pair: bool) -> Result<ShellLink, LinkError> {
        let (bluetooth, id) = (Arc::clone(&self.shared.bluetooth), self.id.clone());
        let making = self.making.insert(task::spawn_blocking(move || bluetooth.connect(&id, pair)));
        let made = making.await;
        self.making = None;
        made.unwrap_or_else(|_| Err(LinkError::Platform("the shell's Bluetooth broke off".into())))
    }

    /// Cuts the link and waits until it is down.
    async fn cut(&mut self) {
        cut(&self.shared, &self.id).await;
        self.link.close();
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.link.close();
        lock(&self.shared.ears.links).remove(&self.id);
        let (shared, id) = (Arc::clone(&self.shared), self.id.clone());
        let (turn, making) = (self.turn.take(), self.making.take());
        task::spawn_if_running(async move {
            cut(&shared, &id).await;
            // A link that was made after all, behind the back of the one who called it off.
            if let Some(making) = making
                && let Ok(Ok(_)) = making.await
            {
                cut(&shared, &id).await;
            }
            drop(turn);
        });
    }
}

async fn cut(shared: &Shared, id: &PeripheralId) {
    let id = id.clone();
    let cut = shared.call(move |bluetooth| {
        bluetooth.disconnect(&id);
        Ok(())
    });
    if timeout(DISCONNECT_TIMEOUT, cut).await.is_err() {
        tracing::warn!("the shell's Bluetooth did not cut the link in time");
    }
}

/// A link through the shell's Bluetooth. Dropping it cuts the link.
pub(super) struct ShellConnection {
    shared: Arc<Shared>,
    id: PeripheralId,
    link: Arc<LinkState>,
    requests: Requests,
    table: Table<Uuid>,
    max_value_len: usize,
    hold: Mutex<Option<Hold>>,
    serial: Vec<u8>,
}

impl ShellConnection {
    async fn request<T: Send + 'static>(
        &self,
        endpoint: Endpoint,
        call: impl FnOnce(&dyn ShellBluetooth, &PeripheralId, Uuid) -> Result<T, LinkError> + Send + 'static,
    ) -> Result<T, LinkError> {
        let at = self.table.get(&endpoint).ok_or(LinkError::MissingEndpoint(endpoint.name()))?.handle;
        let (shared, id) = (Arc::clone(&self.shared), self.id.clone());
        self.requests.run(async move { shared.call(move |bluetooth| call(bluetooth, &id, at)).await }).await
    }
}

#[async_trait]
impl Connection for ShellConnection {
    fn serial_number(&self) -> &[u8] {
        &self.serial
    }

    async fn read(&self, endpoint: Endpoint) -> Result<Vec<u8>, LinkError> {
        self.request(endpoint, ShellBluetooth::read).await
    }

    async fn write(&self, endpoint: Endpoint, bytes: &[u8]) -> Result<(), LinkError> {
        // A longer one would be sent in parts, which no endpoint of the profile takes.
        if bytes.len() > self.max_value_len {
            return Err(LinkError::Refused(att::INVALID_VALUE_LENGTH));
        }
        let answered = self.table.get(&endpoint).is_none_or(|found| found.access.write);
        let bytes = bytes.to_vec();
        self.request(endpoint, move |bluetooth, id, at| bluetooth.write(id, at, bytes, answered)).await
    }

    async fn subscribe(&self, endpoint: Endpoint) -> Result<(), LinkError> {
        let request = self.request(endpoint, ShellBluetooth::subscribe);
        self.link.subscribing(endpoint, request).await
    }

    fn take_events(&self) -> Option<mpsc::UnboundedReceiver<LinkEvent>> {
        self.link.take_events()
    }

    fn max_value_len(&self) -> usize {
        self.max_value_len
    }

    async fn disconnect(&self) {
        let hold = lock(&self.hold).take();
        if let Some(mut hold) = hold {
            hold.cut().await;
        }
    }
}
