//! What it costs to tell a clinic a year: beside one PUT a resource through the same transport to the same server program, started anew;
//! and what is sent twice when the line is cut.
//!
//! The baseline puts the very bytes that the phone's run sent, so both ways bring the same. Figures of requests and bytes are counted by
//! the server's proxy too, and it must agree. After each way the server must have each resource exactly once.

mod recorder;
mod server;

use std::collections::HashMap;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use lumbra::Companion;
use lumbra::sync::engine::{Hints, Outcome};
use lumbra::sync::http::{Http, HttpError, Method, Request, Response};
use lumbra::sync::transport::Transport;

use crate::measure::{forget_peak, memory_mib};
use crate::report::{Case, Goal, Report};
use crate::seed::{DAYS, PAIN_ENTRIES, SESSIONS};
use crate::{BenchError, history};
use recorder::{Exchange, Recorder, Sent, resources};
use server::{Logged, Server};

/// Nothing listens there: the bench is its own browser, and reads the address alone.
const REDIRECT: &str = "http://127.0.0.1:7/back";
const ASKED: Hints = Hints { metered: false, battery_low: false, user_asked: true };
/// What the phone writes in this bench.
const KINDS: [&str; 3] = ["Device", "Observation", "Procedure"];
/// One request for so many, at most: of those that one PUT a resource takes.
const REQUESTS_AT_MOST: f64 = 0.1;
const TIME_AT_MOST: f64 = 1.0 / 3.0;
/// The round trip of the line to the server, in milliseconds. None: what is left is the server's own work for each resource, which no way of
/// telling spares it. A phone on a mobile network, as most are: this project's choice, at the lower end of what networks of the fourth
/// generation have.
const LINES_MS: [(&str, u32); 2] = [("wall_time_on_loopback", 0), ("wall_time_over_40_ms", 40)];
/// The upload whose answer is lost, and how many after it the next one does not arrive: well within the backlog's uploads.
const CUT_AFTER: u32 = 40;
const CUT_BEFORE: u32 = 30;

/// A line that is dead.
struct Nowhere;

#[async_trait]
impl Http for Nowhere {
    async fn send(&self, _request: Request) -> Result<Response, HttpError> {
        Err(HttpError::Unreachable)
    }
}

/// What one way of telling it cost.
struct Cost {
    requests: f64,
    bytes: f64,
    seconds: f64,
}

pub(crate) async fn run(report: &mut Report) -> Result<(), BenchError> {
    let folder = tempfile::tempdir()?;
    let [whole, far, queue, cut] = ["whole", "far", "queue", "cut"].map(|name| folder.path().join(name));
    // In a process of its own: what making a year takes must not hide what sending it takes.
    let made =
        Command::new(std::env::current_exe()?).args(["sync", "--seed"]).arg(&whole).stdout(Stdio::null()).status();
    if !made?.success() {
        return Err(BenchError::Broken("the year could not be made"));
    }
    copy(&whole, &far)?;
    copy(&whole, &queue)?;
    copy(&whole, &cut)?;

    let recorder = Arc::new(Recorder::new()?);
    let [(near, near_ms), (over, over_ms)] = LINES_MS;
    let server = Server::start(near_ms).await?;
    let (cost, own_s, memory) = at_once(&whole, &server, &recorder).await?;
    let (new_s, nothing_new_s) = queueing(&queue, &server).await?;
    drop(server);
    let uploads = recorder.uploads()?;
    let beside = one_by_one(&uploads, near_ms).await?;
    compare(report, &cost, &beside);
    compare_time(report, near, &cost, &beside);
    let server = Server::start(over_ms).await?;
    let (cost, ..) = at_once(&far, &server, &Arc::new(Recorder::new()?)).await?;
    drop(server);
    compare_time(report, over, &cost, &one_by_one(&uploads, over_ms).await?);
    if let Some((idle, peak)) = memory {
        alone(report, "peak_memory_above_idle", "MiB", peak - idle, Goal::None);
    }
    alone(report, "time_without_waiting_for_the_server", "s", own_s, Goal::None);
    alone(report, "queueing_the_backlog", "s", new_s, Goal::None);
    alone(report, "finding_nothing_new", "s", nothing_new_s, Goal::None);
    let (again, in_doubt) = resumed(&cut, &names(&uploads)?).await?;
    alone(report, "acknowledged_bytes_sent_again", "B", again, Goal::Within(0.0));
    alone(report, "unacknowledged_bytes_sent_again", "B", in_doubt, Goal::None);
    Ok(())
}

fn compare(report: &mut Report, cost: &Cost, beside: &Cost) {
    let cases = [
        ("requests", "requests", cost.requests, beside.requests, Goal::AtMost(REQUESTS_AT_MOST)),
        ("bytes_sent", "B", cost.bytes, beside.bytes, Goal::None),
    ];
    for (name, unit, value, baseline, goal) in cases {
        let (baseline, baseline_value) = ("a PUT a resource", Some(baseline));
        report.case(&Case { bench: "sync", name, unit, value, baseline, baseline_value, goal });
    }
}

fn compare_time(report: &mut Report, name: &str, cost: &Cost, beside: &Cost) {
    let (baseline, baseline_value, goal) = ("a PUT a resource", Some(beside.seconds), Goal::AtMost(TIME_AT_MOST));
    report.case(&Case { bench: "sync", name, unit: "s", value: cost.seconds, baseline, baseline_value, goal });
}

fn alone(report: &mut Report, name: &str, unit: &'static str, value: f64, goal: Goal) {
    report.case(&Case { bench: "sync", name, unit, value, baseline: "", baseline_value: None, goal });
}

/// Copies a store's folder.
fn copy(from: &Path, to: &Path) -> Result<(), BenchError> {
    std::fs::create_dir(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &to)?;
        } else {
            std::fs::copy(entry.path(), to)?;
        }
    }
    Ok(())
}

/// Signs in, as a browser whose person says yes.
async fn connect(companion: &Companion, http: &dyn Http, server: &Server) -> Result<(), BenchError> {
    let begun = companion.begin_clinic(http, server.base(), "lumbra", REDIRECT).await?;
    let answer = Transport::new().send(Request::new(Method::Get, begun.address())).await?;
    let back = answer.header("Location").filter(|_| answer.status == 302);
    let back = back.ok_or(BenchError::Broken("the authorisation server sends nobody back"))?.to_owned();
    Ok(companion.finish_clinic(http, begun, &back).await?)
}

/// One sync; how many resources it queued, and whether all was exchanged.
async fn sync(companion: &Companion, http: Arc<dyn Http>) -> Result<(usize, bool), BenchError> {
    let clinic = companion.clinic(http).await?.ok_or(BenchError::Broken("no clinic is connected"))?;
    let done = clinic.sync(ASKED).await?;
    let state = clinic.state();
    eprintln!("{:?}: {} queued, {} told, {} wait", done.report.outcome, done.queued, done.report.acked, state.waiting);
    if done.report.dead > 0 || !state.refused.is_empty() {
        return Err(BenchError::Broken("the server refuses some of the year"));
    }
    Ok((done.queued, done.report.outcome == Outcome::Done && state.waiting == 0))
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
fn figures(exchanges: &[Exchange], seconds: Duration) -> Cost {
    let bytes: u64 = exchanges.iter().map(|exchange| exchange.bytes).sum();
    Cost { requests: exchanges.len() as f64, bytes: bytes as f64, seconds: seconds.as_secs_f64() }
}

/// The server's proxy must have seen what the recorder kept, in its order.
fn agree(exchanges: &[Exchange], log: &[Logged]) -> Result<(), BenchError> {
    let kept = exchanges.iter().map(|exchange| (exchange.method.name(), exchange.bytes, exchange.status));
    let seen = log.iter().map(|entry| (entry.method.as_str(), entry.sent_bytes, entry.status));
    if kept.eq(seen) { Ok(()) } else { Err(BenchError::Broken("the server saw other requests than were sent")) }
}

/// Kind and id of each resource that was sent, sorted, once.
fn names(uploads: &[(Exchange, Vec<u8>)]) -> Result<Vec<String>, BenchError> {
    let mut names = Vec::new();
    for (_, body) in uploads {
        names.extend(resources(body)?.into_iter().map(|sent| sent.name.to_owned()));
    }
    names.sort_unstable();
    names.dedup();
    Ok(names)
}

async fn each_once(server: &Server, names: &[String]) -> Result<(), BenchError> {
    let found = server.found(&KINDS).await?;
    eprintln!("{} resources on the server", found.len());
    if found == names { Ok(()) } else { Err(BenchError::Broken("the server has not each resource exactly once")) }
}

/// The phone tells the year. Also how long it did not wait for the server, in seconds; memory before and at its peak.
async fn at_once(
    dir: &Path,
    server: &Server,
    http: &Arc<Recorder>,
) -> Result<(Cost, f64, Option<(f64, f64)>), BenchError> {
    let companion = history::open(dir).await?;
    connect(&companion, &**http, server).await?;
    http.begin()?;
    let mark = server.mark().await?;
    forget_peak();
    let idle = memory_mib();
    let began = Instant::now();
    let (_, all) = sync(&companion, http.clone()).await?;
    let elapsed = began.elapsed();
    let memory = idle.zip(memory_mib()).map(|((idle, _), (_, peak))| (idle, peak));
    companion.close().await;
    if !all {
        return Err(BenchError::Broken("the sync did not come to its end"));
    }
    let exchanges = http.exchanges();
    agree(&exchanges, &server.log(mark).await?)?;
    let names = names(&http.uploads()?)?;
    let of = |kind: &str| names.iter().filter(|name| name.split('/').next() == Some(kind)).count();
    // A session is a procedure, and an observation of its dose.
    let expected = [1, SESSIONS + PAIN_ENTRIES + DAYS, SESSIONS];
    if !KINDS.iter().zip(expected).all(|(kind, count)| u32::try_from(of(kind)) == Ok(count)) {
        return Err(BenchError::Broken("something of the year was not told"));
    }
    each_once(server, &names).await?;
    let waited: Duration = exchanges.iter().map(|exchange| exchange.took).sum();
    Ok((figures(&exchanges, elapsed), elapsed.saturating_sub(waited).as_secs_f64(), memory))
}

/// How long it takes to queue the year with a dead line, and to find at the next sync that there is nothing new; in seconds.
async fn queueing(dir: &Path, server: &Server) -> Result<(f64, f64), BenchError> {
    let companion = history::open(dir).await?;
    connect(&companion, &Transport::new(), server).await?;
    let mut times = [0.0; 2];
    for (time, some) in times.iter_mut().zip([true, false]) {
        let began = Instant::now();
        let (queued, all) = sync(&companion, Arc::new(Nowhere)).await?;
        *time = began.elapsed().as_secs_f64();
        if all || (queued > 0) != some {
            return Err(BenchError::Broken("the year is queued once, and nothing is told over a dead line"));
        }
    }
    companion.close().await;
    Ok((times[0], times[1]))
}

/// The baseline: the same bytes, one PUT a resource, each after the answer to the one before. Only waiting for the server counts.
async fn one_by_one(uploads: &[(Exchange, Vec<u8>)], round_trip_ms: u32) -> Result<Cost, BenchError> {
    let server = Server::start(round_trip_ms).await?;
    let empty = tempfile::tempdir()?;
    let http = Arc::new(Recorder::new()?);
    let companion = history::open(empty.path()).await?;
    connect(&companion, &*http, &server).await?;
    // A phone with nothing to tell, for its token.
    sync(&companion, http.clone()).await?;
    companion.close().await;
    let token = http.authorization().ok_or(BenchError::Broken("the phone showed no token"))?;
    http.begin()?;
    let mark = server.mark().await?;
    let all = names(uploads)?;
    let mut put = 0;
    for (_, body) in uploads {
        for Sent { name, bytes } in resources(body)? {
            let request = Request::new(Method::Put, format!("{}/{name}", server.base()))
                .body("application/fhir+json", bytes.as_bytes().to_vec())
                .header("Accept", "application/fhir+json")
                .header("Prefer", "return=minimal")
                .header("Authorization", token.as_str());
            if http.send(request).await?.status != 201 {
                return Err(BenchError::Broken("a PUT did not make a resource"));
            }
            put += 1;
            if put % 200 == 0 {
                eprint!("\r{put} of {} put", all.len());
            }
        }
    }
    eprintln!("\r{put} of {} put", all.len());
    let exchanges = http.exchanges();
    agree(&exchanges, &server.log(mark).await?)?;
    each_once(&server, &all).await?;
    Ok(figures(&exchanges, exchanges.iter().map(|exchange| exchange.took).sum()))
}

/// The line is cut after the server has done an upload, the app is gone and comes back, and once more before an upload arrives. Gives the
/// bytes of resources that were sent again although the phone had an answer that they are there, and of those it had none for.
async fn resumed(dir: &Path, names: &[String]) -> Result<(f64, f64), BenchError> {
    let server = Server::start(0).await?;
    let http = Arc::new(Recorder::new()?);
    let mut companion = history::open(dir).await?;
    connect(&companion, &*http, &server).await?;
    http.begin()?;
    let mark = server.mark().await?;
    for (how, nth) in [("cut_after", CUT_AFTER), ("cut_before", CUT_BEFORE)] {
        server.cut(how, nth).await?;
        if sync(&companion, http.clone()).await?.1 {
            return Err(BenchError::Broken("the line was to be cut"));
        }
        companion.close().await;
        companion = history::open(dir).await?;
    }
    let (queued, all) = sync(&companion, http.clone()).await?;
    companion.close().await;
    if queued > 0 || !all || server.cuts().await? != 2 {
        return Err(BenchError::Broken("two cuts were to be made good"));
    }
    agree(&http.exchanges(), &server.log(mark).await?)?;
    each_once(&server, names).await?;
    sent_again(&http.uploads()?)
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
fn sent_again(uploads: &[(Exchange, Vec<u8>)]) -> Result<(f64, f64), BenchError> {
    let mut sent: HashMap<&str, (&str, bool)> = HashMap::new();
    let (mut acknowledged, mut in_doubt) = (0, 0);
    for (exchange, body) in uploads {
        for Sent { name, bytes } in resources(body)? {
            let earlier = sent.get(name).copied();
            if earlier.is_some_and(|(earlier, _)| earlier != bytes) {
                return Err(BenchError::Broken("a resource was sent again with other bytes"));
            }
            match earlier {
                Some((_, true)) => acknowledged += bytes.len(),
                Some((_, false)) => in_doubt += bytes.len(),
                None => {}
            }
            let is_there = exchange.acknowledged() || earlier.is_some_and(|(_, is_there)| is_there);
            sent.insert(name, (bytes, is_there));
        }
    }
    Ok((acknowledged as f64, in_doubt as f64))
}
