//! The person's clinic: connecting it, and exchanging plans for what was done.

use std::sync::Arc;
use std::time::Duration;

use lumbra::ClinicStatus;
use lumbra::sync::engine::{Hints, Outcome};
use lumbra::sync::http::Http;
use lumbra::sync::transport::Transport;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::with_companion;
use crate::app::App;
use crate::args::{ClinicCommand, SyncArgs};
use crate::output::{FAULT, Failure, UNREACHABLE};
use crate::text;

/// The longest request line of a browser that is read.
const LINE_MAX: usize = 16 * 1024;

pub(super) async fn run(app: &App, command: ClinicCommand) -> Result<(), Failure> {
    match command {
        ClinicCommand::Connect { base, client_id, port, seconds } => {
            connect(app, &base, &client_id, port, Duration::from_secs(seconds)).await
        }
        ClinicCommand::Status => {
            with_companion(app, async |companion| {
                let status = companion.clinic_status().await?;
                app.output.value(&json!({ "clinic": status }), || {
                    status.as_ref().map_or_else(|| "no clinic is connected".to_owned(), words)
                });
                Ok(())
            })
            .await
        }
        ClinicCommand::Forget => {
            with_companion(app, async |companion| {
                companion.forget_clinic(transport()).await?;
                app.output.value(&json!({ "forgotten": true }), || "the clinic is forgotten".to_owned());
                Ok(())
            })
            .await
        }
    }
}

fn transport() -> Arc<dyn Http> {
    Arc::new(Transport::new())
}

async fn connect(app: &App, base: &str, client_id: &str, port: u16, within: Duration) -> Result<(), Failure> {
    with_companion(app, async |companion| {
        let http = transport();
        // Only this machine: a code is for nobody else.
        let listener = TcpListener::bind(("127.0.0.1", port)).await?;
        let redirect = format!("http://127.0.0.1:{}/back", listener.local_addr()?.port());
        let begun = companion.begin_clinic(&*http, base, client_id, &redirect).await?;
        if app.output.json {
            crate::output::line(&json!({ "open": begun.address() }).to_string());
        } else {
            app.output.say(&format!("Open this address in a browser, and sign in:\n\n{}\n", begun.address()));
        }
        let late = || Failure::new("link", UNREACHABLE, "the browser did not come back in time: begin again");
        let came_back = tokio::time::timeout(within, back(&listener, &redirect)).await.map_err(|_| late())??;
        companion.finish_clinic(&*http, begun, &came_back).await?;
        let status = companion.clinic_status().await?;
        app.output
            .value(&json!({ "clinic": status }), || "the clinic is connected; `lumbra sync` exchanges".to_owned());
        Ok(())
    })
    .await
}

/// The address that the browser comes back to. Whatever else asks is told that there is nothing.
async fn back(listener: &TcpListener, redirect: &str) -> Result<String, Failure> {
    let own = redirect.strip_suffix("/back").unwrap_or(redirect);
    loop {
        let (mut stream, _) = listener.accept().await?;
        let asked = tokio::time::timeout(Duration::from_secs(5), asked_for(&mut stream)).await.ok().flatten();
        let found = asked.filter(|path| path.starts_with("/back?"));
        let (status, says) = match found {
            Some(_) => ("200 OK", "You are signed in. You can close this page."),
            None => ("404 Not Found", "There is nothing here."),
        };
        let answer = format!(
            "HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{says}",
            says.len()
        );
        // A browser that has gone already has brought what it had.
        let _ = stream.write_all(answer.as_bytes()).await;
        let _ = stream.shutdown().await;
        if let Some(path) = found {
            return Ok(format!("{own}{path}"));
        }
    }
}

/// The path of a GET, with its query.
async fn asked_for(stream: &mut TcpStream) -> Option<String> {
    let mut read = Vec::new();
    let mut some = [0; 1024];
    while read.len() < LINE_MAX && !read.windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read(&mut some).await.ok()? {
            0 => break,
            count => read.extend_from_slice(some.get(..count)?),
        }
    }
    let line = String::from_utf8(read).ok()?.lines().next()?.to_owned();
    let mut words = line.split(' ');
    (words.next() == Some("GET")).then(|| words.next().map(str::to_owned)).flatten()
}

fn words(status: &ClinicStatus) -> String {
    let mut lines = vec![format!("{}, connected {}", status.base, text::moment(status.connected_at_ms))];
    lines.push(match status.last_good_ms {
        Some(at_ms) => format!("all exchanged last {}", text::moment(at_ms)),
        None => "never exchanged yet".to_owned(),
    });
    lines.push(format!("{} waiting to be told", status.waiting));
    for refused in &status.refused {
        let reason = refused.reason.as_deref().unwrap_or("no reason given");
        lines.push(format!("- the clinic's server refuses a {} ({}): {reason}", refused.kind, refused.status));
    }
    for problem in &status.problems {
        lines.push(format!("- not followed: {}: {}", problem.resource, problem.reason));
    }
    text::page(&lines.join("\n"))
}

/// Exchanges with the clinic. Exit code 0 when all was exchanged, or waits as it was asked to.
pub(super) async fn sync(app: &App, args: SyncArgs) -> Result<(), Failure> {
    with_companion(app, async |companion| {
        let clinic = companion.clinic(transport()).await?;
        let clinic = clinic.ok_or_else(|| Failure::usage("no clinic is connected: `lumbra clinic connect` does"))?;
        let SyncArgs { background, metered, battery_low } = args;
        let done = clinic.sync(Hints { metered, battery_low, user_asked: !background }).await?;
        let report = done.report;
        let (outcome, failed) = outcome(report.outcome);
        let waiting = clinic.state().waiting;
        let value = json!({ "sync": {
            "outcome": outcome, "queued": done.queued, "told": report.acked, "refused": report.dead,
            "came": report.applied, "gone": report.removed, "waiting": waiting,
        } });
        app.output.value(&value, || {
            format!(
                "{outcome}: {} told, {} refused, {waiting} groups wait; {} came, {} are gone",
                report.acked, report.dead, report.applied, report.removed
            )
        });
        match failed {
            None => Ok(()),
            Some(code) => Err(Failure::new("clinic", code, format!("the exchange did not come to its end: {outcome}"))),
        }
    })
    .await
}

/// In words, and the exit code where it has failed.
fn outcome(outcome: Outcome) -> (String, Option<u8>) {
    let said = |words: &str| words.to_owned();
    match outcome {
        Outcome::Done => (said("all exchanged"), None),
        Outcome::Held => (said("plans fetched, the rest waits for a better network or battery"), None),
        Outcome::Partly => (said("some groups wait: the server has something against them for now"), None),
        Outcome::TooSoon(_) => (said("tried a moment ago, another time"), None),
        Outcome::AlreadyRunning => (said("another exchange is at it"), None),
        Outcome::NotConnected => (said("no clinic is connected"), Some(FAULT)),
        Outcome::Later(why) => (format!("another time: {why}"), Some(UNREACHABLE)),
        Outcome::SignIn(error) => (format!("sign in again: {error}"), Some(UNREACHABLE)),
        Outcome::Refused(status) => (format!("the server answers with status {status}"), Some(UNREACHABLE)),
        Outcome::Unsupported => (said("the server does not offer what is needed"), Some(FAULT)),
        Outcome::BadPage => (said("the server's pages can't be followed"), Some(FAULT)),
        Outcome::Ledger => (said("what a sync keeps can't be read or written"), Some(FAULT)),
    }
}
