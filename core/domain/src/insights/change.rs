//! Whether two weeks differ from two others: not by a day or two, and by enough to matter.
//!
//! A mean of fourteen days is that of far fewer when days are like the days before them. How alike they are is estimated from
//! all days there are, not from the two stretches alone, which are too short to tell; half a standard error is added, because to
//! find them less alike than they are makes an interval too narrow. Where days further apart are more alike than that allows for,
//! they count as they are.

use serde::Serialize;

use super::estimate::{Direction, Estimate, MISS, quantile};
use super::measure::Measure;
use super::series::{Days, Series, apart, dot, number, without_drift};

/// The length of a stretch, in days: each day of the week twice.
pub const STRETCH_DAYS: i32 = 14;
/// So many days of each stretch must have a figure: every other one. This project's choice.
pub const COUNTED_MIN: u32 = 7;
/// Days are never taken for more alike than this: nothing could be said of them at all.
const ALIKE_MOST: f64 = 0.9;

/// What the last fourteen days are put against.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Against {
    /// The first fourteen days, from the first one that has a figure.
    Baseline,
    /// The fourteen days before.
    Before,
}

/// The last fourteen days against others.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Change {
    /// Of what.
    pub measure: Measure,
    /// Against which.
    pub against: Against,
    /// What can be said.
    #[serde(flatten)]
    pub verdict: ChangeVerdict,
}

/// What can be said of a change.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "verdict")]
pub enum ChangeVerdict {
    /// Nothing yet.
    NotEnoughYet {
        /// Days with a figure, in the stretch that has fewer. A baseline that reaches into the last fourteen days ends there.
        have: u32,
        /// Days that it takes.
        need: u32,
    },
    /// None, or less than matters, or none that could be told from chance.
    NoRealChange(Figures),
    /// One that matters, beyond chance.
    Real {
        /// Higher or lower now.
        direction: Direction,
        /// By how much.
        #[serde(flatten)]
        figures: Figures,
    },
}

/// The means of two stretches.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Figures {
    /// The mean of the other stretch.
    pub then_mean: f64,
    /// The mean of the last fourteen days.
    pub now_mean: f64,
    /// Now less then, with its interval of 95 %.
    pub difference: Estimate,
}

/// A form that is filled in now and then: the first against the latest. A form is one figure: there is no interval, and the
/// smallest change that matters was found for single forms.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct FormChange {
    /// Of what.
    pub measure: Measure,
    /// The first form's figure.
    pub first: f64,
    /// The latest form's.
    pub latest: f64,
    /// Whether that matters, and whether it is higher or lower.
    pub direction: Option<Direction>,
}

impl FormChange {
    /// From two figures.
    pub fn new(measure: Measure, first: f64, latest: f64) -> Self {
        let direction = measure.matters(first, latest).then_some(side(latest - first));
        Self { measure, first, latest, direction }
    }
}

/// The last fourteen days up to `today` against others. `today` is in days since 1970-01-01 on the person's own calendar.
pub fn change(series: &Series, measure: Measure, against: Against, today: i32) -> Change {
    let from = today.saturating_sub(STRETCH_DAYS - 1);
    let before = from.saturating_sub(1);
    let then = match against {
        Against::Before => series.stretch(from.saturating_sub(STRETCH_DAYS), before),
        Against::Baseline => {
            let first = series.first_day().unwrap_or(from);
            series.stretch(first, before.min(first.saturating_add(STRETCH_DAYS - 1)))
        }
    };
    let now = series.stretch(from, today);
    let have = then.count().min(now.count());
    let verdict = if have < COUNTED_MIN {
        ChangeVerdict::NotEnoughYet { have, need: COUNTED_MIN }
    } else {
        let (then_mean, now_mean) = (then.mean(), now.mean());
        let half = half_interval(&series.stretch(i32::MIN, today), &then, &now);
        let difference = Estimate::around(now_mean - then_mean, half, (-measure.highest, measure.highest));
        let figures = Figures { then_mean, now_mean, difference };
        match difference.direction() {
            Some(direction) if measure.matters(then_mean, now_mean) => ChangeVerdict::Real { direction, figures },
            _ => ChangeVerdict::NoRealChange(figures),
        }
    };
    Change { measure, against, verdict }
}

const fn side(difference: f64) -> Direction {
    if difference > 0.0 { Direction::Higher } else { Direction::Lower }
}

/// Half of the interval of 95 % of the difference of two stretches' means; infinite when it can't be told.
fn half_interval(whole: &Days, then: &Days, now: &Days) -> f64 {
    let count = number(whole.at.len());
    let left = without_drift(&whole.at, &whole.figures);
    let near: Vec<f64> = apart(&whole.at, [&left], 13).map(|apart| apart.alike[0]).collect();
    let next = near.first().copied().unwrap_or_default();
    let next = (next + 0.5 / count.sqrt()).clamp(0.0, ALIKE_MOST);
    // So many days are worth one.
    let for_one = (1.0 + next) / (1.0 - next);
    let spread = dot(&left, &left) / (count - 2.0 * for_one.min(count / 5.0));
    let freedom = (count / for_one - 2.0).max(2.0);
    let error = spread * (1.0 / worth(then, next, &near) + 1.0 / worth(now, next, &near));
    // Whole numbers, or figures that never vary: each may still be off by half of the last place.
    let least = 1.0 / 12.0 / number(then.at.len().min(now.at.len()));
    quantile(MISS, freedom) * error.max(least).sqrt()
}

/// How many days the days of a stretch are worth: `next` is how alike a day and the next are, with likeness fading from there on;
/// `near` is how alike days were found at each distance. The worse of the two counts.
fn worth(days: &Days, next: f64, near: &[f64]) -> f64 {
    let count = number(days.at.len());
    let longest = u32::try_from(near.len()).unwrap_or_default();
    let (mut fading, mut found, mut alike) = (0.0, 0.0, 1.0);
    for (apart, near) in apart(&days.at, [], longest).zip(near) {
        alike *= next;
        fading += apart.pairs * alike;
        found += apart.pairs * near;
    }
    count / (1.0 + 2.0 * fading.max(found) / count).max(1.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::insights::measure::{PAIN, ROLAND_MORRIS};

    fn pain(scores: impl IntoIterator<Item = (i32, f64)>) -> Series {
        Series::within(0.0..=10.0, scores)
    }

    fn wobble(day: i32) -> f64 {
        f64::from((day * 7_919 + day * day * 104_729).rem_euclid(3)) - 1.0
    }

    #[test]
    fn a_fall_of_three_points_is_real_and_one_of_half_a_point_is_not() {
        let fell = |by: f64| pain((0..60).map(|day| (day, if day < 30 { 6.0 } else { 6.0 - by } + wobble(day))));
        let ChangeVerdict::Real { direction, figures } = change(&fell(3.0), PAIN, Against::Baseline, 59).verdict else {
            panic!("real")
        };
        assert_eq!(direction, Direction::Lower);
        assert!((figures.difference.value() + 3.0).abs() < 0.6 && figures.difference.high() < 0.0);
        for (by, against) in [(0.5, Against::Baseline), (3.0, Against::Before)] {
            let verdict = change(&fell(by), PAIN, against, 59).verdict;
            assert!(matches!(verdict, ChangeVerdict::NoRealChange(_)), "{by} {against:?} {verdict:?}");
        }
        let rose = pain(fell(3.0).days().map(|(day, score)| (59 - day, score)));
        assert!(matches!(
            change(&rose, PAIN, Against::Baseline, 59).verdict,
            ChangeVerdict::Real { direction: Direction::Higher, .. }
        ));
    }

    #[test]
    fn every_other_day_of_both_stretches_is_needed() {
        let days = |now: i32| pain((0..7).chain(60 - now..60).map(|day| (day, 5.0 + wobble(day))));
        assert_eq!(
            change(&days(6), PAIN, Against::Baseline, 59).verdict,
            ChangeVerdict::NotEnoughYet { have: 6, need: 7 }
        );
        assert!(matches!(change(&days(7), PAIN, Against::Baseline, 59).verdict, ChangeVerdict::NoRealChange(_)));
        // Somebody who began 20 days ago: the baseline ends where the last fourteen days begin, after 6.
        let new = pain((40..60).map(|day| (day, 5.0)));
        assert_eq!(change(&new, PAIN, Against::Baseline, 59).verdict, ChangeVerdict::NotEnoughYet { have: 6, need: 7 });
        assert_eq!(
            change(&Series::default(), PAIN, Against::Before, 59).verdict,
            ChangeVerdict::NotEnoughYet { have: 0, need: 7 }
        );
    }

    #[test]
    fn a_form_is_put_against_the_first_one() {
        let direction = |first, latest| FormChange::new(ROLAND_MORRIS, first, latest).direction;
        assert_eq!(direction(14.0, 11.0), Some(Direction::Lower));
        assert_eq!(direction(11.0, 14.0), Some(Direction::Higher));
        assert_eq!(direction(14.0, 12.0), None);
    }

    proptest! {
        #[test]
        fn nothing_panics_and_the_difference_is_within_its_interval(
            scores in prop::collection::vec((any::<i8>(), prop_oneof![4 => 0.0..10.0, 1 => Just(f64::NAN), 1 => Just(5.0)]), 0..150),
            today in prop_oneof![4 => -140_i32..140, 1 => any::<i32>()],
            baseline in any::<bool>(),
        ) {
            let series = pain(scores.into_iter().map(|(day, score)| (i32::from(day), score)));
            let against = if baseline { Against::Baseline } else { Against::Before };
            if let ChangeVerdict::Real { figures, .. } | ChangeVerdict::NoRealChange(figures) =
                change(&series, PAIN, against, today).verdict
            {
                let difference = figures.difference;
                prop_assert!(difference.low() <= difference.value() && difference.value() <= difference.high());
                prop_assert!(difference.low().is_finite() && difference.high().is_finite());
            }
        }
    }
}
