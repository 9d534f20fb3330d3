//! Exercises: how they are done, and what was done of them.

use lumbra::domain::exercise::Exercise;
use lumbra::domain::plan::{Entry, Event};
use lumbra::exercises::{Language, Library, drawing};
use lumbra::{ExerciseDone, ExerciseKept};
use serde_json::{Value, json};

use super::with_companion;
use crate::app::App;
use crate::args::{DoneArgs, ExerciseCommand};
use crate::output::Failure;
use crate::text;

pub(super) async fn run(app: &App, command: ExerciseCommand) -> Result<(), Failure> {
    match command {
        ExerciseCommand::List { language } => {
            list(app, language.language);
            Ok(())
        }
        ExerciseCommand::Show { exercise, language, svg } => {
            if let Some(file) = svg {
                std::fs::write(file, drawing(exercise, language.language).to_svg())?;
            }
            show(app, exercise, language.language);
            Ok(())
        }
        ExerciseCommand::Done(args) => done(app, args).await,
        ExerciseCommand::Skip { activity, reason } => {
            with_companion(app, async |companion| {
                told(app, &companion.exercise_skipped(&activity, reason).await?);
                Ok(())
            })
            .await
        }
        ExerciseCommand::Morning { score } => {
            with_companion(app, async |companion| {
                let kept = companion.morning_after(score).await?;
                if kept.entry_ids.is_empty() {
                    return Err(Failure::usage("nothing was done yesterday whose morning is still to be told"));
                }
                told(app, &kept);
                Ok(())
            })
            .await
        }
        ExerciseCommand::Agreed { activity } => {
            with_companion(app, async |companion| {
                told(app, &companion.exercise_agreed(&activity).await?);
                Ok(())
            })
            .await
        }
        ExerciseCommand::Log => {
            with_companion(app, async |companion| {
                let log = companion.exercise_log().await?;
                app.output.value(&json!({ "exercises": log }), || match log.as_slice() {
                    [] => "nothing was done yet".to_owned(),
                    entries => entries.iter().map(line).collect::<Vec<_>>().join("\n"),
                });
                Ok(())
            })
            .await
        }
    }
}

fn list(app: &App, language: Language) {
    let library = Library::in_language(language);
    let all: Vec<Value> =
        Exercise::ALL.iter().map(|exercise| json!({ "id": exercise.id(), "name": library.name(*exercise) })).collect();
    app.output.value(&json!({ "exercises": all }), || {
        let line = |exercise: &Exercise| format!("{:<24} {}", exercise.id(), library.name(*exercise));
        Exercise::ALL.iter().map(line).collect::<Vec<_>>().join("\n")
    });
}

fn show(app: &App, exercise: Exercise, language: Language) {
    let page = Library::in_language(language).page(exercise);
    let variant = |variant: Option<lumbra::exercises::Variant>| {
        variant.map(|variant| json!({ "id": variant.exercise.id(), "name": variant.name }))
    };
    let value = json!({ "exercise": {
        "id": exercise.id(),
        "language": language.tag(),
        "name": page.name,
        "purpose": page.purpose,
        "equipment": page.equipment,
        "unit": page.unit,
        "each_side": page.each_side,
        "set_up": page.set_up,
        "steps": page.steps,
        "mistakes": page.mistakes,
        "stop": page.stop,
        "emergency": page.emergency,
        "easier": variant(page.easier),
        "harder": variant(page.harder),
    } });
    app.output.value(&value, || text::page(&page.to_text()));
}

async fn done(app: &App, args: DoneArgs) -> Result<(), Failure> {
    with_companion(app, async |companion| {
        let plan = companion.plan().await?;
        let standing = plan
            .as_ref()
            .and_then(|view| view.state.standings.iter().find(|standing| standing.activity.as_str() == args.activity));
        // Without one the core says what there is.
        let exercise = standing.map(|standing| standing.dosed.exercise());
        let dosed = exercise.map(|exercise| args.dose.dosed(exercise)).transpose().map_err(Failure::usage)?.flatten();
        let done = ExerciseDone {
            dosed,
            pain_before: args.before,
            worst_during: args.during,
            difficulty: args.difficulty,
            stopped: args.stopped,
        };
        told(app, &companion.exercise_done(&args.activity, done).await?);
        Ok(())
    })
    .await
}

fn told(app: &App, kept: &ExerciseKept) {
    app.output.value(&json!({ "kept": kept }), || {
        let mut lines = vec!["kept".to_owned()];
        if kept.not_again_today {
            lines.push("It hurt too much: leave it for today.".to_owned());
        }
        lines.extend(kept.changes.iter().cloned());
        lines.join("\n")
    });
}

fn line(entry: &Entry) -> String {
    let what = match &entry.event {
        Event::Done(done) => {
            let pain = |label: &str, score: Option<lumbra::domain::pain::PainScore>| {
                score.map(|score| format!(", {label} {}", score.get())).unwrap_or_default()
            };
            format!(
                "{}{}{}{}",
                done.dosed.words(),
                pain("pain before", done.pain_before),
                pain("worst during", done.worst_during),
                pain("next morning", done.next_morning)
            )
        }
        Event::Skipped { .. } => "skipped".to_owned(),
        Event::Agreed => "a clinician has agreed".to_owned(),
    };
    format!("{}  {:<14} {what}", entry.at.strftime("%Y-%m-%d %H:%M"), entry.activity.as_str())
}
