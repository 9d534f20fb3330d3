//! Screening, history and the audit.

use std::collections::BTreeMap;
use std::io::IsTerminal;

use lumbra::domain::programme::MODES;
use lumbra::domain::screening::{Answer, QUESTIONS, Question, Screening};
use lumbra::domain::units::Milliamps;
use lumbra::screening_name;
use serde_json::json;

use crate::app::App;
use crate::args::DaysChoice;
use crate::control::{self, Reply, Request};
use crate::output::Failure;
use crate::{draw, text};

pub(super) async fn screen(
    app: &App,
    answers: Vec<(String, Answer)>,
    all_no: bool,
    clinician_agreed: bool,
    list: bool,
) -> Result<(), Failure> {
    if list {
        let questions: Vec<_> =
            QUESTIONS.iter().map(|question| json!({ "id": question.id, "text": question.text })).collect();
        app.output.value(&json!({ "questions": questions }), || {
            QUESTIONS
                .iter()
                .map(|question| format!("{}: {}", question.id, question.text))
                .collect::<Vec<_>>()
                .join("\n")
        });
        return Ok(());
    }
    let mut given: BTreeMap<String, Answer> = BTreeMap::new();
    if all_no {
        given.extend(QUESTIONS.iter().map(|question| (question.id.to_owned(), Answer::No)));
    }
    let interactive = answers.is_empty() && !all_no;
    given.extend(answers);
    if interactive {
        if app.output.json || !std::io::stdin().is_terminal() {
            return Err(Failure::usage(
                "answer with --answer QUESTION=ANSWER; `lumbra screen --list` has the questions",
            ));
        }
        given = tokio::task::spawn_blocking(|| ask_all(QUESTIONS.iter())).await.unwrap_or_default();
    }
    let companion = app.open().await?;
    let judged = companion.answer_screening(given, clinician_agreed).await;
    companion.close().await;
    stop_elsewhere(app, judged.as_ref()).await;
    let judged = judged?;
    let passed = matches!(judged, Screening::Passed(_));
    app.output.value(&json!({ "screening": screening_name(&judged), "advice": judged.advice() }), || judged.advice());
    if passed { Ok(()) } else { Err(Failure::told("screening", "no session can be started".to_owned())) }
}

/// Ends a session that another process of this program holds, unless the answers pass. The core has ended those of its own.
pub(super) async fn stop_elsewhere(app: &App, judged: Result<&Screening, &lumbra::Error>) {
    if matches!(judged, Ok(Screening::Passed(_)) | Err(lumbra::Error::Invalid(_))) {
        return;
    }
    // Nobody there, or no session: nothing to stop.
    match control::ask(&app.dir, &Request::Stop).await {
        Ok(Some(Reply::Command(_))) => app.output.say("the session under way is stopped"),
        Ok(_) => {}
        Err(failure) => eprintln!("lumbra: {}", failure.message),
    }
}

/// Asks question after question at the terminal; what is left out stays open.
pub(super) fn ask_all(questions: impl Iterator<Item = &'static Question>) -> BTreeMap<String, Answer> {
    let mut given = BTreeMap::new();
    for question in questions {
        let answer = loop {
            match super::devices::ask(&format!("{} [yes/no/unsure] ", question.text)).as_deref() {
                Some("yes" | "y") => break Answer::Yes,
                Some("no" | "n") => break Answer::No,
                Some("unsure" | "u") => break Answer::Unsure,
                Some(_) => {}
                None => return given,
            }
        };
        given.insert(question.id.to_owned(), answer);
    }
    given
}

/// The longest that is asked for when only the last day is named.
const HISTORY_DAYS: i32 = 14;

pub(super) async fn history(app: &App, days: u32, between: DaysChoice) -> Result<(), Failure> {
    let companion = app.open().await?;
    let history = if between.is_named() {
        match between.between(companion.today(), HISTORY_DAYS) {
            Ok((from_day, to_day)) => companion.history_between(from_day, to_day).await.map_err(Failure::from),
            Err(failure) => Err(failure),
        }
    } else {
        companion.history(days).await.map_err(Failure::from)
    };
    companion.close().await;
    let history = history?;
    app.output.value(&history, || {
        let mut lines = draw::history(&history, 78);
        if !history.sessions.is_empty() {
            lines.push("Sessions".to_owned());
            lines.extend(history.sessions.iter().map(|session| format!("  {}", text::session(session))));
        }
        if history.posture_frames > 0 {
            lines.push(format!(
                "Posture: {} samples in {} frames, {} frames lost",
                history.posture_samples, history.posture_frames, history.posture_missing_frames
            ));
        }
        if lines.is_empty() {
            return if between.is_named() {
                "nothing on these days".to_owned()
            } else {
                format!("nothing in the last {days} days yet")
            };
        }
        lines.join("\n")
    });
    Ok(())
}

pub(super) async fn commands(app: &App, days: u32) -> Result<(), Failure> {
    let companion = app.open().await?;
    let commands = companion.commands(days).await;
    companion.close().await;
    let commands = commands?;
    app.output.value(&json!({ "commands": commands }), || {
        let lines = commands.iter().map(|command| {
            let by = command.settled_by.as_deref().unwrap_or("not settled");
            let reason = command.reason.as_deref().map_or_else(String::new, |reason| format!(": {reason}"));
            format!(
                "{}  #{:<5} {:<14} {} ({by}){reason}",
                text::moment(command.at_ms),
                command.sequence,
                command.kind,
                command.outcome
            )
        });
        lines.collect::<Vec<_>>().join("\n")
    });
    Ok(())
}

pub(super) async fn records(app: &App, count: u32) -> Result<(), Failure> {
    let companion = app.open().await?;
    let records = companion.records(app.device.as_deref(), count).await;
    companion.close().await;
    let records = records?;
    app.output.value(&json!({ "records": records }), || {
        let lines = records.iter().map(|record| {
            let when = record.at_ms.map_or_else(|| format!("{} ms after boot", record.ticks_ms), text::moment);
            format!("#{:<5} {:<16} {when}", record.number, record.kind)
        });
        lines.collect::<Vec<_>>().join("\n")
    });
    Ok(())
}

pub(super) async fn cap(app: &App, limit: Option<Milliamps>) -> Result<(), Failure> {
    let companion = app.open().await?;
    let result = companion.set_own_cap(limit).await;
    companion.close().await;
    result?;
    app.output.value(&json!({ "own_cap_ma": limit.map(Milliamps::as_f64) }), || match limit {
        Some(limit) => format!("from the next session on, no intensity above {limit}"),
        None => "your own cap is lifted".to_owned(),
    });
    Ok(())
}

pub(super) fn programmes(app: &App) {
    let all: Vec<_> = MODES
        .iter()
        .map(|mode| {
            json!({
                "id": mode.id,
                "title": mode.title,
                "description": mode.description,
                "frequency_hz": mode.default.frequency_hz,
                "width_us": mode.default.width_us,
                "minutes": mode.default.minutes,
                "longest_min": mode.longest_min,
            })
        })
        .collect();
    app.output.value(&json!({ "programmes": all }), || {
        let lines =
            MODES.iter().map(|mode| format!("{}: {} ({} min)", mode.id, mode.description, mode.default.minutes));
        lines.collect::<Vec<_>>().join("\n")
    });
}
