//! Goals: what the person wants to do again, and what their clinic's plan is to reach.

use jiff::civil::Date;
use lumbra_domain::plan::{Goal, GoalStep, GoalText};
use lumbra_store::{Goal as StoredGoal, GoalStatus, Store, StoreError};
use serde::Serialize;

use crate::clinic::clinic_goals;
use crate::companion::Companion;
use crate::error::Error;
use crate::ids;
use crate::posture::date;

/// All goals that are aimed at or were reached.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Goals {
    /// The clinic's, of its plans that are in force or on hold.
    pub clinic: Vec<ClinicGoal>,
    /// The person's own, oldest first. What was given up is not among them.
    pub own: Vec<OwnGoal>,
}

/// A goal that the clinic has set.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct ClinicGoal {
    /// Its logical id at the clinic.
    pub goal_id: String,
    /// The plan that it belongs to.
    pub plan_id: String,
    /// What it is, in the clinic's words.
    pub text: String,
    /// By when, if the clinic says so.
    pub due: Option<Date>,
    /// How it stands, by the clinic: R4's `goal-status`, such as `active`, as it came.
    pub status: String,
}

// A goal tells what a person can't do.
impl std::fmt::Debug for ClinicGoal {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("ClinicGoal").field("goal_id", &self.goal_id).finish_non_exhaustive()
    }
}

/// A goal of the person's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OwnGoal {
    /// Its identity.
    pub goal_id: String,
    /// What it is, with its steps from the easiest on.
    pub goal: Goal,
    /// All steps are reached.
    pub reached: bool,
}

/// The person's goals that were not given up.
fn own(store: &Store) -> Result<Vec<OwnGoal>, StoreError> {
    let all = store.goals::<Goal>()?.into_iter().filter(|goal| goal.status != GoalStatus::GivenUp);
    let own = |StoredGoal { goal_id, document, .. }: StoredGoal<Goal>| {
        let reached = document.next().is_none();
        OwnGoal { goal_id, goal: document, reached }
    };
    Ok(all.map(own).collect())
}

/// How a goal stands, by its steps.
fn status(goal: &Goal) -> GoalStatus {
    if goal.next().is_none() { GoalStatus::Reached } else { GoalStatus::Open }
}

const NO_GOAL: &str = "there is no such goal";

impl Companion {
    /// What is to be reached: by the clinic's plans, and by the person's own wish.
    pub async fn goals(&self) -> Result<Goals, Error> {
        Ok(self.store().call(|store| Ok(Goals { clinic: clinic_goals(store)?, own: own(store)? })).await?)
    }

    /// Keeps what the person wants to do again, and gives its identity. `steps`: what comes before it, from the easiest on, up to
    /// [`lumbra_domain::plan::STEPS_MAX`] less one; the goal itself is the last step. [`Error::Invalid`]: too many steps.
    pub async fn add_goal(&self, text: GoalText, steps: Vec<GoalText>) -> Result<String, Error> {
        let steps = steps.into_iter().chain([text.clone()]).map(|text| GoalStep { text, reached: None }).collect();
        let goal = Goal::new(text, steps).map_err(|error| Error::Invalid(error.to_string()))?;
        let (goal_id, saved_at_ms) = (ids::new_uuid()?, self.clock().unix_ms());
        let stored = StoredGoal {
            goal_id: goal_id.clone(),
            plan_id: None,
            status: GoalStatus::Open,
            saved_at_ms,
            document: goal,
        };
        self.store().call(move |store| store.save_goal(&stored)).await?;
        Ok(goal_id)
    }

    /// Keeps that the person can do a step of a goal, counted from 0, from today on; or with `reached` false that they can't after all.
    /// [`Error::Invalid`]: there is no such goal or step.
    pub async fn mark_goal(&self, goal_id: &str, step: usize, reached: bool) -> Result<OwnGoal, Error> {
        let today = date(self.today()).filter(|_| reached);
        if reached && today.is_none() {
            return Err(Error::Invalid("the clock tells no day of the calendar: set it right first".to_owned()));
        }
        self.change_goal(goal_id, move |goal| {
            goal.document.mark(step, today).map_err(|error| Error::Invalid(error.to_string()))?;
            goal.status = status(&goal.document);
            Ok(())
        })
        .await
    }

    /// Gives a goal up: it is kept, and shown no more. [`Error::Invalid`]: there is no such goal.
    pub async fn give_up_goal(&self, goal_id: &str) -> Result<OwnGoal, Error> {
        self.change_goal(goal_id, |goal| {
            goal.status = GoalStatus::GivenUp;
            Ok(())
        })
        .await
    }

    async fn change_goal(
        &self,
        goal_id: &str,
        change: impl FnOnce(&mut StoredGoal<Goal>) -> Result<(), Error> + Send + 'static,
    ) -> Result<OwnGoal, Error> {
        let (goal_id, saved_at_ms) = (goal_id.to_owned(), self.clock().unix_ms());
        self.store()
            .call(move |store| {
                let mut all = store.goals::<Goal>()?.into_iter();
                let found = all.find(|goal| goal.goal_id == goal_id && goal.status != GoalStatus::GivenUp);
                let Some(mut goal) = found else { return Ok(Err(Error::Invalid(NO_GOAL.to_owned()))) };
                if let Err(error) = change(&mut goal) {
                    return Ok(Err(error));
                }
                goal.saved_at_ms = saved_at_ms;
                store.save_goal(&goal)?;
                let reached = goal.document.next().is_none();
                Ok(Ok(OwnGoal { goal_id: goal.goal_id, goal: goal.document, reached }))
            })
            .await?
    }

    /// Every goal of the person's there was, as it is kept.
    pub(crate) async fn all_goals(&self) -> Result<Vec<serde_json::Value>, Error> {
        let all = self.store().call(|store| store.goals::<serde_json::Value>()).await?;
        let told = |goal: StoredGoal<serde_json::Value>| {
            serde_json::json!({
                "goal_id": goal.goal_id,
                "plan_id": goal.plan_id,
                "status": goal.status.as_str(),
                "saved_at_ms": goal.saved_at_ms,
                "goal": goal.document,
            })
        };
        Ok(all.into_iter().map(told).collect())
    }
}
