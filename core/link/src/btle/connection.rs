//! A link of the machine's radio: its notifications, and the port's operations.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use btleplug::api::{Characteristic, Peripheral as _, WriteType};
use btleplug::platform::Peripheral;
use futures::StreamExt;
use lumbra_protocol::Endpoint;
use tokio::sync::mpsc;

use super::connect::Hold;
use super::fault::from_btleplug;
use crate::att;
use crate::error::LinkError;
use crate::link_state::{LinkState, Requests, lock};
use crate::port::{Connection, LinkEvent};
use crate::table::Table;
use crate::task;

/// An ATT header's share of a packet, in bytes.
const ATT_HEADER_LEN: usize = 3;

impl LinkState {
    /// Forwards notifications until the link is gone, in a task of its own: some systems keep only a few
    /// for a slow reader and drop the rest without a word.
    pub(super) async fn forward(
        self: &Arc<Self>,
        peripheral: &Peripheral,
        table: Arc<Table<Characteristic>>,
    ) -> Result<(), LinkError> {
        let mut stream = peripheral.notifications().await.map_err(|error| from_btleplug(&error))?;
        let link = Arc::clone(self);
        task::spawn(async move {
            let forwarding = async {
                while let Some(notification) = stream.next().await {
                    let endpoint = Endpoint::from_uuid(notification.uuid.as_u128());
                    if let Some(endpoint) = endpoint.filter(|endpoint| table.contains_key(endpoint)) {
                        link.deliver(endpoint, notification.value);
                    }
                }
            };
            tokio::select! {
                () = forwarding => {}
                () = link.lost() => {}
            }
        });
        Ok(())
    }
}

/// What a link has, once it is proven to be protected.
pub(super) struct Proven {
    pub(super) link: Arc<LinkState>,
    pub(super) table: Arc<Table<Characteristic>>,
    pub(super) serial: Vec<u8>,
}

/// A link through btleplug. Dropping it cuts the link.
pub(super) struct BtleConnection {
    link: Arc<LinkState>,
    table: Arc<Table<Characteristic>>,
    peripheral: Peripheral,
    max_value_len: usize,
    requests: Requests,
    hold: Mutex<Option<Hold>>,
    serial: Vec<u8>,
}

impl BtleConnection {
    pub(super) fn new(hold: Hold, proven: Proven) -> Self {
        let Proven { link, table, serial } = proven;
        let peripheral = hold.peripheral.clone();
        Self {
            requests: Requests::new(Arc::clone(&link)),
            link,
            table,
            max_value_len: usize::from(peripheral.mtu()).saturating_sub(ATT_HEADER_LEN),
            peripheral,
            hold: Mutex::new(Some(hold)),
            serial,
        }
    }

    async fn request<T, F>(
        &self,
        endpoint: Endpoint,
        operation: impl FnOnce(Peripheral, Characteristic) -> F + Send,
    ) -> Result<T, LinkError>
    where
        T: Send + 'static,
        F: Future<Output = btleplug::Result<T>> + Send + 'static,
    {
        let characteristic =
            self.table.get(&endpoint).ok_or(LinkError::MissingEndpoint(endpoint.name()))?.handle.clone();
        let operation = operation(self.peripheral.clone(), characteristic);
        self.requests.run(async move { operation.await.map_err(|error| from_btleplug(&error)) }).await
    }
}

#[async_trait]
impl Connection for BtleConnection {
    fn serial_number(&self) -> &[u8] {
        &self.serial
    }

    async fn read(&self, endpoint: Endpoint) -> Result<Vec<u8>, LinkError> {
        self.request(endpoint, |peripheral, at| async move { peripheral.read(&at).await }).await
    }

    async fn write(&self, endpoint: Endpoint, bytes: &[u8]) -> Result<(), LinkError> {
        // A longer one would be sent in parts, which no endpoint of the profile takes.
        if bytes.len() > self.max_value_len {
            return Err(LinkError::Refused(att::INVALID_VALUE_LENGTH));
        }
        let answered = self.table.get(&endpoint).is_none_or(|found| found.access.write);
        let kind = if answered { WriteType::WithResponse } else { WriteType::WithoutResponse };
        let bytes = bytes.to_vec();
        self.request(endpoint, move |peripheral, at| async move { peripheral.write(&at, &bytes, kind).await }).await
    }

    async fn subscribe(&self, endpoint: Endpoint) -> Result<(), LinkError> {
        self.link
            .subscribing(
                endpoint,
                self.request(endpoint, |peripheral, at| async move { peripheral.subscribe(&at).await }),
            )
            .await
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
