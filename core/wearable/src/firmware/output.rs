//! Currents: ramps up and down, and what the skin lets through.

use lumbra_protocol::{ChannelStatus, Contact};

use super::{Firmware, ceil_u16};
use crate::body::Body;
use crate::config::COMPLIANCE_V;
use crate::person::as_f64;

/// One output.
#[derive(Clone, Debug, Default)]
pub(super) struct Channel {
    pub(super) cap_dma: u16,
    pub(super) target_dma: u16,
    /// What the output stage is set to.
    pub(super) output_dma: f64,
    /// How fast it goes down, in 0.1 mA a millisecond.
    pub(super) down_per_ms: f64,
    /// What really flows.
    pub(super) delivered_dma: f64,
    /// The highest that really flowed in this session.
    pub(super) max_dma: f64,
    pub(super) contact: Contact,
    impedance_ohm: Option<f64>,
}

impl Channel {
    pub(super) const fn used(&self) -> bool {
        self.cap_dma > 0
    }

    pub(super) fn is_moving(&self) -> bool {
        (self.output_dma - f64::from(self.target_dma)).abs() > f64::EPSILON
    }

    /// Sets a target; a lower one is reached within `ramp_down_ms`, counted from when it was set first.
    pub(super) fn aim(&mut self, target_dma: u16, ramp_down_ms: u16) {
        if target_dma == self.target_dma {
            return;
        }
        let fall = self.output_dma - f64::from(target_dma);
        if fall > 0.0 {
            self.down_per_ms = fall / f64::from(ramp_down_ms.max(1));
        }
        self.target_dma = target_dma;
    }

    pub(super) fn status(&self) -> ChannelStatus {
        let impedance = self.impedance_ohm.map_or(u16::MAX, |ohm| ceil_u16(ohm / 10.0).min(u16::MAX - 1));
        ChannelStatus {
            target_dma: self.target_dma,
            delivered_dma: ceil_u16(self.delivered_dma - 1e-9),
            contact: self.contact,
            impedance_dekaohm: impedance,
        }
    }
}

impl Firmware {
    pub(super) fn ramp_to_zero(&mut self) {
        let ramp_down_ms = self.session.as_ref().map_or(0, |session| session.programme.ramp_down_ms);
        for channel in &mut self.channels {
            channel.aim(0, ramp_down_ms);
        }
    }

    pub(super) fn cut_output(&mut self) {
        for channel in &mut self.channels {
            channel.target_dma = 0;
            channel.output_dma = 0.0;
            channel.delivered_dma = 0.0;
        }
    }

    pub(super) fn move_output(&mut self, dt_ms: u64, body: &Body) {
        let may_rise = self.may_rise();
        let up_per_ms =
            self.session.as_ref().map_or(0.0, |session| f64::from(session.programme.ramp_up_dma_per_s) / 1_000.0);
        for (index, channel) in self.channels.iter_mut().enumerate() {
            let target = f64::from(channel.target_dma);
            if channel.output_dma > target {
                channel.output_dma = (channel.output_dma - channel.down_per_ms * as_f64(dt_ms)).max(target);
            } else if may_rise && channel.output_dma < target {
                channel.output_dma = (channel.output_dma + up_per_ms * as_f64(dt_ms)).min(target);
            }
            channel.impedance_ohm = body.impedance_ohm(index).filter(|_| channel.contact != Contact::Off);
            channel.delivered_dma =
                channel.impedance_ohm.map_or(0.0, |ohm| channel.output_dma.min(COMPLIANCE_V / ohm * 10_000.0));
            channel.max_dma = channel.max_dma.max(channel.delivered_dma);
        }
    }
}
