//! What a person wants to do again, with steps on the way: milestones in terms of function, not of pain alone.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::text::GoalText;

/// The most steps of a goal.
pub const STEPS_MAX: usize = 10;

/// Why something is no goal, or no step of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GoalError {
    /// None or too many.
    #[error("a goal has 1 to {STEPS_MAX} steps: the last of them is the goal itself")]
    Steps,
    /// There is no such step.
    #[error("there is no such step")]
    NoSuchStep,
}

/// A step on the way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GoalStep {
    /// What it is, such as "walk to the bridge without a rest".
    pub text: GoalText,
    /// Since when the person can do it.
    #[serde(default)]
    pub reached: Option<Date>,
}

/// What a person wants to do again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked", into = "Unchecked")]
pub struct Goal {
    text: GoalText,
    steps: Vec<GoalStep>,
}

#[derive(Serialize, Deserialize)]
struct Unchecked {
    text: GoalText,
    steps: Vec<GoalStep>,
}

impl Goal {
    /// A goal and its steps, from the easiest on: 1 to [`STEPS_MAX`].
    pub fn new(text: GoalText, steps: Vec<GoalStep>) -> Result<Self, GoalError> {
        if steps.is_empty() || steps.len() > STEPS_MAX { Err(GoalError::Steps) } else { Ok(Self { text, steps }) }
    }

    /// What it is.
    pub const fn text(&self) -> &GoalText {
        &self.text
    }

    /// The steps, from the easiest on.
    pub fn steps(&self) -> &[GoalStep] {
        &self.steps
    }

    /// Marks a step, counted from 0, as reached on a day, or with `None` as not reached after all: a bad week takes a step back,
    /// and nobody is to be shown what isn't so.
    pub fn mark(&mut self, step: usize, reached: Option<Date>) -> Result<(), GoalError> {
        self.steps.get_mut(step).ok_or(GoalError::NoSuchStep)?.reached = reached;
        Ok(())
    }

    /// How many steps are reached.
    pub fn reached(&self) -> usize {
        self.steps.iter().filter(|step| step.reached.is_some()).count()
    }

    /// The first step that is not reached; `None` when all are.
    pub fn next(&self) -> Option<&GoalStep> {
        self.steps.iter().find(|step| step.reached.is_none())
    }
}

impl TryFrom<Unchecked> for Goal {
    type Error = GoalError;

    fn try_from(unchecked: Unchecked) -> Result<Self, GoalError> {
        Self::new(unchecked.text, unchecked.steps)
    }
}

impl From<Goal> for Unchecked {
    fn from(goal: Goal) -> Self {
        Self { text: goal.text, steps: goal.steps }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn goal(steps: usize) -> Result<Goal, GoalError> {
        let text = |text: &str| GoalText::new(text).unwrap();
        let step = |number| GoalStep { text: text(&format!("step {number}")), reached: None };
        Goal::new(text("work in the garden for an hour"), (1..=steps).map(step).collect())
    }

    #[test]
    fn steps_are_reached_and_taken_back() {
        let mut goal = goal(3).unwrap();
        assert_eq!(goal.sentence(), "\"work in the garden for an hour\": 0 of 3 steps reached; next: step 1.");
        goal.mark(0, Some(date(2026, 6, 1))).unwrap();
        goal.mark(1, Some(date(2026, 6, 8))).unwrap();
        assert_eq!((goal.reached(), goal.next().unwrap().text.as_str()), (2, "step 3"));
        goal.mark(1, None).unwrap();
        assert_eq!((goal.reached(), goal.next().unwrap().text.as_str()), (1, "step 2"));
        assert_eq!(goal.mark(3, None), Err(GoalError::NoSuchStep));
        (0..3).for_each(|step| goal.mark(step, Some(date(2026, 7, 1))).unwrap());
        assert_eq!(goal.sentence(), "\"work in the garden for an hour\": reached.");
        let text = serde_json::to_string(&goal).unwrap();
        assert_eq!(serde_json::from_str::<Goal>(&text).unwrap(), goal);
    }

    #[test]
    fn a_goal_without_a_step_is_none() {
        assert_eq!(goal(0), Err(GoalError::Steps));
        assert_eq!(goal(11), Err(GoalError::Steps));
        assert!(serde_json::from_str::<Goal>(r#"{"text": "run", "steps": []}"#).is_err());
    }
}
