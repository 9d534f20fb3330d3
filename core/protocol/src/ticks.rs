//! The device's own clock.

use core::fmt;

/// Milliseconds since the device booted, 48 bits wide on the wire (it does not wrap in a device's life).
/// Ticks of different boot ids can't be compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(transparent))]
pub struct Ticks(u64);

impl Ticks {
    /// The largest value that fits the wire.
    pub const MAX: Self = Self((1 << 48) - 1);

    /// From milliseconds since boot; values above 48 bits become [`Ticks::MAX`].
    pub const fn from_ms(ms: u64) -> Self {
        if ms > Self::MAX.0 { Self::MAX } else { Self(ms) }
    }

    /// Milliseconds since boot.
    pub const fn as_ms(self) -> u64 {
        self.0
    }

    /// This much later, at most [`Ticks::MAX`].
    pub const fn plus_ms(self, ms: u64) -> Self {
        Self::from_ms(self.0.saturating_add(ms))
    }
}

impl fmt::Display for Ticks {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} ms", self.0)
    }
}
