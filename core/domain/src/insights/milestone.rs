//! What the person can do again: milestones in terms of function, not of pain alone.

use serde::Serialize;

use super::change::{Change, ChangeVerdict, FormChange};
use super::estimate::Direction;
use super::measure::PEG_GENERAL_ACTIVITY;

/// An upright stretch is a milestone when it is longer than the longest before by so much, in seconds: ten minutes. This project's
/// choice.
pub const LONGER_BY_S: u32 = 600;

/// The first of something, and the latest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FirstAndLatest<T> {
    /// The first.
    pub first: T,
    /// The latest.
    pub latest: T,
}

/// A statement of a form, as the form has it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Statement {
    /// Its name in the form.
    pub id: String,
    /// Its words.
    pub text: String,
}

/// What milestones are looked for in; what there is none of is empty.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MilestoneInputs {
    /// The statements of Roland-Morris that were ticked.
    pub roland_morris: Option<FirstAndLatest<Vec<Statement>>>,
    /// PEG's item about general activity, 0 to 10.
    pub general_activity: Option<FirstAndLatest<f64>>,
    /// The longest upright stretch in seconds: before the days that are looked at, and in them.
    pub longest_upright_s: Option<FirstAndLatest<u32>>,
    /// Time held still, in percent of the time worn, against the baseline.
    pub stillness: Option<Change>,
}

/// Something the person can do again, or does differently.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "milestone")]
pub enum Milestone {
    /// Statements of Roland-Morris that held on the first form and no longer do.
    NoLongerTicked {
        /// These.
        statements: Vec<Statement>,
        /// Those that hold now and did not then: told with them, so that the good is never half of the truth.
        new: Vec<Statement>,
    },
    /// Pain is less in the way of general activity, by enough to matter.
    GeneralActivity {
        /// The first form's score, 0 to 10.
        first: f64,
        /// The latest form's.
        latest: f64,
    },
    /// The longest upright stretch ever.
    LongestUpright {
        /// In seconds.
        longest_s: u32,
        /// The longest before, in seconds.
        before_s: u32,
    },
    /// Less time held still than in the first days.
    LessStillness {
        /// In percent of the time worn, then.
        then_percent: f64,
        /// Now.
        now_percent: f64,
    },
}

/// The milestones that are reached.
pub fn milestones(inputs: &MilestoneInputs) -> Vec<Milestone> {
    let roland_morris = inputs.roland_morris.as_ref().and_then(|FirstAndLatest { first, latest }| {
        let only_in = |one: &[Statement], other: &[Statement]| -> Vec<Statement> {
            one.iter().filter(|held| other.iter().all(|holds| holds.id != held.id)).cloned().collect()
        };
        let statements = only_in(first, latest);
        (!statements.is_empty()).then(|| Milestone::NoLongerTicked { statements, new: only_in(latest, first) })
    });
    let general_activity = inputs.general_activity.as_ref().and_then(|FirstAndLatest { first, latest }| {
        let better = FormChange::new(PEG_GENERAL_ACTIVITY, *first, *latest).direction == Some(Direction::Lower);
        better.then_some(Milestone::GeneralActivity { first: *first, latest: *latest })
    });
    let upright = inputs.longest_upright_s.as_ref().and_then(|FirstAndLatest { first, latest }| {
        let longer = *latest >= first.saturating_add(LONGER_BY_S);
        longer.then_some(Milestone::LongestUpright { longest_s: *latest, before_s: *first })
    });
    let stillness = inputs.stillness.as_ref().and_then(|change| match change.verdict {
        ChangeVerdict::Real { direction: Direction::Lower, figures } => {
            Some(Milestone::LessStillness { then_percent: figures.then_mean, now_percent: figures.now_mean })
        }
        _ => None,
    });
    [roland_morris, general_activity, upright, stillness].into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::insights::change::{Against, change};
    use crate::insights::measure::STILLNESS;
    use crate::insights::series::Series;

    fn ticked(ids: &[&str]) -> Vec<Statement> {
        ids.iter().map(|id| Statement { id: (*id).to_owned(), text: format!("statement {id}") }).collect()
    }

    #[test]
    fn a_statement_that_no_longer_holds_is_a_milestone_and_a_new_one_is_told_with_it() {
        let reached = |first: &[&str], latest: &[&str]| {
            let roland_morris = Some(FirstAndLatest { first: ticked(first), latest: ticked(latest) });
            milestones(&MilestoneInputs { roland_morris, ..MilestoneInputs::default() })
        };
        assert_eq!(
            reached(&["3", "7", "9"], &["7", "12"]),
            [Milestone::NoLongerTicked { statements: ticked(&["3", "9"]), new: ticked(&["12"]) }]
        );
        assert_eq!(reached(&["3"], &["3", "4"]), []);
    }

    #[test]
    fn milestones_are_reached_at_what_matters() {
        let of = |first, latest, before_s, longest_s| {
            milestones(&MilestoneInputs {
                general_activity: Some(FirstAndLatest { first, latest }),
                longest_upright_s: Some(FirstAndLatest { first: before_s, latest: longest_s }),
                ..MilestoneInputs::default()
            })
        };
        assert_eq!(of(6.0, 5.0, 1_800, 2_399), []);
        assert_eq!(of(4.0, 6.0, u32::MAX, u32::MAX - 1), [], "worse is none");
        assert_eq!(
            of(6.0, 4.0, 1_800, 2_400),
            [
                Milestone::GeneralActivity { first: 6.0, latest: 4.0 },
                Milestone::LongestUpright { longest_s: 2_400, before_s: 1_800 }
            ]
        );
    }

    #[test]
    fn less_stillness_counts_when_it_is_real() {
        let reached = |by: f64| {
            let days = (0..60).map(|day| (day, if day < 30 { 80.0 } else { 80.0 - by } + f64::from(day * 7_919 % 5)));
            let stillness = change(&Series::within(0.0..=100.0, days), STILLNESS, Against::Baseline, 59);
            milestones(&MilestoneInputs { stillness: Some(stillness), ..MilestoneInputs::default() }).len()
        };
        assert_eq!((reached(12.0), reached(3.0), reached(-12.0)), (1, 0, 0));
    }
}
