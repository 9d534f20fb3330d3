//! From the device: what it can do.

use lumbra_domain::safety::DeviceLimits;
use lumbra_domain::units::{Hertz, Microseconds, Milliamps, Seconds};
use lumbra_protocol::Capabilities;

/// The device's limits in the domain's words.
pub(crate) fn device_limits(capabilities: &Capabilities) -> DeviceLimits {
    DeviceLimits {
        channels: capabilities.channels,
        max_current: Milliamps::from_tenths(capabilities.max_current_dma),
        current_step: Milliamps::from_tenths(capabilities.current_step_dma),
        max_rise: Milliamps::from_tenths(capabilities.max_rise_dma),
        frequency: (
            Hertz::from_tenths(capabilities.min_frequency_dhz),
            Hertz::from_tenths(capabilities.max_frequency_dhz),
        ),
        width: (Microseconds::new(capabilities.min_width_us), Microseconds::new(capabilities.max_width_us)),
        max_charge_duc: capabilities.max_charge_duc,
        max_session: Seconds::new(u32::from(capabilities.max_session_s)),
        grace: (Seconds::new(u32::from(capabilities.min_grace_s)), Seconds::new(u32::from(capabilities.max_grace_s))),
        max_ramp_up_dma_per_s: capabilities.max_ramp_up_dma_per_s,
    }
}
