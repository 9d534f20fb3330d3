//! From an address to a link the engine can trust.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lumbra_domain::therapy::DeviceReport;
use lumbra_link::{Connection, LinkError, LinkEvent, PairingPrompt, PeripheralId, Radio};
use lumbra_protocol::{Capabilities, Endpoint, MIN_ATT_MTU, PROTOCOL_MAJOR, Status};
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::driver;
use crate::error::Error;

/// A link on which the wearable is known and its state has been read.
pub(crate) struct Established {
    pub(crate) connection: Arc<dyn Connection>,
    pub(crate) events: mpsc::UnboundedReceiver<LinkEvent>,
    pub(crate) capabilities: Capabilities,
    pub(crate) serial: String,
    pub(crate) report: DeviceReport,
    /// When the report came: the link may have taken a while since.
    pub(crate) read: Instant,
}

/// The capabilities of the wearables met in this run, each with the boot it told them in. They change with the firmware
/// only, and that with a boot: a link that was lost in a session is controllable one exchange sooner.
#[derive(Default)]
pub(crate) struct Recall(Mutex<HashMap<Vec<u8>, (u32, Capabilities)>>);

impl Recall {
    async fn read(&self, connection: &dyn Connection) -> Result<(Capabilities, Status, Instant), Error> {
        let serial = connection.serial_number();
        let recalled = self.known().get(serial).copied();
        if let Some((boot, capabilities)) = recalled
            // One that can't be read may be of another version, which is found out below.
            && let Ok(status) = Status::decode(&connection.read(Endpoint::Status).await?)
            && status.boot_id == boot
        {
            return Ok((capabilities, status, Instant::now()));
        }
        let bytes = connection.read(Endpoint::Capabilities).await?;
        let major = Capabilities::decode_major(&bytes)?;
        if major != PROTOCOL_MAJOR {
            return Err(Error::OtherVersion(major));
        }
        let capabilities = Capabilities::decode(&bytes)?;
        let status = Status::decode(&connection.read(Endpoint::Status).await?)?;
        self.known().insert(serial.to_owned(), (status.boot_id, capabilities));
        Ok((capabilities, status, Instant::now()))
    }

    fn known(&self) -> MutexGuard<'_, HashMap<Vec<u8>, (u32, Capabilities)>> {
        // Each entry is whole, whatever panicked beside it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
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
    recall: &Recall,
) -> Result<Established, Error> {
    let connection: Arc<dyn Connection> = Arc::from(radio.connect(id, prompt).await?);
    match settle_in(&*connection, expected_serial, recall).await {
        Ok((capabilities, serial, report, read, events)) => {
            Ok(Established { connection, events, capabilities, serial, report, read })
        }
        Err(error) => {
            connection.disconnect().await;
            Err(error)
        }
    }
}

type Settled = (Capabilities, String, DeviceReport, Instant, mpsc::UnboundedReceiver<LinkEvent>);

async fn settle_in(
    connection: &dyn Connection,
    expected_serial: Option<&str>,
    recall: &Recall,
) -> Result<Settled, Error> {
    let events = connection.take_events().ok_or(Error::Internal("link events"))?;
    // Everything before the subscription: on some platforms a read answers on the stream as well.
    let (capabilities, status, read) = recall.read(connection).await?;
    let value_len = connection.max_value_len();
    if value_len < usize::from(MIN_ATT_MTU) - 3 {
        return Err(Error::LinkTooNarrow(value_len + 3));
    }
    let serial = text(connection.serial_number());
    if expected_serial.is_some_and(|expected| expected != serial) {
        return Err(Error::OtherDevice);
    }
    connection.subscribe(Endpoint::ControlPoint).await?;
    connection.subscribe(Endpoint::Status).await?;
    Ok((capabilities, serial, driver::report(&status), read, events))
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

#[cfg(test)]
mod tests {
    use std::mem::take;

    use async_trait::async_trait;
    use lumbra_protocol::{ChannelStatus, DeviceState, Faults, PerChannel, Reason, ResultCode, Ticks};
    use lumbra_wearable::Config;

    use super::*;

    /// A link to a device that tells what it was given, and notes what it was asked.
    struct Told {
        capabilities: Vec<u8>,
        status: Vec<u8>,
        asked: Mutex<Vec<Endpoint>>,
    }

    impl Told {
        fn new(capabilities: Vec<u8>, boot_id: u32) -> Self {
            let status = Status {
                boot_id,
                ticks: Ticks::from_ms(1_000),
                state: DeviceState::Idle,
                reason: Reason::None,
                session_id: 0,
                mode: None,
                elapsed_s: 0,
                remaining_s: 0,
                lease_s: 0,
                last_sequence: None,
                last_opcode: 0,
                last_result: ResultCode::Accepted,
                faults: Faults::default(),
                battery_percent: 80,
                channels: PerChannel::one(ChannelStatus::default()),
            };
            Self { capabilities, status: status.encode().to_vec(), asked: Mutex::default() }
        }

        async fn asked_for(&self, recall: &Recall) -> (Vec<Endpoint>, Result<u8, String>) {
            let channels = recall.read(self).await.map(|(capabilities, ..)| capabilities.channels);
            (take(&mut self.asked.lock().unwrap()), channels.map_err(|error| error.kind().to_owned()))
        }
    }

    #[async_trait]
    impl Connection for Told {
        fn serial_number(&self) -> &[u8] {
            b"LB1-000001"
        }

        async fn read(&self, endpoint: Endpoint) -> Result<Vec<u8>, LinkError> {
            self.asked.lock().unwrap().push(endpoint);
            Ok(if endpoint == Endpoint::Status { &self.status } else { &self.capabilities }.clone())
        }

        async fn write(&self, _: Endpoint, _: &[u8]) -> Result<(), LinkError> {
            unreachable!("nothing is written")
        }

        async fn subscribe(&self, _: Endpoint) -> Result<(), LinkError> {
            tokio::time::sleep(SLOW).await;
            Ok(())
        }

        fn take_events(&self) -> Option<mpsc::UnboundedReceiver<LinkEvent>> {
            Some(mpsc::unbounded_channel().1)
        }

        fn max_value_len(&self) -> usize {
            244
        }

        async fn disconnect(&self) {}
    }

    const SLOW: std::time::Duration = std::time::Duration::from_secs(4);

    #[tokio::test(start_paused = true)]
    async fn a_status_that_was_read_a_while_ago_is_known_to_be_so() {
        let told = Told::new(Config::default().capabilities.encode().to_vec(), 7);
        let (.., read, _) = settle_in(&told, None, &Recall::default()).await.unwrap();
        assert_eq!(read.elapsed(), SLOW * 2, "both subscriptions came after it");
    }

    #[tokio::test]
    async fn capabilities_are_recalled_within_a_boot_and_asked_for_after_the_next() {
        use Endpoint::{Capabilities as Caps, Status as State};
        let capabilities = Config::default().capabilities;
        let channels = capabilities.channels;
        let four = Capabilities { channels: 4, ..capabilities };
        let mut other_version = capabilities.encode().to_vec();
        other_version[0] = 2;
        let recall = Recall::default();
        for (told, boot, asked, expected) in [
            (capabilities.encode().to_vec(), 7, &[Caps, State][..], Ok(channels)),
            (four.encode().to_vec(), 7, &[State], Ok(channels)),
            (four.encode().to_vec(), 8, &[State, Caps, State], Ok(4)),
            (capabilities.encode().to_vec(), 8, &[State], Ok(4)),
            (other_version, 9, &[State, Caps], Err("other_version".to_owned())),
        ] {
            assert_eq!(Told::new(told, boot).asked_for(&recall).await, (asked.to_vec(), expected));
        }
    }
}
