//! Quantities with their units as types, so that a milliampere can never be taken for a microsecond.
//!
//! What crosses the air is kept in the air's own integers (tenths of a milliampere, of a hertz, of a square
//! centimetre, of a degree): nothing is lost to rounding, and equality is exact. Quantities that are only
//! derived, for a limit, are floating point.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Why a text or number is not a quantity.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnitError {
    /// Not a number in the expected form.
    #[error("'{text}' is not {what}: write a number such as {example}")]
    NotANumber {
        /// What was given.
        text: String,
        /// The quantity.
        what: &'static str,
        /// How to write one.
        example: &'static str,
    },
    /// Outside the quantity's range.
    #[error("{what} must be {range}")]
    OutOfRange {
        /// The quantity.
        what: &'static str,
        /// Its range in words.
        range: &'static str,
    },
}

macro_rules! tenths {
    ($(#[doc = $doc:literal])+ $name:ident, $int:ty, $unit:literal, $what:literal, $example:literal, $range:literal) => {
        $(#[doc = $doc])+
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name($int);

        impl $name {
            /// Zero.
            pub const ZERO: Self = Self(0);

            /// From tenths of the unit.
            pub const fn from_tenths(tenths: $int) -> Self {
                Self(tenths)
            }

            /// In tenths of the unit.
            pub const fn tenths(self) -> $int {
                self.0
            }

            /// From a decimal number, rounded to tenths.
            pub fn from_f64(value: f64) -> Result<Self, UnitError> {
                let tenths = (value * 10.0).round();
                if tenths.is_finite() && tenths >= f64::from(<$int>::MIN) && tenths <= f64::from(<$int>::MAX) {
                    // In range by the check above.
                    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
                    return Ok(Self(tenths as $int));
                }
                Err(UnitError::OutOfRange { what: $what, range: $range })
            }

            /// As a decimal number.
            pub fn as_f64(self) -> f64 {
                f64::from(self.0) / 10.0
            }

            /// The difference, 0 at the least for quantities without a sign.
            pub const fn saturating_sub(self, other: Self) -> Self {
                Self(self.0.saturating_sub(other.0))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(formatter, concat!("{} ", $unit), self.as_f64())
            }
        }

        impl FromStr for $name {
            type Err = UnitError;

            fn from_str(text: &str) -> Result<Self, UnitError> {
                let value: f64 = text.trim().parse().map_err(|_| UnitError::NotANumber {
                    text: text.chars().take(20).collect(),
                    what: $what,
                    example: $example,
                })?;
                Self::from_f64(value)
            }
        }
    };
}

macro_rules! whole {
    ($(#[doc = $doc:literal])+ $name:ident, $int:ty, $unit:literal) => {
        $(#[doc = $doc])+
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name($int);

        impl $name {
            /// From the number in this unit.
            pub const fn new(value: $int) -> Self {
                Self(value)
            }

            /// The number in this unit.
            pub const fn get(self) -> $int {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(formatter, concat!("{} ", $unit), self.0)
            }
        }
    };
}

tenths!(
    /// Current, peak of a pulse, in steps of 0.1 mA; 0 to 6,553.5 mA.
    Milliamps, u16, "mA", "an intensity in mA", "12.5", "from 0 to 6553.5 mA"
);
tenths!(
    /// Frequency in steps of 0.1 Hz; 0 to 6,553.5 Hz.
    Hertz, u16, "Hz", "a frequency in Hz", "100", "from 0 to 6553.5 Hz"
);
tenths!(
    /// Area in steps of 0.1 cm2; 0 to 6,553.5 cm2.
    SquareCentimetres, u16, "cm2", "an area in cm2", "25", "from 0 to 6553.5 cm2"
);
tenths!(
    /// Angle in steps of 0.1 degree.
    Degrees, i16, "deg", "an angle in degrees", "15", "from -3276.8 to 3276.7 degrees"
);
whole!(
    /// Time in microseconds.
    Microseconds, u16, "us"
);
whole!(
    /// Resistance or impedance in ohm.
    Ohms, u32, "ohm"
);
whole!(
    /// Time in whole seconds.
    Seconds, u32, "s"
);
whole!(
    /// A moment of the wall clock: milliseconds since 1970-01-01T00:00:00Z.
    UnixMillis, i64, "ms"
);

/// A share, 0 to 100 percent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Percent(u8);

impl Percent {
    /// From 0 to 100; anything else is an error.
    pub const fn new(percent: u8) -> Result<Self, UnitError> {
        if percent <= 100 {
            Ok(Self(percent))
        } else {
            Err(UnitError::OutOfRange { what: "a share", range: "from 0 to 100 %" })
        }
    }

    /// From any number, 100 at the most.
    pub const fn saturating(percent: u8) -> Self {
        if percent <= 100 { Self(percent) } else { Self(100) }
    }

    /// The number.
    pub const fn get(self) -> u8 {
        self.0
    }
}

impl TryFrom<u8> for Percent {
    type Error = UnitError;

    fn try_from(percent: u8) -> Result<Self, UnitError> {
        Self::new(percent)
    }
}

impl From<Percent> for u8 {
    fn from(percent: Percent) -> Self {
        percent.0
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} %", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_becomes_a_quantity_or_says_how_to_write_one() {
        assert_eq!("12.5".parse(), Ok(Milliamps::from_tenths(125)));
        assert_eq!(" 7 ".parse(), Ok(Milliamps::from_tenths(70)));
        let error = "seven".parse::<Milliamps>().unwrap_err().to_string();
        assert_eq!(error, "'seven' is not an intensity in mA: write a number such as 12.5");
    }

    #[test]
    fn what_is_no_current_is_refused() {
        for text in ["-1", "NaN", "inf", "1e9", ""] {
            assert!(text.parse::<Milliamps>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_share_ends_at_one_hundred() {
        assert!(Percent::new(101).is_err());
        assert_eq!(Percent::saturating(255).get(), 100);
        assert!(serde_json::from_str::<Percent>("101").is_err());
    }

    #[test]
    fn quantities_are_shown_with_their_unit() {
        assert_eq!(Milliamps::from_tenths(125).to_string(), "12.5 mA");
        assert_eq!(Seconds::new(30).to_string(), "30 s");
    }
}
