//! The command line of `lumbra posture`.

use clap::{Subcommand, ValueEnum};
use lumbra::domain::posture::{BreakAfter, Mode, QuietError, QuietHours, RawRetention, Sensitivity, SlouchDelay};
use lumbra::domain::units::Percent;

#[derive(Clone, Copy, Debug, Subcommand)]
pub(crate) enum PostureCommand {
    /// Show the settings, the goal, and how today goes.
    Show,
    /// Learn what upright is: sit or stand upright and keep still for five seconds.
    Calibrate {
        /// Learn where the wearable's face points instead, for one that isn't worn as meant: hold a bow of some 30 degrees for
        /// five seconds.
        #[arg(long)]
        bow: bool,
    },
    /// Nudge a slouch, or track in silence.
    Mode {
        /// Nudged or silent.
        #[arg(value_enum)]
        mode: ModeChoice,
        /// How long a slouch lasts before it counts, and nudges are apart at the least: 10 to 600 s.
        #[arg(long, value_name = "SECONDS", value_parser = delay)]
        delay: Option<SlouchDelay>,
        /// How strongly the wearable vibrates, in percent.
        #[arg(long, value_name = "PERCENT", value_parser = percent)]
        strength: Option<Percent>,
    },
    /// How soon a forward lean is a slouch: beyond 20, 15 or 10 degrees.
    Sensitivity {
        /// The level.
        #[arg(value_enum)]
        level: SensitivityChoice,
    },
    /// When nothing nudges or reminds.
    QuietHours {
        /// Two times of day, such as `22:00-07:00`, or `none`.
        #[arg(value_parser = quiet)]
        hours: QuietChoice,
    },
    /// Show the daily goal, or set one of your own.
    Goal {
        /// The share of the time held still to be upright: 30 to 90 percent.
        #[arg(value_parser = percent)]
        percent: Option<Percent>,
    },
    /// Remind of a break after a long stretch of stillness.
    Breaks {
        /// After how many minutes, 30 to 60, or `none`.
        #[arg(value_parser = breaks)]
        after: BreaksChoice,
    },
    /// How long samples at full rate are kept; what they were judged to be is kept for good.
    Keep {
        /// For 30 days or more, or `forever`.
        #[arg(value_name = "DAYS|forever")]
        days: RawRetention,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum ModeChoice {
    /// The wearable nudges a slouch.
    Training,
    /// Nothing nudges.
    Tracking,
}

impl From<ModeChoice> for Mode {
    fn from(choice: ModeChoice) -> Self {
        match choice {
            ModeChoice::Training => Self::Training,
            ModeChoice::Tracking => Self::Tracking,
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum SensitivityChoice {
    /// Beyond 20 degrees.
    Low,
    /// Beyond 15 degrees.
    Medium,
    /// Beyond 10 degrees.
    High,
}

impl From<SensitivityChoice> for Sensitivity {
    fn from(choice: SensitivityChoice) -> Self {
        match choice {
            SensitivityChoice::Low => Self::Low,
            SensitivityChoice::Medium => Self::Medium,
            SensitivityChoice::High => Self::High,
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct QuietChoice(pub(crate) Option<QuietHours>);

#[derive(Clone, Copy, Debug)]
pub(crate) struct BreaksChoice(pub(crate) Option<BreakAfter>);

fn quiet(text: &str) -> Result<QuietChoice, String> {
    if text == "none" {
        return Ok(QuietChoice(None));
    }
    text.parse().map(|quiet| QuietChoice(Some(quiet))).map_err(|error: QuietError| error.to_string())
}

fn breaks(text: &str) -> Result<BreaksChoice, String> {
    if text == "none" {
        return Ok(BreaksChoice(None));
    }
    let minutes: u8 = text.parse().map_err(|_| "write a whole number of minutes, or `none`".to_owned())?;
    BreakAfter::from_minutes(minutes).map(|after| BreaksChoice(Some(after))).map_err(|error| error.to_string())
}

fn delay(text: &str) -> Result<SlouchDelay, String> {
    let seconds: u16 = text.parse().map_err(|_| "write a whole number of seconds".to_owned())?;
    SlouchDelay::from_seconds(seconds).map_err(|error| error.to_string())
}

fn percent(text: &str) -> Result<Percent, String> {
    let percent: u8 = text.parse().map_err(|_| "write a whole number from 0 to 100".to_owned())?;
    Percent::new(percent).map_err(|error| error.to_string())
}
