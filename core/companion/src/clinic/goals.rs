//! What the clinic's plans are to reach.

use lumbra_domain::plan::{Plan, PlanParts, Source};
use lumbra_store::{Store, StoreError};
use lumbra_sync::plan::{PlanStatus, PrescribedGoal, PrescribedPlan, read};

use super::ledger::all_fetched;
use crate::goals::ClinicGoal;

/// Goals that the clinic has taken back, or that nobody agreed to: R4's `goal-status`.
const NOT_AIMED_AT: [&str; 3] = ["cancelled", "entered-in-error", "rejected"];

/// The goals of the clinic's plans that are in force or on hold, in the plans' order.
pub(crate) fn clinic_goals(store: &Store) -> Result<Vec<ClinicGoal>, StoreError> {
    let Some(connection) = store.sync_state()?.map(|state| state.connection) else { return Ok(Vec::new()) };
    let plans = read(&all_fetched(store)?, &connection.patient_id).plans;
    let followed = |plan: &&PrescribedPlan| matches!(plan.status, PlanStatus::Active | PlanStatus::OnHold);
    Ok(plans.iter().filter(followed).flat_map(of_plan).collect())
}

/// Those of one plan; a plan of the person's own has none.
pub(crate) fn goals_of(store: &Store, plan: &Plan) -> Result<Vec<ClinicGoal>, StoreError> {
    let PlanParts { id, source: Source::Clinic { .. }, .. } = plan.parts() else { return Ok(Vec::new()) };
    Ok(clinic_goals(store)?.into_iter().filter(|goal| goal.plan_id == id.as_str()).collect())
}

fn of_plan(plan: &PrescribedPlan) -> Vec<ClinicGoal> {
    let aimed_at = plan.goals.iter().filter(|goal| !NOT_AIMED_AT.contains(&goal.status.as_str())).cloned();
    let goal = |PrescribedGoal { id, text, due, status, .. }| ClinicGoal {
        goal_id: id,
        plan_id: plan.id.clone(),
        text,
        due,
        status,
    };
    aimed_at.map(goal).collect()
}
