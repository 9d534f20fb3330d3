//! From an address to a link the engine can trust.

use std::sync::Arc;

use lumbra_domain::therapy::DeviceReport;
use lumbra_link::{Connection, LinkError, LinkEvent, PairingPrompt, PeripheralId, Radio};
use lumbra_protocol::{Capabilities, Endpoint, MIN_ATT_MTU, PROTOCOL_MAJOR, Status};
use tokio::sync::mpsc;

use crate::driver;
use crate::error::Error;

/// A link on which the wearable is known and its state has been read.
pub(crate) struct Established {
    pub(crate) connection: Arc<dyn Connection>,
    pub(crate) events: mpsc::UnboundedReceiver<LinkEvent>,
    pub(crate) capabilities: Capabilities,
    pub(crate) serial: String,
    pub(crate) report: DeviceReport,
}

/// What the device says of itself beside its serial number.
#[derive(Clone, Debug, Default)]
pub(crate) struct Descriptions {
    pub(crate) model: String,
    pub(crate) firmware: String,
    pub(crate) hardware: String,
}

/// Connects and makes the wearable controllable, in the order PROFILE.md gives for it. Nothing is written
/// to a device of another major version. An expected serial number that differs is [`Error::OtherDevice`].
pub(crate) async fn establish(
    radio: &dyn Radio,
    id: &PeripheralId,
    prompt: Option<Arc<dyn PairingPrompt>>,
    expected_serial: Option<&str>,
) -> Result<Established, Error> {
    let connection: Arc<dyn Connection> = Arc::from(radio.connect(id, prompt).await?);
    match settle_in(&*connection, expected_serial).await {
        Ok((capabilities, serial, report, events)) => {
            Ok(Established { connection, events, capabilities, serial, report })
        }
        Err(error) => {
            connection.disconnect().await;
            Err(error)
        }
    }
}

type Settled = (Capabilities, String, DeviceReport, mpsc::UnboundedReceiver<LinkEvent>);

async fn settle_in(connection: &dyn Connection, expected_serial: Option<&str>) -> Result<Settled, Error> {
    let events = connection.take_events().ok_or(Error::Internal("link events"))?;
    let bytes = connection.read(Endpoint::Capabilities).await?;
    let major = Capabilities::decode_major(&bytes)?;
    if major != PROTOCOL_MAJOR {
        return Err(Error::OtherVersion(major));
    }
    let capabilities = Capabilities::decode(&bytes)?;
    let value_len = connection.max_value_len();
    if value_len + 3 < usize::from(MIN_ATT_MTU) {
        return Err(Error::LinkTooNarrow(value_len + 3));
    }
    let serial = text(connection.serial_number());
    if expected_serial.is_some_and(|expected| expected != serial) {
        return Err(Error::OtherDevice);
    }
    // Before the subscription: on some platforms a read answers on the stream as well.
    let status = Status::decode(&connection.read(Endpoint::Status).await?)?;
    connection.subscribe(Endpoint::ControlPoint).await?;
    connection.subscribe(Endpoint::Status).await?;
    Ok((capabilities, serial, driver::report(&status), events))
}

/// Reads the open descriptions; a missing one stays empty.
pub(crate) async fn describe(connection: &dyn Connection) -> Result<Descriptions, LinkError> {
    let read = async |endpoint| match connection.read(endpoint).await {
        Ok(bytes) => Ok(text(&bytes)),
        Err(LinkError::Disconnected) => Err(LinkError::Disconnected),
        Err(_) => Ok(String::new()),
    };
    Ok(Descriptions {
        model: read(Endpoint::ModelNumber).await?,
        firmware: read(Endpoint::FirmwareRevision).await?,
        hardware: read(Endpoint::HardwareRevision).await?,
    })
}

/// A device's text, made harmless: what is not printable is dropped, and 64 characters are enough.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).chars().filter(|character| !character.is_control()).take(64).collect()
}
