//! What kind of wearable it is.

use lumbra_protocol::{Capabilities, Features, PROTOCOL_MAJOR, PROTOCOL_MINOR};

/// A wearable's make-up.
#[derive(Clone, Debug)]
pub struct Config {
    /// Serial number.
    pub serial: String,
    /// The two characters after `Lumbra` in the advertised name.
    pub suffix: [char; 2],
    /// The six digits on the label.
    pub passkey: u32,
    /// What it can do.
    pub capabilities: Capabilities,
    /// Drives everything that is random: boot ids, noise, drift.
    pub seed: u64,
    /// Battery at the start, in percent.
    pub battery_percent: u8,
}

/// Highest voltage of the output stage: what the skin's impedance does not let through is not delivered.
pub(crate) const COMPLIANCE_V: f64 = 80.0;

impl Default for Config {
    fn default() -> Self {
        Self {
            serial: "LB1-000001".to_owned(),
            suffix: ['7', 'K'],
            passkey: 271_828,
            capabilities: Capabilities {
                major: PROTOCOL_MAJOR,
                minor: PROTOCOL_MINOR,
                channels: 2,
                features: Features::POSTURE.with(Features::NUDGE).with(Features::IMPEDANCE),
                max_current_dma: 600,
                current_step_dma: 5,
                max_rise_dma: 50,
                min_frequency_dhz: 10,
                max_frequency_dhz: 1_500,
                min_width_us: 40,
                max_width_us: 400,
                max_charge_duc: 200,
                max_session_s: 3_600,
                min_grace_s: 2,
                max_grace_s: 30,
                max_ramp_up_dma_per_s: 50,
                max_posture_rate_hz: 50,
                record_capacity: 2_000,
            },
            seed: 1,
            battery_percent: 90,
        }
    }
}

impl Config {
    /// The advertised name.
    pub fn name(&self) -> String {
        format!("{}{}{}", lumbra_protocol::LOCAL_NAME_PREFIX, self.suffix[0], self.suffix[1])
    }
}
