//! What a person wants to do again, step by step. What a clinic's plan is to reach stands in the plan.

use lumbra::day_number;
use lumbra::domain::plan::GoalText;

use crate::error::LumbraError;
use crate::lumbra::Lumbra;

/// A step on the way to a goal.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct GoalStep {
    /// What it is, in the person's words.
    pub text: String,
    /// Since when the person can do it, in days since 1970-01-01 on their own calendar; absent while they can't.
    pub reached_day: Option<i32>,
}

/// A goal of the person's own.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct OwnGoal {
    /// Its identity.
    pub goal_id: String,
    /// What it is, in the person's words.
    pub text: String,
    /// From the easiest on; the last one is the goal itself.
    pub steps: Vec<GoalStep>,
    /// All steps are reached.
    pub reached: bool,
}

// A goal tells what a person can't do: neither shows it in a log.
impl std::fmt::Debug for GoalStep {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("GoalStep").field("reached_day", &self.reached_day).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for OwnGoal {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("OwnGoal").field("goal_id", &self.goal_id).finish_non_exhaustive()
    }
}

impl From<lumbra::OwnGoal> for OwnGoal {
    fn from(own: lumbra::OwnGoal) -> Self {
        let step = |step: &lumbra::domain::plan::GoalStep| GoalStep {
            text: step.text.as_str().to_owned(),
            reached_day: step.reached.map(day_number),
        };
        Self {
            text: own.goal.text().as_str().to_owned(),
            steps: own.goal.steps().iter().map(step).collect(),
            goal_id: own.goal_id,
            reached: own.reached,
        }
    }
}

fn text(words: &str) -> Result<GoalText, LumbraError> {
    GoalText::new(words).map_err(|error| lumbra::Error::Invalid(error.to_string()).into())
}

#[uniffi::export]
impl Lumbra {
    /// The person's own goals, oldest first; what was given up is not among them.
    pub async fn own_goals(&self) -> Result<Vec<OwnGoal>, LumbraError> {
        let goals = self.run(|companion| async move { companion.goals().await }).await?;
        Ok(goals.own.into_iter().map(Into::into).collect())
    }

    /// Keeps what the person wants to do again, in 1 to 200 characters, and gives its identity. `steps`: what comes before it, from the
    /// easiest on, up to nine; the goal itself is the last step.
    pub async fn add_goal(&self, goal: String, steps: Vec<String>) -> Result<String, LumbraError> {
        let goal = text(&goal)?;
        let steps = steps.iter().map(|step| text(step)).collect::<Result<Vec<_>, _>>()?;
        self.run(move |companion| async move { companion.add_goal(goal, steps).await }).await
    }

    /// Keeps that the person can do a step of a goal, counted from 0, from today on; or with `reached` false that they can't after all.
    pub async fn mark_goal(&self, goal_id: String, step: u8, reached: bool) -> Result<OwnGoal, LumbraError> {
        let marked = self
            .run(move |companion| async move { companion.mark_goal(&goal_id, usize::from(step), reached).await })
            .await?;
        Ok(marked.into())
    }

    /// Gives a goal up: it is kept, and shown no more.
    pub async fn give_up_goal(&self, goal_id: String) -> Result<(), LumbraError> {
        self.run(move |companion| async move { companion.give_up_goal(&goal_id).await.map(drop) }).await
    }
}

#[cfg(test)]
#[path = "goals_tests.rs"]
mod tests;
