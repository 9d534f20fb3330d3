//! The radio port: Bluetooth as an app brings it, where the core's own radio does not do. A mirror of
//! `lumbra::link::ShellBluetooth`, which keeps every promise beyond these plain calls.

use std::sync::Arc;

use lumbra::link::{
    Access, Discovered as LinkDiscovered, LinkError, PeripheralId, ShellBluetooth, ShellCharacteristic, ShellLink,
    ShellRadio, ShellSink, Uuid,
};

use crate::error::LumbraError;
use crate::live::Live;
use crate::observe::Discovered;

/// Bluetooth as an app brings it: Android's or iOS' own, with what the core's default (btleplug) lacks there. Its calls may
/// block until the system has answered; each is made on a thread of its own. For one wearable there is one request at a time, unless
/// one has not come back within 5 s. UUIDs are written in full, in either case.
#[uniffi::export(foreign)]
pub trait Radio: Send + Sync {
    /// Told once, before anything else: where to tell what happens.
    fn attach(&self, sink: Arc<RadioSink>) -> Result<(), RadioError>;

    /// Looks for peripherals that advertise this service, and tells the sink of each.
    fn start_scan(&self, service: String) -> Result<(), RadioError>;

    /// Ends the scan.
    fn stop_scan(&self) -> Result<(), RadioError>;

    /// Connects and discovers all characteristics. With `pair` it lets the system ask the person for the passkey; without, it relies
    /// on the bond there is. Must end within 60 s, and at once when `disconnect` is called meanwhile.
    fn connect(&self, id: String, pair: bool) -> Result<RadioLink, RadioError>;

    /// Cuts the link, or calls off the attempt to make one; comes back when it is down. Nothing where there is none.
    fn disconnect(&self, id: String) -> Result<(), RadioError>;

    /// Reads a characteristic. The value must not go to the sink as well.
    fn read(&self, id: String, characteristic: String) -> Result<Vec<u8>, RadioError>;

    /// Writes a characteristic whole; with `with_response` it comes back when the wearable has answered.
    fn write(&self, id: String, characteristic: String, value: Vec<u8>, with_response: bool) -> Result<(), RadioError>;

    /// Asks for notifications or indications, whichever there are; values go to the sink in their order.
    fn subscribe(&self, id: String, characteristic: String) -> Result<(), RadioError>;

    /// Removes the bond; `Unsupported` where the system can't.
    fn remove_bond(&self, id: String) -> Result<(), RadioError>;
}

/// A link that the system has made.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct RadioLink {
    /// The largest value one write or notification carries, in bytes: the ATT MTU less 3.
    pub max_value_len: u32,
    /// Every characteristic that was discovered.
    pub characteristics: Vec<RadioCharacteristic>,
}

/// A characteristic that was discovered, and what it allows.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
#[allow(clippy::struct_excessive_bools)] // Facts side by side.
pub struct RadioCharacteristic {
    /// The UUID of its service.
    pub service: String,
    /// Its own UUID.
    pub uuid: String,
    /// It can be read.
    pub read: bool,
    /// It can be written, with an answer.
    pub write: bool,
    /// It can be written without an answer.
    pub write_without_response: bool,
    /// It notifies.
    pub notify: bool,
    /// It indicates.
    pub indicate: bool,
}

/// Why the app's Bluetooth can't do something. A reason is for the log: keep personal data out of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, uniffi::Error)]
#[allow(missing_docs)] // The sentence at its variant.
pub enum RadioError {
    /// Bluetooth is off.
    #[error("Bluetooth is off")]
    Off,
    /// There is no Bluetooth here.
    #[error("no Bluetooth")]
    NoAdapter,
    /// The app may not use Bluetooth.
    #[error("no permission")]
    NoPermission,
    /// The peripheral isn't in reach.
    #[error("not in reach")]
    NotFound,
    /// The link is gone.
    #[error("disconnected")]
    Disconnected,
    /// No answer in time.
    #[error("no answer")]
    Timeout,
    /// Pairing failed, or the person called it off.
    #[error("pairing failed")]
    PairingFailed,
    /// The wearable no longer knows this phone.
    #[error("bond lost")]
    BondLost,
    /// The wearable refused the request with this ATT error code.
    #[error("refused ({att_error})")]
    Refused { att_error: u8 },
    /// The system can't do it.
    #[error("unsupported")]
    Unsupported,
    /// Anything else.
    #[error("{reason}")]
    Failed { reason: String },
}

impl From<uniffi::UnexpectedUniFFICallbackError> for RadioError {
    fn from(_: uniffi::UnexpectedUniFFICallbackError) -> Self {
        // The text of a foreign exception may hold anything: it stays out.
        Self::Failed { reason: "an exception that the port does not declare".to_owned() }
    }
}

impl From<RadioError> for LinkError {
    fn from(error: RadioError) -> Self {
        match error {
            RadioError::Off => Self::RadioOff,
            RadioError::NoAdapter => Self::NoAdapter,
            RadioError::NoPermission => Self::NoPermission,
            RadioError::NotFound => Self::NotFound,
            RadioError::Disconnected => Self::Disconnected,
            RadioError::Timeout => Self::Timeout,
            RadioError::PairingFailed => Self::PairingFailed,
            RadioError::BondLost => Self::BondLost,
            RadioError::Refused { att_error } => Self::Refused(att_error),
            RadioError::Unsupported => Self::Unsupported("the app's Bluetooth lacks it"),
            RadioError::Failed { reason } => {
                tracing::warn!(reason, "the app's Bluetooth failed");
                Self::Platform("the app's Bluetooth failed".to_owned())
            }
        }
    }
}

/// Takes what the system says of its own accord. May be called on any thread; never blocks.
#[derive(uniffi::Object)]
pub struct RadioSink {
    sink: ShellSink,
    _live: Live,
}

#[uniffi::export]
impl RadioSink {
    /// A wearable was seen, or seen anew.
    pub fn discovered(&self, discovered: Discovered) {
        let Discovered { id, name, rssi_dbm, bonded } = discovered;
        self.sink.discovered(LinkDiscovered { id: PeripheralId::new(id), name, rssi_dbm, bonded });
    }

    /// A notification or indication came.
    pub fn value(&self, id: String, characteristic: String, value: Vec<u8>) -> Result<(), LumbraError> {
        let characteristic = uuid(&characteristic).map_err(LumbraError::invalid)?;
        self.sink.value(&PeripheralId::new(id), characteristic, value);
        Ok(())
    }

    /// A link is gone, for whatever reason.
    pub fn disconnected(&self, id: String) {
        self.sink.disconnected(&PeripheralId::new(id));
    }

    /// Bluetooth was switched off: every link is gone.
    pub fn switched_off(&self) {
        self.sink.switched_off();
    }
}

/// The core's radio over an app's Bluetooth.
pub(crate) fn over(radio: Arc<dyn Radio>) -> Result<ShellRadio, LumbraError> {
    let (over, sink) = ShellRadio::new(Arc::new(Mirror(Arc::clone(&radio))));
    let sink = Arc::new(RadioSink { sink, _live: Live::new() });
    radio.attach(sink).map_err(|error| LumbraError::from(lumbra::Error::from(LinkError::from(error))))?;
    Ok(over)
}

fn uuid(text: &str) -> Result<Uuid, &'static str> {
    Uuid::parse_str(text).map_err(|_| "a UUID is needed, written in full")
}

#[cfg(test)]
#[allow(clippy::items_after_statements)]
mod tests;

struct Mirror(Arc<dyn Radio>);

impl ShellBluetooth for Mirror {
    fn start_scan(&self, service: Uuid) -> Result<(), LinkError> {
        Ok(self.0.start_scan(service.to_string())?)
    }

    fn stop_scan(&self) {
        if let Err(error) = self.0.stop_scan() {
            tracing::warn!(%error, "the app's scan did not stop");
        }
    }

    fn connect(&self, id: &PeripheralId, pair: bool) -> Result<ShellLink, LinkError> {
        let link = self.0.connect(id.as_str().to_owned(), pair)?;
        let characteristics = link.characteristics.iter().map(|found| {
            Ok(ShellCharacteristic {
                service: uuid(&found.service)?,
                uuid: uuid(&found.uuid)?,
                access: Access {
                    read: found.read,
                    write: found.write,
                    write_without_response: found.write_without_response,
                    notify: found.notify,
                    indicate: found.indicate,
                },
            })
        });
        Ok(ShellLink {
            max_value_len: usize::try_from(link.max_value_len).unwrap_or(usize::MAX),
            characteristics: characteristics
                .collect::<Result<_, &'static str>>()
                .map_err(|what| LinkError::Platform(what.to_owned()))?,
        })
    }

    fn disconnect(&self, id: &PeripheralId) {
        if let Err(error) = self.0.disconnect(id.as_str().to_owned()) {
            tracing::warn!(%error, "the app's Bluetooth did not disconnect");
        }
    }

    fn read(&self, id: &PeripheralId, characteristic: Uuid) -> Result<Vec<u8>, LinkError> {
        Ok(self.0.read(id.as_str().to_owned(), characteristic.to_string())?)
    }

    fn write(&self, id: &PeripheralId, characteristic: Uuid, bytes: Vec<u8>, answered: bool) -> Result<(), LinkError> {
        Ok(self.0.write(id.as_str().to_owned(), characteristic.to_string(), bytes, answered)?)
    }

    fn subscribe(&self, id: &PeripheralId, characteristic: Uuid) -> Result<(), LinkError> {
        Ok(self.0.subscribe(id.as_str().to_owned(), characteristic.to_string())?)
    }

    fn remove_bond(&self, id: &PeripheralId) -> Result<(), LinkError> {
        Ok(self.0.remove_bond(id.as_str().to_owned())?)
    }
}
