//! Cuts the power of a writing process at random moments, and judges what is left.
//!
//! A process runs once, through the real SQLCipher and the real store, while the shim records what it does to its files. From a
//! prefix of the recording `disk` makes a disk that a power cut could have left there; on it the store is opened and judged. One
//! recording serves many cuts: while the store is made, migrated or recovered, between and within writes, while it is closed and
//! while it is erased. The next process begins on what a cut has left. All of it is in memory where it can be: the disk below plays
//! no part.

use std::fs;
use std::path::{Path, PathBuf};

use lumbra_store::Store;
use serde::Serialize;
use tempfile::TempDir;

use super::Broken;
use super::disk::{self, Disk, Files};
use super::inode::Damage;
use super::judge::{Promise, Verdict, after_erasing};
use super::picture::Picture;
use super::recording::{Event, Recording};
use super::setup::{Frozen, in_memory};
use super::writer::{self, Mark, Order};

/// Built by build.rs; empty where it can't be.
const SHIM: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/shim.so"));

/// How many cuts one recording serves.
const CUTS_A_RUN: u32 = 20;

/// How many processes follow one another on one disk; the last erases it.
const RUNS: u32 = 3;

/// How many cuts a series of runs makes.
pub(crate) const CUTS_A_SERIES: u32 = RUNS * CUTS_A_RUN;

/// Where the store is, below the folder that is recorded: so that making its folder is recorded too.
const DATA: &str = "data";

/// What was seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Tally {
    /// Cuts made.
    pub(crate) cuts: u32,
    /// Writes that were acknowledged before them, counted at each cut.
    pub(crate) acknowledged: u64,
    /// Of these, the ones that were not there afterwards.
    pub(crate) lost: u64,
    /// Cuts after which something was half-written.
    pub(crate) half_written: u32,
    /// Cuts after which the store did not open, or was set aside.
    pub(crate) unreadable: u32,
    /// What the cuts did to the disks.
    #[serde(flatten)]
    pub(crate) damage: Damage,
    /// Cuts while a database was made or migrated.
    pub(crate) cut_in_migration: u32,
    /// Cuts while the store was opened, those among them.
    pub(crate) cut_in_opening: u32,
    /// Cuts while the store was closed.
    pub(crate) cut_in_closing: u32,
    /// Cuts while the store was erased, or just after.
    pub(crate) cut_in_erasing: u32,
}

impl Tally {
    /// Adds another series'.
    pub(crate) const fn add(&mut self, other: &Self) {
        self.cuts += other.cuts;
        self.acknowledged += other.acknowledged;
        self.lost += other.lost;
        self.half_written += other.half_written;
        self.unreadable += other.unreadable;
        self.damage.add(&other.damage);
        self.cut_in_migration += other.cut_in_migration;
        self.cut_in_opening += other.cut_in_opening;
        self.cut_in_closing += other.cut_in_closing;
        self.cut_in_erasing += other.cut_in_erasing;
    }

    /// Whether anything went as it must not.
    pub(crate) const fn is_bad(&self) -> bool {
        self.lost > 0 || self.half_written > 0 || self.unreadable > 0
    }
}

/// What the series share.
#[derive(Debug)]
pub(crate) struct Lab {
    shim: TempDir,
    frozen: Vec<Frozen>,
    lying_disk: bool,
}

/// Some runs on one disk, one after the other.
struct Series<'a> {
    lab: &'a Lab,
    number: u64,
    seed: u64,
    random: fastrand::Rng,
    tally: Tally,
}

/// What a run begins with.
struct Start {
    files: Files,
    picture: Picture,
    /// Whether there is no database of the present version yet.
    is_to_be_made: bool,
}

/// A process's run.
struct Run<'a> {
    start: &'a Start,
    recording: &'a Recording<'a>,
    order: &'a Order,
}

impl Lab {
    /// Fails where there is no shim.
    pub(crate) fn new(lying_disk: bool) -> Result<Self, Broken> {
        if SHIM.is_empty() {
            return Err(Broken::Setup("power cuts are simulated on Linux with glibc only"));
        }
        let lab = Self { shim: tempfile::tempdir()?, frozen: Frozen::all()?, lying_disk };
        fs::write(lab.shim(), SHIM)?;
        Ok(lab)
    }

    fn shim(&self) -> PathBuf {
        self.shim.path().join("shim.so")
    }

    /// The series of this number, with at most so many cuts. It follows from the seed and the number; `done` hears of each cut.
    pub(crate) fn series(&self, seed: u64, number: u64, cuts: u32, done: impl Fn()) -> Result<Tally, Broken> {
        let mut seeds = fastrand::Rng::with_seed(seed);
        let seed = seeds.u64(..).wrapping_add(number);
        let random = fastrand::Rng::with_seed(seed);
        let mut series = Series { lab: self, number, seed, random, tally: Tally::default() };
        let mut start = series.first_start()?;
        for generation in 1..=RUNS {
            let left = cuts.saturating_sub(series.tally.cuts).min(CUTS_A_RUN);
            start = match series.run(&start, generation, left, &done)? {
                Some(next) => next,
                None => series.first_start()?,
            };
        }
        Ok(series.tally)
    }

    /// Runs a writer below this folder, and gives its recording.
    fn record(&self, root: &Path, order: &Order) -> Result<Vec<u8>, Broken> {
        let log = tempfile::tempdir()?;
        let log = log.path().join("log");
        let mut command = writer::command(order)?;
        command.env("LD_PRELOAD", self.shim()).env("LUMBRA_FAULTS_ROOT", root).env("LUMBRA_FAULTS_LOG", &log);
        if self.lying_disk {
            command.env("LUMBRA_FAULTS_LYING", "1");
        }
        let output = command.output()?;
        if output.status.success() {
            return Ok(fs::read(log)?);
        }
        Err(Broken::Recording(format!("the writer failed: {}", String::from_utf8_lossy(&output.stdout).trim())))
    }
}

impl Series<'_> {
    /// Nothing, or a database of an earlier version.
    fn first_start(&mut self) -> Result<Start, Broken> {
        let frozen = if self.random.bool() { self.random.choice(&self.lab.frozen) } else { None };
        let Some(frozen) = frozen else {
            return Ok(Start { files: Files::new(), picture: Picture::default(), is_to_be_made: true });
        };
        let root = in_memory()?;
        frozen.put(&root.path().join(DATA))?;
        Ok(Start { files: disk::read(root.path())?, picture: frozen.picture.clone(), is_to_be_made: true })
    }

    /// Records a run and cuts it so many times. Gives what one of the cuts has left, when it can be gone on from.
    fn run(&mut self, start: &Start, generation: u32, cuts: u32, done: impl Fn()) -> Result<Option<Start>, Broken> {
        let root = in_memory()?;
        let root = root.path().canonicalize()?;
        disk::write(&start.files, &root)?;
        let order = Order {
            dir: root.join(DATA),
            seed: self.seed,
            generation,
            writes: Some(self.random.u32(10..80)),
            writes_a_time: self.random.u32(10..60),
            erase: generation == RUNS,
            hasty: false,
        };
        let log = self.lab.record(&root, &order)?;
        let recording = Recording::parse(&log)?;
        let mut whole = Disk::with(&start.files);
        recording.events.iter().try_for_each(|event| whole.play(*event))?;
        if whole.whole() != disk::read(&root)? {
            return Err(Broken::Recording("it doesn't tell all that happened to the files".into()));
        }
        let run = Run { start, recording: &recording, order: &order };
        let mut left = Vec::new();
        for _ in 0..cuts {
            left.extend(self.cut(&run)?);
            done();
        }
        let next = if left.is_empty() { None } else { Some(left.swap_remove(self.random.usize(..left.len()))) };
        Ok(next)
    }

    /// One cut, judged. Gives what it has left, when it can be gone on from.
    fn cut(&mut self, run: &Run<'_>) -> Result<Option<Start>, Broken> {
        let events = run.moment(&mut self.random);
        let mut disk = Disk::with(&run.start.files);
        for event in run.recording.events.iter().take(events) {
            disk.play(*event)?;
        }
        let files = disk.cut(&mut self.random, &mut self.tally.damage);
        let root = in_memory()?;
        disk::write(&files, root.path())?;
        let dir = root.path().join(DATA);
        if files.contains_key(DATA) && self.random.u8(..4) == 0 {
            // Left over from before, and of no use: it must not be believed.
            let garbage: Vec<u8> = (0..32_768).map(|_| self.random.u8(..)).collect();
            fs::write(Store::database_path(&dir).with_extension("db-shm"), garbage)?;
        }
        let promise = run.promise(events);
        let erasing = run.recording.marks_before(events).any(|mark| *mark == Mark::Erasing);
        let erased = run.recording.marks_before(events).any(|mark| *mark == Mark::Erased);
        let verdict = match (erasing, erased) {
            (_, true) => after_erasing(&dir),
            (true, false) => promise.judge_while_erasing(&dir),
            (false, false) => promise.judge(&dir),
        };
        self.count_moment(run, events);
        let (series, generation) = (self.number, run.order.generation);
        match verdict {
            Verdict::Kept { found, .. } if !erasing => {
                let is_to_be_made = run.start.is_to_be_made && events < run.made_by();
                return Ok(Some(Start { files, picture: *found, is_to_be_made }));
            }
            Verdict::Kept { .. } => return Ok(None),
            Verdict::Lost(writes) => self.tally.lost += u64::from(writes),
            Verdict::HalfWritten(_) => self.tally.half_written += 1,
            Verdict::Unreadable(_) => self.tally.unreadable += 1,
        }
        if !self.lab.lying_disk {
            let root = if files.contains_key(DATA) { "" } else { " (its folder is gone)" };
            let last = run.recording.marks_before(events).next_back();
            eprintln!(
                "series {series}, writer {generation}, cut after {events} events, after {last:?}: {verdict}{root}"
            );
        }
        Ok(None)
    }

    fn count_moment(&mut self, run: &Run<'_>, events: usize) {
        self.tally.cuts += 1;
        self.tally.acknowledged += u64::from(run.promise(events).acknowledged);
        let last = run.recording.marks_before(events).next_back();
        self.tally.cut_in_opening += u32::from(last == Some(&Mark::Opening));
        self.tally.cut_in_closing += u32::from(last == Some(&Mark::Closing));
        self.tally.cut_in_erasing += u32::from(matches!(last, Some(Mark::Erasing | Mark::Erased | Mark::Done)));
        let begun = run.recording.events.iter().position(|event| matches!(event, Event::Write { .. })).unwrap_or(0);
        let making = run.start.is_to_be_made && (begun + 1..run.made_by()).contains(&events);
        self.tally.cut_in_migration += u32::from(making);
    }
}

impl Run<'_> {
    /// After how many events the database was there and of the present version.
    fn made_by(&self) -> usize {
        self.recording.marks.iter().find(|(_, mark)| *mark == Mark::Opened).map_or(usize::MAX, |(events, _)| *events)
    }

    /// When to cut: after so many events. Each part of a run has its turn, however long it takes.
    fn moment(&self, random: &mut fastrand::Rng) -> usize {
        let (marks, events) = (&self.recording.marks, &self.recording.events);
        let part = random.u8(..7);
        let begins_part = |at: usize, mark: &Mark| match part {
            0 | 1 if self.start.is_to_be_made => *mark == Mark::Opening && at == 0,
            0 | 1 => *mark == Mark::Opening,
            2 => *mark == Mark::Closing,
            3 => *mark == Mark::Erasing,
            _ => matches!(mark, Mark::Opened | Mark::Acknowledged(_)),
        };
        let parts: Vec<usize> =
            (0..).zip(marks).filter(|(at, (_, mark))| begins_part(*at, mark)).map(|(at, _)| at).collect();
        let Some(at) = random.choice(parts) else {
            return random.usize(..=events.len());
        };
        let from = marks.get(at).map_or(0, |(events, _)| *events);
        let to = marks.get(at + 1).map_or(events.len(), |(events, _)| *events);
        let moment = random.usize(from..=to);
        // Just after a change there is the most to lose.
        let is_change =
            |event: &Event<'_>| !matches!(event, Event::Open { .. } | Event::Close { .. } | Event::Sync { .. });
        let next_change = events.iter().enumerate().skip(moment).take(to - moment).find(|(_, event)| is_change(event));
        match next_change {
            Some((at, _)) if random.bool() => at + 1,
            _ => moment,
        }
    }

    fn promise(&self, events: usize) -> Promise<'_> {
        let mut marks = self.recording.marks_before(events).rev();
        let acknowledged =
            marks.find_map(|mark| if let Mark::Acknowledged(writes) = mark { Some(*writes) } else { None });
        Promise {
            before: &self.start.picture,
            seed: self.order.seed,
            generation: self.order.generation,
            acknowledged: acknowledged.unwrap_or(0),
        }
    }
}

#[cfg(all(test, target_os = "linux", target_env = "gnu"))]
mod tests {
    use super::*;

    #[test]
    fn nothing_acknowledged_is_lost() {
        let lab = Lab::new(false).unwrap();
        let mut tally = Tally::default();
        for number in 0..2 {
            tally.add(&lab.series(1, number, CUTS_A_SERIES, || {}).unwrap());
        }
        assert!(!tally.is_bad(), "{tally:?}");
        assert_eq!(tally.cuts, 2 * CUTS_A_SERIES);
        assert!(tally.acknowledged > 100, "{tally:?}");
        assert!(tally.damage.dropped_writes > 0 && tally.damage.torn_writes > 0 && tally.damage.dropped_names > 0);
        assert!(tally.cut_in_migration > 0 && tally.cut_in_closing > 0 && tally.cut_in_erasing > 0, "{tally:?}");
    }

    #[test]
    fn a_disk_that_lies_is_caught() {
        let tally = Lab::new(true).unwrap().series(1, 0, CUTS_A_SERIES, || {}).unwrap();
        assert!(tally.lost > 0, "{tally:?}");
        assert!(tally.is_bad());
    }

    #[test]
    fn a_series_follows_from_its_seed() {
        let lab = Lab::new(false).unwrap();
        let tally = |seed| lab.series(seed, 0, CUTS_A_RUN, || {}).unwrap();
        assert_eq!(tally(3), tally(3));
        assert_ne!(tally(3), tally(4));
    }
}
