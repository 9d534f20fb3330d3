//! What a report is made of: plain values, which the caller fills from wherever it keeps them.
//!
//! Every list may be empty. Dates are the person's own; whatever lies outside the period is the caller's fault and is left out.

use std::num::NonZeroU32;

use jiff::civil::Date;
use lumbra_domain::pain::PainScore;
use lumbra_domain::units::{Milliamps, Seconds};

use crate::moment::Moment;
use crate::questionnaire::Questionnaire;

/// From one day to another, both included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Period {
    from: Date,
    to: Date,
    /// The person's time zone now, by its IANA name, where it is known.
    pub zone: Option<String>,
}

/// Why two dates are no period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadPeriod {
    /// It ends before it begins.
    #[error("a period can't end before it begins: exchange the two dates")]
    EndsBeforeItBegins,
    /// It begins before the year 1, where no calendar of a clinic reaches.
    #[error("a period can't begin before the year 1: choose a later first day")]
    BeforeYearOne,
}

impl Period {
    /// From one day to another, both included.
    pub fn new(from: Date, to: Date, zone: Option<String>) -> Result<Self, BadPeriod> {
        if to < from {
            return Err(BadPeriod::EndsBeforeItBegins);
        }
        if from.year() < 1 {
            return Err(BadPeriod::BeforeYearOne);
        }
        Ok(Self { from, to, zone })
    }

    /// The first day.
    pub const fn from(&self) -> Date {
        self.from
    }

    /// The last day.
    pub const fn to(&self) -> Date {
        self.to
    }

    /// How many days, both ends included.
    pub fn days(&self) -> u32 {
        let between = self.from.until(self.to).map_or(0, |span| span.get_days());
        u32::try_from(between).unwrap_or_default().saturating_add(1)
    }

    /// Whether this day is in it.
    pub fn contains(&self, date: Date) -> bool {
        (self.from..=self.to).contains(&date)
    }
}

/// Whom the report is about. Told when the report is made, and kept nowhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Person {
    /// Their name, as they want it printed.
    pub name: Option<String>,
    /// When they were born.
    pub born: Option<Date>,
}

/// A wearable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// Its identity in the caller's store.
    pub identity: String,
    /// Its model.
    pub model: String,
    /// Its serial number.
    pub serial: String,
    /// Its firmware's version.
    pub firmware: String,
}

/// How the seconds of a time were spent, as the wearable judged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Posture {
    /// Upright, in seconds.
    pub upright_s: u32,
    /// Slouched forward, in seconds.
    pub slouched_s: u32,
    /// Leaning sideways or back, in seconds.
    pub leaning_s: u32,
    /// Lying, in seconds.
    pub lying_s: u32,
    /// Moving, in seconds.
    pub moving_s: u32,
    /// Not worn, in seconds.
    pub not_worn_s: u32,
}

impl Posture {
    /// Neither upright nor slouched, but worn, in seconds.
    pub const fn other_s(&self) -> u32 {
        self.leaning_s.saturating_add(self.lying_s).saturating_add(self.moving_s)
    }

    /// Worn, in seconds.
    pub const fn worn_s(&self) -> u32 {
        self.upright_s.saturating_add(self.slouched_s).saturating_add(self.other_s())
    }
}

/// The pain entries of a day together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PainOfDay {
    /// How many.
    pub entries: NonZeroU32,
    /// The sum of their scores: the mean is exact with it.
    pub score_sum: u32,
    /// The lowest score.
    pub lowest: PainScore,
    /// The highest score.
    pub highest: PainScore,
}

/// A day on which there was something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day {
    /// Which.
    pub date: Date,
    /// Posture; all zero when nothing was told of it.
    pub posture: Posture,
    /// Nudges given.
    pub nudges: u32,
    /// Pain; `None` without entries.
    pub pain: Option<PainOfDay>,
}

/// When a pain entry was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PainWhen {
    /// Just before a session.
    BeforeSession,
    /// Just after a session.
    AfterSession,
    /// At any other time.
    Diary,
}

impl PainWhen {
    /// As it stands in CSV.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BeforeSession => "before_session",
            Self::AfterSession => "after_session",
            Self::Diary => "diary",
        }
    }
}

/// A rating of pain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pain {
    /// Its identity in the caller's store.
    pub identity: String,
    /// When.
    pub at: Moment,
    /// Pain now, 0 to 10.
    pub score: PainScore,
    /// What it belongs to.
    pub when: PainWhen,
    /// The session it belongs to, by [`Session::identity`].
    pub session: Option<String>,
    /// Where it hurts.
    pub place: String,
    /// The person's own words; empty for none.
    pub note: String,
}

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Its time was over.
    Completed,
    /// The person stopped it, in the app.
    Stopped,
    /// The person stopped it, with the button on the wearable.
    StoppedOnDevice,
    /// A fault ended it.
    Fault,
    /// The battery ran low.
    LowBattery,
    /// A pause lasted too long.
    PauseTooLong,
    /// The wearable restarted in the middle.
    DeviceRestarted,
    /// Its end was not seen.
    NotSeen,
    /// For a reason that is not known.
    Other,
    /// It isn't known to be over.
    Open,
}

impl Outcome {
    /// As it stands in CSV.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Stopped => "stopped",
            Self::StoppedOnDevice => "stopped_on_device",
            Self::Fault => "fault",
            Self::LowBattery => "low_battery",
            Self::PauseTooLong => "pause_too_long",
            Self::DeviceRestarted => "device_restarted",
            Self::NotSeen => "not_seen",
            Self::Other => "other",
            Self::Open => "open",
        }
    }

    /// From the name in a store; what is unknown is [`Outcome::Other`].
    pub fn from_name(name: &str) -> Self {
        const ALL: [Outcome; 9] = [
            Outcome::Completed,
            Outcome::Stopped,
            Outcome::StoppedOnDevice,
            Outcome::Fault,
            Outcome::LowBattery,
            Outcome::PauseTooLong,
            Outcome::DeviceRestarted,
            Outcome::NotSeen,
            Outcome::Open,
        ];
        ALL.into_iter().find(|outcome| outcome.as_str() == name).unwrap_or(Self::Other)
    }

    /// In a clinician's words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Stopped => "stopped in the app",
            Self::StoppedOnDevice => "stopped by button",
            Self::Fault => "ended by a fault",
            Self::LowBattery => "battery low",
            Self::PauseTooLong => "paused too long",
            Self::DeviceRestarted => "device restarted",
            Self::NotSeen => "end not seen",
            Self::Other => "other reason",
            Self::Open => "not known to be over",
        }
    }
}

/// A session of stimulation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Its identity in the caller's store, the same at each export.
    pub identity: String,
    /// The wearable, by [`Device::identity`].
    pub device: String,
    /// When it was started.
    pub started: Moment,
    /// When it ended, where that was seen.
    pub ended: Option<Moment>,
    /// The programme's name for people.
    pub programme: String,
    /// Planned time of stimulation.
    pub planned: Seconds,
    /// Time of stimulation; the worse case where [`Session::worst_case`] says so.
    pub stimulated: Seconds,
    /// Whether its end was not seen: the time is then no less than planned.
    pub worst_case: bool,
    /// The highest current measured on any channel, peak.
    pub highest: Milliamps,
    /// The highest current that it was allowed, peak.
    pub limit: Milliamps,
    /// Pain just before.
    pub pain_before: Option<PainScore>,
    /// Pain just after.
    pub pain_after: Option<PainScore>,
    /// How it ended.
    pub outcome: Outcome,
}

/// A share of ten: sleep as the person rates it, 0 (very bad) to 10 (very good).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SleepQuality(u8);

impl SleepQuality {
    /// From 0 to 10; `None` otherwise.
    pub const fn new(rating: u8) -> Option<Self> {
        if rating <= 10 { Some(Self(rating)) } else { None }
    }

    /// The number.
    pub const fn get(self) -> u8 {
        self.0
    }
}

/// How a day was otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wellbeing {
    /// Which day.
    pub date: Date,
    /// The night before it.
    pub sleep: Option<SleepQuality>,
    /// How long the back was stiff in the morning, in minutes.
    pub stiffness_min: Option<u16>,
    /// What was taken against pain, in the person's own words; empty for nothing told.
    pub medication: String,
}

/// The person's own words that belong to no pain entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Which day.
    pub date: Date,
    /// The words.
    pub text: String,
}

/// Everything that a report, a bundle and most tables are made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// What time it is about.
    pub period: Period,
    /// An identity of the person's records as a whole, the same at each export; it tells nothing about them.
    pub subject: String,
    /// Whom it is about.
    pub person: Person,
    /// The wearables that were used.
    pub devices: Vec<Device>,
    /// The days on which there was something, oldest first.
    pub days: Vec<Day>,
    /// Pain entries, oldest first.
    pub pain: Vec<Pain>,
    /// Sessions, oldest first.
    pub sessions: Vec<Session>,
    /// How many sessions a week were agreed on, if any were.
    pub weekly_sessions: Option<NonZeroU32>,
    /// Questionnaires that were answered, oldest first.
    pub questionnaires: Vec<Questionnaire>,
    /// Sleep, stiffness and medication, oldest first.
    pub wellbeing: Vec<Wellbeing>,
    /// Notes, oldest first.
    pub notes: Vec<Note>,
    /// What was found in the person's own data, as ready sentences that claim no cause.
    pub insights: Vec<String>,
}

impl Report {
    /// A report without anything in it.
    pub const fn empty(period: Period) -> Self {
        Self {
            period,
            subject: String::new(),
            person: Person { name: None, born: None },
            devices: Vec::new(),
            days: Vec::new(),
            pain: Vec::new(),
            sessions: Vec::new(),
            weekly_sessions: None,
            questionnaires: Vec::new(),
            wellbeing: Vec::new(),
            notes: Vec::new(),
            insights: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_period_has_both_its_ends() {
        let (first, last) = (date(2026, 2, 27), date(2026, 3, 1));
        let period = Period::new(first, last, None).unwrap();
        assert_eq!(period.days(), 3);
        assert!(period.contains(first) && period.contains(last) && !period.contains(date(2026, 3, 2)));
        assert_eq!(Period::new(last, first, None), Err(BadPeriod::EndsBeforeItBegins));
        assert_eq!(Period::new(date(0, 12, 31), last, None), Err(BadPeriod::BeforeYearOne));
        assert_eq!(Period::new(first, first, None).unwrap().days(), 1);
    }

    #[test]
    fn worn_is_all_but_not_worn() {
        let posture = Posture { upright_s: 1, slouched_s: 2, leaning_s: 4, lying_s: 8, moving_s: 16, not_worn_s: 32 };
        assert_eq!((posture.other_s(), posture.worn_s()), (28, 31));
        let damaged = Posture { upright_s: u32::MAX, lying_s: 1, ..Posture::default() };
        assert_eq!(damaged.worn_s(), u32::MAX);
    }

    #[test]
    fn outcomes_come_back_from_their_names() {
        for outcome in [Outcome::Completed, Outcome::StoppedOnDevice, Outcome::NotSeen, Outcome::Open] {
            assert_eq!(Outcome::from_name(outcome.as_str()), outcome);
        }
        assert_eq!(Outcome::from_name("of a later version"), Outcome::Other);
    }
}
