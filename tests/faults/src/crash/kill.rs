//! Kills a writing process at random moments, again and again on the same folder, and judges what is left.
//!
//! A killed process's writes stay in the system's cache, so this shows what the store makes of calls that were cut short, not
//! what a disk forgets: that is `power`.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::Child;
use std::thread;
use std::time::{Duration, Instant};

use serde::Serialize;
use tempfile::TempDir;

use super::Broken;
use super::judge::{Promise, Verdict, after_erasing};
use super::picture::{Picture, open_raw};
use super::setup::{Frozen, in_memory};
use super::writer::{self, Mark, Order, key_file};
use lumbra_store::Store;

/// What was seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Tally {
    /// Processes killed.
    pub(crate) kills: u32,
    /// Writes that they had acknowledged.
    pub(crate) acknowledged: u64,
    /// Of these, the ones that were not there afterwards.
    pub(crate) lost: u64,
    /// Kills after which something was half-written.
    pub(crate) half_written: u32,
    /// Kills after which the store did not open, or was set aside.
    pub(crate) unreadable: u32,
    /// Kills while the store was being opened.
    pub(crate) killed_in_opening: u32,
    /// Of these, the ones that left a migration's traces on the disk: some of its steps done, or its writes without their end.
    pub(crate) killed_in_migration: u32,
    /// Kills while the store was being closed.
    pub(crate) killed_in_closing: u32,
    /// Kills while the store was being erased, or just after.
    pub(crate) killed_in_erasing: u32,
    /// Kills after which the write under way was there although it had not been acknowledged.
    pub(crate) kept_unacknowledged: u32,
}

impl Tally {
    /// Adds another worker's.
    pub(crate) const fn add(&mut self, other: &Self) {
        self.kills += other.kills;
        self.acknowledged += other.acknowledged;
        self.lost += other.lost;
        self.half_written += other.half_written;
        self.unreadable += other.unreadable;
        self.killed_in_opening += other.killed_in_opening;
        self.killed_in_migration += other.killed_in_migration;
        self.killed_in_closing += other.killed_in_closing;
        self.killed_in_erasing += other.killed_in_erasing;
        self.kept_unacknowledged += other.kept_unacknowledged;
    }

    /// Whether anything went as it must not.
    pub(crate) const fn is_bad(&self) -> bool {
        self.lost > 0 || self.half_written > 0 || self.unreadable > 0
    }
}

/// Where a kill is aimed. It strikes a random time after what is named here was seen.
#[derive(Clone, Copy, Debug)]
enum Aim {
    /// After the process was started.
    Anywhere,
    /// After it began to open the store.
    Opening,
    /// After so many writes.
    Writing(u32),
    /// After it began to close the store.
    Closing,
    /// After it began to erase the store.
    Erasing,
}

/// How long things take here, learnt on the way, so that kills fall within them.
#[derive(Clone, Copy, Debug)]
struct Pace {
    start: Duration,
    opening: Duration,
    writing: Duration,
}

/// A folder that is written by one process after the other.
struct Folder {
    temp: TempDir,
    /// What its writers' plans follow from.
    seed: u64,
    before: Picture,
    generation: u32,
    /// The schema version it began with; 0 = nothing was there.
    began_with: u32,
}

impl Folder {
    fn dir(&self) -> PathBuf {
        self.temp.path().join("data")
    }
}

/// Kills, one after the other. Several can run side by side.
#[derive(Debug)]
pub(crate) struct Killer<'a> {
    random: fastrand::Rng,
    pace: Pace,
    frozen: &'a [Frozen],
    /// The newest schema version.
    newest: u32,
    hasty: bool,
    tally: Tally,
}

/// What a process had told when it died.
#[derive(Debug, Default)]
struct Told {
    acknowledged: u32,
    last: Option<Mark>,
    opened_once: bool,
}

impl Told {
    fn hear(&mut self, mark: Mark) {
        match mark {
            Mark::Acknowledged(writes) => self.acknowledged = writes,
            Mark::Opened => self.opened_once = true,
            _ => {}
        }
        self.last = Some(mark);
    }
}

impl<'a> Killer<'a> {
    /// One whose aim follows from a seed. `hasty`: its writers acknowledge too early.
    pub(crate) fn new(seed: u64, frozen: &'a [Frozen], hasty: bool) -> Result<Self, Broken> {
        let fresh = tempfile::tempdir()?;
        drop(Store::open(fresh.path(), &lumbra_store::FileKeyStore::new(key_file(fresh.path())))?);
        Ok(Self {
            random: fastrand::Rng::with_seed(seed),
            pace: Pace {
                start: Duration::from_millis(10),
                opening: Duration::from_millis(50),
                writing: Duration::from_millis(5),
            },
            frozen,
            newest: version(fresh.path())?,
            hasty,
            tally: Tally::default(),
        })
    }

    /// Kills so many times; `done` hears of each.
    pub(crate) fn run(mut self, times: u32, done: impl Fn()) -> Result<Tally, Broken> {
        let mut folder = self.folder()?;
        let mut left = self.random.u32(1..8);
        while self.tally.kills < times {
            let sound = self.kill(&mut folder)?;
            left = left.saturating_sub(1);
            // A folder that has lost something would be found lacking for ever.
            if left == 0 || !sound {
                folder = self.folder()?;
                left = self.random.u32(1..8);
            }
            done();
        }
        Ok(self.tally)
    }

    /// A folder with nothing in it, or with a database of an earlier version.
    fn folder(&mut self) -> Result<Folder, Broken> {
        // On a disk a process mostly waits for it, so that is where the kills strike; in memory they strike between.
        let temp = if self.random.bool() { in_memory()? } else { tempfile::tempdir()? };
        let seed = self.random.u64(..);
        let mut folder = Folder { temp, seed, before: Picture::default(), generation: 0, began_with: 0 };
        if self.random.bool()
            && let Some(frozen) = self.random.choice(self.frozen)
        {
            frozen.put(&folder.dir())?;
            folder.before = frozen.picture.clone();
            folder.began_with = version(&folder.dir())?;
        }
        Ok(folder)
    }

    fn aim(&mut self, folder: &Folder) -> (Aim, Duration) {
        // A folder's first process is the one that makes or migrates the database.
        let first = folder.generation == 1;
        let (aim, span) = match self.random.u8(..10) {
            0 => (Aim::Anywhere, 2 * (self.pace.start + self.pace.opening)),
            1..=2 => (Aim::Opening, self.pace.opening.mul_f64(1.1)),
            3..=6 if first => (Aim::Opening, self.pace.opening.mul_f64(1.1)),
            3 => (Aim::Closing, self.pace.opening),
            4 => (Aim::Erasing, self.pace.opening),
            _ => (Aim::Writing(self.random.u32(..40)), self.pace.writing.mul_f64(2.0)),
        };
        (aim, span.mul_f64(self.random.f64()))
    }

    /// Starts a writer, kills it, and judges. Whether all is well.
    fn kill(&mut self, folder: &mut Folder) -> Result<bool, Broken> {
        folder.generation += 1;
        let (aim, delay) = self.aim(folder);
        let erase = matches!(aim, Aim::Erasing);
        let order = Order {
            dir: folder.dir(),
            seed: folder.seed,
            generation: folder.generation,
            writes: erase.then(|| self.random.u32(..20)),
            writes_a_time: self.random.u32(5..60),
            erase,
            hasty: self.hasty,
        };
        let told = self.strike(&order, aim, delay)?;
        self.tally.kills += 1;
        self.tally.acknowledged += u64::from(told.acknowledged);
        if let Some(Mark::Failed(why)) = told.last {
            eprintln!("the writer could not go on: {why}");
            self.tally.unreadable += 1;
            return Ok(false);
        }
        match told.last {
            Some(Mark::Opening) => {
                self.tally.killed_in_opening += 1;
                if !told.opened_once && self.is_in_migration(&folder.dir(), folder.began_with)? {
                    self.tally.killed_in_migration += 1;
                }
            }
            Some(Mark::Closing) => self.tally.killed_in_closing += 1,
            Some(Mark::Erasing | Mark::Erased | Mark::Done) => self.tally.killed_in_erasing += 1,
            _ => {}
        }
        // Judged in place, the folder is tidy again for the next process; judged in a copy, that one finds what the kill left.
        let copy = if self.random.bool() { Some(copy_of(&folder.dir())?) } else { None };
        let judged_in = copy.as_ref().map_or_else(|| folder.dir(), |copy| copy.path().to_owned());
        let promise = Promise {
            before: &folder.before,
            seed: folder.seed,
            generation: folder.generation,
            acknowledged: told.acknowledged,
        };
        let verdict = match told.last {
            // In place: what is half erased has to be erased again before anybody goes on.
            Some(Mark::Erasing) => promise.judge_while_erasing(&folder.dir()),
            Some(Mark::Erased | Mark::Done) => after_erasing(&folder.dir()),
            _ => promise.judge(&judged_in),
        };
        Ok(self.count(folder, &told, verdict))
    }

    fn count(&mut self, folder: &mut Folder, told: &Told, verdict: Verdict) -> bool {
        match verdict {
            Verdict::Kept { found, under_way } => {
                folder.before = *found;
                self.tally.kept_unacknowledged += u32::from(under_way);
                return true;
            }
            Verdict::Lost(writes) => self.tally.lost += u64::from(writes),
            Verdict::HalfWritten(_) => self.tally.half_written += 1,
            Verdict::Unreadable(_) => self.tally.unreadable += 1,
        }
        let (seed, generation) = (folder.seed, folder.generation);
        eprintln!("seed {seed}, writer {generation}, after {told:?}: {verdict}");
        false
    }

    /// Starts the writer, and kills it `delay` after what was aimed at.
    fn strike(&mut self, order: &Order, aim: Aim, delay: Duration) -> Result<Told, Broken> {
        let started = Instant::now();
        let mut child = Doomed(writer::command(order)?.spawn()?);
        let mut lines = BufReader::new(child.0.stdout.take().ok_or(Broken::Setup("a writer without an output"))?);
        let mut told = Told::default();
        let mut last_heard = started;
        let mut line = String::new();
        let is_there = |mark: &Mark| match aim {
            Aim::Anywhere => false,
            Aim::Opening => *mark == Mark::Opening,
            Aim::Writing(writes) => *mark == Mark::Acknowledged(writes + 1) || *mark == Mark::Opened && writes == 0,
            Aim::Closing => *mark == Mark::Closing,
            Aim::Erasing => *mark == Mark::Erasing,
        };
        if !matches!(aim, Aim::Anywhere) {
            while read_line(&mut lines, &mut line)? {
                let Some(mark) = Mark::parse(&line) else {
                    continue;
                };
                let now = Instant::now();
                self.pace.learn(&mark, told.opened_once, now - last_heard);
                last_heard = now;
                let there = is_there(&mark);
                told.hear(mark);
                if there {
                    break;
                }
            }
        }
        thread::sleep(delay);
        child.0.kill()?;
        let ended = child.0.wait()?;
        // What it had acknowledged is in the pipe still.
        while read_line(&mut lines, &mut line)? {
            if let Some(mark) = Mark::parse(&line) {
                told.hear(mark);
            }
        }
        // One that erases ends by itself when the kill comes late.
        let has_ended = matches!(told.last, Some(Mark::Failed(_) | Mark::Done));
        if cfg!(unix) && ended.code().is_some() && !has_ended {
            return Err(Broken::Setup("a writer ended before it was killed"));
        }
        Ok(told)
    }

    /// Whether a process that died while it opened the store had begun to migrate it. Told from a copy: SQLite changes the files
    /// that it looks at.
    fn is_in_migration(&self, dir: &Path, began_with: u32) -> Result<bool, Broken> {
        let has = |path: PathBuf| fs::metadata(path).is_ok_and(|metadata| metadata.len() > 0);
        let database = Store::database_path(dir);
        if !has(database.clone()) {
            return Ok(false);
        }
        let written = began_with == 0 || has(database.with_extension("db-wal"));
        let found = version(copy_of(dir)?.path())?;
        Ok(found < self.newest && (found > began_with || written))
    }
}

/// A process that writes for ever, unless whoever started it sees to it.
struct Doomed(Child);

impl Drop for Doomed {
    fn drop(&mut self) {
        // Errors tell that it is dead already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Pace {
    fn learn(&mut self, mark: &Mark, opened_before: bool, took: Duration) {
        let learnt = match mark {
            Mark::Opening if !opened_before => &mut self.start,
            Mark::Opened => &mut self.opening,
            Mark::Acknowledged(_) => &mut self.writing,
            _ => return,
        };
        *learnt = (*learnt * 7 + took) / 8;
    }
}

/// A line as text, whatever bytes it has; false at the end.
fn read_line(from: &mut impl BufRead, line: &mut String) -> Result<bool, Broken> {
    let mut bytes = Vec::new();
    from.take(10_000).read_until(b'\n', &mut bytes)?;
    String::from_utf8_lossy(&bytes).trim_end().clone_into(line);
    Ok(!bytes.is_empty())
}

/// The schema version of the database in this folder, by SQLite alone.
fn version(dir: &Path) -> Result<u32, Broken> {
    let raw = open_raw(&Store::database_path(dir), &fs::read(key_file(dir))?)?;
    Ok(raw.query_row("PRAGMA user_version", (), |row| row.get(0))?)
}

fn copy_of(dir: &Path) -> Result<TempDir, Broken> {
    let copy = tempfile::tempdir()?;
    if dir.try_exists()? {
        for entry in fs::read_dir(dir)? {
            let entry = entry?;
            fs::copy(entry.path(), copy.path().join(entry.file_name()))?;
        }
    }
    Ok(copy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_acknowledged_is_lost() {
        let frozen = Frozen::all().unwrap();
        let tally = Killer::new(1, &frozen, false).unwrap().run(40, || {}).unwrap();
        assert!(!tally.is_bad(), "{tally:?}");
        assert_eq!(tally.kills, 40);
        assert!(tally.acknowledged > 100, "{tally:?}");
        assert!(tally.killed_in_opening > 0 && tally.killed_in_erasing > 0, "{tally:?}");
    }

    #[test]
    fn a_writer_that_acknowledges_too_early_is_caught() {
        let tally = Killer::new(2, &[], true).unwrap().run(60, || {}).unwrap();
        assert!(tally.lost > 0, "{tally:?}");
    }
}
