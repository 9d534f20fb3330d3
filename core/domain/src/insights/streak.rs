//! Days in a row, counted kindly.
//!
//! A body needs rest, and a life has other days: a streak that a single missed day ends teaches people to fear the miss, or to
//! push through pain. So one missed day in a week is forgiven. It does not count as a day of the streak, and it does not end it.

use std::collections::BTreeMap;

use serde::Serialize;

/// One missed day in so many is forgiven. This project's choice.
pub const FORGIVEN_EVERY_DAYS: i32 = 7;

/// How a day went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DayMark {
    /// As it was meant.
    Kept,
    /// Not.
    Missed,
    /// Nothing was meant to be, or it can't be told: a rest day in the plan, a day with the wearable worn too shortly. It neither
    /// counts nor ends anything.
    NotDue,
}

/// Days in a row, up to today.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Streak {
    /// Days that were kept.
    pub days: u32,
    /// Missed days among them that were forgiven.
    pub forgiven: u32,
    /// The first of them, in days since 1970-01-01 on the person's own calendar.
    pub since_day: Option<i32>,
}

/// The streak that is alive on `today`. A day without a mark was missed, but for today, which isn't over.
pub fn streak(marks: &BTreeMap<i32, DayMark>, today: i32) -> Streak {
    let mut streak = Streak::default();
    let Some(first) = marks.keys().next().copied() else { return streak };
    let (mut open, mut last_forgiven) = (0, None);
    for day in (first..=today).rev() {
        match marks.get(&day).copied().unwrap_or(DayMark::Missed) {
            DayMark::Kept => {
                streak.days += 1;
                streak.since_day = Some(day);
                // Only what lies between kept days was worth forgiving.
                streak.forgiven += open;
                open = 0;
            }
            DayMark::NotDue => {}
            DayMark::Missed if day == today => {}
            DayMark::Missed => {
                if last_forgiven.is_some_and(|later: i32| later - day < FORGIVEN_EVERY_DAYS) {
                    break;
                }
                last_forgiven = Some(day);
                open += 1;
            }
        }
    }
    streak
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Marks from a word, the last of them of day 100: k kept, m missed, n not due, a blank none at all.
    fn of(word: &str) -> Streak {
        let length = i32::try_from(word.len()).unwrap();
        let marks = word.chars().zip(101 - length..).filter_map(|(mark, day)| {
            let mark = match mark {
                'k' => DayMark::Kept,
                'm' => DayMark::Missed,
                'n' => DayMark::NotDue,
                _ => return None,
            };
            Some((day, mark))
        });
        streak(&marks.collect(), 100)
    }

    #[test]
    fn one_missed_day_a_week_is_forgiven() {
        for (word, days, forgiven) in [
            ("kkk", 3, 0),
            ("", 0, 0),
            ("m", 0, 0),
            ("mkkk", 3, 0),
            ("kkmkk", 4, 1),
            ("kk kk", 4, 1),
            ("kkmmkk", 2, 0),
            ("kkmkkmkk", 4, 1),
            ("kkmkkkkkkmkk", 10, 2),
            ("kkmkkkkkmkk", 7, 1),
            ("kknnnkk", 4, 0),
            ("kkkm", 3, 0),
            ("kkk ", 3, 0),
            ("kkkmm", 3, 1),
            ("kkkmmm", 0, 0),
        ] {
            let found = of(word);
            assert_eq!((found.days, found.forgiven), (days, forgiven), "{word}");
            assert_eq!(found.since_day.is_some(), days > 0, "{word}");
        }
    }

    #[test]
    fn the_ends_of_the_calendar_are_no_danger() {
        let marks = BTreeMap::from([(i32::MIN, DayMark::Kept), (i32::MAX, DayMark::Kept)]);
        assert_eq!(streak(&marks, i32::MAX).days, 1);
        assert_eq!(streak(&marks, i32::MIN).days, 1);
    }

    proptest! {
        #[test]
        fn a_kept_day_more_never_shortens_it(word in "[kmn ]{0,60}", place in 0_usize..60) {
            let mut better: Vec<char> = word.chars().collect();
            if let Some(mark) = better.get_mut(place).filter(|mark| **mark == 'm' || **mark == ' ') {
                *mark = 'k';
                let better: String = better.into_iter().collect();
                prop_assert!(of(&better).days >= of(&word).days, "{} {}", word, better);
            }
        }
    }
}
