//! Whether pain and something else move together from day to day.
//!
//! **What is compared.** The ranks of the days (Spearman), with the straight line over time taken out of both: posture that got
//! better over the months while pain eased for some other reason is not a link, and two things that both drift would always look
//! like one. A lag means that the factor comes first: pain is that of the factor's day, or of up to three days after it.
//!
//! **How sure.** Days are like the days before them, so a hundred of them are worth fewer. By how much follows from how alike days
//! of both series are at each distance (Bartlett's variance of a correlation): `worth` is that many days. The interval is Fisher's,
//! with the variance that Bonett and Wright give for ranks, and Student's t for the few days.
//!
//! **How many looks.** Of twenty looks one would find something in nothing. So the intervals are simultaneous: the 5 % are divided
//! by the number of factors and lags that have enough days (Bonferroni). That holds however these hang together, and they do.

use serde::Serialize;

use super::estimate::{Direction, Estimate, MISS, quantile};
use super::series::{Days, Series, apart, dot, mean, number, ranks, without_drift};

/// The longest time from a factor to the pain that is put beside it, in days.
pub const LAG_DAYS_LONGEST: u8 = 3;
/// So many days with both it takes: four weeks, so that each day of the week is there four times. With fewer, and so many looks,
/// only a link that nobody could overlook would be found. This project's choice.
pub const PAIRED_MIN: u32 = 28;
/// So many days with more of the factor, and so many with less, it takes. This project's choice.
pub const EACH_SIDE_MIN: u32 = 7;
/// Likeness is looked at to so many days apart at the most, and to a quarter of the days there are.
const APART_LONGEST: u32 = 45;
const PAIN_DIFFERENCE: (f64, f64) = (-10.0, 10.0);

/// What pain is put beside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Factor {
    /// The share of the time held still that was not upright, 0 to 1.
    NotUpright,
    /// How well the night before the day was slept.
    SleepQuality,
    /// How active the day was.
    Activity,
    /// Minutes of stimulation; a day without a session has none.
    Stimulation,
}

impl Factor {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::NotUpright, Self::SleepQuality, Self::Activity, Self::Stimulation];
}

/// Pain beside one factor.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Link {
    /// The factor.
    pub factor: Factor,
    /// How many days after the factor the pain was felt, 0 to [`LAG_DAYS_LONGEST`].
    pub lag_days: u8,
    /// Days that had both.
    pub days: u32,
    /// What can be said.
    #[serde(flatten)]
    pub verdict: Verdict,
}

/// What can be said of a link.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "verdict")]
pub enum Verdict {
    /// Nothing yet.
    NotEnoughYet {
        /// Days with both.
        have: u32,
        /// Days that it takes.
        need: u32,
    },
    /// Nothing: the factor, or pain, was the same on almost all days.
    TooAlike {
        /// Days on which it was otherwise.
        have: u32,
        /// Days that it takes.
        need: u32,
    },
    /// None that could be told from chance.
    NoClearLink {
        /// Rank correlation, -1 to 1, with its simultaneous interval.
        correlation: Estimate,
        /// In points of pain.
        split: Split,
    },
    /// They move together.
    Together {
        /// How pain is on days with more of the factor.
        direction: Direction,
        /// Rank correlation, -1 to 1, with its simultaneous interval.
        correlation: Estimate,
        /// In points of pain.
        split: Split,
    },
}

/// Days with more of a factor against days with less, split at its median. Means are at the same time: the drift of pain over the
/// days is taken out.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Split {
    /// Days with more.
    pub days_more: u32,
    /// Days with less.
    pub days_less: u32,
    /// Mean pain on days with more, 0 to 10.
    pub pain_more: f64,
    /// Mean pain on days with less.
    pub pain_less: f64,
    /// More against less, in points, with its simultaneous interval.
    pub difference: Estimate,
}

/// Days with both, enough of them and of more than one kind.
struct Pairs {
    factor: Days,
    pain: Days,
    more: Vec<bool>,
}

/// Pain (scores, 0 to 10) beside each factor at each lag, factors in the order they came.
pub fn links(pain: &Series, factors: &[(Factor, &Series)]) -> Vec<Link> {
    let looks: Vec<_> = factors
        .iter()
        .flat_map(|(factor, series)| (0..=LAG_DAYS_LONGEST).map(|lag| (*factor, lag, pairs(pain, series, lag))))
        .collect();
    let family = number(looks.iter().filter(|(_, _, pairs)| pairs.is_ok()).count()).max(1.0);
    looks
        .into_iter()
        .map(|(factor, lag_days, pairs)| {
            let (days, verdict) = match pairs {
                Ok(pairs) => (pairs.pain.count(), judge(&pairs, MISS / family)),
                Err((days, verdict)) => (days, verdict),
            };
            Link { factor, lag_days, days, verdict }
        })
        .collect()
}

/// The link to show of one factor's: the surest one if any is sure, else the one that is furthest on the way.
pub fn clearest(links: &[Link], factor: Factor) -> Option<&Link> {
    let standing = |link: &Link| match &link.verdict {
        Verdict::NotEnoughYet { have, .. } => (0, f64::from(*have)),
        Verdict::TooAlike { have, .. } => (1, f64::from(*have)),
        Verdict::NoClearLink { correlation, .. } => (2, correlation.value().abs()),
        Verdict::Together { correlation, .. } => (3, correlation.low().abs().min(correlation.high().abs())),
    };
    // The shortest lag of those that stand alike.
    links.iter().filter(|link| link.factor == factor).rev().max_by(|one, other| {
        let (one, other) = (standing(one), standing(other));
        one.0.cmp(&other.0).then(one.1.total_cmp(&other.1))
    })
}

fn pairs(pain: &Series, factor: &Series, lag_days: u8) -> Result<Pairs, (u32, Verdict)> {
    let (mut with, mut beside) = (Days::default(), Days::default());
    for (day, score) in pain.days() {
        if let Some(figure) = day.checked_sub(i32::from(lag_days)).and_then(|before| factor.get(before)) {
            with.push(day, figure);
            beside.push(day, score);
        }
    }
    let have = beside.count();
    if have < PAIRED_MIN {
        return Err((have, Verdict::NotEnoughYet { have, need: PAIRED_MIN }));
    }
    let more = split(&with.figures);
    let (above, of_pain) = (side(&more), side(&split(&beside.figures)));
    // Pain that is not the same on a single day suffices: the interval sees to the rest.
    let otherwise = if of_pain == 0 { 0 } else { above };
    if otherwise < EACH_SIDE_MIN {
        return Err((have, Verdict::TooAlike { have: otherwise, need: EACH_SIDE_MIN }));
    }
    Ok(Pairs { factor: with, pain: beside, more })
}

/// Which days have more than the median; of ties at the median, as even a split as there is.
fn split(figures: &[f64]) -> Vec<bool> {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.get(sorted.len() / 2).copied().unwrap_or_default();
    let beyond: Vec<bool> = figures.iter().map(|figure| *figure > middle).collect();
    let from: Vec<bool> = figures.iter().map(|figure| *figure >= middle).collect();
    if side(&from) > side(&beyond) { from } else { beyond }
}

/// How many days the smaller side of a split has.
fn side(more: &[bool]) -> u32 {
    let above = more.iter().filter(|more| **more).count();
    u32::try_from(above.min(more.len() - above)).unwrap_or(u32::MAX)
}

fn judge(pairs: &Pairs, miss: f64) -> Verdict {
    let correlation = correlation(pairs, miss);
    let split = split_of(pairs, miss);
    match correlation.direction() {
        // A split that points the other way is no link that could be told to anybody.
        Some(direction) if (direction == Direction::Higher) == (split.difference.value() > 0.0) => {
            Verdict::Together { direction, correlation, split }
        }
        _ => Verdict::NoClearLink { correlation, split },
    }
}

/// How many days these are worth, given how alike they are: never more than there are.
fn worth(days: &Days, one: &[f64], other: &[f64]) -> f64 {
    let count = number(one.len());
    let longest = (days.count() / 4).min(APART_LONGEST);
    let shared: f64 =
        apart(&days.at, [one, other], longest).map(|apart| apart.pairs * apart.alike[0] * apart.alike[1]).sum();
    count / (1.0 + 2.0 * shared / count).max(1.0)
}

/// Pearson's correlation; none of something that does not vary.
fn pearson(one: &[f64], other: &[f64]) -> f64 {
    let spread = (dot(one, one) * dot(other, other)).sqrt();
    if spread > 0.0 { (dot(one, other) / spread).clamp(-1.0, 1.0) } else { 0.0 }
}

/// Spearman's correlation of the days with their drift taken out, and its interval.
fn correlation(pairs: &Pairs, miss: f64) -> Estimate {
    let days = &pairs.pain;
    let factor = without_drift(&days.at, &ranks(&pairs.factor.figures));
    let pain = without_drift(&days.at, &ranks(&days.figures));
    let value = pearson(&factor, &pain);
    // Three for Fisher's transform, one for the drift.
    let freedom = (worth(days, &factor, &pain) - 4.0).max(1.0);
    let half = quantile(miss, freedom) * ((1.0 + value * value / 2.0) / freedom).sqrt();
    let turned = value.clamp(-0.999_999, 0.999_999).atanh();
    Estimate::between(value, (turned - half).tanh(), (turned + half).tanh())
}

/// Pain on days with more against days with less, at the same time: the slope of pain on the side, beside the drift.
fn split_of(pairs: &Pairs, miss: f64) -> Split {
    let days = &pairs.pain;
    let more: Vec<f64> = pairs.more.iter().map(|more| if *more { 1.0 } else { 0.0 }).collect();
    let (above, level) = (mean(&more), days.mean());
    let side = without_drift(&days.at, &more);
    let pain = without_drift(&days.at, &days.figures);
    let spread = dot(&side, &side);
    let value = if spread > 0.0 { dot(&side, &pain) / spread } else { 0.0 };
    let alike = pearson(&side, &pain);
    let freedom = (worth(days, &side, &pain) - 3.0).max(1.0);
    let error = if spread > 0.0 { (dot(&pain, &pain) * (1.0 - alike * alike) / spread / freedom).sqrt() } else { 10.0 };
    let days_more = u32::try_from(pairs.more.iter().filter(|more| **more).count()).unwrap_or(u32::MAX);
    Split {
        days_more,
        days_less: days.count() - days_more,
        pain_more: level + value * (1.0 - above),
        pain_less: level - value * above,
        difference: Estimate::around(value, quantile(miss, freedom) * error, PAIN_DIFFERENCE),
    }
}

/// A single look, for the trials: the interval of 95 % that stands for itself.
#[cfg(test)]
pub(super) fn one_look(pain: &Series, factor: &Series) -> Option<(Estimate, Split)> {
    let pairs = pairs(pain, factor, 0).ok()?;
    Some((correlation(&pairs, MISS), split_of(&pairs, MISS)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn series(figures: impl IntoIterator<Item = (i32, f64)>) -> Series {
        Series::within(-1e6..=1e6, figures)
    }

    fn link(factor: &Series, pain: &Series, lag: u8) -> Link {
        let found = links(pain, &[(Factor::NotUpright, factor)]);
        *found.iter().find(|link| link.lag_days == lag).unwrap()
    }

    /// Figures that go up and down without a pattern that a few days could show.
    fn restless(day: i32) -> f64 {
        let day = i64::from(day);
        f64::from(i32::try_from((day * 7_919 + day * day * 104_729).rem_euclid(101)).unwrap())
    }

    #[test]
    fn it_takes_four_weeks_of_days_with_both() {
        let pain = series((0..60).map(|day| (day, restless(day) / 11.0)));
        let factor = series((33..70).map(|day| (day, restless(day + 3))));
        assert_eq!(link(&factor, &pain, 0).verdict, Verdict::NotEnoughYet { have: 27, need: 28 });
        let factor = series((32..70).map(|day| (day, restless(day + 3))));
        assert!(matches!(link(&factor, &pain, 0).verdict, Verdict::NoClearLink { .. }));
        assert_eq!(link(&factor, &pain, 1).verdict, Verdict::NotEnoughYet { have: 27, need: 28 }, "a lag costs a day");
    }

    #[test]
    fn a_lag_means_that_the_factor_comes_first() {
        let factor = series((0..80).map(|day| (day, restless(day))));
        let pain = series((0..80).map(|day| (day, restless(day - 2) / 11.0)));
        for lag in 0..=LAG_DAYS_LONGEST {
            let together = matches!(link(&factor, &pain, lag).verdict, Verdict::Together { .. });
            assert_eq!(together, lag == 2, "{lag}");
        }
        let before = links(&factor, &[(Factor::Activity, &pain)]);
        assert!(before.iter().all(|link| !matches!(link.verdict, Verdict::Together { .. })), "not the other way round");
    }

    #[test]
    fn the_days_with_more_are_put_against_the_days_with_less() {
        let factor = series((0..60).map(|day| (day, f64::from(u8::from(restless(day) > 50.0)))));
        let pain = series(factor.days().map(|(day, more)| (day, 3.0 + 2.0 * more + restless(day + 9) / 100.0)));
        let Verdict::Together { direction, split, correlation } = link(&factor, &pain, 0).verdict else {
            panic!("together")
        };
        assert_eq!((direction, split.days_more + split.days_less), (Direction::Higher, 60));
        assert!((split.difference.value() - 2.0).abs() < 0.3, "{split:?}");
        assert!((split.pain_more - split.pain_less - split.difference.value()).abs() < 1e-9);
        assert!(correlation.low() > 0.3 && split.difference.low() > 1.5, "{correlation:?} {split:?}");
    }

    #[test]
    fn what_hardly_ever_differs_is_too_alike() {
        let pain = series((0..60).map(|day| (day, restless(day))));
        let factor = series((0..60).map(|day| (day, f64::from(u8::from(day % 10 == 0)))));
        assert_eq!(link(&factor, &pain, 0).verdict, Verdict::TooAlike { have: 6, need: 7 });
        let constant = series((0..60).map(|day| (day, 4.0)));
        assert_eq!(link(&constant, &pain, 0).verdict, Verdict::TooAlike { have: 0, need: 7 });
        assert_eq!(link(&pain, &constant, 0).verdict, Verdict::TooAlike { have: 0, need: 7 });
        assert!(links(&Series::default(), &[(Factor::Activity, &Series::default())]).len() == 4);
        assert!(links(&pain, &[]).is_empty());
    }

    #[test]
    fn two_things_that_only_drift_are_not_linked() {
        let mut chance = crate::insights::trials::Chance::seeded(8);
        let mut drifting = |from: f64, by: f64| {
            let days = chance.days(365, 0.3);
            series((0_i32..).zip(days).map(|(day, figure)| (day, from + by * f64::from(day) + figure)))
        };
        let (factor, pain) = (drifting(80.0, -0.02), drifting(8.0, -0.015));
        let along = |series: &Series| ranks(&series.days().map(|(_, figure)| figure).collect::<Vec<_>>());
        let (one, other) = (along(&factor), along(&pain));
        assert!(dot(&one, &other) > 1.2 * mean(&one).powi(2) * 365.0, "they do rise and fall as one");
        assert!(matches!(link(&factor, &pain, 0).verdict, Verdict::NoClearLink { .. }));
        let line = series((0..365).map(|day| (day, f64::from(day))));
        assert!(matches!(link(&line, &pain, 0).verdict, Verdict::NoClearLink { .. }));
    }

    #[test]
    fn the_clearest_link_is_the_surest() {
        let factor = series((0..80).map(|day| (day, restless(day))));
        let pain = series((0..80).map(|day| (day, restless(day - 2) / 11.0)));
        let found = links(&pain, &[(Factor::NotUpright, &factor), (Factor::Activity, &Series::default())]);
        assert_eq!(clearest(&found, Factor::NotUpright).map(|link| link.lag_days), Some(2));
        assert_eq!(clearest(&found, Factor::Activity).map(|link| link.lag_days), Some(0));
        assert_eq!(clearest(&found, Factor::Stimulation), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn nothing_panics_and_every_estimate_is_within_its_interval(
            pain in prop::collection::vec((any::<i8>(), prop_oneof![
                4 => 0.0..10.0, 1 => Just(f64::NAN), 1 => Just(4.0), 1 => any::<f64>(),
            ]), 0..200),
            factor in prop::collection::vec((any::<i8>(), prop_oneof![3 => 0.0..1.0, 1 => Just(1.0), 1 => any::<f64>()]), 0..200),
            far in any::<i32>(),
        ) {
            let dated = |figures: &[(i8, f64)]| -> Vec<(i32, f64)> {
                figures.iter().map(|(day, figure)| (i32::from(*day), *figure)).chain([(far, 1.0)]).collect()
            };
            let pain = Series::within(0.0..=10.0, dated(&pain));
            let factor = Series::within(f64::MIN..=f64::MAX, dated(&factor));
            for link in links(&pain, &[(Factor::SleepQuality, &factor)]) {
                if let Verdict::Together { correlation, split, .. } | Verdict::NoClearLink { correlation, split } = link.verdict {
                    for estimate in [correlation, split.difference] {
                        prop_assert!(estimate.low() <= estimate.value() && estimate.value() <= estimate.high());
                        prop_assert!(estimate.low().is_finite() && estimate.high().is_finite());
                    }
                    prop_assert!((-1.0..=1.0).contains(&correlation.value()));
                }
            }
        }

        #[test]
        fn spearman_stays_when_figures_are_stretched_in_order(
            figures in prop::collection::vec((-20_i8..20, 0_u8..=10), 30..90),
        ) {
            let days = || 0_i32..;
            let pain = series(days().zip(figures.iter().map(|figure| f64::from(figure.1))));
            let plain = series(days().zip(figures.iter().map(|figure| f64::from(figure.0))));
            let stretched = series(plain.days().map(|(day, figure)| (day, (figure / 4.0).exp())));
            let correlation = |factor: &Series| pairs(&pain, factor, 0).ok().map(|pairs| correlation(&pairs, 0.05));
            prop_assert_eq!(correlation(&plain), correlation(&stretched));
        }
    }
}
