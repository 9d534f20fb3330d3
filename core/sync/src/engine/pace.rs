//! When to try again.

use std::time::Duration;

/// The least time between two runs that nobody asked for.
pub const SPACING: Duration = Duration::from_mins(1);
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

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
