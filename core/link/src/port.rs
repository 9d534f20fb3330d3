//! The radio port: what the core needs from Bluetooth Low Energy, and nothing more.
//!
//! Endpoints are logical ([`Endpoint`]), bytes are opaque. Every adapter keeps the promises written here,
//! so the engine above needs no special case for any of them.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use lumbra_protocol::Endpoint;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use crate::error::LinkError;

/// A peripheral as this radio names it: an address or a per-phone identifier. It may change with a
/// reinstall or another phone; the wearable's serial number is the identity.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PeripheralId(String);

impl PeripheralId {
    /// Wraps the radio's own name for a peripheral.
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// The radio's own name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

// An address identifies a person's device: it stays out of logs.
impl fmt::Debug for PeripheralId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PeripheralId(..)")
    }
}

/// A wearable in reach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Discovered {
    /// Whom to connect to.
    pub id: PeripheralId,
    /// The advertised local name, if any.
    pub name: Option<String>,
    /// Received signal strength in dBm.
    pub rssi_dbm: Option<i16>,
    /// Whether this machine holds a bond with it, where the platform tells.
    pub bonded: Option<bool>,
}

/// What arrives on a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkEvent {
    /// A notification or indication.
    Value {
        /// From which endpoint.
        endpoint: Endpoint,
        /// Its bytes.
        bytes: Vec<u8>,
    },
    /// The link is gone; the last event of a connection.
    Disconnected,
}

/// Asks the person for what pairing needs. Called from the radio's own tasks.
#[async_trait]
pub trait PairingPrompt: Send + Sync {
    /// The six digits on the wearable's label, 0 to 999,999; `None` cancels the pairing.
    async fn passkey(&self, name: Option<&str>) -> Option<u32>;
}

/// One way to reach wearables.
#[async_trait]
pub trait Radio: Send + Sync {
    /// Looks for wearables until the receiver is dropped; each is reported anew when seen anew.
    async fn scan(&self) -> Result<mpsc::Receiver<Discovered>, LinkError>;

    /// Connects, discovers the endpoints and makes sure of an encrypted, authenticated link: with the
    /// bond there is, or, when `prompt` is given, by pairing. Without either it is
    /// [`LinkError::NotPaired`]. The link's protection is proven by a read of the serial number, so a
    /// connection that is handed out can be used. Safe to drop at any await: no link is left behind.
    async fn connect(
        &self,
        id: &PeripheralId,
        prompt: Option<Arc<dyn PairingPrompt>>,
    ) -> Result<Box<dyn Connection>, LinkError>;

    /// Removes the bond with a peripheral, and cuts its link. Not an error where there is none; a platform that can't
    /// remove bonds says [`LinkError::Unsupported`].
    async fn remove_bond(&self, id: &PeripheralId) -> Result<(), LinkError>;
}

/// A link that is up.
#[async_trait]
pub trait Connection: Send + Sync {
    /// The wearable's serial number, as it was read on this link to prove its protection. A request on the air takes two
    /// connection events, so nobody should have to read it again.
    fn serial_number(&self) -> &[u8];

    /// Reads an endpoint's value.
    ///
    /// Never call it for an endpoint that is subscribed: on some platforms the value then arrives as a
    /// [`LinkEvent::Value`] too, and looks like news. Read once, then subscribe.
    async fn read(&self, endpoint: Endpoint) -> Result<Vec<u8>, LinkError>;

    /// Writes and waits for the peripheral's answer; an endpoint that takes writes without response
    /// only is written so, and `Ok` then means no more than that the radio took the bytes.
    async fn write(&self, endpoint: Endpoint, bytes: &[u8]) -> Result<(), LinkError>;

    /// Asks for notifications (or indications) of an endpoint. Values that arrive before the peripheral
    /// has taken the subscription may be dropped.
    async fn subscribe(&self, endpoint: Endpoint) -> Result<(), LinkError>;

    /// The connection's events, in order. Can be taken once; later calls give `None`. The channel is
    /// unbounded for the adapter and drained by the engine; it closes after `Disconnected`.
    fn take_events(&self) -> Option<mpsc::UnboundedReceiver<LinkEvent>>;

    /// The largest value one write or notification carries, in bytes (ATT MTU less 3).
    fn max_value_len(&self) -> usize;

    /// Cuts the link; resolves when it is down or was never up, which takes bluetoothd up to 3 s. Dropping a
    /// connection cuts it too, without waiting; the next connection attempt waits for it.
    async fn disconnect(&self);
}
