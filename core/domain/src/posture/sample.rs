//! What the sensor says, and the arithmetic of angles that go round.

use serde::{Deserialize, Serialize};

use crate::units::Degrees;

/// One sample of the sensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PostureSample {
    /// Forward lean of the sensor against gravity.
    pub pitch: Degrees,
    /// Lean to the right of the sensor against gravity.
    pub roll: Degrees,
    /// How much the body moves, in 1/64 g.
    pub activity: u8,
    /// Whether the device is on a body.
    pub worn: bool,
    /// Whether the sensor is lying.
    pub lying: bool,
}

/// The sensor's angles when this person is upright.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Neutral {
    /// Forward lean.
    pub pitch: Degrees,
    /// Sideways lean.
    pub roll: Degrees,
}

/// Activity above this is movement, in 1/64 g; the profile's own figure, so that app and device agree.
pub const MOVING_ABOVE: u8 = 8;

/// Samples further apart than this, in milliseconds, do not belong together: what was between them is not known. A
/// frame of the profile spans a second, so this is two frames lost in a row.
pub const GAP_MS: u64 = 2_000;

/// Half a turn, in 0.1 degree.
const HALF_TURN_DDEG: i32 = 1_800;

/// The same angle from -1,800 up to, but not including, 1,800, in 0.1 degree.
pub(super) const fn wrapped_ddeg(ddeg: i32) -> i32 {
    (ddeg + HALF_TURN_DDEG).rem_euclid(2 * HALF_TURN_DDEG) - HALF_TURN_DDEG
}

/// A small number of tenths as degrees; what no angle can be becomes the nearest.
pub(super) fn degrees(ddeg: i32) -> Degrees {
    Degrees::from_tenths(i16::try_from(ddeg).unwrap_or(if ddeg < 0 { i16::MIN } else { i16::MAX }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn angles_go_round() {
        for (ddeg, wrapped) in [(0, 0), (1_799, 1_799), (1_800, -1_800), (1_801, -1_799), (-1_801, 1_799), (7_210, 10)]
        {
            assert_eq!(wrapped_ddeg(ddeg), wrapped, "{ddeg}");
        }
    }
}
