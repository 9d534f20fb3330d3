//! The commands, by what they are about.

mod devices;
mod diary;
pub(crate) mod posture;
mod report;
mod session;
mod trends;
mod wearable;

use crate::app::App;
use crate::args::Command;
use crate::output::Failure;

pub(crate) use trends::still_s;

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
        Command::Pain { score, place, note, when } => diary::pain(app, score, &place, &note, when).await,
        Command::History { days } => diary::history(app, days).await,
        Command::Hours { months } => trends::hours(app, months).await,
        Command::Compare { days, lag } => trends::compare(app, days, lag).await,
        Command::Report(args) => report::report(app, args).await,
        Command::Export(args) => report::export(app, args).await,
        Command::Commands { days } => diary::commands(app, days).await,
        Command::Records { count } => diary::records(app, count).await,
        Command::Cap { limit } => diary::cap(app, limit.0).await,
        Command::Posture(command) => posture::run(app, command).await,
        Command::Programmes => {
            diary::programmes(app);
            Ok(())
        }
        Command::Wearable(command) => wearable::run(app, command).await,
    }
}
