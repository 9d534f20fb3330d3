//! The questionnaires that are told of: what was answered, what it scores, and which change matters.
//!
//! | questionnaire | score | a change that matters |
//! |---|---|---|
//! | PEG: pain, enjoyment, general activity | mean of three answers, 0 to 10 | 30 % |
//! | Roland-Morris | statements ticked, 0 to 24 | 3 points |
//!
//! Both changes are conventions read in the literature, for groups: they are marked in charts as a help to the eye.

use lumbra_domain::pain::PainScore;
use lumbra_domain::questionnaires::Form;

use crate::moment::Moment;

/// One that was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Questionnaire {
    /// Its identity in the caller's store, the same at each export.
    pub identity: String,
    /// When.
    pub at: Moment,
    /// What was answered.
    pub answers: Answers,
}

/// The answers, by questionnaire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answers {
    /// PEG.
    Peg(Peg),
    /// Roland-Morris.
    RolandMorris(Statements),
}

/// PEG: the past week, each 0 to 10.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peg {
    /// Pain on average (LOINC 75893-8).
    pub pain: PainScore,
    /// How pain interfered with enjoyment of life (LOINC 91145-3).
    pub enjoyment: PainScore,
    /// How pain interfered with general activity (LOINC 91146-1).
    pub activity: PainScore,
}

impl Peg {
    /// The sum of the three, 0 to 30.
    pub fn sum(self) -> u8 {
        self.pain.get() + self.enjoyment.get() + self.activity.get()
    }

    /// The score: the mean of the three, in hundredths, rounded. It is never a half of one, so there is no choice in it.
    pub fn score_hundredths(self) -> u32 {
        (u32::from(self.sum()) * 200 + 3) / 6
    }
}

/// How many statements Roland-Morris has.
pub const STATEMENTS: u8 = 24;

/// The statements of Roland-Morris that were ticked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statements(u32);

impl Statements {
    /// From their numbers, 1 to 24; `None` for any other. One that is named twice counts once.
    pub fn ticked(numbers: impl IntoIterator<Item = u8>) -> Option<Self> {
        numbers
            .into_iter()
            .try_fold(0, |ticked, number| (1..=STATEMENTS).contains(&number).then(|| ticked | 1_u32 << (number - 1)))
            .map(Self)
    }

    /// Whether a statement, 1 to 24, was ticked.
    pub const fn contains(self, number: u8) -> bool {
        number >= 1 && number <= STATEMENTS && self.0 >> (number - 1) & 1 == 1
    }

    /// The numbers of those ticked, in order.
    pub fn numbers(self) -> impl Iterator<Item = u8> {
        (1..=STATEMENTS).filter(move |number| self.contains(*number))
    }

    /// The score: how many were ticked, 0 to 24.
    pub const fn score(self) -> u32 {
        self.0.count_ones()
    }
}

impl Answers {
    /// Its name for people.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Peg(_) => "PEG",
            Self::RolandMorris(_) => "Roland-Morris",
        }
    }

    /// The score: 0 to 10 for PEG, 0 to 24 for Roland-Morris. Higher is worse.
    pub fn score(&self) -> f64 {
        match self {
            Self::Peg(peg) => f64::from(peg.sum()) / 3.0,
            Self::RolandMorris(statements) => f64::from(statements.score()),
        }
    }

    /// The score at or below which a change from this one matters; `None` where there is no room for one.
    pub fn improved(&self) -> Option<f64> {
        let form = match self {
            Self::Peg(_) => Form::Peg,
            Self::RolandMorris(_) => Form::RolandMorris,
        };
        let rule = form.spec().real_change;
        let by_share = rule.percent.map(|percent| self.score() * f64::from(100 - percent.min(100)) / 100.0);
        let by_points = rule.points.map(|points| self.score() - f64::from(points));
        let below = by_share.into_iter().chain(by_points).fold(f64::NEG_INFINITY, f64::max);
        (self.score() > 0.0 && below >= 0.0).then_some(below)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peg(pain: u8, enjoyment: u8, activity: u8) -> Peg {
        let score = |number| PainScore::new(number).unwrap();
        Peg { pain: score(pain), enjoyment: score(enjoyment), activity: score(activity) }
    }

    #[test]
    fn peg_is_the_mean_of_three() {
        for (answers, hundredths) in
            [(peg(0, 0, 0), 0), (peg(10, 10, 10), 1_000), (peg(5, 5, 6), 533), (peg(6, 5, 6), 567)]
        {
            assert_eq!(answers.score_hundredths(), hundredths, "{answers:?}");
        }
        assert_eq!(Answers::Peg(peg(6, 6, 6)).improved().map(|score| (score * 10.0).round()), Some(42.0));
        assert_eq!(Answers::Peg(peg(0, 0, 0)).improved(), None);
    }

    #[test]
    fn roland_morris_counts_ticks() {
        let statements = Statements::ticked([1, 24, 24, 7]).unwrap();
        assert_eq!(statements.score(), 3);
        assert_eq!(statements.numbers().collect::<Vec<_>>(), [1, 7, 24]);
        assert_eq!(Answers::RolandMorris(statements).improved(), Some(0.0));
        assert_eq!(Answers::RolandMorris(Statements::default()).improved(), None);
        assert!(Statements::ticked([0]).is_none() && Statements::ticked([25]).is_none());
    }
}
