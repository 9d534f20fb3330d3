//! Shares the work between the machine's cores, and tells how it went.

use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Instant;

use serde::Serialize;
use serde_json::Value;

use super::Broken;
use super::kill::{self, Killer};
use super::power::{self, CUTS_A_SERIES, Lab};
use super::setup::Frozen;

/// How far it has come, on standard error.
struct Progress {
    name: &'static str,
    of: u32,
    done: AtomicU32,
}

impl Progress {
    const fn new(name: &'static str, of: u32) -> Self {
        Self { name, of, done: AtomicU32::new(0) }
    }

    fn one_more(&self) {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        if done.is_multiple_of(100) || done == self.of {
            eprintln!("{done} of {} {}", self.of, self.name);
        }
    }
}

/// Runs the workers side by side, and gives what each has found, in order.
fn side_by_side<T: Send>(workers: u32, work: impl Fn(u32) -> Result<T, Broken> + Sync) -> Result<Vec<T>, Broken> {
    thread::scope(|scope| {
        let started: Vec<_> = (0..workers)
            .map(|worker| {
                scope.spawn({
                    let work = &work;
                    move || work(worker)
                })
            })
            .collect();
        let ended = started.into_iter().map(|worker| worker.join().unwrap_or(Err(Broken::Setup("a worker panicked"))));
        ended.collect()
    })
}

fn cores() -> u32 {
    thread::available_parallelism().map_or(1, |cores| u32::try_from(cores.get()).unwrap_or(1))
}

/// Kills so many times, and tells. Whether nothing was lost.
pub(crate) fn kills(times: u32, seed: u64, hasty: bool, json: bool) -> Result<bool, Broken> {
    let (started, frozen, progress) = (Instant::now(), Frozen::all()?, Progress::new("kills", times));
    let workers = cores();
    let tallies = side_by_side(workers, |worker| {
        let share = times / workers + u32::from(worker < times % workers);
        let killer = Killer::new(seed.wrapping_add(u64::from(worker) << 32), &frozen, hasty)?;
        killer.run(share, || progress.one_more())
    })?;
    let mut all = kill::Tally::default();
    for tally in &tallies {
        all.add(tally);
    }
    tell(&all, started, json)?;
    Ok(!all.is_bad())
}

/// Cuts so many times, and tells. Whether nothing was lost.
pub(crate) fn power_cuts(times: u32, seed: u64, lying_disk: bool, json: bool) -> Result<bool, Broken> {
    let (started, lab, progress) = (Instant::now(), Lab::new(lying_disk)?, Progress::new("cuts", times));
    let series = times.div_ceil(CUTS_A_SERIES);
    let (next, mut all) = (AtomicU32::new(0), power::Tally::default());
    let tallies = side_by_side(cores(), |_| {
        let mut own = power::Tally::default();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= series {
                return Ok(own);
            }
            let cuts = (times - number * CUTS_A_SERIES).min(CUTS_A_SERIES);
            own.add(&lab.series(seed, u64::from(number), cuts, || progress.one_more())?);
        }
    })?;
    for tally in &tallies {
        all.add(tally);
    }
    tell(&all, started, json)?;
    Ok(!all.is_bad())
}

fn tell(tally: &impl Serialize, started: Instant, json: bool) -> Result<(), Broken> {
    let mut told = serde_json::to_value(tally)?;
    if let Value::Object(fields) = &mut told {
        fields.insert("seconds".into(), started.elapsed().as_secs().into());
        if !json {
            for (name, value) in fields {
                println!("{:<22}{value:>10}", name.replace('_', " "));
            }
            return Ok(());
        }
    }
    println!("{told}");
    Ok(())
}
