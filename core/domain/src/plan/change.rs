//! One change of a plan, and why it was made, as data.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::dose::{Dose, Dosed};
use super::log::StopReason;
use super::text::ActivityId;
use super::verdict::Bad;
use crate::exercise::Exercise;

/// What a step changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Variable {
    /// The length of a hold.
    Hold,
    /// The repetitions of a set, or of each set of a pyramid.
    Repetitions,
    /// The number of sets.
    Sets,
    /// The minutes.
    Minutes,
    /// The variant of the exercise.
    Variant,
}

/// Why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// So many sessions in a row were within the limit: a step up.
    WithinLimit {
        /// How many.
        sessions: u8,
    },
    /// A bad session: a step down.
    BadSession(Bad),
    /// A second bad session with no good one between: a pause.
    SecondBad(Bad),
    /// A sign that a clinician must look at: a pause.
    Alarm(StopReason),
    /// Nothing was done for so many days: a step down.
    Break {
        /// How many.
        days: u16,
    },
    /// A clinician has agreed: it goes on after the pause, a step lower if there is one.
    Agreed,
}

/// What it is now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum To {
    /// To be done like this.
    Dosed(Dosed),
    /// Not to be done until a clinician has agreed.
    Paused,
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Change {
    /// The activity.
    pub activity: ActivityId,
    /// From which day on.
    pub on: Date,
    /// What it was.
    pub from: Dosed,
    /// What it is now.
    pub to: To,
    /// Why.
    pub reason: Reason,
}

impl Change {
    /// The exercise as it was before.
    pub const fn exercise(&self) -> Exercise {
        self.from.exercise()
    }

    /// Whether more is asked than before.
    pub fn is_up(&self) -> bool {
        matches!(&self.to, To::Dosed(to) if to.is_harder_than(&self.from))
    }

    /// Whether less is asked than before.
    pub fn is_down(&self) -> bool {
        matches!(&self.to, To::Dosed(to) if self.from.is_harder_than(to))
    }

    /// What it changed; `None` for a pause, and for going on as before.
    pub fn variable(&self) -> Option<Variable> {
        let To::Dosed(to) = &self.to else { return None };
        if to.exercise() != self.from.exercise() {
            return Some(Variable::Variant);
        }
        let (sets, hold) = (
            |dose: &Dose| match dose {
                Dose::Repetitions { sets } | Dose::Holds { sets, .. } => Some(*sets),
                Dose::Minutes { .. } => None,
            },
            |dose: &Dose| match dose {
                Dose::Holds { hold_s, .. } => Some(*hold_s),
                Dose::Repetitions { .. } | Dose::Minutes { .. } => None,
            },
        );
        let (from, to) = (self.from.dose(), to.dose());
        let counts = (sets(from).map(|sets| sets.count()), sets(to).map(|sets| sets.count()));
        if from == to {
            None
        } else if matches!(to, Dose::Minutes { .. }) {
            Some(Variable::Minutes)
        } else if counts.0 != counts.1 {
            Some(Variable::Sets)
        } else if hold(from) == hold(to) {
            Some(Variable::Repetitions)
        } else {
            Some(Variable::Hold)
        }
    }
}
