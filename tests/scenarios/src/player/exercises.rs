//! The plan and its exercises, as the bindings show them.

use lumbra::domain::exercise::Exercise;
use lumbra::domain::pain::PainScore;
use lumbra::domain::plan::{Event, Source};
use lumbra::exercises::{Language, Library, drawing};
use lumbra::{Companion, Error, ExerciseDone, ExerciseKept};
use serde_json::{Map, Value, json};

use super::{Came, argument, done, invalid, optional, plain};

pub(super) async fn step(companion: &Companion, verb: &str, given: &Map<String, Value>) -> Came {
    let activity = || argument::<String>(given, "activity");
    let score = |name: &str| -> Result<Option<PainScore>, Error> {
        optional::<u8>(given, name)?.map(PainScore::new).transpose().map_err(invalid)
    };
    match verb {
        "plan" => {
            let Some(view) = companion.plan().await? else { return done() };
            let stage = match &view.plan.parts().source {
                Source::Own { stage } => plain(stage)?,
                Source::Clinic { .. } => Value::Null,
            };
            let standings = &view.state.standings;
            let activities: Vec<&str> = standings.iter().map(|standing| standing.activity.as_str()).collect();
            let paused = standings.iter().filter(|standing| standing.paused.is_some()).count();
            Ok(json!({ "stage": stage, "activities": activities, "paused": paused }))
        }
        "begin_plan" => {
            companion.begin_own_plan().await?;
            done()
        }
        "follow_review" => Ok(json!({ "stage": companion.follow_review().await? })),
        "end_plan" => {
            companion.end_own_plan().await?;
            done()
        }
        "exercises_today" => {
            let today = companion.exercises_today().await?;
            Ok(json!({ "offered": today.session.is_some(), "mornings_open": today.mornings_open }))
        }
        "exercise_done" => {
            let told = ExerciseDone {
                pain_before: score("pain_before")?,
                worst_during: score("worst_during")?,
                stopped: optional(given, "stopped")?,
                ..ExerciseDone::default()
            };
            Ok(kept(&companion.exercise_done(&activity()?, told).await?))
        }
        "exercise_skipped" => Ok(kept(&companion.exercise_skipped(&activity()?, argument(given, "reason")?).await?)),
        "exercise_agreed" => Ok(kept(&companion.exercise_agreed(&activity()?).await?)),
        "morning" => {
            let score = score("score")?.ok_or_else(|| super::missing("score"))?;
            Ok(kept(&companion.morning_after(score).await?))
        }
        "exercise_log" => {
            let log = companion.exercise_log().await?.into_iter().map(|entry| {
                let what = match entry.event {
                    Event::Done(_) => "done",
                    Event::Skipped { .. } => "skipped",
                    Event::Agreed => "agreed",
                };
                json!({ "activity": entry.activity.as_str(), "what": what })
            });
            Ok(log.collect())
        }
        _ => {
            let exercise = Exercise::from_id(&argument::<String>(given, "exercise")?);
            let exercise = exercise.ok_or_else(|| invalid("there is no such exercise"))?;
            let language = Language::for_tag(&argument::<String>(given, "language")?);
            let drawn = drawing(exercise, language).to_svg().starts_with("<svg");
            Ok(json!({ "name": Library::in_language(language).name(exercise), "drawn": drawn }))
        }
    }
}

fn kept(kept: &ExerciseKept) -> Value {
    json!({
        "kept": kept.entry_ids.len(),
        "changes": kept.changes.len(),
        "not_again_today": kept.not_again_today,
    })
}
