//! How long samples at full rate are kept. What they were judged to be is kept for good, whatever this says.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// From 30 days to 100 years, or for good; 90 days by default. Below 30 a month's movement could not be looked at again. This project's
/// choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Option<u32>", into = "Option<u32>")]
pub struct RawRetention(Option<u16>);

/// Why a number of days is none for raw samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("raw samples are kept for 30 to 36500 days, or `forever`")]
pub struct RetentionError;

impl RawRetention {
    /// Nothing is dropped.
    pub const FOREVER: Self = Self(None);

    /// From days.
    pub fn from_days(days: u32) -> Result<Self, RetentionError> {
        match u16::try_from(days) {
            Ok(days @ 30..=36_500) => Ok(Self(Some(days))),
            _ => Err(RetentionError),
        }
    }

    /// In days; `None`: for good.
    pub fn days(self) -> Option<u32> {
        self.0.map(u32::from)
    }
}

impl Default for RawRetention {
    fn default() -> Self {
        Self(Some(90))
    }
}

impl TryFrom<Option<u32>> for RawRetention {
    type Error = RetentionError;

    fn try_from(days: Option<u32>) -> Result<Self, RetentionError> {
        days.map_or(Ok(Self::FOREVER), Self::from_days)
    }
}

impl From<RawRetention> for Option<u32> {
    fn from(retention: RawRetention) -> Self {
        retention.days()
    }
}

impl FromStr for RawRetention {
    type Err = RetentionError;

    /// A whole number of days, or `forever`.
    fn from_str(text: &str) -> Result<Self, RetentionError> {
        if text == "forever" {
            return Ok(Self::FOREVER);
        }
        Self::from_days(text.parse().map_err(|_| RetentionError)?)
    }
}

impl fmt::Display for RawRetention {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(days) => write!(formatter, "{days} days"),
            None => formatter.write_str("forever"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_is_the_least() {
        for (text, days) in [("30", Some(30)), ("90", Some(90)), ("36500", Some(36_500)), ("forever", None)] {
            assert_eq!(text.parse::<RawRetention>().map(RawRetention::days), Ok(days));
        }
        for text in ["29", "0", "-90", "36501", "4294967296", "90 days", "", "Forever"] {
            assert_eq!(text.parse::<RawRetention>(), Err(RetentionError), "{text}");
        }
        assert_eq!(RawRetention::default().to_string(), "90 days");
        assert_eq!(RawRetention::FOREVER.to_string(), "forever");
        assert_eq!(serde_json::to_string(&[RawRetention::default(), RawRetention::FOREVER]).unwrap(), "[90,null]");
        assert!(serde_json::from_str::<RawRetention>("29").is_err());
    }
}
