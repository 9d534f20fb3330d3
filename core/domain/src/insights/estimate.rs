//! A figure with its interval: the only form in which anything measured here is given away.

use serde::Serialize;
use statrs::distribution::{ContinuousCDF, StudentsT};

/// The share of intervals that may miss what is true, all that are looked at together counted as one.
pub(super) const MISS: f64 = 0.05;

/// A figure and the interval around it. The figure is always within.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Estimate {
    value: f64,
    low: f64,
    high: f64,
}

/// Up or down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Higher, or more.
    Higher,
    /// Lower, or less.
    Lower,
}

impl Estimate {
    /// `value` with half an interval to each side, cut to what is possible at all.
    pub(super) fn around(value: f64, half: f64, (least, most): (f64, f64)) -> Self {
        Self::between(value, (value - half).max(least), (value + half).min(most))
    }

    /// `value` within an interval, which is widened to hold it should rounding have left it outside.
    pub(super) fn between(value: f64, low: f64, high: f64) -> Self {
        Self { value, low: low.min(value), high: high.max(value) }
    }

    /// The figure itself.
    pub const fn value(&self) -> f64 {
        self.value
    }

    /// The lower end.
    pub const fn low(&self) -> f64 {
        self.low
    }

    /// The upper end.
    pub const fn high(&self) -> f64 {
        self.high
    }

    /// To which side of zero the whole interval lies; `None` when zero is within it.
    pub fn direction(&self) -> Option<Direction> {
        if self.low > 0.0 {
            Some(Direction::Higher)
        } else if self.high < 0.0 {
            Some(Direction::Lower)
        } else {
            None
        }
    }
}

/// The quantile of Student's t that `miss` of all values are beyond, on both sides together. Fewer than one degree of freedom
/// count as one: the interval is then so wide that it says nothing.
pub(super) fn quantile(miss: f64, freedom: f64) -> f64 {
    // The library's search does not end for freedoms of 1e300. Ten thousand are the normal distribution to four digits.
    let freedom = if freedom.is_finite() { freedom.clamp(1.0, 10_000.0) } else { 1.0 };
    let miss = if miss.is_finite() { miss.clamp(1e-6, 1.0) } else { 1e-6 };
    StudentsT::new(0.0, 1.0, freedom).map_or(f64::INFINITY, |student| student.inverse_cdf(1.0 - miss / 2.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_the_printed_tables() {
        for (miss, freedom, expected) in
            [(0.05, 1.0, 12.706), (0.05, 9.0, 2.262), (0.05, 30.0, 2.042), (0.01, 20.0, 2.845), (0.001, 120.0, 3.373)]
        {
            assert!((quantile(miss, freedom) - expected).abs() < 6e-4, "{miss} {freedom}");
        }
    }

    #[test]
    fn quantiles_of_nonsense_are_wide_and_never_panic() {
        for (miss, freedom) in
            [(0.0, 5.0), (2.0, 5.0), (0.05, 0.0), (0.05, -3.0), (0.05, f64::NAN), (0.05, 1e300), (f64::NAN, 5.0)]
        {
            assert!(quantile(miss, freedom) >= 0.0, "{miss} {freedom}");
        }
        assert!(quantile(0.05, f64::NAN) > 12.0);
    }

    #[test]
    fn quantiles_fall_with_freedom_and_with_what_may_be_missed() {
        let freedoms: Vec<f64> = (0..=80).map(|step| 10_f64.powf(f64::from(step) / 20.0)).collect();
        for pair in freedoms.windows(2) {
            for miss in [1e-6, 0.05 / 16.0, 0.05, 0.5] {
                assert!(quantile(miss, pair[0]) > quantile(miss, pair[1]), "{miss} {pair:?}");
                assert!(quantile(miss, pair[0]) > quantile(miss * 1.5, pair[0]), "{miss} {pair:?}");
            }
        }
    }

    #[test]
    fn an_estimate_knows_its_side_of_zero() {
        let wide = (-10.0, 10.0);
        assert_eq!(Estimate::around(1.0, 0.5, wide).direction(), Some(Direction::Higher));
        assert_eq!(Estimate::around(-1.0, 0.5, wide).direction(), Some(Direction::Lower));
        assert_eq!(Estimate::around(-1.0, 1.0, wide).direction(), None);
        assert_eq!(Estimate::around(9.0, 5.0, wide).high().to_bits(), 10.0_f64.to_bits());
    }
}
