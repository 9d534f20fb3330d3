//! The person's clinic: connecting it, and exchanging plans for what was done.

use std::sync::Arc;
use std::time::Duration;

use lumbra::sync::engine::{Hints, Outcome};
use lumbra::sync::http::Http;
use lumbra::sync::transport::Transport;
use lumbra::{ClinicStatus, RefusedFact};
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
                    let none = || "no clinic is connected: `lumbra clinic connect ADDRESS` does".to_owned();
                    status.as_ref().map_or_else(none, words)
                });
                Ok(())
            })
            .await
        }
        ClinicCommand::Forget => {
            with_companion(app, async |companion| {
                companion.forget_clinic(transport()).await?;
                app.output.value(&json!({ "forgotten": true }), || {
                    "the clinic is forgotten: nothing more is told to it, and its plan is followed no more. Its cap on the current stays."
                        .to_owned()
                });
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
            let minutes = within.as_secs().div_ceil(60);
            app.output.say(&format!(
                "Open this address in a browser on this computer, and sign in at your clinic:\n\n{}\n\n\
                 Waiting for the browser to come back, for {minutes} min at most. Ctrl-C gives up.",
                begun.address()
            ));
        }
        let late = || Failure::new("link", UNREACHABLE, "the browser did not come back in time: begin again");
        let came_back = tokio::time::timeout(within, back(&listener, &redirect)).await.map_err(|_| late())??;
        companion.finish_clinic(&*http, begun, &came_back).await?;
        let status = companion.clinic_status().await?;
        app.output.value(&json!({ "clinic": status }), || {
            format!("connected with {base}: `lumbra sync` fetches your plan, and tells the clinic what was done")
        });
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
    let mut lines = vec![format!("{}, connected since {}", status.base, text::moment(status.connected_at_ms))];
    lines.push(match status.last_good_ms {
        Some(at_ms) => format!("last complete exchange: {}", text::moment(at_ms)),
        None => "there was no complete exchange yet: `lumbra sync` makes one".to_owned(),
    });
    // What was done since the last exchange is queued by the next one, and not counted here.
    match (status.waiting, status.last_good_ms) {
        (0, None) => {}
        (0, Some(_)) => lines.push("what was done since then goes with the next `lumbra sync`".to_owned()),
        (1, _) => lines.push("1 thing is still to be told: `lumbra sync` tries again".to_owned()),
        (many, _) => lines.push(format!("{many} things are still to be told: `lumbra sync` tries again")),
    }
    if !status.refused.is_empty() {
        lines.extend([String::new(), "What the clinic's server refuses".to_owned()]);
        lines.extend(status.refused.iter().map(refused));
        lines.push("It stays here, and is not sent again by itself: `lumbra sync --retry-refused` does.".to_owned());
    }
    if !status.problems.is_empty() {
        lines.extend([String::new(), "What of the clinic's plan is not followed".to_owned()]);
        lines.extend(status.problems.iter().map(|problem| format!("- {}: {}", problem.resource, problem.reason)));
        lines.push("Tell your clinic: it can write it anew.".to_owned());
    }
    text::page(&lines.join("\n"))
}

/// A refused fact on a line, such as `a pain entry of 2026-03-01 08:00: no such unit (status 422)`.
fn refused(fact: &RefusedFact) -> String {
    let what = match fact.kind.as_str() {
        "session" => "a session",
        "exercise" => "an exercise",
        "pain" => "a pain entry",
        "posture" => "a day's posture",
        "questionnaire" => "a questionnaire",
        "device" => "the wearable",
        _ => "an entry",
    };
    // To the minute, and without the offset: it is the person's own time already.
    let of = fact.at.as_deref().map(|at| format!(" of {}", at.get(..16).unwrap_or(at).replace('T', " ")));
    let reason = fact.reason.as_deref().unwrap_or("it does not say why");
    format!("- {what}{}: {reason} (status {})", of.unwrap_or_default(), fact.status)
}

/// Exchanges with the clinic. Exit code 0 when all was exchanged, or waits as it was asked to.
pub(super) async fn sync(app: &App, args: SyncArgs) -> Result<(), Failure> {
    with_companion(app, async |companion| {
        let patient: Arc<dyn Http> = Arc::new(Transport::new().with_timeout(Duration::from_secs(args.timeout)));
        let clinic = companion.clinic(patient).await?;
        let clinic =
            clinic.ok_or_else(|| Failure::usage("no clinic is connected: `lumbra clinic connect ADDRESS` does"))?;
        let SyncArgs { background, metered, battery_low, retry_refused, .. } = args;
        let retried = if retry_refused { companion.retry_refused().await? } else { 0 };
        let done = clinic.sync(Hints { metered, battery_low, user_asked: !background }).await?;
        let report = done.report;
        let (outcome, failed) = outcome(report.outcome);
        let waiting = clinic.state().waiting;
        let value = json!({ "sync": {
            "outcome": outcome, "queued": done.queued, "retried": retried, "told": report.acked, "refused": report.dead,
            "came": report.applied, "gone": report.removed, "waiting": waiting,
        } });
        app.output.value(&value, || {
            // A failure says by itself what is the matter.
            let outcome = if failed.is_none() { Some(outcome.clone()) } else { None };
            let mut told = format!("told to the clinic: {}", report.acked);
            if waiting > 0 {
                told = format!("{told}; still to be told: {waiting}");
            }
            if report.dead > 0 {
                told = format!("{told}; refused: {} (`lumbra clinic status` tells why)", report.dead);
            }
            let gone = (report.removed > 0).then(|| format!("taken back by the clinic: {}", report.removed));
            outcome.into_iter().chain([told]).chain(gone).collect::<Vec<_>>().join("\n")
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
        Outcome::Held => (said("the plan was fetched; what was done waits for a better network or battery"), None),
        Outcome::Partly => (said("some of it waits: the clinic's server does not take it for now"), None),
        Outcome::TooSoon(wait) => (
            format!("nothing was exchanged: in the background the next try is in {} min", wait.as_secs().div_ceil(60)),
            None,
        ),
        Outcome::AlreadyRunning => (said("nothing was exchanged: another exchange is at it"), None),
        Outcome::NotConnected => (said("no clinic is connected"), Some(FAULT)),
        Outcome::Later(why) => (format!("{why}; nothing is lost, the next `lumbra sync` goes on"), Some(UNREACHABLE)),
        Outcome::SignIn(error) => (
            format!("sign in again, by `lumbra clinic forget` and `lumbra clinic connect`: {error}"),
            Some(UNREACHABLE),
        ),
        Outcome::Refused(status) => (format!("the clinic's server answers with status {status}"), Some(UNREACHABLE)),
        Outcome::Unsupported => (said("the clinic's server does not offer what is needed"), Some(FAULT)),
        Outcome::BadPage => (said("the pages of the clinic's server can't be followed"), Some(FAULT)),
        Outcome::Ledger => (said("what a sync keeps can't be read or written"), Some(FAULT)),
    }
}

#[cfg(test)]
mod tests {
    use lumbra::PlanProblem;

    use super::*;

    #[test]
    fn a_status_is_told_as_a_person_reads_it() {
        let status = |waiting, last_good_ms| ClinicStatus {
            base: "https://clinic.example/fhir".to_owned(),
            connected_at_ms: 0,
            last_good_ms,
            waiting,
            refused: Vec::new(),
            problems: Vec::new(),
        };
        let cases = [
            (status(0, None), "no complete exchange yet", "to be told"),
            (status(0, Some(0)), "since then goes with the next", "no complete exchange"),
            (status(1, Some(0)), "1 thing is still to be told", "since then"),
            (status(7, None), "7 things are still to be told", "refuses"),
        ];
        for (status, has, has_not) in cases {
            let told = words(&status);
            assert!(told.contains(has) && !told.contains(has_not), "{told}");
        }
        let fact = |kind: &str, at: Option<&str>, reason: Option<&str>| RefusedFact {
            kind: kind.to_owned(),
            at: at.map(str::to_owned),
            status: 422,
            reason: reason.map(str::to_owned),
        };
        let told = words(&ClinicStatus {
            refused: vec![
                fact("pain", Some("2026-03-01T08:05:09.123+01:00"), Some("no such unit")),
                fact("posture", Some("2026-03-01"), None),
                fact("device", None, None),
            ],
            problems: vec![PlanProblem { resource: "ServiceRequest/tens".to_owned(), reason: "no cap".to_owned() }],
            ..status(0, Some(0))
        });
        for line in [
            "- a pain entry of 2026-03-01 08:05: no such unit (status 422)",
            "- a day's posture of 2026-03-01: it does not say why (status 422)",
            "- the wearable: it does not say why (status 422)",
            "`lumbra sync --retry-refused`",
            "- ServiceRequest/tens: no cap",
        ] {
            assert!(told.contains(line), "{line} in {told}");
        }
    }
}
