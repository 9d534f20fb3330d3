//! The check of the red flags.

use std::collections::BTreeMap;
use std::io::IsTerminal;

use lumbra::domain::red_flags::{self, Outcome, Why};
use lumbra::domain::screening::{Answer, Screening};
use lumbra::{RedFlagCheck, screening_name};
use serde_json::json;

use super::diary::{ask_all, stop_elsewhere};
use super::with_companion;
use crate::app::App;
use crate::args::RedFlagsArgs;
use crate::output::Failure;

pub(super) async fn run(app: &App, args: RedFlagsArgs) -> Result<(), Failure> {
    if args.list {
        list(app);
        return Ok(());
    }
    if args.due {
        return due(app).await;
    }
    let mut given: BTreeMap<String, Answer> = BTreeMap::new();
    if args.all_no {
        given.extend(red_flags::questions().map(|question| (question.id.to_owned(), Answer::No)));
    }
    let interactive = args.answers.is_empty() && !args.all_no;
    given.extend(args.answers);
    if interactive {
        if app.output.json || !std::io::stdin().is_terminal() {
            return Err(Failure::usage(
                "answer with --answer QUESTION=ANSWER; `lumbra red-flags --list` has the questions",
            ));
        }
        given = tokio::task::spawn_blocking(|| ask_all(red_flags::questions())).await.unwrap_or_default();
    }
    let companion = app.open().await?;
    let check = companion.red_flag_check(given, args.clinician_agreed).await;
    companion.close().await;
    stop_elsewhere(app, check.as_ref().map(|check| &check.screening)).await;
    tell(app, &check?)
}

fn list(app: &App) {
    let questions: Vec<_> =
        red_flags::questions().map(|question| json!({ "id": question.id, "text": question.text })).collect();
    app.output.value(&json!({ "questions": questions }), || {
        red_flags::questions()
            .map(|question| format!("{}: {}", question.id, question.text))
            .collect::<Vec<_>>()
            .join("\n")
    });
}

async fn due(app: &App) -> Result<(), Failure> {
    with_companion(app, async |companion| {
        let due = companion.red_flags_due().await?;
        app.output.value(&json!({ "due": due.map(Why::as_str) }), || match due {
            Some(due) => due.advice().to_owned(),
            None => "no check is due".to_owned(),
        });
        Ok(())
    })
    .await
}

fn tell(app: &App, check: &RedFlagCheck) -> Result<(), Failure> {
    let because = match &check.outcome {
        Outcome::Emergency { because } | Outcome::ClinicianSoon { because } | Outcome::SelfCare { because } => because,
        Outcome::Incomplete(open) => open,
    };
    let value = json!({
        "red_flags": check.outcome.as_str(),
        "because": because,
        "advice": check.outcome.advice(),
        "screening": screening_name(&check.screening),
        "due": check.due.map(Why::as_str),
    });
    app.output.value(&value, || {
        let mut lines = vec![check.outcome.advice()];
        match &check.screening {
            Screening::Passed(_) => {}
            // Said once.
            Screening::Locked { .. } if matches!(check.outcome, Outcome::Emergency { .. }) => {}
            Screening::Locked { .. } | Screening::Incomplete(_) => lines.push(check.screening.advice()),
        }
        lines.join("\n")
    });
    let locked = matches!(check.screening, Screening::Locked { .. });
    if locked || check.due.is_some() {
        return Err(Failure::told("screening", "no session can be started".to_owned()));
    }
    Ok(())
}
