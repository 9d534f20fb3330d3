//! A link of the machine's radio: its state, its notifications, and the port's operations.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use btleplug::api::{Characteristic, Peripheral as _, WriteType};
use btleplug::platform::Peripheral;
use futures::StreamExt;
use lumbra_protocol::Endpoint;
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;

use super::connect::Hold;
use super::fault::from_btleplug;
use crate::att;
use crate::error::LinkError;
use crate::port::{Connection, LinkEvent};
use crate::table::Table;

/// A peripheral that doesn't answer within this time counts as gone silent.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);
/// An ATT header's share of a packet, in bytes.
const ATT_HEADER_LEN: usize = 3;

/// What the event stream, the notifications and the operations know together of one link.
pub(super) struct LinkState {
    up: AtomicBool,
    lost: watch::Sender<bool>,
    subscribed: Mutex<BTreeSet<Endpoint>>,
    events: Mutex<Option<mpsc::UnboundedSender<LinkEvent>>>,
    receiver: Mutex<Option<mpsc::UnboundedReceiver<LinkEvent>>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl LinkState {
    pub(super) fn new() -> Arc<Self> {
        let (events, receiver) = mpsc::unbounded_channel();
        Arc::new(Self {
            up: AtomicBool::new(false),
            lost: watch::Sender::new(false),
            subscribed: Mutex::default(),
            events: Mutex::new(Some(events)),
            receiver: Mutex::new(Some(receiver)),
        })
    }

    pub(super) fn came_up(&self) {
        self.up.store(true, Ordering::Release);
    }

    pub(super) fn was_up(&self) -> bool {
        self.up.load(Ordering::Acquire)
    }

    /// The system says that the link is gone. Before it came up, that is a late word on an earlier link.
    pub(super) fn went_down(&self) {
        if self.was_up() {
            self.close();
        }
    }

    /// Ends the link's events; more than once does nothing.
    pub(super) fn close(&self) {
        if let Some(events) = lock(&self.events).take() {
            let _ = events.send(LinkEvent::Disconnected);
        }
        self.lost.send_replace(true);
    }

    pub(super) async fn lost(&self) {
        // The sender is part of `self`, so waiting can't fail.
        let _ = self.lost.subscribe().wait_for(|lost| *lost).await;
    }

    fn is_lost(&self) -> bool {
        *self.lost.borrow()
    }

    fn deliver(&self, endpoint: Endpoint, bytes: Vec<u8>) {
        if lock(&self.subscribed).contains(&endpoint)
            && let Some(events) = &*lock(&self.events)
        {
            let _ = events.send(LinkEvent::Value { endpoint, bytes });
        }
    }

    /// Forwards notifications until the link is gone, in a task of its own: some systems keep only a few
    /// for a slow reader and drop the rest without a word.
    pub(super) async fn forward(
        self: &Arc<Self>,
        peripheral: &Peripheral,
        table: Arc<Table<Characteristic>>,
    ) -> Result<(), LinkError> {
        let mut stream = peripheral.notifications().await.map_err(|error| from_btleplug(&error))?;
        let link = Arc::clone(self);
        tokio::spawn(async move {
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

/// A link through btleplug. Dropping it cuts the link.
pub(super) struct BtleConnection {
    link: Arc<LinkState>,
    table: Arc<Table<Characteristic>>,
    peripheral: Peripheral,
    max_value_len: usize,
    /// Systems answer "busy" to a second request at a time.
    turn: Arc<tokio::sync::Mutex<()>>,
    hold: Mutex<Option<Hold>>,
}

impl BtleConnection {
    pub(super) fn new(hold: Hold, link: Arc<LinkState>, table: Arc<Table<Characteristic>>) -> Self {
        let peripheral = hold.peripheral.clone();
        Self {
            link,
            table,
            max_value_len: usize::from(peripheral.mtu()).saturating_sub(ATT_HEADER_LEN),
            peripheral,
            turn: Arc::default(),
            hold: Mutex::new(Some(hold)),
        }
    }

    /// One request at a time. Once begun it runs to its end, even when the caller gives up: the system
    /// would carry it out all the same, and stumble over the next. One that still waits for its turn is
    /// never sent.
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
        let turn = Arc::clone(&self.turn).lock_owned().await;
        if self.link.is_lost() {
            return Err(LinkError::Disconnected);
        }
        let link = Arc::clone(&self.link);
        let operation = operation(self.peripheral.clone(), characteristic);
        let running = tokio::spawn(async move {
            let result = tokio::select! {
                result = timeout(REQUEST_TIMEOUT, operation) => match result {
                    Ok(result) => result.map_err(|error| from_btleplug(&error)),
                    Err(_) => Err(LinkError::Timeout),
                },
                () = link.lost() => Err(LinkError::Disconnected),
            };
            drop(turn);
            result
        });
        let result = running.await.unwrap_or_else(|_| Err(LinkError::Platform("the request broke off".into())));
        if matches!(result, Err(LinkError::Disconnected)) {
            // Not every system sends the event as well.
            self.link.close();
        }
        result
    }
}

#[async_trait]
impl Connection for BtleConnection {
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
        // Before the answer: the first value may overtake it.
        lock(&self.link.subscribed).insert(endpoint);
        let result = self.request(endpoint, |peripheral, at| async move { peripheral.subscribe(&at).await }).await;
        if result.is_err() {
            lock(&self.link.subscribed).remove(&endpoint);
        }
        result
    }

    fn take_events(&self) -> Option<mpsc::UnboundedReceiver<LinkEvent>> {
        lock(&self.link.receiver).take()
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

#[cfg(test)]
mod tests {
    use super::*;

    fn value(byte: u8) -> LinkEvent {
        LinkEvent::Value { endpoint: Endpoint::Status, bytes: vec![byte] }
    }

    #[tokio::test]
    async fn only_what_is_subscribed_arrives_and_the_end_is_last_and_once() {
        let link = LinkState::new();
        let mut events = lock(&link.receiver).take().unwrap();
        link.deliver(Endpoint::Status, vec![1]);
        lock(&link.subscribed).insert(Endpoint::Status);
        link.deliver(Endpoint::Status, vec![2]);
        link.deliver(Endpoint::RecordData, vec![3]);
        link.close();
        link.deliver(Endpoint::Status, vec![4]);
        link.close();
        assert_eq!(events.recv().await, Some(value(2)));
        assert_eq!(events.recv().await, Some(LinkEvent::Disconnected));
        assert_eq!(events.recv().await, None);
    }

    #[tokio::test]
    async fn a_late_word_on_an_earlier_link_does_not_end_this_one() {
        let link = LinkState::new();
        link.went_down();
        assert!(!link.is_lost());
        link.came_up();
        link.went_down();
        assert!(link.is_lost());
        link.lost().await;
    }
}
