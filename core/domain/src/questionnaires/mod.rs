//! Questionnaires with a score: what pain keeps a person from, and whether that has really changed.
//!
//! A questionnaire is data: [`Form::spec`] gives its items, codes and source. [`score`] works the score out of complete
//! answers alone, and names what is missing otherwise. [`change`] tells a real change from chance, by the published
//! differences in [`forms`].
//!
//! ```
//! use lumbra_domain::questionnaires::{Answers, Form, score};
//!
//! let answers = Answers::in_order(Form::Peg, &[6, 5, 4]).unwrap();
//! assert_eq!(score(Form::Peg, &answers).unwrap().as_f64(), 5.0);
//! ```

mod change;
pub mod forms;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use change::{Change, PAIN, RealChange, change, pain_change};

/// Why answers give no score.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormError {
    /// No questionnaire has this name.
    #[error("unknown questionnaire: choose one of {}", Form::names())]
    UnknownForm,
    /// Items are open.
    #[error("answer the open items too: {}", .0.join(", "))]
    Incomplete(Vec<&'static str>),
    /// No item has this id.
    #[error("there is no item '{item}' in this questionnaire: it has {known}")]
    UnknownItem {
        /// What was named, cut to a length that can be shown.
        item: String,
        /// What there is.
        known: String,
    },
    /// An answer off the item's scale.
    #[error("an answer to {item} is a whole number from 0 to {highest}")]
    OffScale {
        /// The item.
        item: &'static str,
        /// The highest answer.
        highest: u8,
    },
    /// Not as many answers as items.
    #[error("give {items} answers, one for each item: {given} were given")]
    Count {
        /// Items.
        items: usize,
        /// Answers.
        given: usize,
    },
    /// A tick beside no statement.
    #[error("the statements are numbered from 1 to {0}: name those that describe you today")]
    NoSuchStatement(usize),
}

/// A questionnaire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Form {
    /// PEG: pain, enjoyment of life and general activity in the past week.
    Peg,
    /// Roland-Morris: what a back keeps a person from, today.
    RolandMorris,
}

/// How items make a score.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scoring {
    /// The mean of all answers.
    Mean,
    /// The sum of all answers.
    Sum,
}

/// One item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Item {
    /// Stable name.
    pub id: &'static str,
    /// What is asked, or stated.
    pub text: &'static str,
    /// Its LOINC code, where there is one.
    pub loinc: Option<&'static str>,
}

/// A questionnaire as data.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spec {
    /// Its title for people.
    pub title: &'static str,
    /// What to tell before the items.
    pub instruction: &'static str,
    /// The items, in order.
    pub items: &'static [Item],
    /// The highest answer to an item; the lowest is 0. 1 stands for a statement that is ticked or not.
    pub highest: u8,
    /// How the score is made.
    pub scoring: Scoring,
    /// The score's LOINC code, where there is one.
    pub loinc: Option<&'static str>,
    /// What change of the score is real.
    pub real_change: RealChange,
    /// Where items and scoring come from.
    pub source: &'static str,
}

impl Form {
    /// All of them.
    pub const ALL: &'static [Self] = &[Self::Peg, Self::RolandMorris];

    /// As it stands in the store, in JSON and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Peg => "peg",
            Self::RolandMorris => "roland-morris",
        }
    }

    /// From its name.
    pub fn parse(name: &str) -> Result<Self, FormError> {
        Self::ALL.iter().copied().find(|form| form.as_str() == name).ok_or(FormError::UnknownForm)
    }

    /// Its items, codes, scoring and source.
    pub const fn spec(self) -> &'static Spec {
        match self {
            Self::Peg => &forms::PEG,
            Self::RolandMorris => &forms::ROLAND_MORRIS,
        }
    }

    fn names() -> String {
        Self::ALL.iter().map(|form| form.as_str()).collect::<Vec<_>>().join(", ")
    }
}

/// Answers by item id, complete or not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Answers(pub BTreeMap<String, u8>);

impl Answers {
    /// One answer for each item, in their order.
    pub fn in_order(form: Form, answers: &[u8]) -> Result<Self, FormError> {
        let items = form.spec().items;
        if items.len() != answers.len() {
            return Err(FormError::Count { items: items.len(), given: answers.len() });
        }
        Ok(Self(items.iter().map(|item| item.id.to_owned()).zip(answers.iter().copied()).collect()))
    }

    /// The numbers, from 1, of the statements that are ticked; all others are not.
    pub fn ticked(form: Form, numbers: &[usize]) -> Result<Self, FormError> {
        let items = form.spec().items;
        if numbers.iter().any(|number| !(1..=items.len()).contains(number)) {
            return Err(FormError::NoSuchStatement(items.len()));
        }
        let answer = |number| u8::from(numbers.contains(&number));
        Ok(Self(items.iter().zip(1..).map(|(item, number)| (item.id.to_owned(), answer(number))).collect()))
    }
}

/// A score, exact: a sum over so many items.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Score {
    sum: u16,
    parts: u16,
}

impl Score {
    /// As a number.
    pub fn as_f64(self) -> f64 {
        f64::from(self.sum) / f64::from(self.parts)
    }

    /// The higher the worse. Compared without rounding.
    fn cross(self, other: Self) -> (u32, u32) {
        (u32::from(self.sum) * u32::from(other.parts), u32::from(other.sum) * u32::from(self.parts))
    }
}

/// The score of complete answers.
pub fn score(form: Form, answers: &Answers) -> Result<Score, FormError> {
    let spec = form.spec();
    if let Some(unknown) = answers.0.keys().find(|id| spec.items.iter().all(|item| item.id != *id)) {
        let known = spec.items.iter().map(|item| item.id).collect::<Vec<_>>().join(", ");
        return Err(FormError::UnknownItem { item: unknown.chars().take(40).collect(), known });
    }
    let open: Vec<_> = spec.items.iter().map(|item| item.id).filter(|id| !answers.0.contains_key(*id)).collect();
    if !open.is_empty() {
        return Err(FormError::Incomplete(open));
    }
    let mut sum = 0_u16;
    let mut count = 0_u16;
    for item in spec.items {
        let answer = answers.0.get(item.id).copied().unwrap_or_default();
        if answer > spec.highest {
            return Err(FormError::OffScale { item: item.id, highest: spec.highest });
        }
        sum += u16::from(answer);
        count += 1;
    }
    let parts = match spec.scoring {
        Scoring::Mean => count.max(1),
        Scoring::Sum => 1,
    };
    Ok(Score { sum, parts })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_forms_are_whole() {
        assert_eq!((forms::PEG.items.len(), forms::ROLAND_MORRIS.items.len()), (3, 24));
        let codes: Vec<_> = forms::PEG.items.iter().filter_map(|item| item.loinc).collect();
        assert_eq!((codes.as_slice(), forms::PEG.loinc), (&["75893-8", "91145-3", "91146-1"][..], Some("91147-9")));
        for form in Form::ALL {
            assert_eq!(Form::parse(form.as_str()), Ok(*form));
            let spec = form.spec();
            let ids: BTreeSet<_> = spec.items.iter().map(|item| item.id).collect();
            let texts: BTreeSet<_> = spec.items.iter().map(|item| item.text).collect();
            assert_eq!((ids.len(), texts.len()), (spec.items.len(), spec.items.len()), "{form:?}");
        }
        assert!(Form::parse("oswestry").unwrap_err().to_string().contains("peg, roland-morris"));
    }

    #[test]
    fn scores_are_worked_out_by_hand() {
        let peg = |answers: &[u8]| score(Form::Peg, &Answers::in_order(Form::Peg, answers).unwrap()).unwrap().as_f64();
        assert!((peg(&[7, 5, 4]) - 16.0 / 3.0).abs() < 1e-12);
        assert!((peg(&[0, 0, 0])).abs() < 1e-12);
        assert!((peg(&[10, 10, 10]) - 10.0).abs() < 1e-12);
        let ticks = |numbers: &[usize]| {
            score(Form::RolandMorris, &Answers::ticked(Form::RolandMorris, numbers).unwrap()).unwrap().as_f64()
        };
        assert!((ticks(&[])).abs() < 1e-12);
        assert!((ticks(&[1, 13, 24, 24]) - 3.0).abs() < 1e-12, "a statement is ticked once");
        assert!((ticks(&(1..=24).collect::<Vec<_>>()) - 24.0).abs() < 1e-12);
    }

    #[test]
    fn what_is_open_or_wrong_is_named() {
        let mut answers = Answers::in_order(Form::Peg, &[1, 2, 3]).unwrap();
        answers.0.remove("enjoyment");
        answers.0.remove("activity");
        assert_eq!(score(Form::Peg, &answers), Err(FormError::Incomplete(vec!["enjoyment", "activity"])));
        let off = Answers::in_order(Form::Peg, &[1, 11, 3]).unwrap();
        assert_eq!(score(Form::Peg, &off), Err(FormError::OffScale { item: "enjoyment", highest: 10 }));
        let mut strange = Answers::in_order(Form::Peg, &[1, 2, 3]).unwrap();
        strange.0.insert("x".repeat(100), 1);
        assert!(score(Form::Peg, &strange).unwrap_err().to_string().len() < 200);
        assert_eq!(Answers::in_order(Form::Peg, &[1, 2]), Err(FormError::Count { items: 3, given: 2 }));
        assert_eq!(Answers::ticked(Form::RolandMorris, &[25]), Err(FormError::NoSuchStatement(24)));
        assert_eq!(Answers::ticked(Form::RolandMorris, &[0]), Err(FormError::NoSuchStatement(24)));
    }

    proptest! {
        /// Any one item that is missing, in any form, is named and nothing else is.
        #[test]
        fn a_missing_item_gives_no_score(form in 0..Form::ALL.len(), missing in any::<prop::sample::Index>(), fill in 0_u8..=1) {
            let form = Form::ALL[form];
            let items = form.spec().items;
            let mut answers = Answers::in_order(form, &vec![fill; items.len()]).unwrap();
            prop_assert!(score(form, &answers).is_ok());
            let missing = items[missing.index(items.len())].id;
            answers.0.remove(missing);
            prop_assert_eq!(score(form, &answers), Err(FormError::Incomplete(vec![missing])));
        }
    }
}
