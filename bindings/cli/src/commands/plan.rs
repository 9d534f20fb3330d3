//! The plan: what it asks for, where it stands, and why it has changed.

use lumbra::domain::plan::people::twelve_weeks;
use lumbra::domain::plan::staged::Review;
use lumbra::domain::plan::{EVIDENCE, Item, Out, Reassess, Source, Status};
use lumbra::{Companion, Goals, PlanView};
use serde_json::json;

use super::{goal, with_companion};
use crate::app::App;
use crate::args::PlanCommand;
use crate::output::{FAULT, Failure};
use crate::text;

/// So many of the newest changes are shown.
const CHANGES: usize = 10;

pub(super) async fn run(app: &App, command: PlanCommand) -> Result<(), Failure> {
    match command {
        PlanCommand::Show => with_companion(app, async |companion| show(app, companion).await).await,
        PlanCommand::Today => today(app).await,
        PlanCommand::Begin => {
            with_companion(app, async |companion| {
                companion.begin_own_plan().await?;
                show(app, companion).await
            })
            .await
        }
        PlanCommand::Next => {
            with_companion(app, async |companion| {
                companion.follow_review().await?;
                show(app, companion).await
            })
            .await
        }
        PlanCommand::End => {
            with_companion(app, async |companion| {
                companion.end_own_plan().await?;
                app.output.value(&json!({ "ended": true }), || "your plan has ended".to_owned());
                Ok(())
            })
            .await
        }
        PlanCommand::Simulate { seed } => simulate(app, seed),
    }
}

async fn show(app: &App, companion: &Companion) -> Result<(), Failure> {
    let (view, goals) = (companion.plan().await?, companion.goals().await?);
    app.output.value(&json!({ "plan": view, "goals": goals }), || {
        let none = || vec!["no plan is in force: `lumbra plan begin` begins one of your own".to_owned()];
        let lines = view.as_ref().map_or_else(|| [none(), of_goals(&goals)].concat(), |view| words(view, &goals));
        text::page(&lines.join("\n"))
    });
    Ok(())
}

/// The goals as lines, set apart from what stands above.
fn of_goals(goals: &Goals) -> Vec<String> {
    let lines = goal::words(goals);
    if lines.is_empty() { lines } else { [vec![String::new()], lines].concat() }
}

fn words(view: &PlanView, goals: &Goals) -> Vec<String> {
    let parts = view.plan.parts();
    let whose = match &parts.source {
        Source::Clinic { .. } => "Your clinic's plan".to_owned(),
        Source::Own { stage } => format!("Your own plan, stage \"{}\"", stage.title()),
    };
    let status = match parts.status {
        Status::Active => "",
        Status::OnHold { .. } => ", on hold",
        Status::Ended { .. } => ", ended",
        Status::Withdrawn { .. } => ", taken back",
    };
    let mut lines = vec![format!("{whose} since {}{status}", parts.start), String::new()];
    for standing in &view.state.standings {
        let paused = if standing.paused.is_some() { "  PAUSED: talk to a clinician" } else { "" };
        lines.push(format!("  {:<14} {}{paused}", standing.activity.as_str(), standing.dosed.words()));
    }
    for startable in &view.prescriptions.startable {
        let minutes = startable.duration.get() / 60;
        lines.push(format!(
            "  {:<14} stimulation, {minutes} min: `lumbra start {0} --prescribed`",
            startable.activity.as_str()
        ));
    }
    if let Some(cap) = view.prescriptions.cap {
        lines.push(format!("  the clinic's cap: {cap}"));
    }
    lines.extend(of_goals(goals));
    let newest = view.state.changes.iter().rev().take(CHANGES).rev();
    let changes: Vec<_> = newest.map(|change| format!("  {}  {}", change.on, change.sentence())).collect();
    if !changes.is_empty() {
        lines.extend([String::new(), "What has changed".to_owned()]);
        lines.extend(changes);
    }
    if !view.weeks.is_empty() {
        lines.extend([String::new(), "Week by week".to_owned()]);
        lines.extend(view.weeks.iter().rev().take(4).rev().map(|week| format!("  {}", week.sentence())));
    }
    let notes = view.review.iter().map(Review::sentence);
    let notes: Vec<_> = notes.chain(view.reassess.iter().map(Reassess::sentence)).collect();
    if !notes.is_empty() {
        lines.push(String::new());
        lines.extend(notes);
    }
    lines.extend([String::new(), EVIDENCE.to_owned()]);
    lines
}

async fn today(app: &App) -> Result<(), Failure> {
    with_companion(app, async |companion| {
        let today = companion.exercises_today().await?;
        app.output.value(&json!({ "today": today }), || {
            let mut lines = Vec::new();
            if today.mornings_open > 0 {
                lines.push("How is the pain this morning? `lumbra exercise morning SCORE` keeps it.".to_owned());
            }
            lines.extend(today.not_now.clone());
            if let Some(session) = &today.session {
                let minutes = session.seconds().div_ceil(60);
                match session.items.as_slice() {
                    [] => lines.push("Nothing is due today.".to_owned()),
                    items => {
                        lines.push(format!("Today, about {minutes} min:"));
                        lines.extend(items.iter().map(item));
                    }
                }
                if !session.apart.is_empty() {
                    lines.push("At another time of the day:".to_owned());
                    lines.extend(session.apart.iter().map(item));
                }
                for out in &session.left_out {
                    let why = match out.out {
                        Out::NoRoom => "no room today, it comes first next time",
                        Out::HurtToday => "it hurt today",
                        Out::Paused => "paused: talk to a clinician",
                    };
                    lines.push(format!("  {:<14} left out: {why}", out.activity.as_str()));
                }
            }
            text::page(&lines.join("\n"))
        });
        Ok(())
    })
    .await
}

fn item(item: &Item) -> String {
    format!("  {:<14} {}", item.activity.as_str(), item.dosed.words())
}

fn simulate(app: &App, seed: u64) -> Result<(), Failure> {
    let stories = twelve_weeks(seed).map_err(|error| Failure::new("fault", FAULT, error.to_string()))?;
    app.output.value(&json!({ "people": stories }), || {
        let mut lines = Vec::new();
        for story in &stories {
            lines.push(format!("\n{}: {}", story.name, story.about));
            lines.extend(story.lines.iter().map(|line| format!("  {}  {}", line.on, line.text)));
        }
        lines.join("\n")
    });
    Ok(())
}
