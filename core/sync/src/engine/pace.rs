//! When to try again.

use std::time::Duration;

use jiff::Timestamp;

use crate::ledger::Before;

/// The least time between two runs that nobody asked for.
pub const SPACING: Duration = Duration::from_mins(1);
/// The longest that anything makes wait: what a server may ask for, with its spread.
const FAR: Duration = Duration::from_hours(25);
/// After the first failure in a row.
const FIRST: Duration = Duration::from_secs(30);
/// After many.
const LONGEST: Duration = Duration::from_hours(1);

/// How long to wait after so many failures in a row. `chance` from 0 to 1 spreads phones that failed together over the upper half. What
/// the server asks for is the least.
pub fn wait(failures: u32, chance: f64, asked: Option<Duration>) -> Duration {
    let doubled = 2_u32.saturating_pow(failures.saturating_sub(1).min(16));
    let whole = FIRST.saturating_mul(doubled).min(LONGEST);
    let chance = if chance.is_finite() { chance.clamp(0.0, 1.0) } else { 1.0 };
    let spread = whole.mul_f64(chance.mul_add(0.5, 0.5));
    // Phones that were told the same time don't all come at it.
    asked.map_or(spread, |asked| spread.max(asked + SPACING.mul_f64(chance)))
}

/// What is left of the wait that an earlier process began. A phone's clock may have been set since: one that says to wait for longer than
/// anything makes wait is not gone by.
pub(super) fn left(before: &Before, now: Timestamp) -> Duration {
    let spaced = before.last_good.and_then(|good| good.checked_add(SPACING).ok());
    let next = if before.failures > 0 { before.next_try } else { spaced };
    let longest = if before.failures > 0 { FAR } else { SPACING };
    let left = next.and_then(|next| Duration::try_from(next.duration_since(now)).ok());
    left.filter(|left| *left <= longest).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_process_goes_on_waiting_where_the_one_before_it_was() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let failed = |next| Before { last_good: Some(at(0)), failures: 2, next_try: Some(at(next)) };
        let good = Before { last_good: Some(at(1_000)), ..Before::default() };
        let cases = [
            (Before::default(), 1_000, 0),
            (good, 1_010, 50),
            (good, 1_060, 0),
            (good, 900, 0),
            (failed(1_600), 1_000, 600),
            (failed(1_600), 1_600, 0),
            (failed(1_600), 9_999, 0),
            (failed(1_000 + 25 * 3_600), 1_000, 25 * 3_600),
            (failed(1_001 + 25 * 3_600), 1_000, 0),
        ];
        for (before, now, seconds) in cases {
            assert_eq!(left(&before, at(now)).as_secs(), seconds, "{before:?} at {now}");
        }
    }

    #[test]
    fn waits_double_up_to_an_hour() {
        let seconds = |failures| wait(failures, 1.0, None).as_secs();
        assert_eq!([1, 2, 3, 7, 8, 9, u32::MAX].map(seconds), [30, 60, 120, 1_920, 3_600, 3_600, 3_600]);
        assert_eq!(wait(1, 0.0, None), Duration::from_secs(15));
        assert_eq!(wait(1, f64::NAN, None), Duration::from_secs(30));
    }

    proptest! {
        #[test]
        fn no_phone_comes_before_it_is_asked_to(failures in any::<u32>(), chance in any::<f64>(), asked in 0_u64..86_400) {
            let asked = Duration::from_secs(asked);
            prop_assert!(wait(failures, chance, Some(asked)) >= asked);
            prop_assert!(wait(failures, chance, None) >= Duration::from_secs(15));
            prop_assert!(wait(failures, chance, None) <= LONGEST);
        }
    }
}
