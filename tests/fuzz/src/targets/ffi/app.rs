//! An app whose ports, key store, clock and radio, give what the fuzzer likes.

use std::sync::{Arc, Mutex, PoisonError};

use arbitrary::{Arbitrary, Unstructured};
use lumbra_ffi::{
    Discovered, KeyStore, PortError, Radio, RadioCharacteristic, RadioError, RadioLink, RadioSink, ScanObserver,
    WallClock,
};
use lumbra_link::air::{Security, ToCentral, ToPeripheral};
use lumbra_protocol::Endpoint;
use uuid::Uuid;

use super::Text;

/// What an app's ports give.
#[derive(Clone, Debug, Arbitrary)]
pub(super) struct Ports {
    pub(super) key: Option<Vec<u8>>,
    pub(super) key_fails: bool,
    unix_ms: Option<i64>,
    utc_offset_s: Option<i32>,
    max_value_len: u32,
    /// Makes some characteristics strange: which, and how.
    strange: Vec<(u8, u8)>,
    service: Text,
    values: Vec<(u8, Vec<u8>)>,
    pub(super) id: Text,
}

/// All ports at once, played by one app.
pub(super) struct App {
    pub(super) ports: Ports,
    pub(super) sink: Mutex<Option<Arc<RadioSink>>>,
}

impl App {
    /// Tells the core something of the radio's own accord.
    pub(super) fn say(&self, id: &str, unstructured: &mut Unstructured<'_>) {
        let Some(sink) = self.sink.lock().unwrap_or_else(PoisonError::into_inner).clone() else { return };
        let (Ok(which), Ok(value)) = (unstructured.arbitrary::<u8>(), unstructured.arbitrary::<Vec<u8>>()) else {
            return;
        };
        let endpoint = Endpoint::ALL.get(usize::from(which % 32));
        let characteristic = endpoint.map_or_else(
            || String::from_utf8_lossy(&value).into_owned(),
            |endpoint| Uuid::from_u128(endpoint.uuid()).to_string(),
        );
        match which / 32 {
            0..=4 => {
                // A name of a characteristic that is none is refused.
                drop(sink.value(id.to_owned(), characteristic, value));
            }
            5 => sink.discovered(Discovered {
                id: characteristic,
                name: Some(String::from_utf8_lossy(&value).into_owned()),
                rssi_dbm: Some(i16::MIN),
                bonded: None,
            }),
            6 => sink.disconnected(id.to_owned()),
            _ => sink.switched_off(),
        }
    }

    /// The value that the fuzzer has for a characteristic, or that of an honest wearable.
    fn value_of(&self, characteristic: &str) -> Option<Vec<u8>> {
        let characteristic = Uuid::parse_str(characteristic).ok()?;
        let at = Endpoint::ALL.iter().position(|endpoint| endpoint.uuid() == characteristic.as_u128())?;
        let own = self.ports.values.iter().find(|(which, _)| usize::from(*which) == at);
        own.map(|(_, value)| value.clone()).or_else(|| honest(characteristic))
    }
}

fn honest(characteristic: Uuid) -> Option<Vec<u8>> {
    let mut device = lumbra_wearable::Device::new(lumbra_wearable::Config::default());
    device.input(1_000, ToPeripheral::Connected { peer: "phone".to_owned(), mtu: 247 });
    device.input(1_000, ToPeripheral::Secured { security: Security::Authenticated, bonded: true });
    device.input(1_000, ToPeripheral::Read { id: 1, characteristic });
    device.take_output().into_iter().find_map(|said| match said {
        ToCentral::Value { value, .. } => Some(value),
        _ => None,
    })
}

impl KeyStore for App {
    fn load(&self) -> Result<Option<Vec<u8>>, PortError> {
        if self.ports.key_fails {
            return Err(PortError::Failed { reason: String::new() });
        }
        Ok(self.ports.key.clone())
    }

    fn save(&self, key: Vec<u8>) -> Result<(), PortError> {
        assert_eq!(key.len(), 32);
        Ok(())
    }

    fn destroy(&self) -> Result<(), PortError> {
        Ok(())
    }

    fn save_secret(&self, _: String, _: Vec<u8>) -> Result<(), PortError> {
        Err(PortError::Unsupported { reason: String::new() })
    }

    fn load_secret(&self, _: String) -> Result<Option<Vec<u8>>, PortError> {
        Err(PortError::Unsupported { reason: String::new() })
    }

    fn delete_secret(&self, _: String) -> Result<(), PortError> {
        Err(PortError::Unsupported { reason: String::new() })
    }
}

impl WallClock for App {
    fn unix_ms(&self) -> Result<i64, PortError> {
        self.ports.unix_ms.ok_or(PortError::Unavailable { reason: String::new() })
    }

    fn utc_offset_s(&self) -> Result<i32, PortError> {
        self.ports.utc_offset_s.ok_or(PortError::Unavailable { reason: String::new() })
    }
}

impl ScanObserver for App {
    fn on_discovered(&self, _: Discovered) -> Result<(), PortError> {
        Err(PortError::Failed { reason: "thrown".to_owned() })
    }

    fn on_ended(&self) -> Result<(), PortError> {
        Ok(())
    }
}

impl Radio for App {
    fn attach(&self, sink: Arc<RadioSink>) -> Result<(), RadioError> {
        *self.sink.lock().unwrap_or_else(PoisonError::into_inner) = Some(sink);
        Ok(())
    }

    fn start_scan(&self, _: String) -> Result<(), RadioError> {
        Ok(())
    }

    fn stop_scan(&self) -> Result<(), RadioError> {
        Ok(())
    }

    fn connect(&self, _: String, _: bool) -> Result<RadioLink, RadioError> {
        let mut characteristics: Vec<RadioCharacteristic> = Endpoint::ALL
            .iter()
            .map(|endpoint| {
                let access = endpoint.access();
                RadioCharacteristic {
                    service: Uuid::from_u128(endpoint.service()).to_string(),
                    uuid: Uuid::from_u128(endpoint.uuid()).to_string(),
                    read: access.read,
                    write: access.write,
                    write_without_response: access.write_without_response,
                    notify: access.notify,
                    indicate: access.indicate,
                }
            })
            .collect();
        for (which, how) in self.ports.strange.iter().take(4) {
            let at = usize::from(*which) % characteristics.len().max(1);
            match how % 4 {
                0 => drop(characteristics.remove(at)),
                1 => characteristics.push(characteristics[at].clone()),
                2 => characteristics[at].service = self.ports.service.text(),
                _ => characteristics[at].notify = false,
            }
        }
        Ok(RadioLink { max_value_len: self.ports.max_value_len, characteristics })
    }

    fn disconnect(&self, _: String) -> Result<(), RadioError> {
        Ok(())
    }

    fn read(&self, _: String, characteristic: String) -> Result<Vec<u8>, RadioError> {
        self.value_of(&characteristic).ok_or(RadioError::Refused { att_error: 2 })
    }

    fn write(&self, _: String, _: String, value: Vec<u8>, _: bool) -> Result<(), RadioError> {
        assert!(value.len() <= 244);
        Ok(())
    }

    fn subscribe(&self, _: String, _: String) -> Result<(), RadioError> {
        Ok(())
    }

    fn remove_bond(&self, _: String) -> Result<(), RadioError> {
        Err(RadioError::Unsupported)
    }
}
