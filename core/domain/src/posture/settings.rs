//! How the person wants to be watched: what a shell shows and sets.

use serde::{Deserialize, Serialize};

use super::breaks::BreakAfter;
use super::judge::Sensitivity;
use super::quiet::QuietHours;
use crate::units::Percent;

/// Whether the wearable nudges.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// A slouch is nudged.
    Training,
    /// Posture is watched in silence.
    #[default]
    Tracking,
}

impl Mode {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Training, Self::Tracking];

    /// As it stands in the store and in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Training => "training",
            Self::Tracking => "tracking",
        }
    }

    /// From the store.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.as_str() == name)
    }
}

/// How long a slouch lasts before it counts, and how far nudges are apart at the least: 10 to 600 s. The profile allows
/// a second; below ten it is a device that shakes whoever ties a shoe. This project's choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub struct SlouchDelay(u16);

/// Why a number of seconds is no delay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a slouch counts after 10 to 600 s")]
pub struct DelayError;

impl SlouchDelay {
    /// From seconds.
    pub const fn from_seconds(seconds: u16) -> Result<Self, DelayError> {
        if matches!(seconds, 10..=600) { Ok(Self(seconds)) } else { Err(DelayError) }
    }

    /// In seconds.
    pub const fn seconds(self) -> u16 {
        self.0
    }

    /// In milliseconds.
    pub(super) const fn ms(self) -> u64 {
        self.0 as u64 * 1_000
    }
}

impl TryFrom<u16> for SlouchDelay {
    type Error = DelayError;

    fn try_from(seconds: u16) -> Result<Self, DelayError> {
        Self::from_seconds(seconds)
    }
}

impl From<SlouchDelay> for u16 {
    fn from(delay: SlouchDelay) -> Self {
        delay.0
    }
}

/// Everything that the person chooses about posture. Read back, what is missing is as by default.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct PostureSettings {
    /// Nudged or silent.
    pub mode: Mode,
    /// How soon a lean is a slouch.
    pub sensitivity: Sensitivity,
    /// How long a slouch lasts before it counts.
    #[serde(rename = "delay_s")]
    pub delay: SlouchDelay,
    /// How strongly the wearable vibrates.
    #[serde(rename = "strength_percent")]
    pub strength: Percent,
    /// When nothing nudges or reminds; `None` = at no time.
    #[serde(rename = "quiet_hours")]
    pub quiet: Option<QuietHours>,
    /// After how long a held posture a break is reminded of; `None` = never.
    #[serde(rename = "break_after_min")]
    pub breaks: Option<BreakAfter>,
}

/// What holds until the person chooses: nothing makes itself felt or heard that nobody has asked for.
impl Default for PostureSettings {
    fn default() -> Self {
        Self {
            mode: Mode::Tracking,
            sensitivity: Sensitivity::Medium,
            delay: SlouchDelay(30),
            strength: Percent::saturating(50),
            quiet: QuietHours::from_minutes(22 * 60, 7 * 60).ok(),
            breaks: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_silent() {
        let settings = PostureSettings::default();
        assert_eq!((settings.mode, settings.breaks), (Mode::Tracking, None));
        assert_eq!(settings.quiet.unwrap().to_string(), "22:00-07:00");
    }

    #[test]
    fn settings_come_back_from_json_and_bad_ones_do_not() {
        let json = serde_json::to_value(PostureSettings::default()).unwrap();
        let expected = serde_json::json!({
            "mode": "tracking", "sensitivity": "medium", "delay_s": 30, "strength_percent": 50,
            "quiet_hours": "22:00-07:00", "break_after_min": null,
        });
        assert_eq!(json, expected);
        for (field, value) in [
            ("delay_s", serde_json::json!(9)),
            ("delay_s", serde_json::json!(601)),
            ("strength_percent", serde_json::json!(101)),
            ("break_after_min", serde_json::json!(29)),
            ("mode", serde_json::json!("shouting")),
        ] {
            let mut bad = json.clone();
            bad[field] = value;
            assert!(serde_json::from_value::<PostureSettings>(bad).is_err(), "{field}");
        }
        assert_eq!(serde_json::from_value::<PostureSettings>(json).unwrap(), PostureSettings::default());
        for mode in Mode::ALL {
            assert_eq!(Mode::parse(mode.as_str()), Some(mode));
        }
    }
}
