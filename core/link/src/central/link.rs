//! One link: requests that wait for answers, subscriptions, and the events that go up.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use lumbra_protocol::Endpoint;
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

use super::ATT_MTU;
use crate::air::ToPeripheral;
use crate::error::LinkError;
use crate::port::LinkEvent;
use crate::table::Table;

/// The longest value an attribute can have (Core specification, volume 3, part F, 3.2.9).
pub(super) const MAX_ATTRIBUTE_LEN: usize = 512;
/// The longest value that fits one write or notification, in bytes.
pub(super) const MAX_VALUE_LEN: usize = ATT_MTU as usize - 3;

/// What a peripheral answers.
pub(super) enum Answer {
    Value(Vec<u8>),
    Written,
    Refused(u8),
}

/// What a request asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Read,
    Write,
    Subscribe(Endpoint),
}

#[derive(Debug)]
struct Pending {
    kind: Kind,
    reply: oneshot::Sender<Result<Vec<u8>, LinkError>>,
}

/// The state of a link that is up.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) generation: u64,
    table: Arc<Table<Uuid>>,
    pending: HashMap<u32, Pending>,
    subscribed: BTreeSet<Endpoint>,
    events: mpsc::UnboundedSender<LinkEvent>,
}

impl Link {
    pub(super) fn new(generation: u64, table: Arc<Table<Uuid>>, events: mpsc::UnboundedSender<LinkEvent>) -> Self {
        Self { generation, table, pending: HashMap::new(), subscribed: BTreeSet::new(), events }
    }

    /// Waits for the answer to the request `id`.
    pub(super) fn expect(&mut self, id: u32, kind: Kind) -> oneshot::Receiver<Result<Vec<u8>, LinkError>> {
        // Requests whose callers gave up leave nothing behind.
        self.pending.retain(|_, pending| !pending.reply.is_closed());
        let (reply, answer) = oneshot::channel();
        self.pending.insert(id, Pending { kind, reply });
        answer
    }

    /// Takes an answer. One to a question that wasn't asked, or was answered already, is dropped.
    pub(super) fn answer(&mut self, id: u32, answer: Answer) {
        let Some(Pending { kind, reply }) = self.pending.remove(&id) else {
            tracing::debug!("an answer to no question was dropped");
            return;
        };
        let result = match (kind, answer) {
            (_, Answer::Refused(att_error)) => Err(LinkError::Refused(att_error)),
            (Kind::Read, Answer::Value(value)) if value.len() <= MAX_ATTRIBUTE_LEN => Ok(value),
            (Kind::Write, Answer::Written) => Ok(Vec::new()),
            (Kind::Subscribe(endpoint), Answer::Written) => {
                self.subscribed.insert(endpoint);
                Ok(Vec::new())
            }
            _ => Err(LinkError::Platform("the wearable's answer breaks the rules of ATT".into())),
        };
        let _ = reply.send(result);
    }

    /// Takes a notification. What nobody subscribed to, or no packet could have carried, is dropped.
    pub(super) fn notify(&mut self, characteristic: Uuid, bytes: Vec<u8>) {
        let endpoint = Endpoint::from_uuid(characteristic.as_u128())
            .filter(|endpoint| self.subscribed.contains(endpoint) && self.table.contains_key(endpoint));
        match endpoint {
            Some(endpoint) if bytes.len() <= MAX_VALUE_LEN => {
                let _ = self.events.send(LinkEvent::Value { endpoint, bytes });
            }
            _ => tracing::debug!("a notification out of order was dropped"),
        }
    }

    /// The last event; what still waits for an answer learns that the link is gone.
    pub(super) fn end(self) {
        for pending in self.pending.into_values() {
            let _ = pending.reply.send(Err(LinkError::Disconnected));
        }
        let _ = self.events.send(LinkEvent::Disconnected);
    }
}

/// A request as a message, once it has an id.
pub(super) fn message(id: u32, characteristic: Uuid, request: Request<'_>) -> ToPeripheral {
    match request {
        Request::Read => ToPeripheral::Read { id, characteristic },
        Request::Write { value, response } => {
            ToPeripheral::Write { id, characteristic, value: value.to_vec(), response }
        }
        Request::Subscribe => ToPeripheral::Subscribe { id, characteristic, on: true },
    }
}

/// What a central asks of an endpoint.
#[derive(Clone, Copy)]
pub(super) enum Request<'a> {
    Read,
    Write { value: &'a [u8], response: bool },
    Subscribe,
}
