//! When a tick of the wearable was, although the phone's clock has not always been right.
//!
//! A wearable counts milliseconds since it booted and never errs about how much time has passed; a phone tells the time of day,
//! and somebody may have set that wrong for a week. Each time the two meet is a [`Mark`]. Where the marks of one boot don't agree,
//! the phone's clock was set in between. A clock that was set and later set back was wrong in between: what was dated by
//! it is moved to where it belongs. A clock that was set once tells nothing of which of its two times was right, and everything
//! stays as it was dated, but for what it would place before there was anything to date.

/// Clocks of phones are corrected by seconds all the time, and a wearable's crystal drifts by some 50 ppm: less than this is no
/// setting of a clock, in milliseconds. This and the other figures here are this project's choice.
pub const STEP_MS: i64 = 2 * 60_000;
/// A clock is back where it was when it is so close to it, in milliseconds. Less than an hour, by which people set clocks when
/// they travel.
pub const BACK_WITHIN_MS: i64 = 15 * 60_000;
/// How much of the time between two marks a crystal may have gained or lost: 200 ppm, a multiple of what is sold.
const DRIFT: i64 = 5_000;
/// Nothing of this project is older than 2026-01-01T00:00:00Z, in Unix milliseconds: what a clock dates before it is wrong.
pub const EARLIEST_MS: i64 = 1_767_225_600_000;

/// A moment at which a wearable's ticks and the phone's clock were read together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The wearable's boot.
    pub boot: u32,
    /// Milliseconds since that boot.
    pub ticks_ms: u64,
    /// What the phone's clock told, in Unix milliseconds.
    pub wall_ms: i64,
}

impl Mark {
    /// When a tick of the same boot was, by this mark, in Unix milliseconds; `None` of another boot, or beyond any calendar.
    pub fn wall_of(&self, boot: u32, ticks_ms: u64) -> Option<i64> {
        let away_ms = i64::try_from(i128::from(ticks_ms) - i128::from(self.ticks_ms)).ok()?;
        if boot == self.boot { self.wall_ms.checked_add(away_ms) } else { None }
    }

    /// By how much the phone's clock was set between this mark and a later one, in milliseconds; `None` when it wasn't, or it
    /// can't be told.
    pub fn step_to(&self, later: &Self) -> Option<i64> {
        let step_ms = later.wall_ms.checked_sub(self.wall_of(later.boot, later.ticks_ms)?)?;
        let passed_ms = i64::try_from(later.ticks_ms.abs_diff(self.ticks_ms)).unwrap_or(i64::MAX);
        (step_ms.saturating_abs() > STEP_MS.saturating_add(passed_ms / DRIFT)).then_some(step_ms)
    }
}

/// What is to be added to the clock's time at each of the marks to be right, in milliseconds; 0 where it was, or where that can't
/// be told. `marks`: those of one wearable in the order in which they were made, the last of them now.
pub fn corrections(marks: &[Mark]) -> Vec<i64> {
    // How far the clock was behind what it tells now, at each mark.
    let mut behind_ms = vec![0_i64; marks.len()];
    for at in (1..marks.len()).rev() {
        let (Some([before, after]), Some(later_ms)) = (marks.get(at - 1..=at), behind_ms.get(at).copied()) else {
            continue;
        };
        let step_ms = before.step_to(after).unwrap_or(0);
        if let Some(slot) = behind_ms.get_mut(at - 1) {
            *slot = later_ms.saturating_add(step_ms);
        }
    }
    let was_right = |behind_ms: i64| behind_ms.saturating_abs() <= BACK_WITHIN_MS;
    let first_right = behind_ms.iter().position(|behind_ms| was_right(*behind_ms)).unwrap_or(marks.len());
    let wrong = |at: usize, mark: &Mark, behind_ms: i64| {
        !was_right(behind_ms) && (at > first_right || mark.wall_ms < EARLIEST_MS)
    };
    marks
        .iter()
        .zip(behind_ms)
        .enumerate()
        .map(|(at, (mark, behind_ms))| if wrong(at, mark, behind_ms) { behind_ms } else { 0 })
        .collect()
}

/// When a tick was, in Unix milliseconds, by the marks and their [`corrections`]: by the first mark after it, and by the last one
/// where there is none. `None` when there is no mark of its boot.
pub fn moment(marks: &[Mark], corrections: &[i64], boot: u32, ticks_ms: u64) -> Option<i64> {
    let mut of_boot = marks.iter().zip(corrections).filter(|(mark, _)| mark.boot == boot);
    let last = of_boot.clone().next_back();
    let (mark, correction_ms) = of_boot.find(|(mark, _)| mark.ticks_ms >= ticks_ms).or(last)?;
    mark.wall_of(boot, ticks_ms)?.checked_add(*correction_ms)
}

/// The correction of what the phone's clock dated `at_ms` between two marks that have the corrections given: that of the mark by
/// which it falls between the two.
pub fn correction_between(before: Option<(Mark, i64)>, after: Option<(Mark, i64)>, at_ms: i64) -> i64 {
    let (first, second) = match (before, after) {
        (Some(first), Some(second)) => (first, second),
        (Some((_, correction_ms)), None) | (None, Some((_, correction_ms))) => return correction_ms,
        (None, None) => return 0,
    };
    let right_ms = |(mark, correction_ms): (Mark, i64)| mark.wall_ms.saturating_add(correction_ms);
    let between = right_ms(first)..=right_ms(second);
    if between.contains(&at_ms.saturating_add(first.1)) || !between.contains(&at_ms.saturating_add(second.1)) {
        first.1
    } else {
        second.1
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HOUR_MS: i64 = 3_600_000;
    const DAY_MS: i64 = 24 * HOUR_MS;
    const BEGIN_MS: i64 = EARLIEST_MS + 100 * DAY_MS;

    /// Marks by true hour, the boot that is on then, and how far ahead the clock is then, in milliseconds.
    fn marks(told: &[(i64, u32, i64)]) -> Vec<Mark> {
        told.iter()
            .map(|(hour, boot, ahead_ms)| Mark {
                boot: *boot,
                // Each boot began a while ago: how long is of no account.
                ticks_ms: u64::try_from(*hour * HOUR_MS).unwrap() + u64::from(*boot) * 1_000_000_000,
                wall_ms: BEGIN_MS + hour * HOUR_MS + ahead_ms,
            })
            .collect()
    }

    #[test]
    fn a_clock_that_is_set_and_set_back_was_wrong_in_between() {
        for ahead_ms in [DAY_MS * 9, -DAY_MS * 9, HOUR_MS, -HOUR_MS] {
            // It was set within boot 1, and set back within boot 3: all of boot 2 was under it.
            let marks = marks(&[(0, 1, 0), (5, 1, ahead_ms), (50, 2, ahead_ms), (160, 3, ahead_ms), (170, 3, 9_000)]);
            let found = corrections(&marks);
            let near = |found: i64, expected: i64| (found - expected).abs() <= 9_000;
            assert!(near(found[0], 0) && found[1..4].iter().all(|ms| near(*ms, -ahead_ms)), "{ahead_ms}: {found:?}");
            assert_eq!(found[4], 0);
            let ticks_ms = u64::try_from(40 * HOUR_MS).unwrap() + 2_000_000_000;
            let told = moment(&marks, &found, 2, ticks_ms).unwrap();
            assert!(near(told, BEGIN_MS + 40 * HOUR_MS), "{}", told - BEGIN_MS);
        }
    }

    #[test]
    fn of_one_setting_nobody_can_say_which_time_was_right() {
        assert_eq!(corrections(&marks(&[(0, 1, 0), (5, 1, DAY_MS), (20, 1, DAY_MS)])), [0, 0, 0]);
        // Of two settings neither of which leads back, neither.
        assert_eq!(corrections(&marks(&[(0, 1, 0), (5, 1, DAY_MS), (20, 1, 3 * DAY_MS)])), [0, 0, 0]);
    }

    #[test]
    fn what_can_not_have_been_is_wrong_from_the_first_mark_on() {
        let years_ms = 400 * DAY_MS;
        assert_eq!(corrections(&marks(&[(0, 1, -years_ms), (5, 1, -years_ms), (20, 1, 0)])), [years_ms, years_ms, 0]);
        // But nothing that was well dated follows a clock that is set to such a time.
        assert_eq!(corrections(&marks(&[(0, 1, 0), (20, 1, -years_ms)])), [0, 0]);
    }

    #[test]
    fn drift_and_small_corrections_are_no_settings() {
        let month = 30 * 24;
        let marks = marks(&[(0, 1, 0), (5, 1, 60_000), (month, 1, -200_000)]);
        assert_eq!(marks[1].step_to(&marks[2]), None);
        assert_eq!(corrections(&marks), [0, 0, 0]);
        assert_eq!(corrections(&[]), [] as [i64; 0]);
        assert_eq!(moment(&marks, &[0, 0, 0], 2, 0), None);
    }

    #[test]
    fn what_was_told_between_two_marks_falls_between_them() {
        let ahead_ms = 9 * DAY_MS;
        let both = marks(&[(0, 1, 0), (30, 1, ahead_ms)]);
        let (before, after) = ((both[0], 0), (both[1], -ahead_ms));
        let told = |at_ms| correction_between(Some(before), Some(after), at_ms);
        assert_eq!(told(BEGIN_MS + 10 * HOUR_MS), 0, "before it was set");
        assert_eq!(told(BEGIN_MS + 20 * HOUR_MS + ahead_ms), -ahead_ms, "after it was set");
        assert_eq!(told(BEGIN_MS - 50 * DAY_MS), 0, "told of another day");
        assert_eq!(correction_between(None, Some(after), 0), -ahead_ms);
        assert_eq!(correction_between(Some(after), None, 0), -ahead_ms);
        assert_eq!(correction_between(None, None, 0), 0);
    }

    proptest! {
        /// Whatever happens between, a clock that was right before and is right now leaves the truth.
        #[test]
        fn every_tick_gets_its_true_time(
            wrong in prop::collection::vec((1_i64..40, -3_000_000_i64..3_000_000), 0..6),
            tick_hour in 0_i64..300,
        ) {
            let mut hour = 1;
            let mut told = vec![(0, 1, 0)];
            for (later, ahead_s) in wrong {
                told.push((hour, 1, ahead_s * 1_000));
                hour += later;
                told.push((hour, 1, ahead_s * 1_000));
                hour += 1;
            }
            told.push((hour, 1, 0));
            let marks = marks(&told);
            let found = corrections(&marks);
            let ticks_ms = u64::try_from(tick_hour * HOUR_MS).unwrap() + 1_000_000_000;
            let at_ms = moment(&marks, &found, 1, ticks_ms).unwrap();
            // What is wrong by less than a setting is left as it is.
            prop_assert!((at_ms - BEGIN_MS - tick_hour * HOUR_MS).abs() <= BACK_WITHIN_MS);
        }

        #[test]
        fn nonsense_is_never_a_panic(
            told in prop::collection::vec((0_u32..3, any::<u64>(), any::<i64>()), 0..12), ticks_ms in any::<u64>(),
        ) {
            let marks: Vec<_> = told.iter().map(|(boot, ticks_ms, wall_ms)| Mark { boot: *boot, ticks_ms: *ticks_ms, wall_ms: *wall_ms }).collect();
            let found = corrections(&marks);
            prop_assert_eq!(found.len(), marks.len());
            let _ = moment(&marks, &found, 1, ticks_ms);
        }
    }
}
