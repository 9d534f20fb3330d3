//! From when on a difference matters to a person, as data with its source.

use serde::Serialize;

use crate::questionnaires::{self, RealChange, forms};

/// Something that is measured, and the smallest change of it that matters.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Measure {
    /// Its name in JSON.
    pub id: &'static str,
    /// Its name in a sentence, after "your".
    pub title: &'static str,
    /// What its figures count, in a sentence.
    pub unit: &'static str,
    /// The highest figure; the lowest is 0.
    pub highest: f64,
    /// A change of so many points matters, whatever it was before.
    pub points: Option<f64>,
    /// A change by this share of what it was before matters, 0 to 1.
    pub share: Option<f64>,
    /// Where these two come from.
    pub source: &'static str,
}

/// Pain on the numeric rating scale.
pub const PAIN: Measure = Measure {
    id: "pain",
    title: "pain",
    unit: "points",
    highest: 10.0,
    points: points(questionnaires::PAIN),
    share: share(questionnaires::PAIN),
    source: questionnaires::PAIN.source,
};

/// PEG, the mean of its three items.
pub const PEG: Measure = Measure {
    id: "peg",
    title: "PEG score",
    unit: "points",
    highest: 10.0,
    points: points(forms::PEG.real_change),
    share: share(forms::PEG.real_change),
    source: forms::PEG.real_change.source,
};

/// The item of PEG about general activity.
pub const PEG_GENERAL_ACTIVITY: Measure =
    Measure { id: "peg_general_activity", title: "score for pain in the way of general activity", ..PEG };

/// Roland-Morris: statements ticked, of 24.
pub const ROLAND_MORRIS: Measure = Measure {
    id: "roland_morris",
    title: "Roland-Morris score",
    unit: "statements",
    highest: 24.0,
    points: points(forms::ROLAND_MORRIS.real_change),
    share: share(forms::ROLAND_MORRIS.real_change),
    source: forms::ROLAND_MORRIS.real_change.source,
};

/// Time held still, in percent of the time worn.
pub const STILLNESS: Measure = Measure {
    id: "stillness",
    title: "time held still",
    unit: "percent of the time worn",
    highest: 100.0,
    points: Some(5.0),
    share: None,
    source: "this project's choice: of ten hours worn, 5 % are half an hour",
};

/// As figures: the questionnaires' own rules hold here too.
const fn points(rule: RealChange) -> Option<f64> {
    match rule.points {
        Some(points) => Some(points as f64),
        None => None,
    }
}

const fn share(rule: RealChange) -> Option<f64> {
    match rule.percent {
        Some(percent) => Some(percent as f64 / 100.0),
        None => None,
    }
}

impl Measure {
    /// Whether it matters that a figure has become another. Rounding is forgiven; a share of nothing is nothing.
    pub fn matters(&self, then: f64, now: f64) -> bool {
        const ROUNDING: f64 = 1e-9;
        let by = (now - then).abs() + ROUNDING;
        let reaches = |least: f64| least > 0.0 && by >= least;
        self.points.is_some_and(reaches) || self.share.is_some_and(|share| reaches(share * then))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_change_that_matters_is_just_so_large() {
        for (measure, then, now, expected) in [
            (&PAIN, 6.0, 4.0, true),
            (&PAIN, 8.0, 6.1, false),
            (&PAIN, 4.0, 2.8, true),
            (&PAIN, 4.0, 2.81, false),
            (&PAIN, 0.0, 0.5, false),
            (&PAIN, 0.0, 2.0, true),
            (&PEG, 5.0, 3.5, true),
            (&PEG, 9.0, 6.9, false),
            (&PEG, 0.0, 9.0, false),
            (&ROLAND_MORRIS, 14.0, 11.0, true),
            (&ROLAND_MORRIS, 4.0, 2.0, false),
            (&STILLNESS, 80.0, 75.0, true),
            (&STILLNESS, 80.0, 75.1, false),
        ] {
            assert_eq!(measure.matters(then, now), expected, "{} {then} {now}", measure.id);
        }
        assert!(!PAIN.matters(f64::NAN, 1.0));
    }
}
