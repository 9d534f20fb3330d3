//! Questionnaires: answered, corrected, and what has changed.

use std::io::IsTerminal;

use lumbra::QuestionnaireEntry;
use lumbra::domain::questionnaires::{Answers, Form, FormError, Scoring};
use serde_json::json;

use super::{identity, with_companion};
use crate::app::App;
use crate::args::QuestionnaireCommand;
use crate::output::Failure;
use crate::text;

pub(super) async fn run(app: &App, command: QuestionnaireCommand) -> Result<(), Failure> {
    let (form, answers, edit) = match command {
        QuestionnaireCommand::Peg { answers, edit } => (Form::Peg, answers, edit),
        QuestionnaireCommand::RolandMorris { answers, edit } => (Form::RolandMorris, answers, edit),
        QuestionnaireCommand::Show { days } => return show(app, days).await,
    };
    let answers = match answers {
        Some(answers) => read(form, &answers)?,
        None if app.output.json || !std::io::stdin().is_terminal() => {
            return Err(Failure::usage("give the answers with --answers; `--help` says how"));
        }
        None => {
            let asked = tokio::task::spawn_blocking(move || ask(form)).await.ok().flatten();
            asked.ok_or_else(|| Failure::usage("not answered to the end: nothing was kept"))?
        }
    };
    with_companion(app, async |companion| {
        let entry = match edit {
            Some(begin) => {
                let known = companion.questionnaires(Some(form), 3_660).await?;
                let id = identity(&begin, known.iter().map(|entry| entry.entry_id.as_str()))?;
                companion.edit_questionnaire(&id, answers).await?
            }
            None => companion.answer_questionnaire(form, answers).await?,
        };
        app.output.value(&json!({ "questionnaire": entry }), || format!("kept: {}", text::questionnaire(&entry)));
        Ok(())
    })
    .await
}

/// Answers in one word: a number for each question, or the numbers of the statements that are ticked.
fn read(form: Form, text: &str) -> Result<Answers, Failure> {
    let bad = |error: FormError| Failure::usage(error.to_string());
    let numbers = || text.split(',').map(str::trim);
    let no_number = || Failure::usage("write whole numbers with commas between them, such as 6,5,4");
    match form.spec().scoring {
        Scoring::Mean => {
            let answers = numbers().map(str::parse).collect::<Result<Vec<u8>, _>>().map_err(|_| no_number())?;
            Answers::in_order(form, &answers).map_err(bad)
        }
        Scoring::Sum if text.trim() == "none" => Answers::ticked(form, &[]).map_err(bad),
        Scoring::Sum => {
            let ticked = numbers().map(str::parse).collect::<Result<Vec<usize>, _>>().map_err(|_| no_number())?;
            Answers::ticked(form, &ticked).map_err(bad)
        }
    }
}

/// Asks item after item; `None` when the person ends it.
fn ask(form: Form) -> Option<Answers> {
    let spec = form.spec();
    eprintln!("{}\n{}", spec.title, spec.instruction);
    let mut given = Vec::new();
    for (item, number) in spec.items.iter().zip(1..) {
        let how = match spec.scoring {
            Scoring::Mean => format!("0 to {}", spec.highest),
            Scoring::Sum => "yes/no".to_owned(),
        };
        let answer = loop {
            let said = super::devices::ask(&format!("{number} of {}  {} [{how}] ", spec.items.len(), item.text))?;
            match (spec.scoring, said.as_str()) {
                (Scoring::Sum, "yes" | "y") => break 1,
                (Scoring::Sum, "no" | "n" | "") => break 0,
                (Scoring::Mean, number) => match number.parse::<u8>() {
                    Ok(answer) if answer <= spec.highest => break answer,
                    _ => {}
                },
                _ => {}
            }
        };
        given.push(answer);
    }
    Answers::in_order(form, &given).ok()
}

async fn show(app: &App, days: u32) -> Result<(), Failure> {
    with_companion(app, async |companion| {
        let entries = companion.questionnaires(None, days).await?;
        app.output.value(&json!({ "questionnaires": entries }), || {
            if entries.is_empty() {
                return format!("no questionnaire in the last {days} days yet");
            }
            Form::ALL.iter().flat_map(|form| of_one(*form, &entries)).collect::<Vec<_>>().join("\n")
        });
        Ok(())
    })
    .await
}

fn of_one(form: Form, entries: &[QuestionnaireEntry]) -> Vec<String> {
    let entries: Vec<_> = entries.iter().filter(|entry| entry.form == form.as_str()).collect();
    if entries.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![form.spec().title.to_owned()];
    lines.extend(entries.iter().map(|entry| {
        format!("  {}  {}  [{}]", text::moment(entry.at_ms), text::questionnaire(entry), text::short(&entry.entry_id))
    }));
    if let Some(change) = entries.last().and_then(|last| last.since_first) {
        let words = match change {
            "better" => "since the first of these it has really got better",
            "worse" => "since the first of these it has really got worse",
            _ => "since the first of these nothing has changed that chance doesn't explain",
        };
        lines.push(format!("  {words}"));
    }
    lines
}
