//! Whether a score has really changed: the smallest differences that people notice, as data with their source.

use super::Score;
use crate::pain::PainScore;

/// What change of a score is more than chance: any one of the bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RealChange {
    /// So many percent of the score before.
    pub percent: Option<u8>,
    /// So many points.
    pub points: Option<u8>,
    /// Where it comes from.
    pub source: &'static str,
}

/// For pain on the numeric rating scale.
pub const PAIN: RealChange = RealChange {
    percent: Some(30),
    points: Some(2),
    source: "Farrar et al., Pain 2001;94:149-158, and Ostelo et al., Spine 2008;33:90-94: 2 points or 30 % on the numeric rating scale",
};

/// What became of a score. All scores here are worse when higher.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Really lower.
    Better,
    /// Within what chance explains.
    Same,
    /// Really higher.
    Worse,
}

impl Change {
    /// As a word, in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Better => "better",
            Self::Same => "same",
            Self::Worse => "worse",
        }
    }
}

/// What became of a score.
pub fn change(rule: RealChange, before: Score, after: Score) -> Change {
    let (before_cross, after_cross) = before.cross(after);
    let (difference, unit) = (before_cross.abs_diff(after_cross), u32::from(before.parts) * u32::from(after.parts));
    let by_percent =
        rule.percent.is_some_and(|percent| before_cross > 0 && difference * 100 >= before_cross * u32::from(percent));
    // From nothing, no share can be told: every pain is new then, and the points decide alone where there are some.
    let from_nothing = before_cross == 0 && rule.points.is_none() && difference > 0;
    let by_points = rule.points.is_some_and(|points| difference >= u32::from(points) * unit);
    match (by_percent || by_points || from_nothing, after_cross < before_cross) {
        (false, _) => Change::Same,
        (true, true) => Change::Better,
        (true, false) => Change::Worse,
    }
}

/// What became of a pain score.
pub fn pain_change(before: PainScore, after: PainScore) -> Change {
    let score = |score: PainScore| Score { sum: u16::from(score.get()), parts: 1 };
    change(PAIN, score(before), score(after))
}

#[cfg(test)]
mod tests {
    use super::super::{Answers, Form, score};
    use super::*;

    fn peg(answers: [u8; 3]) -> Score {
        score(Form::Peg, &Answers::in_order(Form::Peg, &answers).unwrap()).unwrap()
    }

    fn ticks(count: usize) -> Score {
        let numbers: Vec<_> = (1..=count).collect();
        score(Form::RolandMorris, &Answers::ticked(Form::RolandMorris, &numbers).unwrap()).unwrap()
    }

    /// Against the rule in words, for every pair of scores.
    #[test]
    fn pain_changes_by_30_percent_or_2_points() {
        for before in 0_u8..=10 {
            for after in 0_u8..=10 {
                let difference = f64::from(before.abs_diff(after));
                let real = difference >= 2.0 || (before > 0 && difference / f64::from(before) >= 0.3 - 1e-9);
                let expected = match (real, after < before) {
                    (false, _) => Change::Same,
                    (true, true) => Change::Better,
                    (true, false) => Change::Worse,
                };
                let score = |score| PainScore::new(score).unwrap();
                assert_eq!(pain_change(score(before), score(after)), expected, "{before} to {after}");
                if after < before && score(after).is_meaningfully_below(score(before)) {
                    assert_eq!(expected, Change::Better, "{before} to {after}");
                }
            }
        }
    }

    #[test]
    fn peg_changes_by_30_percent() {
        let rule = Form::Peg.spec().real_change;
        assert_eq!(change(rule, peg([10, 10, 10]), peg([7, 7, 7])), Change::Better);
        assert_eq!(change(rule, peg([10, 10, 10]), peg([7, 7, 8])), Change::Same);
        assert_eq!(change(rule, peg([5, 5, 5]), peg([6, 7, 7])), Change::Worse);
        assert_eq!(change(rule, peg([0, 0, 0]), peg([0, 0, 1])), Change::Worse);
        assert_eq!(change(rule, peg([0, 0, 0]), peg([0, 0, 0])), Change::Same);
    }

    #[test]
    fn roland_morris_changes_by_3_points() {
        let rule = Form::RolandMorris.spec().real_change;
        assert_eq!(change(rule, ticks(12), ticks(9)), Change::Better);
        assert_eq!(change(rule, ticks(12), ticks(10)), Change::Same);
        assert_eq!(change(rule, ticks(12), ticks(15)), Change::Worse);
        assert_eq!(change(rule, ticks(2), ticks(0)), Change::Same, "all of it, and still only two points");
    }
}
