//! Pain entries: told and corrected.

use lumbra::domain::diary::{DiaryError, PainReport, Sites};
use lumbra::domain::pain::{Note, PainContext, PainScore, Place};
use lumbra::{Companion, PainEntry};
use serde_json::json;

use super::{identity, with_companion};
use crate::app::App;
use crate::args::{PainArgs, PainCommand, PainSaid, When};
use crate::output::Failure;
use crate::text;

pub(super) async fn run(app: &App, args: PainArgs) -> Result<(), Failure> {
    match (args.command, args.score) {
        (Some(PainCommand::Edit { id, score, said }), _) => {
            with_companion(app, async |companion| edit(app, companion, &id, score, &said).await).await
        }
        (None, Some(score)) => {
            let report = said_of(&PainReport::new(score, Sites::one(Place::LowerBack)), &args.said)
                .map_err(|error| bad(&error))?;
            let context = match args.when {
                When::Before => PainContext::BeforeSession,
                When::After => PainContext::AfterSession,
                When::Diary => PainContext::Diary,
            };
            with_companion(app, async |companion| {
                let entry = companion.add_pain_report(context, report).await?;
                show(app, companion, &entry).await
            })
            .await
        }
        (None, None) => Err(Failure::usage("give a score from 0 to 10, or `edit`")),
    }
}

async fn edit(
    app: &App,
    companion: &Companion,
    id: &str,
    score: Option<PainScore>,
    said: &PainSaid,
) -> Result<(), Failure> {
    const ALL_DAYS: u32 = 3_660;
    let known = companion.history(ALL_DAYS).await?.pain;
    let id = identity(id, known.iter().map(|entry| entry.entry_id.as_str()))?;
    let before = companion.pain(&id).await?.report().map_err(|error| bad(&error))?;
    let report = PainReport::new(score.unwrap_or(before.score()), before.sites().clone())
        .with_qualities(before.qualities().iter().copied())
        .with_note(before.note().clone())
        .with_last_day(said.worst.or(before.worst()), said.average.or(before.average()))
        .and_then(|report| said_of(&report, said))
        .map_err(|error| bad(&error))?;
    let entry = companion.edit_pain(&id, report).await?;
    show(app, companion, &entry).await
}

/// A report with what was said on the command line; what was not stays.
fn said_of(report: &PainReport, said: &PainSaid) -> Result<PainReport, DiaryError> {
    let sites = match said.places.as_slice() {
        [] => report.sites().clone(),
        places => Sites::parse(places.iter().map(String::as_str))?,
    };
    let qualities =
        if said.qualities.is_empty() { report.qualities().iter().copied().collect() } else { said.qualities.clone() };
    let note = match &said.note {
        Some(note) => Note::new(note)?,
        None => report.note().clone(),
    };
    PainReport::new(report.score(), sites)
        .with_last_day(said.worst.or(report.worst()), said.average.or(report.average()))
        .map(|report| report.with_qualities(qualities).with_note(note))
}

async fn show(app: &App, companion: &Companion, entry: &PainEntry) -> Result<(), Failure> {
    let due = companion.red_flags_due().await?;
    app.output.value(
        &json!({ "pain": entry, "red_flags_due": due.map(lumbra::domain::red_flags::Why::as_str) }),
        || {
            let mut lines = vec![format!("kept: {}, {}", text::pain(entry), text::moment(entry.at_ms))];
            if let Some(due) = due {
                lines.push(format!("{} `lumbra red-flags` asks them.", due.advice()));
            }
            lines.join("\n")
        },
    );
    Ok(())
}

fn bad(error: &DiaryError) -> Failure {
    Failure::usage(error.to_string())
}
