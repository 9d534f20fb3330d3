//! Quiet hours: when nothing nudges or reminds, by the person's own time of day.
//!
//! They are asked with the local time that the person's clock shows at that moment. So the night on which clocks are
//! changed is quiet from the one reading of the clock to the other, however long that night is, and a person who
//! travels has them where they are.

use std::fmt;
use std::str::FromStr;

use jiff::civil::{DateTime, Time};
use serde::{Deserialize, Serialize};

/// Minutes of a day, as the clock counts them.
const DAY_MIN: u16 = 24 * 60;

/// From one time of day to another, which may be past midnight. Never empty, and never the whole day: who wants no nudges
/// at all chooses the mode without them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct QuietHours {
    from_min: u16,
    to_min: u16,
}

/// Why two times are no quiet hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write quiet hours as two different times of day, such as 22:00-07:00")]
pub struct QuietError;

impl QuietHours {
    /// From minutes after midnight: the first quiet one, and the first that isn't any more.
    pub const fn from_minutes(from_min: u16, to_min: u16) -> Result<Self, QuietError> {
        if from_min < DAY_MIN && to_min < DAY_MIN && from_min != to_min {
            Ok(Self { from_min, to_min })
        } else {
            Err(QuietError)
        }
    }

    /// The first quiet minute, after midnight.
    pub const fn from_min(self) -> u16 {
        self.from_min
    }

    /// The first minute that isn't quiet any more, after midnight.
    pub const fn to_min(self) -> u16 {
        self.to_min
    }

    /// Whether it is quiet at this time of day.
    pub fn contains(self, time: Time) -> bool {
        let minute = minute(time);
        if self.from_min < self.to_min {
            (self.from_min..self.to_min).contains(&minute)
        } else {
            minute >= self.from_min || minute < self.to_min
        }
    }

    /// How long until it is quiet, in seconds by the clock's reading; 0 when it is. On a day on which clocks are changed
    /// meanwhile, that is an hour off: ask again when there is a new reading.
    pub fn begins_in_s(self, now: DateTime) -> u32 {
        if self.contains(now.time()) {
            return 0;
        }
        let now_s = u32::from(minute(now.time())) * 60 + u32::from(now.second().unsigned_abs());
        let (from_s, day_s) = (u32::from(self.from_min) * 60, u32::from(DAY_MIN) * 60);
        (from_s + day_s - now_s) % day_s
    }
}

fn minute(time: Time) -> u16 {
    u16::from(time.hour().unsigned_abs()) * 60 + u16::from(time.minute().unsigned_abs())
}

impl fmt::Display for QuietHours {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (from, to) = (self.from_min, self.to_min);
        write!(formatter, "{:02}:{:02}-{:02}:{:02}", from / 60, from % 60, to / 60, to % 60)
    }
}

impl FromStr for QuietHours {
    type Err = QuietError;

    fn from_str(text: &str) -> Result<Self, QuietError> {
        let minutes = |text: &str| {
            let (hour, minute) = text.trim().split_once(':')?;
            let two_digits = |text: &str| text.len() <= 2 && text.bytes().all(|byte| byte.is_ascii_digit());
            if !two_digits(hour) || !two_digits(minute) {
                return None;
            }
            let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
            (hour < 24 && minute < 60).then_some(hour * 60 + minute)
        };
        let (from, to) = text.split_once('-').ok_or(QuietError)?;
        Self::from_minutes(minutes(from).ok_or(QuietError)?, minutes(to).ok_or(QuietError)?)
    }
}

impl TryFrom<String> for QuietHours {
    type Error = QuietError;

    fn try_from(text: String) -> Result<Self, QuietError> {
        text.parse()
    }
}

impl From<QuietHours> for String {
    fn from(quiet: QuietHours) -> Self {
        quiet.to_string()
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::{date, time};
    use proptest::prelude::*;

    use super::*;

    fn quiet(text: &str) -> QuietHours {
        text.parse().unwrap()
    }

    #[test]
    fn quiet_hours_may_cross_midnight() {
        let night = quiet("22:30-07:00");
        for (hour, minute, is_quiet) in [
            (22, 29, false),
            (22, 30, true),
            (23, 59, true),
            (0, 0, true),
            (6, 59, true),
            (7, 0, false),
            (12, 0, false),
        ] {
            assert_eq!(night.contains(time(hour, minute, 59, 0)), is_quiet, "{hour}:{minute}");
        }
        let lunch = quiet("12:00-13:00");
        assert!(lunch.contains(time(12, 30, 0, 0)) && !lunch.contains(time(13, 0, 0, 0)));
    }

    #[test]
    fn what_is_no_time_of_day_is_refused() {
        for text in ["", "22:00", "22:00-22:00", "24:00-07:00", "22:60-07:00", "22-7", "-1:00-07:00", "+1:00-07:00"] {
            assert_eq!(text.parse::<QuietHours>(), Err(QuietError), "{text}");
        }
        assert_eq!(QuietHours::from_minutes(0, 1_440), Err(QuietError));
        assert_eq!(quiet("9:05-17:00").to_string(), "09:05-17:00");
        let json = serde_json::to_string(&quiet("22:00-07:00")).unwrap();
        assert_eq!(serde_json::from_str::<QuietHours>(&json).unwrap(), quiet("22:00-07:00"));
        assert!(serde_json::from_str::<QuietHours>(r#""22:00-22:00""#).is_err());
    }

    /// Every five minutes that pass, for two days around a change of the clocks: quiet exactly while the clock shows it.
    #[test]
    fn a_change_of_the_clocks_moves_nothing() {
        let night = quiet("22:00-07:00");
        // Minutes that pass, and what the clock is ahead of them: one hour more, then less, from the first night on.
        for change_min in [60_i64, -60] {
            let begin = date(2026, 3, 28).at(12, 0, 0, 0);
            let mut quiet_min = 0;
            for passed_min in (0..2 * 24 * 60).step_by(5) {
                let changed_min = if passed_min >= 14 * 60 { change_min } else { 0 };
                let shown = begin + jiff::Span::new().minutes(passed_min + changed_min);
                let by_the_clock = shown.hour() >= 22 || shown.hour() < 7;
                assert_eq!(night.contains(shown.time()), by_the_clock, "{shown}");
                quiet_min += if night.contains(shown.time()) { 5 } else { 0 };
            }
            // One night of nine hours less or more one, and one of nine.
            assert_eq!(quiet_min, 18 * 60 - change_min);
        }
    }

    proptest! {
        #[test]
        fn it_begins_when_it_says(from in 0_u16..1_440, length in 1_u16..1_440, now in 0_i64..86_400) {
            let quiet = QuietHours::from_minutes(from, (from + length) % 1_440).unwrap();
            let now = date(2026, 6, 1).at(0, 0, 0, 0) + jiff::Span::new().seconds(now);
            let in_s = i64::from(quiet.begins_in_s(now));
            prop_assert_eq!(in_s == 0, quiet.contains(now.time()));
            let begins = now + jiff::Span::new().seconds(in_s);
            prop_assert!(quiet.contains(begins.time()), "{} {}", quiet, begins);
            if in_s > 0 {
                prop_assert!(!quiet.contains((begins - jiff::Span::new().seconds(1)).time()));
            }
        }

        #[test]
        fn texts_come_back(from in 0_u16..1_440, length in 1_u16..1_440) {
            let quiet = QuietHours::from_minutes(from, (from + length) % 1_440).unwrap();
            prop_assert_eq!(quiet.to_string().parse::<QuietHours>(), Ok(quiet));
        }

        #[test]
        fn hostile_texts_never_panic(text in ".{0,40}") {
            let _ = text.parse::<QuietHours>();
        }
    }
}
