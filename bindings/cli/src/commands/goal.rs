//! Goals: what the person wants to do again, and what their clinic's plan is to reach.

use lumbra::domain::plan::Goal;
use lumbra::{ClinicGoal, Goals, OwnGoal};
use serde_json::json;

use super::{identity, with_companion};
use crate::app::App;
use crate::args::GoalCommand;
use crate::output::Failure;
use crate::text;

pub(super) async fn run(app: &App, command: GoalCommand) -> Result<(), Failure> {
    with_companion(app, async |companion| {
        match command {
            GoalCommand::Show => {
                let goals = companion.goals().await?;
                app.output.value(&json!({ "goals": goals }), || match words(&goals) {
                    lines if lines.is_empty() => "there are no goals: `lumbra goal add` keeps one".to_owned(),
                    lines => text::page(&lines.join("\n")),
                });
            }
            GoalCommand::Add { text, steps } => {
                let goal_id = companion.add_goal(text, steps).await?;
                app.output.value(&json!({ "goal_id": goal_id }), || {
                    format!("kept as {}: `lumbra goal reached {0} STEP` marks a step", text::short(&goal_id))
                });
            }
            GoalCommand::Reached { goal, step, not } => {
                let known = companion.goals().await?;
                let goal_id = identity(&goal, known.own.iter().map(|own| own.goal_id.as_str()))?;
                // A person counts from one.
                let step = step.saturating_sub(1).into();
                let goal = companion.mark_goal(&goal_id, step, !not).await?;
                app.output.value(&json!({ "goal": goal }), || goal.goal.sentence());
            }
            GoalCommand::GiveUp { goal } => {
                let known = companion.goals().await?;
                let goal_id = identity(&goal, known.own.iter().map(|own| own.goal_id.as_str()))?;
                let goal = companion.give_up_goal(&goal_id).await?;
                app.output
                    .value(&json!({ "given_up": goal }), || format!("given up: \"{}\"", goal.goal.text().as_str()));
            }
        }
        Ok(())
    })
    .await
}

/// Goals as lines; none where there are none.
pub(super) fn words(goals: &Goals) -> Vec<String> {
    let mut lines = Vec::new();
    if !goals.clinic.is_empty() {
        lines.push("What your clinic's plan is to reach".to_owned());
        lines.extend(goals.clinic.iter().map(of_clinic));
    }
    if !goals.own.is_empty() {
        if !lines.is_empty() {
            lines.push(String::new());
        }
        lines.push("What you want to do again".to_owned());
        lines.extend(goals.own.iter().flat_map(of_person));
    }
    lines
}

fn of_clinic(goal: &ClinicGoal) -> String {
    let due = goal.due.map(|due| format!(", by {due}")).unwrap_or_default();
    // What is aimed at needs no word.
    let status = match goal.status.as_str() {
        "active" | "accepted" => String::new(),
        "completed" => ": reached, says your clinic".to_owned(),
        other => format!(" ({})", other.replace('-', " ")),
    };
    format!("- {}{due}{status}", goal.text)
}

fn of_person(own: &OwnGoal) -> Vec<String> {
    let mut lines = vec![format!("- {}  [{}]", own.goal.sentence(), text::short(&own.goal_id))];
    lines.extend(steps(&own.goal));
    lines
}

/// The steps before the goal itself, if there are any.
fn steps(goal: &Goal) -> Vec<String> {
    if goal.steps().len() < 2 {
        return Vec::new();
    }
    let step = |(number, step): (usize, &lumbra::domain::plan::GoalStep)| {
        let since = step.reached.map(|date| format!(": since {date}")).unwrap_or_default();
        format!("  {number}. {}{since}", step.text.as_str())
    };
    (1..).zip(goal.steps()).map(step).collect()
}

#[cfg(test)]
mod tests {
    use lumbra::domain::plan::{GoalStep, GoalText};

    use super::*;

    #[test]
    fn goals_are_told_as_a_person_reads_them() {
        let step = |text: &str, reached: Option<&str>| GoalStep {
            text: GoalText::new(text).unwrap(),
            reached: reached.map(|date| date.parse().unwrap()),
        };
        let own = |steps: Vec<GoalStep>| {
            let goal = Goal::new(steps.last().unwrap().text.clone(), steps).unwrap();
            OwnGoal { goal_id: "01234567-89".to_owned(), reached: goal.next().is_none(), goal }
        };
        let of = |text: &str, due: Option<&str>, status: &str| ClinicGoal {
            goal_id: "g".to_owned(),
            plan_id: "p".to_owned(),
            text: text.to_owned(),
            due: due.map(|due| due.parse().unwrap()),
            status: status.to_owned(),
        };
        let goals = Goals {
            clinic: vec![
                of("Sit for an hour", Some("2026-05-01"), "active"),
                of("Walk", None, "completed"),
                of("Run", None, "on-hold"),
            ],
            own: vec![
                own(vec![step("to the gate", Some("2026-03-01")), step("round the park", None)]),
                own(vec![step("swim", None)]),
            ],
        };
        let expected = [
            "What your clinic's plan is to reach",
            "- Sit for an hour, by 2026-05-01",
            "- Walk: reached, says your clinic",
            "- Run (on hold)",
            "",
            "What you want to do again",
            "- \"round the park\": 1 of 2 steps reached; next: round the park.  [01234567]",
            "  1. to the gate: since 2026-03-01",
            "  2. round the park",
            "- \"swim\": 0 of 1 steps reached; next: swim.  [01234567]",
        ];
        assert_eq!(words(&goals), expected);
        assert!(words(&Goals::default()).is_empty());
    }
}
