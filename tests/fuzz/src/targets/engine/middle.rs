//! The platform's Bluetooth with an honest wearable behind it, and who sits in between.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use lumbra::link::{LinkError, PeripheralId, ShellBluetooth, ShellCharacteristic, ShellLink, ShellSink, Uuid};
use lumbra_link::air::{Security, ToCentral, ToPeripheral};
use lumbra_protocol::Endpoint;
use lumbra_wearable::Device;

use super::How;

/// A garbling that owns its bytes.
pub(super) enum Garbling {
    Flip(u8, u8),
    Put(u8, Vec<u8>),
    Cut(u8),
    Append(Vec<u8>),
    Replace(Vec<u8>),
    Repeat,
    Lose,
    Refuse(u8),
}

impl Garbling {
    pub(super) fn of(how: &How<'_>) -> Self {
        match *how {
            How::Flip { at, mask } => Self::Flip(at, mask),
            How::Put { at, bytes } => Self::Put(at, bytes.to_vec()),
            How::Cut { len } => Self::Cut(len),
            How::Append { bytes } => Self::Append(bytes.to_vec()),
            How::Replace { bytes } => Self::Replace(bytes.to_vec()),
            How::Repeat => Self::Repeat,
            How::Lose => Self::Lose,
            How::Refuse { att_error } => Self::Refuse(att_error),
        }
    }

    /// What arrives instead of a value.
    fn garble(self, mut value: Vec<u8>) -> Vec<Vec<u8>> {
        match self {
            Self::Flip(at, mask) => {
                if let Some(byte) = value.get_mut(usize::from(at)) {
                    *byte ^= mask;
                }
            }
            Self::Put(at, bytes) => {
                for (slot, byte) in value.iter_mut().skip(at.into()).zip(bytes) {
                    *slot = byte;
                }
            }
            Self::Cut(len) => value.truncate(len.into()),
            Self::Append(bytes) => value.extend(bytes),
            Self::Replace(bytes) => value = bytes,
            Self::Repeat => return vec![value.clone(), value],
            Self::Lose | Self::Refuse(_) => return Vec::new(),
        }
        vec![value]
    }
}

/// The platform's Bluetooth, and who sits in it.
pub(super) struct Middle {
    pub(super) max_value_len: u8,
    /// A characteristic that was not discovered.
    pub(super) missing: u8,
    pub(super) state: Mutex<State>,
}

pub(super) struct State {
    pub(super) device: Device,
    pub(super) now_ms: u64,
    pub(super) sink: Option<ShellSink>,
    pub(super) plan: VecDeque<(Endpoint, Garbling)>,
    /// The most that was ever asked for on each channel, in 0.1 mA.
    most_asked_dma: [u16; 2],
    answers: VecDeque<ToCentral>,
}

impl State {
    pub(super) fn new() -> Self {
        let mut device = Device::new(lumbra_wearable::Config::default());
        device.take_output();
        Self { device, now_ms: 0, sink: None, plan: VecDeque::new(), most_asked_dma: [0; 2], answers: VecDeque::new() }
    }

    pub(super) fn asked(&mut self, targets_dma: [u16; 2]) {
        for (most, asked) in self.most_asked_dma.iter_mut().zip(targets_dma) {
            *most = asked.max(*most);
        }
    }

    fn garbling(&mut self, endpoint: Endpoint) -> Option<Garbling> {
        let at = self.plan.iter().position(|(planned, _)| *planned == endpoint)?;
        self.plan.remove(at).map(|(_, garbling)| garbling)
    }
}

impl Middle {
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn advance(&self, ms: u64) {
        {
            let mut state = self.lock();
            state.now_ms += ms;
            let now_ms = state.now_ms;
            state.device.advance(now_ms);
        }
        self.deliver();
    }

    /// Tells the core what the wearable has said, garbled as planned; keeps the answers to requests.
    pub(super) fn deliver(&self) {
        let (mut told, mut gone) = (Vec::new(), false);
        let sink = {
            let mut state = self.lock();
            for message in state.device.take_output() {
                match message {
                    ToCentral::Notify { characteristic, value, .. } => {
                        let endpoint = Endpoint::from_uuid(characteristic.as_u128());
                        let garbling = endpoint.and_then(|endpoint| state.garbling(endpoint));
                        let values = garbling.map_or_else(|| vec![value.clone()], |how| how.garble(value.clone()));
                        told.extend(values.into_iter().map(|value| (characteristic, value)));
                    }
                    ToCentral::Disconnect => gone = true,
                    ToCentral::Profile { .. } | ToCentral::Advertise { .. } => {}
                    answer => state.answers.push_back(answer),
                }
            }
            state.sink.clone()
        };
        let Some(sink) = sink else { return };
        for (characteristic, value) in told {
            sink.value(&wearable(), characteristic, value);
        }
        if gone {
            sink.disconnected(&wearable());
        }
    }

    pub(super) fn say(&self, endpoint: Endpoint, bytes: Vec<u8>) {
        let sink = self.lock().sink.clone();
        if let Some(sink) = sink {
            sink.value(&wearable(), Uuid::from_u128(endpoint.uuid()), bytes);
        }
    }

    fn request(&self, message: ToPeripheral) -> Result<Vec<u8>, LinkError> {
        let answer = {
            let mut state = self.lock();
            let now_ms = state.now_ms;
            state.answers.clear();
            state.device.input(now_ms, message);
            drop(state);
            self.deliver();
            self.lock().answers.pop_front()
        };
        match answer {
            Some(ToCentral::Value { value, .. }) => Ok(value),
            Some(ToCentral::Written { .. }) => Ok(Vec::new()),
            Some(ToCentral::Refused { att_error, .. }) => Err(LinkError::Refused(att_error)),
            _ => Err(LinkError::Disconnected),
        }
    }

    /// No more flows than was asked for.
    pub(super) fn judge(&self) {
        let mut state = self.lock();
        let most_asked_dma = state.most_asked_dma;
        for (flowed, asked) in state.device.probe().max_dma().iter().zip(most_asked_dma) {
            assert!(*flowed <= f64::from(asked) + 1e-6, "{flowed} flowed where {asked} was asked for");
        }
    }
}

fn wearable() -> PeripheralId {
    PeripheralId::new("wearable")
}

impl ShellBluetooth for Middle {
    fn start_scan(&self, _: Uuid) -> Result<(), LinkError> {
        Ok(())
    }

    fn stop_scan(&self) {}

    fn connect(&self, _: &PeripheralId, _: bool) -> Result<ShellLink, LinkError> {
        {
            let mut state = self.lock();
            let now_ms = state.now_ms;
            state.device.input(now_ms, ToPeripheral::Connected { peer: "phone".to_owned(), mtu: 247 });
            let secured = ToPeripheral::Secured { security: Security::Authenticated, bonded: true };
            state.device.input(now_ms, secured);
            state.device.take_output();
        }
        let found = |endpoint: &Endpoint| ShellCharacteristic {
            service: Uuid::from_u128(endpoint.service()),
            uuid: Uuid::from_u128(endpoint.uuid()),
            access: endpoint.access(),
        };
        let offered = Endpoint::ALL
            .iter()
            .enumerate()
            .filter(|(at, endpoint)| endpoint.is_required() && *at != usize::from(self.missing));
        Ok(ShellLink {
            max_value_len: usize::from(self.max_value_len),
            characteristics: offered.map(|(_, endpoint)| found(endpoint)).collect(),
        })
    }

    fn disconnect(&self, _: &PeripheralId) {
        let mut state = self.lock();
        let now_ms = state.now_ms;
        state.device.input(now_ms, ToPeripheral::Disconnected);
        state.device.take_output();
    }

    fn read(&self, _: &PeripheralId, characteristic: Uuid) -> Result<Vec<u8>, LinkError> {
        let value = self.request(ToPeripheral::Read { id: 1, characteristic })?;
        let endpoint = Endpoint::from_uuid(characteristic.as_u128());
        match endpoint.and_then(|endpoint| self.lock().garbling(endpoint)) {
            Some(Garbling::Refuse(code)) => Err(LinkError::Refused(code)),
            Some(how) => how.garble(value).pop().ok_or(LinkError::Timeout),
            None => Ok(value),
        }
    }

    fn write(
        &self,
        _: &PeripheralId,
        characteristic: Uuid,
        bytes: Vec<u8>,
        with_response: bool,
    ) -> Result<(), LinkError> {
        self.request(ToPeripheral::Write { id: 1, characteristic, value: bytes, response: with_response }).map(drop)
    }

    fn subscribe(&self, _: &PeripheralId, characteristic: Uuid) -> Result<(), LinkError> {
        self.request(ToPeripheral::Subscribe { id: 1, characteristic, on: true }).map(drop)
    }

    fn remove_bond(&self, _: &PeripheralId) -> Result<(), LinkError> {
        Ok(())
    }
}
