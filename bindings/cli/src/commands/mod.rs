//! The commands, by what they are about.

mod clinic;
mod days;
mod devices;
mod diary;
mod exercise;
mod forms;
mod goal;
mod insights;
mod keep;
mod pain;
mod plan;
pub(crate) mod posture;
mod red_flags;
mod report;
mod session;
mod trends;
mod wearable;

use crate::app::App;
use crate::args::Command;
use crate::output::Failure;
use lumbra::Companion;

pub(crate) use insights::words as insights_words;
pub(crate) use trends::still_s;

/// Does something with the core open, and closes it.
async fn with_companion(app: &App, work: impl AsyncFnOnce(&Companion) -> Result<(), Failure>) -> Result<(), Failure> {
    let companion = app.open().await?;
    let result = work(&companion).await;
    companion.close().await;
    result
}

/// The one identity that begins so, or the newest for `last`; `known` is oldest first.
fn identity<'a>(begin: &str, known: impl DoubleEndedIterator<Item = &'a str>) -> Result<String, Failure> {
    let none = || Failure::usage("nothing begins so: `show` shows the identities, and `last` is the newest");
    let mut known = known.rev();
    if begin == "last" {
        return known.next().map(str::to_owned).ok_or_else(none);
    }
    let mut fitting = known.filter(|id| id.starts_with(begin));
    match (fitting.next(), fitting.next()) {
        (Some(id), None) => Ok(id.to_owned()),
        (Some(_), Some(_)) => Err(Failure::usage("several begin so: write more of it")),
        (None, _) => Err(none()),
    }
}

/// Runs a command; the demo has a runtime of its own and is not among them.
pub(crate) async fn run(app: &App, command: Command) -> Result<(), Failure> {
    match command {
        Command::Demo => Ok(()),
        Command::Scan { seconds } => devices::scan(app, seconds).await,
        Command::Pair { name, passkey, seconds } => devices::pair(app, name.as_deref(), passkey, seconds).await,
        Command::Devices => devices::list(app).await,
        Command::Forget => devices::forget(app).await,
        Command::Status => session::ask(app, crate::control::Request::Status).await,
        Command::Calibrate => session::ask(app, crate::control::Request::Calibrate).await,
        Command::Start(args) => session::start(app, args).await,
        Command::Set { targets } => session::ask(app, crate::control::Request::Set { targets }).await,
        Command::Pause => session::ask(app, crate::control::Request::Pause).await,
        Command::Resume => session::ask(app, crate::control::Request::Resume).await,
        Command::Stop => session::ask(app, crate::control::Request::Stop).await,
        Command::Watch { seconds, posture } => session::watch(app, seconds, posture).await,
        Command::Screen { answers, all_no, clinician_agreed, list } => {
            diary::screen(app, answers, all_no, clinician_agreed, list).await
        }
        Command::Pain(args) => pain::run(app, args).await,
        Command::Diary(args) => days::run(app, args).await,
        Command::Questionnaire(command) => forms::run(app, command).await,
        Command::Plan { command } => plan::run(app, command.unwrap_or(crate::args::PlanCommand::Show)).await,
        Command::Goal { command } => goal::run(app, command.unwrap_or(crate::args::GoalCommand::Show)).await,
        Command::Clinic(command) => clinic::run(app, command).await,
        Command::Sync(args) => clinic::sync(app, args).await,
        Command::Exercise(command) => exercise::run(app, command).await,
        Command::RedFlags(args) => red_flags::run(app, args).await,
        Command::History { days, between } => diary::history(app, days, between).await,
        Command::Insights { between } => insights::show(app, between).await,
        Command::Hours { months } => trends::hours(app, months).await,
        Command::Compare { days, lag } => trends::compare(app, days, lag).await,
        Command::Report(args) => report::report(app, args).await,
        Command::Export(args) => report::export(app, args).await,
        Command::Commands { days } => diary::commands(app, days).await,
        Command::Records { count } => diary::records(app, count).await,
        Command::Backup { file, passphrase } => keep::back_up(app, &file, passphrase).await,
        Command::Import { file, replace, passphrase } => keep::import(app, &file, replace, passphrase).await,
        Command::Erase { yes } => keep::erase(app, yes).await,
        Command::Cap { limit } => diary::cap(app, limit.0).await,
        Command::Posture(command) => posture::run(app, command).await,
        Command::Programmes => {
            diary::programmes(app);
            Ok(())
        }
        Command::Wearable(command) => wearable::run(app, command).await,
    }
}
