//! What really flowed through the skin, and what the device really did: the oracle of tests and demos. No frame ever
//! carries it.

use lumbra_protocol::{Command, DeviceState, Reason, ResultCode, Sequence};

use crate::firmware::Firmware;

/// One change of the true current.
#[derive(Clone, Debug, PartialEq)]
pub struct Flow {
    /// When, in milliseconds of the device's driving clock.
    pub at_ms: u64,
    /// Every channel, in 0.1 mA.
    pub currents_dma: Vec<f64>,
}

/// One change of the session, as the device has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    /// When, in milliseconds of the device's driving clock.
    pub at_ms: u64,
    /// The boot.
    pub boot_id: u32,
    /// The state.
    pub state: DeviceState,
    /// Why.
    pub reason: Reason,
    /// The session, or the last one of this boot; 0 = none.
    pub session_id: u32,
    /// Whether there is a link.
    pub linked: bool,
}

/// A command as the device took it: judged, and applied or refused. A repetition that is only answered again is none,
/// nor is one with a stale number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// When, in milliseconds of the device's driving clock.
    pub at_ms: u64,
    /// In which boot.
    pub boot_id: u32,
    /// Its number.
    pub sequence: Sequence,
    /// The command.
    pub command: Command,
    /// How it was taken.
    pub result: ResultCode,
}

/// What is recorded.
#[derive(Clone, Debug, Default)]
struct Record {
    flows: Vec<Flow>,
    turns: Vec<Turn>,
    taken: Vec<Taken>,
    turn: Option<Turn>,
}

/// The readout.
#[derive(Clone, Debug)]
pub struct Probe {
    now_dma: Vec<f64>,
    max_dma: Vec<f64>,
    stimulated_ms: u64,
    at_ms: u64,
    record: Option<Record>,
}

impl Probe {
    pub(crate) fn new(channels: usize) -> Self {
        Self { now_dma: vec![0.0; channels], max_dma: vec![0.0; channels], stimulated_ms: 0, at_ms: 0, record: None }
    }

    pub(crate) fn look(&mut self, at_ms: u64, linked: bool, firmware: &Firmware) {
        if let Some(record) = &mut self.record {
            let turn = firmware.turn(at_ms, linked);
            if record.turn.is_none_or(|before| Turn { at_ms, ..before } != turn) {
                record.turn = Some(turn);
                record.turns.push(turn);
            }
        }
        let now_dma = firmware.true_currents_dma();
        if self.now_dma.iter().any(|dma| *dma > 0.0) {
            self.stimulated_ms += at_ms.saturating_sub(self.at_ms);
        }
        self.at_ms = at_ms;
        if now_dma == self.now_dma {
            return;
        }
        for (max, now) in self.max_dma.iter_mut().zip(&now_dma) {
            *max = max.max(*now);
        }
        if let Some(record) = &mut self.record {
            record.flows.push(Flow { at_ms, currents_dma: now_dma.clone() });
        }
        self.now_dma = now_dma;
    }

    pub(crate) fn took(&mut self, taken: Taken) {
        if let Some(record) = &mut self.record {
            record.taken.push(taken);
        }
    }

    /// What flows now, in 0.1 mA.
    pub fn now_dma(&self) -> &[f64] {
        &self.now_dma
    }

    /// Whether nothing flows on any channel.
    pub fn is_zero(&self) -> bool {
        self.now_dma.iter().all(|dma| *dma <= 0.0)
    }

    /// The highest that ever flowed on each channel, in 0.1 mA.
    pub fn max_dma(&self) -> &[f64] {
        &self.max_dma
    }

    /// For how long any current flowed, in milliseconds.
    pub const fn stimulated_ms(&self) -> u64 {
        self.stimulated_ms
    }

    /// Records every change from now on.
    pub fn record(&mut self) {
        self.record.get_or_insert_default();
    }

    /// Takes the changes of the current recorded so far.
    pub fn take_history(&mut self) -> Vec<Flow> {
        self.record.as_mut().map(|record| std::mem::take(&mut record.flows)).unwrap_or_default()
    }

    /// Takes the changes of the session recorded so far.
    pub fn take_turns(&mut self) -> Vec<Turn> {
        self.record.as_mut().map(|record| std::mem::take(&mut record.turns)).unwrap_or_default()
    }

    /// Takes the commands recorded so far.
    pub fn take_taken(&mut self) -> Vec<Taken> {
        self.record.as_mut().map(|record| std::mem::take(&mut record.taken)).unwrap_or_default()
    }
}
