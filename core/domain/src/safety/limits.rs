//! The figures of the envelope, each with its source, and the formulas that turn a current into them.
//!
//! The formulas are for a symmetric biphasic pulse: current `I` in mA peak, width `w` of one phase in us,
//! `f` pulses a second, pad area `A` in cm2, load `R` in ohm.

use crate::units::{Percent, Seconds, SquareCentimetres};

/// Highest r.m.s. current density under a pad, in mA/cm2. IEC 60601-2-10 asks for the user's special
/// attention above it; without anyone beside the person, it is the ceiling.
pub const MAX_DENSITY_MA_PER_CM2: f64 = 2.0;

/// Highest power density under a pad, in W/cm2. FDA guidance on powered muscle stimulators.
pub const MAX_POWER_W_PER_CM2: f64 = 0.25;

/// The load the power density is judged at, in ohm: the middle of the FDA's test loads (500, 2,000 and
/// 10,000 ohm). This project's choice: a session's currents can't be driven into the highest.
pub const POWER_LOAD_OHM: f64 = 2_000.0;

/// Highest energy of a pulse into [`ENERGY_LOAD_OHM`], in mJ. IEC 60601-2-10.
pub const MAX_ENERGY_MJ: f64 = 300.0;

/// The load the energy of a pulse is judged at, in ohm. IEC 60601-2-10.
pub const ENERGY_LOAD_OHM: f64 = 500.0;

/// Highest r.m.s. current by pulse rate: up to so many pulses a second, in Hz, so much, in mA. Recalled from
/// IEC 60601-2-10's table for 500 ohm, not confirmed in the text: other limits bind earlier at every rate
/// that the profile's programmes reach.
pub const MAX_RMS_MA: [(f64, f64); 3] = [(400.0, 50.0), (1_500.0, 80.0), (f64::INFINITY, 100.0)];

/// Highest current of any channel, in mA: the maximum of typical consumer devices.
pub const MAX_CURRENT_MA: f64 = 60.0;

/// Smallest active area of a pad: smaller pads can burn at high intensity.
pub const MIN_PAD_AREA: SquareCentimetres = SquareCentimetres::from_tenths(160);

/// Most sessions a pad is used for, as in products people buy.
pub const MAX_PAD_USES: u16 = 20;

/// Most stimulation within 24 hours: three sessions of an hour, as in products people buy.
pub const MAX_DOSE_A_DAY: Seconds = Seconds::new(3 * 3_600);

/// Shortest pause between two sessions. This project's choice: time to look at the skin under the pads.
pub const MIN_PAUSE: Seconds = Seconds::new(10 * 60);

/// Least battery to start or resume, as in products people buy.
pub const MIN_BATTERY: Percent = Percent::saturating(20);

/// Largest rise one command may ask for, in 0.1 mA. This project's choice: 5 mA is a tenth of the range.
pub const MAX_RISE_DMA: u16 = 50;

/// Shortest time between two rises, in milliseconds. This project's choice: one rise must have been felt
/// before the next.
pub const MIN_RISE_INTERVAL_MS: u64 = 1_000;

/// Charge of one phase in uC.
pub fn charge_uc(current_ma: f64, width_us: f64) -> f64 {
    current_ma * width_us / 1_000.0
}

/// R.m.s. current in mA.
pub fn rms_ma(current_ma: f64, width_us: f64, rate_hz: f64) -> f64 {
    current_ma * duty(width_us, rate_hz).sqrt()
}

/// Power density into a load in W/cm2.
pub fn power_w_per_cm2(rms_ma: f64, load_ohm: f64, area_cm2: f64) -> f64 {
    (rms_ma / 1_000.0).powi(2) * load_ohm / area_cm2
}

/// Energy of one pulse into a load in mJ.
pub fn energy_mj(current_ma: f64, width_us: f64, load_ohm: f64) -> f64 {
    (current_ma / 1_000.0).powi(2) * load_ohm * 2.0 * width_us * 1e-6 * 1_000.0
}

/// Highest r.m.s. current at a pulse rate, in mA.
pub fn max_rms_ma(rate_hz: f64) -> f64 {
    MAX_RMS_MA.iter().find(|(up_to_hz, _)| rate_hz <= *up_to_hz).map_or(0.0, |(_, ma)| *ma)
}

/// The share of time in which current flows.
fn duty(width_us: f64, rate_hz: f64) -> f64 {
    2.0 * width_us * 1e-6 * rate_hz
}

/// The peak current in mA at which the r.m.s. current reaches `rms_ma`.
pub(super) fn peak_for_rms(rms_ma: f64, width_us: f64, rate_hz: f64) -> f64 {
    rms_ma / duty(width_us, rate_hz).sqrt()
}

/// The r.m.s. current in mA at which the power density into a load reaches `power_w_per_cm2`.
pub(super) fn rms_for_power(power_w_per_cm2: f64, load_ohm: f64, area_cm2: f64) -> f64 {
    (power_w_per_cm2 * area_cm2 / load_ohm).sqrt() * 1_000.0
}

/// The peak current in mA at which the energy of a pulse into a load reaches `energy_mj`.
pub(super) fn peak_for_energy(energy_mj: f64, width_us: f64, load_ohm: f64) -> f64 {
    (energy_mj / 1_000.0 / (load_ohm * 2.0 * width_us * 1e-6)).sqrt() * 1_000.0
}
