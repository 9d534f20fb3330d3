//! From everything that is kept of the clinic to plans.

use std::collections::BTreeMap;

use crate::fhir::{
    CarePlan, CarePlanActivity, Extension, Fetched, Goal, Incoming, RESOURCE_MAX, Reference, ServiceRequest,
    read as parse,
};

use super::amount::{dates, whole_day};
use super::order::{activity, words};
use super::{Activity, PlanStatus, Plans, PrescribedGoal, PrescribedPlan, Problem, Reason};

/// What was made of resources, by id.
type Made<T> = BTreeMap<String, Result<T, Reason>>;

/// Reads plans with their orders and goals, for the person of this logical id. Each resource should be there once, in its last version.
pub fn read(resources: &[Fetched], patient: &str) -> Plans {
    let of = |kind| resources.iter().filter(move |resource: &&Fetched| resource.kind == kind);
    let orders: Made<Activity> =
        of(Incoming::ServiceRequest).map(|resource| (resource.id.clone(), order(resource, patient))).collect();
    let goals: Made<PrescribedGoal> =
        of(Incoming::Goal).map(|resource| (resource.id.clone(), goal(resource, patient))).collect();
    let mut read = Plans::default();
    for resource in of(Incoming::CarePlan) {
        match plan(resource, patient, &orders, &goals) {
            Ok(plan) => read.plans.push(plan),
            Err(reason) => read.problems.push(Problem { resource: format!("CarePlan/{}", resource.id), reason }),
        }
    }
    // What no plan refers to is not done; what can't be read is told once, here or in its plan.
    let told = |resource: &String| {
        read.plans.iter().any(|plan| plan.problems.iter().any(|problem| problem.resource == *resource))
    };
    let bad = orders.iter().filter_map(|(id, made)| Some((format!("ServiceRequest/{id}"), made.as_ref().err()?)));
    let bad = bad.chain(goals.iter().filter_map(|(id, made)| Some((format!("Goal/{id}"), made.as_ref().err()?))));
    let bad: Vec<Problem> = bad
        .filter(|(resource, _)| !told(resource))
        .map(|(resource, reason)| Problem { resource, reason: reason.clone() })
        .collect();
    read.problems.extend(bad);
    read
}

/// The logical id that a reference names, if it is of this kind: `CarePlan/a`, with or without a server and a version.
fn target<'a>(reference: &'a Reference, kind: &str) -> Option<&'a str> {
    let text = reference.reference.as_deref()?;
    let text = text.split_once("/_history/").map_or(text, |(place, _)| place);
    let (before, id) = text.rsplit_once('/')?;
    let named = before == kind || before.ends_with(&format!("/{kind}"));
    (named && crate::fhir::is_id(id)).then_some(id)
}

/// Whether it is this person's, and nothing that is not known changes its meaning.
fn ours(
    subject: Option<&Reference>,
    patient: &str,
    modifiers: &[Extension],
    rules: Option<&String>,
) -> Result<(), Reason> {
    if subject.and_then(|subject| target(subject, "Patient")) != Some(patient) {
        return Err(Reason::OtherPatient);
    }
    if modifiers.is_empty() && rules.is_none() { Ok(()) } else { Err(Reason::Modified) }
}

fn order(resource: &Fetched, patient: &str) -> Result<Activity, Reason> {
    let order: ServiceRequest = parse("ServiceRequest", &resource.bytes, RESOURCE_MAX)?;
    ours(order.subject.as_ref(), patient, &order.modifier_extension, order.implicit_rules.as_ref())?;
    activity(&resource.id, resource.version.clone(), &order)
}

fn goal(resource: &Fetched, patient: &str) -> Result<PrescribedGoal, Reason> {
    let goal: Goal = parse("Goal", &resource.bytes, RESOURCE_MAX)?;
    ours(goal.subject.as_ref(), patient, &goal.modifier_extension, goal.implicit_rules.as_ref())?;
    let text = goal.description.as_ref().and_then(words).ok_or(Reason::Missing("the goal's words"))?;
    let due = goal.target.iter().find_map(|target| target.due_date.as_deref());
    let due = due.map(|due| whole_day(due).ok_or(Reason::NotUnderstood("the due date"))).transpose()?;
    let status = goal.lifecycle_status.clone().ok_or(Reason::Missing("the status"))?;
    Ok(PrescribedGoal { id: resource.id.clone(), version: resource.version.clone(), text, due, status })
}

fn plan(
    resource: &Fetched,
    patient: &str,
    orders: &Made<Activity>,
    goals: &Made<PrescribedGoal>,
) -> Result<PrescribedPlan, Reason> {
    let plan: CarePlan = parse("CarePlan", &resource.bytes, RESOURCE_MAX)?;
    ours(plan.subject.as_ref(), patient, &plan.modifier_extension, plan.implicit_rules.as_ref())?;
    if plan.others.iter().any(|(name, _)| matches!(name.as_str(), "_status" | "_intent")) {
        return Err(Reason::Modified);
    }
    // A proposal or an option is nothing to be done yet.
    if !matches!(plan.intent.as_deref(), Some("plan" | "order")) {
        return Err(Reason::NotUnderstood("the intent"));
    }
    let status = plan.status.as_deref().ok_or(Reason::Missing("the status"))?;
    let mut read = PrescribedPlan {
        id: resource.id.clone(),
        version: resource.version.clone(),
        status: PlanStatus::from_code(status).ok_or(Reason::NotUnderstood("the status"))?,
        title: plan.title.clone(),
        period: dates(plan.period.as_ref(), "the period")?,
        activities: Vec::new(),
        goals: Vec::new(),
        problems: Vec::new(),
    };
    for activity in &plan.activity {
        match find(activity, orders) {
            Ok(activity) => read.activities.push(activity),
            Err(problem) => {
                read.problems.push(problem.unwrap_or_else(|reason| own(&resource.id, reason)));
            }
        }
    }
    for reference in &plan.goal {
        match target(reference, "Goal").map(|id| (id, goals.get(id))) {
            Some((_, Some(Ok(goal)))) => read.goals.push(goal.clone()),
            Some((id, made)) => {
                let reason = made.and_then(|made| made.clone().err()).unwrap_or(Reason::NotHere);
                read.problems.push(Problem { resource: format!("Goal/{id}"), reason });
            }
            None => read.problems.push(own(&resource.id, Reason::NotUnderstood("a goal"))),
        }
    }
    Ok(read)
}

/// A problem of the plan itself.
fn own(id: &str, reason: Reason) -> Problem {
    Problem { resource: format!("CarePlan/{id}"), reason }
}

/// The order that an activity refers to; the error is the order's problem, or the plan's own reason.
fn find(activity: &CarePlanActivity, orders: &Made<Activity>) -> Result<Activity, Result<Problem, Reason>> {
    // With both, R4's invariant cpl-3 is broken; with `detail` alone, it says in its own way what an order would.
    if activity.detail.is_some() {
        return Err(Err(Reason::NotUnderstood("an activity in place")));
    }
    if activity.others.iter().any(|(name, _)| name == "modifierExtension") {
        return Err(Err(Reason::Modified));
    }
    let id = activity.reference.as_ref().and_then(|reference| target(reference, "ServiceRequest"));
    let id = id.ok_or(Err(Reason::NotUnderstood("an activity's reference")))?;
    let problem = |reason| Err(Ok(Problem { resource: format!("ServiceRequest/{id}"), reason }));
    match orders.get(id) {
        Some(Ok(activity)) => Ok(activity.clone()),
        Some(Err(reason)) => problem(reason.clone()),
        None => problem(Reason::NotHere),
    }
}

/// The orders and goals that a plan refers to: who follows the clinic reads those that a search did not bring.
pub(crate) fn references(plan: &[u8]) -> Vec<(Incoming, String)> {
    let Ok(plan) = parse::<CarePlan>("CarePlan", plan, RESOURCE_MAX) else { return Vec::new() };
    let orders = plan.activity.iter().filter_map(|activity| target(activity.reference.as_ref()?, "ServiceRequest"));
    let orders = orders.map(|id| (Incoming::ServiceRequest, id.to_owned()));
    let goals = plan.goal.iter().filter_map(|goal| target(goal, "Goal")).map(|id| (Incoming::Goal, id.to_owned()));
    let mut found: Vec<_> = orders.chain(goals).collect();
    found.sort();
    found.dedup();
    found
}

impl PrescribedPlan {
    /// What may be done on a day: the plan and the order are in force, and the day is within both.
    pub fn on(&self, day: jiff::civil::Date) -> impl Iterator<Item = &Activity> {
        let inside = move |dates: super::Dates| {
            dates.first.is_none_or(|first| first <= day) && dates.last.is_none_or(|last| day <= last)
        };
        let open = self.status == PlanStatus::Active && inside(self.period);
        self.activities.iter().filter(move |activity| {
            let dates = activity.timing.as_ref().map(|timing| timing.dates).unwrap_or_default();
            open && activity.status == PlanStatus::Active && inside(dates)
        })
    }
}
