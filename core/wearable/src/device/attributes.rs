//! What a central finds, reads, writes and subscribes to.

use lumbra_link::air::{Characteristic, Property, Security, Service};
use lumbra_protocol::{ElapsedTime, Endpoint};
use uuid::Uuid;

use super::Device;

const INSUFFICIENT_AUTHENTICATION: u8 = 0x05;
const READ_NOT_PERMITTED: u8 = 0x02;
const WRITE_NOT_PERMITTED: u8 = 0x03;
const ATTRIBUTE_NOT_FOUND: u8 = 0x0A;
const NOT_THE_PROFILE: u8 = 0x80;

impl Device {
    pub(super) fn find(&self, characteristic: Uuid) -> Result<Endpoint, u8> {
        let offered = |endpoint: &Endpoint| endpoint.is_required();
        let endpoint = Endpoint::from_uuid(characteristic.as_u128()).filter(offered).ok_or(ATTRIBUTE_NOT_FOUND)?;
        let protected = endpoint.security() == lumbra_protocol::Security::Authenticated;
        if protected && self.security < Security::Authenticated {
            return Err(INSUFFICIENT_AUTHENTICATION);
        }
        Ok(endpoint)
    }

    pub(super) fn read(&mut self, endpoint: Endpoint) -> Result<Vec<u8>, u8> {
        Ok(match endpoint {
            Endpoint::Capabilities => self.config.capabilities.encode().to_vec(),
            Endpoint::Status => self.firmware.status().encode().to_vec(),
            Endpoint::BatteryLevel => vec![self.firmware.battery_percent()],
            Endpoint::ManufacturerName => b"Lumbra".to_vec(),
            Endpoint::ModelNumber => b"Lumbra One (virtual)".to_vec(),
            Endpoint::SerialNumber => self.config.serial.clone().into_bytes(),
            Endpoint::FirmwareRevision => env!("CARGO_PKG_VERSION").as_bytes().to_vec(),
            Endpoint::HardwareRevision => b"virtual".to_vec(),
            Endpoint::CurrentElapsedTime => self.firmware.clock().encode().to_vec(),
            Endpoint::ControlPoint
            | Endpoint::PostureStream
            | Endpoint::RecordData
            | Endpoint::RecordAccess
            | Endpoint::Smp => return Err(READ_NOT_PERMITTED),
        })
    }

    /// The write's own answer comes before what it leads to.
    pub(super) fn write(&mut self, endpoint: Endpoint, value: &[u8], id: u32, response: bool) -> Result<(), u8> {
        match endpoint {
            Endpoint::ControlPoint => {
                let answer = self.firmware.command(value)?;
                if let Some(taken) = self.firmware.take_taken(self.now_ms) {
                    self.probe.took(taken);
                }
                if response {
                    self.answer(id, Ok(None));
                }
                if let Some(answer) = answer {
                    self.notify(Endpoint::ControlPoint, &answer.encode());
                }
            }
            Endpoint::RecordAccess => {
                let reply = self.firmware.memory.request(value);
                if response {
                    self.answer(id, Ok(None));
                }
                if let Some(reply) = reply {
                    self.notify(Endpoint::RecordAccess, &reply.encode());
                }
            }
            Endpoint::CurrentElapsedTime => {
                let Ok(ElapsedTime::Utc { seconds, .. }) = ElapsedTime::decode(value) else {
                    return Err(NOT_THE_PROFILE);
                };
                self.firmware.set_clock(seconds);
                if response {
                    self.answer(id, Ok(None));
                }
            }
            _ => return Err(WRITE_NOT_PERMITTED),
        }
        Ok(())
    }

    pub(super) fn subscribe(&mut self, endpoint: Endpoint, on: bool) -> Result<(), u8> {
        let access = endpoint.access();
        if !(access.notify || access.indicate) {
            return Err(WRITE_NOT_PERMITTED);
        }
        if on {
            self.subscribed.insert(endpoint);
            if endpoint == Endpoint::Status {
                // Told at once on a subscription.
                self.shown.clear();
            }
        } else {
            self.subscribed.remove(&endpoint);
        }
        Ok(())
    }
}

pub(super) fn attribute_table() -> Vec<Service> {
    let mut services: Vec<Service> = Vec::new();
    for endpoint in Endpoint::ALL.iter().filter(|endpoint| endpoint.is_required()) {
        let access = endpoint.access();
        let properties = [
            (access.read, Property::Read),
            (access.write, Property::Write),
            (access.write_without_response, Property::WriteWithoutResponse),
            (access.notify, Property::Notify),
            (access.indicate, Property::Indicate),
        ];
        let characteristic = Characteristic {
            uuid: Uuid::from_u128(endpoint.uuid()),
            properties: properties.into_iter().filter_map(|(has, property)| has.then_some(property)).collect(),
            security: match endpoint.security() {
                lumbra_protocol::Security::Open => Security::Open,
                lumbra_protocol::Security::Authenticated => Security::Authenticated,
            },
        };
        let uuid = Uuid::from_u128(endpoint.service());
        match services.iter_mut().find(|service| service.uuid == uuid) {
            Some(service) => service.characteristics.push(characteristic),
            None => services.push(Service { uuid, characteristics: vec![characteristic] }),
        }
    }
    services
}
