//! Movement breaks: a reminder after a long stretch in which the body was held still, however upright.

use serde::{Deserialize, Serialize};

use super::judge::Posture;
use super::sample::GAP_MS;

/// How long the body may be held still before a reminder: 30 to 60 minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct BreakAfter(u8);

/// Why a number of minutes is none for breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a break is reminded of after 30 to 60 minutes")]
pub struct BreakError;

impl BreakAfter {
    /// From minutes.
    pub const fn from_minutes(minutes: u8) -> Result<Self, BreakError> {
        if matches!(minutes, 30..=60) { Ok(Self(minutes)) } else { Err(BreakError) }
    }

    /// In minutes.
    pub const fn minutes(self) -> u8 {
        self.0
    }

    /// In milliseconds.
    pub(super) const fn ms(self) -> u64 {
        self.0 as u64 * 60_000
    }
}

impl TryFrom<u8> for BreakAfter {
    type Error = BreakError;

    fn try_from(minutes: u8) -> Result<Self, BreakError> {
        Self::from_minutes(minutes)
    }
}

impl From<BreakAfter> for u8 {
    fn from(after: BreakAfter) -> Self {
        after.0
    }
}

/// So much movement, rest or time off the body in a row is a break, in milliseconds. This project's choice: reaching
/// for a book is none, a walk to the kitchen is.
pub const BREAK_MS: u64 = 60_000;

/// How long the body was held still, and how long it was not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_field_names, reason = "the unit ends the name")]
pub struct Breaks {
    held_ms: u64,
    free_ms: u64,
    newest_ms: Option<u64>,
}

impl Breaks {
    /// How long the body was held still since the last break or reminder, in milliseconds.
    pub const fn held_ms(&self) -> u64 {
        self.held_ms
    }

    /// Takes the posture at `at_ms`, in milliseconds of a clock that does not go back. Gives whether to remind now; while
    /// `quiet` a reminder waits, and is dropped by a break. What was in a gap counts for neither; one as long as a
    /// break is taken for one, because nobody knows better and no reminder is the smaller wrong.
    pub fn take(&mut self, posture: Posture, at_ms: u64, after: Option<BreakAfter>, quiet: bool) -> bool {
        let passed_ms = at_ms.saturating_sub(self.newest_ms.replace(at_ms).unwrap_or(at_ms));
        if passed_ms >= BREAK_MS {
            *self = Self { newest_ms: Some(at_ms), ..Self::default() };
        }
        let counted_ms = if passed_ms <= GAP_MS { passed_ms } else { 0 };
        if posture.is_held() {
            self.held_ms += counted_ms;
            self.free_ms = 0;
        } else {
            self.free_ms += counted_ms;
            if self.free_ms >= BREAK_MS {
                self.held_ms = 0;
            }
        }
        let due = posture.is_held() && !quiet && after.is_some_and(|after| self.held_ms >= after.ms());
        if due {
            self.held_ms = 0;
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const AFTER: Option<BreakAfter> = Some(BreakAfter(30));
    const MIN_MS: u64 = 60_000;

    struct Day {
        breaks: Breaks,
        at_ms: u64,
        reminded_ms: Vec<u64>,
    }

    impl Day {
        fn new() -> Self {
            Self { breaks: Breaks::default(), at_ms: 0, reminded_ms: Vec::new() }
        }

        fn hold(&mut self, posture: Posture, for_ms: u64, quiet: bool) -> &mut Self {
            let until_ms = self.at_ms + for_ms;
            while self.at_ms < until_ms {
                self.at_ms += 1_000;
                if self.breaks.take(posture, self.at_ms, AFTER, quiet) {
                    self.reminded_ms.push(self.at_ms);
                }
            }
            self
        }
    }

    #[test]
    fn a_reminder_comes_after_the_time_held_still_and_again_after_it() {
        let mut day = Day::new();
        day.hold(Posture::Upright, 20 * MIN_MS, false).hold(Posture::Slouched, 45 * MIN_MS, false);
        // The first sample began nothing.
        assert_eq!(day.reminded_ms, [30 * MIN_MS + 1_000, 60 * MIN_MS + 1_000]);
    }

    #[test]
    fn a_walk_begins_it_anew_and_reaching_for_a_book_does_not() {
        let mut day = Day::new();
        day.hold(Posture::Upright, 29 * MIN_MS, false).hold(Posture::Moving, MIN_MS, false);
        day.hold(Posture::Upright, 29 * MIN_MS, false);
        assert!(day.reminded_ms.is_empty());
        day.hold(Posture::Moving, 10_000, false).hold(Posture::Upright, 2 * MIN_MS, false);
        assert_eq!(day.reminded_ms.len(), 1);
    }

    #[test]
    fn in_quiet_hours_a_reminder_waits_and_a_break_drops_it() {
        let mut day = Day::new();
        day.hold(Posture::Upright, 40 * MIN_MS, true);
        assert!(day.reminded_ms.is_empty());
        let mut slept = Day { breaks: day.breaks, ..Day::new() };
        slept.at_ms = day.at_ms;
        day.hold(Posture::Upright, 1_000, false);
        assert_eq!(day.reminded_ms.len(), 1);
        slept.hold(Posture::Lying, 8 * 60 * MIN_MS, true).hold(Posture::Upright, MIN_MS, false);
        assert!(slept.reminded_ms.is_empty());
    }

    #[test]
    fn a_long_gap_is_taken_for_a_break_and_a_short_one_for_nothing() {
        for (gap_ms, reminded) in [(BREAK_MS, 0), (BREAK_MS - 1_000, 1)] {
            let mut day = Day::new();
            day.hold(Posture::Upright, 29 * MIN_MS, false);
            // The next sample comes a second later.
            day.at_ms += gap_ms - 1_000;
            day.hold(Posture::Upright, 2 * MIN_MS, false);
            assert_eq!(day.reminded_ms.len(), reminded, "{gap_ms}");
        }
    }

    #[test]
    fn minutes_have_bounds() {
        for minutes in [0, 29, 61, 255] {
            assert_eq!(BreakAfter::from_minutes(minutes), Err(BreakError));
        }
        assert_eq!(serde_json::from_str::<BreakAfter>("45").unwrap().minutes(), 45);
        assert!(serde_json::from_str::<BreakAfter>("90").is_err());
    }

    proptest! {
        #[test]
        fn reminders_keep_their_distance_and_never_come_in_quiet_hours_or_off_the_body(
            stretches in prop::collection::vec((prop::sample::select(Posture::ALL.to_vec()), 1_u64..90, any::<bool>(), 0_u64..100), 1..20),
            minutes in 30_u8..=60,
        ) {
            let after = BreakAfter::from_minutes(minutes).unwrap();
            let (mut breaks, mut at_ms, mut last) = (Breaks::default(), 0, None);
            for (posture, stretch_min, quiet, gap_s) in stretches {
                at_ms += gap_s * 1_000;
                for _ in 0..stretch_min * 30 {
                    at_ms += 2_000;
                    if breaks.take(posture, at_ms, Some(after), quiet) {
                        prop_assert!(posture.is_held() && !quiet);
                        prop_assert!(at_ms - last.unwrap_or(0) >= after.ms());
                        last = Some(at_ms);
                    }
                }
            }
        }

        #[test]
        fn switched_off_nothing_reminds(postures in prop::collection::vec(prop::sample::select(Posture::ALL.to_vec()), 1..200)) {
            let mut breaks = Breaks::default();
            for (index, posture) in postures.into_iter().enumerate() {
                prop_assert!(!breaks.take(posture, u64::try_from(index).unwrap() * 600_000, None, false));
            }
        }
    }
}
