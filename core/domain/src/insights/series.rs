//! A figure a day, with gaps, and what time series need: its own drift taken out, and how much a day is like the one before.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// Days with a figure each: finite, within the range that the figure can have, one a day.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Series(BTreeMap<i32, f64>);

impl Series {
    /// From pairs of a day (days since 1970-01-01 on the person's own calendar) and its figure. What is no number, or out of
    /// range, is no day: a damaged database may say anything. Of two figures for a day the later holds.
    pub fn within(range: RangeInclusive<f64>, figures: impl IntoIterator<Item = (i32, f64)>) -> Self {
        Self(figures.into_iter().filter(|(_, figure)| figure.is_finite() && range.contains(figure)).collect())
    }

    /// How many days have a figure.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether no day has one.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The figure of a day.
    pub fn get(&self, local_day: i32) -> Option<f64> {
        self.0.get(&local_day).copied()
    }

    /// The days and their figures, in order.
    pub fn days(&self) -> impl Iterator<Item = (i32, f64)> + '_ {
        self.0.iter().map(|(day, figure)| (*day, *figure))
    }

    /// The figures from one day to another, both included.
    pub(super) fn stretch(&self, from_day: i32, to_day: i32) -> Days {
        let mut days = Days::default();
        if from_day <= to_day {
            self.0.range(from_day..=to_day).for_each(|(day, figure)| days.push(*day, *figure));
        }
        days
    }

    /// The first day that has a figure.
    pub(super) fn first_day(&self) -> Option<i32> {
        self.0.keys().next().copied()
    }
}

/// Days in rising order beside their figures.
#[derive(Clone, Debug, Default)]
pub(super) struct Days {
    pub(super) at: Vec<i64>,
    pub(super) figures: Vec<f64>,
}

impl Days {
    pub(super) fn push(&mut self, day: i32, figure: f64) {
        self.at.push(i64::from(day));
        self.figures.push(figure);
    }

    /// How many, as a count for people.
    pub(super) fn count(&self) -> u32 {
        u32::try_from(self.at.len()).unwrap_or(u32::MAX)
    }

    pub(super) fn mean(&self) -> f64 {
        mean(&self.figures)
    }
}

/// A count as a number to reckon with.
pub(super) fn number(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::from(u32::MAX), f64::from)
}

pub(super) fn mean(figures: &[f64]) -> f64 {
    figures.iter().sum::<f64>() / number(figures.len()).max(1.0)
}

pub(super) fn dot(one: &[f64], other: &[f64]) -> f64 {
    one.iter().zip(other).map(|(one, other)| one * other).sum()
}

/// The rank of each figure, from 1; figures that are alike share the mean of their ranks.
pub(super) fn ranks(figures: &[f64]) -> Vec<f64> {
    let mut order: Vec<(f64, usize)> = figures.iter().copied().zip(0..).collect();
    order.sort_by(|one, other| one.0.total_cmp(&other.0));
    let mut ranked: Vec<(usize, f64)> = Vec::with_capacity(order.len());
    // By `==` and not by `total_cmp`: the two zeros are one figure.
    #[expect(clippy::float_cmp, reason = "a tie is a figure that is exactly the same")]
    for tied in order.chunk_by(|one, other| one.0 == other.0) {
        let rank = number(ranked.len()) + f64::midpoint(number(tied.len()), 1.0);
        ranked.extend(tied.iter().map(|(_, place)| (*place, rank)));
    }
    ranked.sort_by_key(|(place, _)| *place);
    ranked.into_iter().map(|(_, rank)| rank).collect()
}

/// What is left of figures when the straight line through them over time is taken out; all zero when nothing is.
pub(super) fn without_drift(at: &[i64], figures: &[f64]) -> Vec<f64> {
    let first = at.first().copied().unwrap_or_default();
    // Two days are less than 2^33 apart, which a double holds exactly.
    #[expect(clippy::cast_precision_loss, reason = "less than 2^33")]
    let time: Vec<f64> = at.iter().map(|day| (day - first) as f64).collect();
    let (time_mean, level) = (mean(&time), mean(figures));
    let time: Vec<f64> = time.iter().map(|day| day - time_mean).collect();
    let centred: Vec<f64> = figures.iter().map(|figure| figure - level).collect();
    let spread = dot(&time, &time);
    let slope = if spread > 0.0 { dot(&time, &centred) / spread } else { 0.0 };
    let left: Vec<f64> = centred.iter().zip(&time).map(|(figure, day)| figure - slope * day).collect();
    // What rounding leaves of a figure that never varied, or only drifted, must not be taken for its ups and downs.
    let whole = dot(&centred, &centred).max(level * level * number(figures.len()));
    if dot(&left, &left) <= 1e-18 * whole { vec![0.0; figures.len()] } else { left }
}

/// How alike figures some days apart are: `pairs` of days are so far apart, and the autocorrelation of each of several series over
/// these pairs is `alike`, from -1 to 1. The series are without their drift. Estimates from short series come out too low, by about
/// (2 + 4r)/n when a line was taken out: that is put back, as an interval that is too narrow is the worse mistake.
pub(super) struct Apart<const N: usize> {
    pub(super) pairs: f64,
    pub(super) alike: [f64; N],
}

/// For each distance from 1 day to `longest`.
pub(super) fn apart<'a, const N: usize>(
    at: &'a [i64],
    series: [&'a [f64]; N],
    longest: u32,
) -> impl Iterator<Item = Apart<N>> + 'a {
    let count = number(at.len()).max(1.0);
    let own = series.map(|figures| dot(figures, figures) / count);
    (1..=longest).map(move |distance| {
        let (mut pairs, mut sums, mut later) = (0_u32, [0.0; N], 0);
        for (place, day) in at.iter().enumerate() {
            let wanted = day + i64::from(distance);
            while at.get(later).is_some_and(|found| *found < wanted) {
                later += 1;
            }
            if at.get(later) != Some(&wanted) {
                continue;
            }
            pairs += 1;
            for (sum, figures) in sums.iter_mut().zip(series) {
                if let (Some(one), Some(other)) = (figures.get(place), figures.get(later)) {
                    *sum += one * other;
                }
            }
        }
        let pairs = f64::from(pairs);
        let mut alike = [0.0; N];
        for (alike, (sum, own)) in alike.iter_mut().zip(sums.into_iter().zip(own)) {
            if pairs > 0.0 && own > 0.0 {
                let raw = sum / pairs / own;
                *alike = (raw + (2.0 + 4.0 * raw.max(0.0)) / count).clamp(-1.0, 1.0);
            }
        }
        Apart { pairs, alike }
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nonsense_is_no_day() {
        let series = Series::within(
            0.0..=10.0,
            [(1, 4.0), (2, f64::NAN), (3, f64::INFINITY), (4, 11.0), (5, -1.0), (1, 5.0), (i32::MIN, 0.0)],
        );
        assert_eq!(series.days().collect::<Vec<_>>(), [(i32::MIN, 0.0), (1, 5.0)]);
    }

    #[test]
    fn figures_that_are_alike_share_a_rank() {
        assert_eq!(ranks(&[3.0, 1.0, 3.0, 2.0, 3.0]), [4.0, 1.0, 4.0, 2.0, 4.0]);
        assert_eq!(ranks(&[0.0, -0.0]), [1.5, 1.5]);
        assert!(ranks(&[]).is_empty());
    }

    #[test]
    fn a_line_over_time_is_taken_out_and_nothing_else() {
        let at = [0, 1, 2, 5];
        assert_eq!(without_drift(&at, &[1.0, 3.0, 5.0, 11.0]), [0.0; 4]);
        assert_eq!(without_drift(&at, &[0.1; 4]), [0.0; 4]);
        let left = without_drift(&[0, 1, 2, 3], &[1.0, -1.0, -1.0, 1.0]);
        assert!(left.iter().zip([1.0, -1.0, -1.0, 1.0]).all(|(left, whole): (&f64, f64)| (left - whole).abs() < 1e-12));
    }

    #[test]
    fn likeness_sees_gaps() {
        let pairs: Vec<f64> = apart(&[1, 2, 4, 5, 8], [], 4).map(|apart| apart.pairs).collect();
        assert_eq!(pairs, [2.0, 1.0, 3.0, 2.0]);
        let at: Vec<i64> = (0..400).collect();
        let swing: Vec<f64> = at.iter().map(|day| if day % 2 == 0 { 1.0 } else { -1.0 }).collect();
        let alike: Vec<[f64; 2]> = apart(&at, [&swing, &[0.0; 400]], 2).map(|apart| apart.alike).collect();
        assert!(alike[0][0] < -0.98 && alike[1][0] > 0.98 && alike.iter().all(|alike| alike[1].abs() < 1e-12));
        // By hand: three pairs a day apart of products -1, -1 and 1, over five figures of square 1.
        let found = apart(&[1, 2, 3, 7, 8], [&[1.0, -1.0, 1.0, 1.0, 1.0]], 1).next().unwrap();
        assert!((found.alike[0] - (-1.0 / 3.0 + 2.0 / 5.0)).abs() < 1e-12);
    }

    proptest! {
        #[test]
        fn ranks_stay_when_figures_are_stretched_in_order(figures in prop::collection::vec(-20_i8..20, 0..60)) {
            let plain: Vec<f64> = figures.iter().map(|figure| f64::from(*figure)).collect();
            let stretched: Vec<f64> = plain.iter().map(|figure| (figure / 5.0).exp() * 3.0 - 7.0).collect();
            prop_assert_eq!(ranks(&plain), ranks(&stretched));
            let sum = ranks(&plain).iter().sum::<f64>();
            let count = number(plain.len());
            prop_assert!((sum - count * (count + 1.0) / 2.0).abs() < 1e-9);
        }
    }
}
