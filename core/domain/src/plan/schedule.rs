//! How often: on weekdays, so many times a week, or every so many days.

use jiff::civil::{Date, Weekday};
use serde::{Deserialize, Serialize};

use super::calendar::{days_from, minus_days, monday_of};

/// Why numbers and days are no schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    /// No day is left.
    #[error("a schedule needs a day that is no rest day")]
    NoDay,
    /// Not a number of times a week, or more than days are left.
    #[error("an exercise comes 1 to 7 times a week, and no more often than there are days without rest")]
    TimesAWeek,
    /// Not a number of days.
    #[error("an exercise comes every 1 to 7 days")]
    EveryDays,
    /// Not a number of times a day.
    #[error("an exercise comes 1 to 6 times a day")]
    TimesADay,
}

/// Days of the week, each once, Monday first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "Vec<Day>", into = "Vec<Day>")]
pub struct Weekdays(u8);

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Day {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

const DAYS: [(Day, Weekday); 7] = [
    (Day::Monday, Weekday::Monday),
    (Day::Tuesday, Weekday::Tuesday),
    (Day::Wednesday, Weekday::Wednesday),
    (Day::Thursday, Weekday::Thursday),
    (Day::Friday, Weekday::Friday),
    (Day::Saturday, Weekday::Saturday),
    (Day::Sunday, Weekday::Sunday),
];

impl Weekdays {
    /// None of them.
    pub const NONE: Self = Self(0);

    /// These.
    pub fn new(days: &[Weekday]) -> Self {
        Self(days.iter().fold(0, |bits, day| bits | Self::bit(*day)))
    }

    fn bit(day: Weekday) -> u8 {
        1 << day.to_monday_zero_offset()
    }

    /// Whether it is among them.
    pub fn contains(self, day: Weekday) -> bool {
        self.0 & Self::bit(day) != 0
    }

    /// How many.
    pub const fn count(self) -> u32 {
        self.0.count_ones()
    }
}

impl From<Vec<Day>> for Weekdays {
    fn from(days: Vec<Day>) -> Self {
        Self(days.into_iter().fold(0, |bits, day| bits | 1 << (day as u8)))
    }
}

impl From<Weekdays> for Vec<Day> {
    fn from(days: Weekdays) -> Self {
        DAYS.iter().filter(|(_, weekday)| days.contains(*weekday)).map(|(day, _)| *day).collect()
    }
}

/// On which days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Every {
    /// On these days of the week.
    Weekdays(Weekdays),
    /// On so many days of a week that begins on Monday, 1 to 7, spread out.
    TimesAWeek(u8),
    /// So many days after the last time, 1 to 7.
    Days(u8),
}

/// How often an activity comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "Unchecked", into = "Unchecked")]
pub struct Schedule {
    every: Every,
    times_a_day: u8,
    rest: Weekdays,
}

#[derive(Serialize, Deserialize)]
struct Unchecked {
    every: Every,
    #[serde(default = "once")]
    times_a_day: u8,
    #[serde(default)]
    rest: Weekdays,
}

const fn once() -> u8 {
    1
}

impl Schedule {
    /// `times_a_day` is 1 to 6; nothing is due on a rest day.
    pub fn new(every: Every, times_a_day: u8, rest: Weekdays) -> Result<Self, ScheduleError> {
        let free = 7 - rest.count();
        match every {
            Every::Weekdays(days) if days.0 & !rest.0 == 0 => return Err(ScheduleError::NoDay),
            _ if free == 0 => return Err(ScheduleError::NoDay),
            Every::TimesAWeek(times) if times == 0 || u32::from(times) > free => return Err(ScheduleError::TimesAWeek),
            Every::Days(days) if !(1..=7).contains(&days) => return Err(ScheduleError::EveryDays),
            Every::Weekdays(_) | Every::TimesAWeek(_) | Every::Days(_) => {}
        }
        if !(1..=6).contains(&times_a_day) {
            return Err(ScheduleError::TimesADay);
        }
        Ok(Self { every, times_a_day, rest })
    }

    /// On these days of the week, once.
    pub fn on(days: &[Weekday]) -> Result<Self, ScheduleError> {
        Self::new(Every::Weekdays(Weekdays::new(days)), 1, Weekdays::NONE)
    }

    /// So many times a week, once on a day.
    pub fn times_a_week(times: u8) -> Result<Self, ScheduleError> {
        Self::new(Every::TimesAWeek(times), 1, Weekdays::NONE)
    }

    /// On which days.
    pub const fn every(&self) -> Every {
        self.every
    }

    /// How often on a day, 1 to 6.
    pub const fn times_a_day(&self) -> u8 {
        self.times_a_day
    }

    /// The days on which nothing is due.
    pub const fn rest(&self) -> Weekdays {
        self.rest
    }

    /// How often it is still due on a date. `done`: the date of each time it was done, in any order; one date may stand there
    /// several times.
    pub fn due(&self, date: Date, done: &[Date]) -> u8 {
        if self.rest.contains(date.weekday()) {
            return 0;
        }
        let today = done.iter().filter(|day| **day == date).count();
        let left = self.times_a_day.saturating_sub(u8::try_from(today).unwrap_or(u8::MAX));
        let last = done.iter().copied().filter(|day| *day < date).max();
        let is_due = match self.every {
            Every::Weekdays(days) => days.contains(date.weekday()),
            Every::Days(days) => last.is_none_or(|last| days_from(last, date) >= i64::from(days)),
            Every::TimesAWeek(times) => self.is_due_this_week(date, times, last, done),
        };
        if is_due { left } else { 0 }
    }

    /// Spread over the week, and never so late that the week can't hold it any more.
    fn is_due_this_week(self, date: Date, times: u8, last: Option<Date>, done: &[Date]) -> bool {
        let monday = monday_of(date);
        let mut days: Vec<Date> = done.iter().copied().filter(|day| (monday..date).contains(day)).collect();
        days.sort_unstable();
        days.dedup();
        let left = i64::from(times) - i64::try_from(days.len()).unwrap_or(i64::MAX);
        let of_week = date.weekday().to_monday_zero_offset();
        let days_left =
            DAYS.iter().filter(|(_, day)| day.to_monday_zero_offset() >= of_week && !self.rest.contains(*day));
        let apart = i64::from(7 / times.max(1));
        left > 0
            && (last.is_none_or(|last| days_from(last, date) >= apart)
                || left >= i64::try_from(days_left.count()).unwrap_or(0))
    }

    /// How often it comes on these days, all of one week: what adherence is measured against. `start`: from where every so many
    /// days are counted.
    pub(super) fn expected(self, start: Date, days: &[Date]) -> u32 {
        let free = || days.iter().filter(|date| !self.rest.contains(date.weekday()));
        let on = match self.every {
            Every::Weekdays(set) => free().filter(|date| set.contains(date.weekday())).count(),
            Every::Days(every) => {
                free().filter(|date| days_from(start, **date).rem_euclid(i64::from(every)) == 0).count()
            }
            // A part of a week asks for its part, rounded down: what can still be done later is not missing yet.
            Every::TimesAWeek(times) => usize::from(times) * days.len().min(7) / 7,
        };
        u32::try_from(on).unwrap_or(u32::MAX).saturating_mul(u32::from(self.times_a_day))
    }

    /// The dates that count for it, for a look back of two weeks at most.
    pub(super) fn looks_back_to(date: Date) -> Date {
        minus_days(date, 14)
    }
}

impl TryFrom<Unchecked> for Schedule {
    type Error = ScheduleError;

    fn try_from(unchecked: Unchecked) -> Result<Self, ScheduleError> {
        Self::new(unchecked.every, unchecked.times_a_day, unchecked.rest)
    }
}

impl From<Schedule> for Unchecked {
    fn from(schedule: Schedule) -> Self {
        Self { every: schedule.every, times_a_day: schedule.times_a_day, rest: schedule.rest }
    }
}

#[cfg(test)]
#[path = "schedule_tests.rs"]
pub(super) mod tests;
