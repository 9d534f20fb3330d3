//! Random sessions of the whole stack: app, store, link, wearable and body, in virtual time, with faults at random moments.
//!
//! A session is made up from its seed (`moves`), played (`play`, with the app's ports in `mortal` and its life in `app`), and
//! judged by what truly flowed and what is kept (`judge`). Nothing in it depends on real time or on chance from outside, so
//! a seed plays the same each time. A session that fails is shrunk to the fewest moves that still fail (`shrink`) and told
//! with all that happened (`log`).

mod app;
mod gate;
mod judge;
mod log;
mod mortal;
mod moves;
mod panics;
mod play;
mod report;
mod shrink;
#[cfg(test)]
mod tests;

use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use judge::{Counter, Verdict, Violation};
use log::Evidence;
use moves::{Move, Scene};
use report::{Report, coverage};

/// What is played.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Options {
    /// How many sessions are played.
    #[arg(long, default_value_t = 500)]
    sessions: u64,
    /// The first session's seed; each next one has the next.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Progress is told this often.
const PROGRESS_EVERY: Duration = Duration::from_secs(5);
/// A worker that says nothing for so long, in real time, is stuck: a shrink takes this long at the most.
const STUCK_AFTER: Duration = Duration::from_mins(5);
/// A failing session is played this often at the most to shrink it.
const SHRINK_PLAYS: usize = 150;
/// So many failing sessions are shrunk and told in full.
const TOLD: usize = 5;

/// One session, played and judged.
struct Played {
    seed: u64,
    digest: u64,
    verdict: Verdict,
    coverage: report::Coverage,
    /// All that happened, where it failed.
    story: Vec<String>,
}

pub(crate) fn run(options: &Options, json: bool) -> ExitCode {
    panics::listen();
    let begun = Instant::now();
    let next = AtomicU64::new(0);
    let told = AtomicU64::new(0);
    let mut report = Report::default();
    let (done, played) = mpsc::channel();
    let workers = thread::available_parallelism().map_or(1, |cores| cores.get().min(2));
    thread::scope(|scope| {
        for _ in 0..workers {
            let done = done.clone();
            scope.spawn(|| {
                let done = done;
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    if index >= options.sessions {
                        return;
                    }
                    // Nobody listens any more when the campaign is broken off.
                    let _ = done.send(session(options.seed.wrapping_add(index), &told));
                }
            });
        }
        drop(done);
        let mut last = Instant::now();
        let mut silent = Instant::now();
        loop {
            match played.recv_timeout(PROGRESS_EVERY) {
                Ok(one) => {
                    silent = Instant::now();
                    one.story.iter().for_each(|line| eprintln!("{line}"));
                    report.add(one.seed, one.digest, &one.verdict, &one.coverage);
                }
                Err(RecvTimeoutError::Timeout) if silent.elapsed() > STUCK_AFTER => {
                    eprintln!(
                        "a session hangs, one of the last {workers} before seed {}",
                        options.seed.wrapping_add(next.load(Ordering::Relaxed))
                    );
                    // Its thread can't be ended from outside.
                    std::process::exit(1);
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            if last.elapsed() >= PROGRESS_EVERY {
                last = Instant::now();
                report.progress(options.sessions, begun.elapsed());
            }
        }
    });
    report.end(begun.elapsed());
    report.print(json);
    if report.failed() || report.is_vacuous() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Plays and judges one session; one that fails is shrunk.
fn session(seed: u64, told: &AtomicU64) -> Played {
    let scene = Scene::of(seed);
    let (verdict, evidence) = try_out(&scene);
    let mut story = Vec::new();
    if let Some(first) = verdict.violations.first() {
        story.push(format!("seed {seed}: {first}"));
        if told.fetch_add(1, Ordering::Relaxed) < TOLD as u64 {
            story.extend(tell(&scene, first.counter));
        }
    }
    let coverage = evidence.as_ref().map(coverage).unwrap_or_default();
    let digest = evidence.as_ref().map_or(0, Evidence::digest);
    Played { seed, digest, verdict, coverage, story }
}

fn try_out(scene: &Scene) -> (Verdict, Option<Evidence>) {
    match play::play(scene, None) {
        Ok(evidence) => (judge::judge(&evidence), Some(evidence)),
        Err(error) => {
            let what = std::iter::once(error.to_string()).chain(panics::take()).collect::<Vec<_>>().join("; ");
            let violation = Violation { counter: Counter::Unplayable, at_ms: 0, what };
            (Verdict { violations: vec![violation], ..Verdict::default() }, None)
        }
    }
}

/// The shortest session that still fails so, and what happens in it.
fn tell(scene: &Scene, counter: Counter) -> Vec<String> {
    let with = |moves: &[Move]| Scene { moves: moves.to_vec(), ..scene.clone() };
    let fails =
        |moves: &[Move]| try_out(&with(moves)).0.violations.iter().any(|violation| violation.counter == counter);
    let shortest = with(&shrink::shrink(&scene.moves, SHRINK_PLAYS, fails));
    let (verdict, evidence) = try_out(&shortest);
    let mut story =
        vec![format!("  shortest: trip {} ms, clinician's cap {:?}", shortest.trip_ms, shortest.clinician_cap_dma)];
    story.extend(shortest.moves.iter().map(|one| format!("    after {} ms: {:?}", one.after_ms, one.act)));
    story.extend(verdict.violations.iter().map(|violation| format!("  {violation}")));
    story.extend(evidence.iter().flat_map(Evidence::trace).map(|line| format!("    {line}")));
    story
}
