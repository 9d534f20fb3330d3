//! How posture is watched, and what it came to: mirrors of the core's.

use lumbra::domain::posture::goal::Row;
use lumbra::domain::posture::{self, BreakAfter, QuietHours, SlouchDelay};
use lumbra::domain::units::Percent;

use crate::diary::all;
use crate::error::LumbraError;
use crate::lumbra::Lumbra;

/// Whether the wearable nudges.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum PostureMode {
    /// A slouch is nudged.
    Training,
    /// Posture is watched in silence.
    Tracking,
}

/// How soon a lean is a slouch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum PostureSensitivity {
    /// Late: for a beginner, or work that needs some lean.
    Low,
    /// In between.
    Medium,
    /// Soon.
    High,
}

/// From one time of day to another, which may be past midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Record)]
pub struct QuietTime {
    /// The first quiet minute, after midnight: 0 to 1439.
    pub from_min: u16,
    /// The first minute that isn't quiet any more: 0 to 1439, another one than the first.
    pub to_min: u16,
}

/// Everything that the person chooses about posture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Record)]
pub struct PostureSettings {
    /// Nudged or silent.
    pub mode: PostureMode,
    /// How soon a lean is a slouch.
    pub sensitivity: PostureSensitivity,
    /// How long a slouch lasts before it counts, in seconds: 10 to 600.
    pub delay_s: u16,
    /// How strongly the wearable vibrates, in percent: 0 to 100.
    pub strength_percent: u8,
    /// When nothing nudges or reminds; absent = at no time.
    pub quiet: Option<QuietTime>,
    /// After how many minutes of a held posture a break is reminded of, 30 to 60; absent = never.
    pub break_after_min: Option<u8>,
}

/// The goal, and how today goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Record)]
pub struct PostureGoal {
    /// The share of the time held still to be upright, in percent.
    pub share_percent: u8,
    /// Counted days in a row on which it was met.
    pub met_days: u8,
    /// Counted days in a row on which it was missed.
    pub missed_days: u8,
    /// Today's share so far, in percent; absent while today is too short to count.
    pub today_percent: Option<u8>,
    /// Upright today, in seconds.
    pub today_upright_s: u32,
    /// Slouched today, in seconds.
    pub today_slouched_s: u32,
    /// Leaning today, in seconds.
    pub today_leaning_s: u32,
}

/// How the seconds of one hour of the day were spent, on one day or on all days of some months together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Record)]
pub struct HourOfDay {
    /// Upright, in seconds.
    pub upright_s: u64,
    /// Slouched forward, in seconds.
    pub slouched_s: u64,
    /// Leaning sideways or back, in seconds.
    pub leaning_s: u64,
    /// Lying, in seconds.
    pub lying_s: u64,
    /// Moving, in seconds.
    pub moving_s: u64,
    /// Not worn, in seconds.
    pub not_worn_s: u64,
    /// Nudges given.
    pub nudges: u64,
}

/// A day's posture, and the pain of that day or of one after it.
#[derive(Clone, Copy, Debug, PartialEq, uniffi::Record)]
pub struct PainBesidePosture {
    /// The day of the posture, in days since 1970-01-01 on the person's own calendar.
    pub local_day: i32,
    /// The share of the time held still, upright or not, that was not upright: 0 to 1.
    pub bent_share: f64,
    /// The mean pain score, 0 to 10.
    pub pain_mean: f64,
}

impl TryFrom<PostureSettings> for posture::PostureSettings {
    type Error = LumbraError;

    fn try_from(settings: PostureSettings) -> Result<Self, LumbraError> {
        let quiet = settings.quiet.map(|quiet| QuietHours::from_minutes(quiet.from_min, quiet.to_min));
        let breaks = settings.break_after_min.map(BreakAfter::from_minutes);
        Ok(Self {
            mode: match settings.mode {
                PostureMode::Training => posture::Mode::Training,
                PostureMode::Tracking => posture::Mode::Tracking,
            },
            sensitivity: match settings.sensitivity {
                PostureSensitivity::Low => posture::Sensitivity::Low,
                PostureSensitivity::Medium => posture::Sensitivity::Medium,
                PostureSensitivity::High => posture::Sensitivity::High,
            },
            delay: SlouchDelay::from_seconds(settings.delay_s).map_err(LumbraError::invalid)?,
            strength: Percent::new(settings.strength_percent).map_err(LumbraError::invalid)?,
            quiet: quiet.transpose().map_err(LumbraError::invalid)?,
            breaks: breaks.transpose().map_err(LumbraError::invalid)?,
        })
    }
}

impl From<posture::PostureSettings> for PostureSettings {
    fn from(settings: posture::PostureSettings) -> Self {
        Self {
            mode: match settings.mode {
                posture::Mode::Training => PostureMode::Training,
                posture::Mode::Tracking => PostureMode::Tracking,
            },
            sensitivity: match settings.sensitivity {
                posture::Sensitivity::Low => PostureSensitivity::Low,
                posture::Sensitivity::Medium => PostureSensitivity::Medium,
                posture::Sensitivity::High => PostureSensitivity::High,
            },
            delay_s: settings.delay.seconds(),
            strength_percent: settings.strength.get(),
            quiet: settings.quiet.map(|quiet| QuietTime { from_min: quiet.from_min(), to_min: quiet.to_min() }),
            break_after_min: settings.breaks.map(BreakAfter::minutes),
        }
    }
}

impl From<lumbra::PostureGoal> for PostureGoal {
    fn from(goal: lumbra::PostureGoal) -> Self {
        let (met_days, missed_days) = match goal.row {
            Row::None => (0, 0),
            Row::Met(days) => (days, 0),
            Row::Missed(days) => (0, days),
        };
        Self {
            share_percent: goal.share_percent,
            met_days,
            missed_days,
            today_percent: goal.today_percent,
            today_upright_s: goal.today.upright_s,
            today_slouched_s: goal.today.slouched_s,
            today_leaning_s: goal.today.leaning_s,
        }
    }
}

impl From<lumbra::HourOfDay> for HourOfDay {
    fn from(hour: lumbra::HourOfDay) -> Self {
        let lumbra::HourOfDay { upright_s, slouched_s, leaning_s, lying_s, moving_s, not_worn_s, nudges } = hour;
        Self { upright_s, slouched_s, leaning_s, lying_s, moving_s, not_worn_s, nudges }
    }
}

impl From<lumbra::PainBesidePosture> for PainBesidePosture {
    fn from(day: lumbra::PainBesidePosture) -> Self {
        let lumbra::PainBesidePosture { local_day, bent_share, pain_mean } = day;
        Self { local_day, bent_share, pain_mean }
    }
}

#[uniffi::export]
impl Lumbra {
    /// How the person wants their posture watched; silent until they have chosen.
    pub async fn posture_settings(&self) -> Result<PostureSettings, LumbraError> {
        self.run(|companion| async move { companion.posture_settings().await }).await.map(Into::into)
    }

    /// Keeps how the person wants their posture watched, for all wearables. It holds at once.
    pub async fn set_posture_settings(&self, settings: PostureSettings) -> Result<(), LumbraError> {
        let settings = settings.try_into()?;
        self.run(|companion| async move { companion.set_posture_settings(settings).await }).await
    }

    /// The goal, which grows with success, and how today goes.
    pub async fn posture_goal(&self) -> Result<PostureGoal, LumbraError> {
        self.run(|companion| async move { companion.posture_goal().await }).await.map(Into::into)
    }

    /// Sets a goal of the person's own choice, from 30 to 90 percent. It goes on from there.
    pub async fn set_posture_goal(&self, share_percent: u8) -> Result<PostureGoal, LumbraError> {
        let share = Percent::new(share_percent).map_err(LumbraError::invalid)?;
        self.run(|companion| async move { companion.set_posture_goal(share).await }).await.map(Into::into)
    }

    /// The 24 hours of one day, given in days since 1970-01-01 on the person's own calendar.
    pub async fn hours_of(&self, local_day: i32) -> Result<Vec<HourOfDay>, LumbraError> {
        self.run(|companion| async move { companion.hours_of(local_day).await }).await.map(all)
    }

    /// The 24 hours of the day over the last `months` calendar months, this one included.
    pub async fn hours_of_months(&self, months: u32) -> Result<Vec<HourOfDay>, LumbraError> {
        self.run(|companion| async move { companion.hours_of_months(months).await }).await.map(all)
    }

    /// The last `days` days with posture on which, or `lag_days` after which, there was pain to put beside it.
    #[uniffi::method(default(lag_days = 0))]
    pub async fn pain_beside_posture(&self, days: u32, lag_days: u32) -> Result<Vec<PainBesidePosture>, LumbraError> {
        self.run(|companion| async move { companion.pain_beside_posture(days, lag_days).await }).await.map(all)
    }
}
