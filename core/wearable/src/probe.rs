//! What really flowed through the skin: the oracle of tests and demos. No frame ever carries it.

use crate::firmware::Firmware;

/// One change of the true current.
#[derive(Clone, Debug, PartialEq)]
pub struct Flow {
    /// When, in milliseconds of the device's driving clock.
    pub at_ms: u64,
    /// Every channel, in 0.1 mA.
    pub currents_dma: Vec<f64>,
}

/// The readout.
#[derive(Clone, Debug)]
pub struct Probe {
    now_dma: Vec<f64>,
    max_dma: Vec<f64>,
    stimulated_ms: u64,
    at_ms: u64,
    history: Option<Vec<Flow>>,
}

impl Probe {
    pub(crate) fn new(channels: usize) -> Self {
        Self { now_dma: vec![0.0; channels], max_dma: vec![0.0; channels], stimulated_ms: 0, at_ms: 0, history: None }
    }

    pub(crate) fn look(&mut self, at_ms: u64, firmware: &Firmware) {
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
        if let Some(history) = &mut self.history {
            history.push(Flow { at_ms, currents_dma: now_dma.clone() });
        }
        self.now_dma = now_dma;
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
        self.history.get_or_insert_with(Vec::new);
    }

    /// Takes the changes recorded so far.
    pub fn take_history(&mut self) -> Vec<Flow> {
        self.history.as_mut().map(std::mem::take).unwrap_or_default()
    }
}
