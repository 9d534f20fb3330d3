//! How days were: written, and shown with all that was written on them.

use lumbra::domain::diary::{DiaryError, Medications, Wellbeing};
use lumbra::domain::pain::Note;
use lumbra::{DiaryDay, WellbeingEntry};
use serde_json::json;

use super::with_companion;
use crate::app::App;
use crate::args::{DiaryArgs, DiaryCommand, Part};
use crate::output::Failure;
use crate::{body, text};

/// How many days are shown when nothing else is said.
const DAYS: u32 = 7;

pub(super) async fn run(app: &App, args: DiaryArgs) -> Result<(), Failure> {
    match args.command {
        Some(DiaryCommand::Show { days }) => show(app, days).await,
        None if args.says_nothing() && args.day.is_none() => show(app, DAYS).await,
        None => write(app, args).await,
    }
}

async fn write(app: &App, args: DiaryArgs) -> Result<(), Failure> {
    with_companion(app, async |companion| {
        let day = args.day.unwrap_or_else(|| companion.today());
        let before = companion.wellbeing(day).await?;
        if args.says_nothing() {
            app.output.value(&json!({ "wellbeing": before }), || match &before {
                Some(entry) => wellbeing(entry).join("\n"),
                None => "nothing is written about this day".to_owned(),
            });
            return Ok(());
        }
        let before = before.map(|entry| entry.told()).unwrap_or_default();
        let told = said_of(before, &args).map_err(|error| Failure::usage(error.to_string()))?;
        let entry = companion.save_wellbeing(day, &told).await?;
        app.output.value(&json!({ "wellbeing": entry }), || {
            let mut lines = vec![format!("kept for {}", text::whole_day(day))];
            lines.extend(wellbeing(&entry));
            lines.join("\n")
        });
        Ok(())
    })
    .await
}

/// A day with what was said on the command line; what was not stays, and what is to be cleared goes.
fn said_of(before: Wellbeing, args: &DiaryArgs) -> Result<Wellbeing, DiaryError> {
    let cleared = |part: Part| args.clear.contains(&part);
    let kept = |part: Part, was: bool| was && !cleared(part);
    let note = match &args.note {
        Some(note) => Note::new(note)?,
        None if cleared(Part::Note) => Note::default(),
        None => before.note,
    };
    let medications = match args.medications.as_slice() {
        [] if cleared(Part::Medication) => Medications::default(),
        [] => before.medications,
        taken => Medications::new(taken.to_vec())?,
    };
    let triggers = match args.triggers.as_slice() {
        [] if cleared(Part::Trigger) => std::collections::BTreeSet::new(),
        [] => before.triggers,
        triggers => triggers.iter().copied().collect(),
    };
    Ok(Wellbeing {
        stiffness: args.stiffness.or(before.stiffness.filter(|_| !cleared(Part::Stiffness))),
        sleep_quality: args.sleep.or(before.sleep_quality.filter(|_| !cleared(Part::Sleep))),
        sleep_time: args.sleep_hours.or(before.sleep_time.filter(|_| !cleared(Part::SleepHours))),
        heat: args.heat || kept(Part::Heat, before.heat),
        cold: args.cold || kept(Part::Cold, before.cold),
        activity: args.activity.or(before.activity.filter(|_| !cleared(Part::Activity))),
        triggers,
        note,
        medications,
    })
}

async fn show(app: &App, days: u32) -> Result<(), Failure> {
    with_companion(app, async |companion| {
        let today = companion.today();
        let from = today.saturating_sub(i32::try_from(days).unwrap_or(i32::MAX) - 1);
        let found = companion.diary_days(from, today).await?;
        let due = companion.red_flags_due().await?;
        let value = json!({ "days": found, "red_flags_due": due.map(lumbra::domain::red_flags::Why::as_str) });
        app.output.value(&value, || {
            if found.is_empty() {
                return format!("nothing is written in the last {days} days yet");
            }
            let mut lines: Vec<String> = found.iter().flat_map(one_day).collect();
            let map = body::map(&found.iter().flat_map(|day| &day.pain));
            if !map.is_empty() {
                lines.push(String::new());
                lines.extend(map);
            }
            if let Some(due) = due {
                lines.push(String::new());
                lines.push(due.advice().to_owned());
            }
            lines.join("\n")
        });
        Ok(())
    })
    .await
}

fn one_day(day: &DiaryDay) -> Vec<String> {
    let mut lines = vec![text::whole_day(day.local_day)];
    for entry in &day.pain {
        lines.push(format!("  {}  {}  [{}]", text::time(entry.at_ms), text::pain(entry), text::short(&entry.entry_id)));
        if !entry.note.is_empty() {
            lines.push(format!("         \"{}\"", entry.note));
        }
    }
    if let Some(entry) = &day.wellbeing {
        lines.extend(wellbeing(entry));
    }
    lines.extend(day.questionnaires.iter().map(|entry| format!("  {}", text::questionnaire(entry))));
    lines
}

fn wellbeing(entry: &WellbeingEntry) -> Vec<String> {
    let mut how = Vec::new();
    match (entry.sleep_min, entry.sleep_quality) {
        (Some(minutes), Some(quality)) => how.push(format!("slept {}, {quality} of 10", text::hours(minutes))),
        (Some(minutes), None) => how.push(format!("slept {}", text::hours(minutes))),
        (None, Some(quality)) => how.push(format!("slept {quality} of 10")),
        (None, None) => {}
    }
    if let Some(minutes) = entry.stiffness_min {
        how.push(if minutes == 0 { "not stiff".to_owned() } else { format!("stiff for {}", text::hours(minutes)) });
    }
    if let Some(activity) = &entry.activity {
        how.push(format!("{activity} activity"));
    }
    how.extend(
        [(entry.heat, "heat"), (entry.cold, "cold")].into_iter().filter(|used| used.0).map(|used| used.1.to_owned()),
    );
    let mut lines = Vec::new();
    if !how.is_empty() {
        lines.push(format!("  {}", how.join("; ")));
    }
    if !entry.medications.is_empty() {
        let taken: Vec<_> = entry
            .medications
            .iter()
            .map(|taken| format!("{} {}", taken.name, taken.dose).trim_end().to_owned())
            .collect();
        lines.push(format!("  took {}", taken.join(", ")));
    }
    if !entry.triggers.is_empty() {
        lines.push(format!("  set off by {}", entry.triggers.join(", ")));
    }
    if !entry.note.is_empty() {
        lines.push(format!("  \"{}\"", entry.note));
    }
    lines
}
