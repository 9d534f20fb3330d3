//! What keeping posture at full rate costs, beside a file that is appended to and synced, and beside a row a sample in SQLite.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use lumbra::store::{Device, FileKeyStore, PostureChunk, PostureSample, Store};
use lumbra_store::blobs::encode_posture;
use rusqlite::Connection;

use crate::BenchError;
use crate::measure::{Written, forget_peak, memory_mib, processor_ns};
use crate::raw::{A_PART, A_PART_S, Body, Habit, residual_entropy};
use crate::report::{Case, Goal, Report};

const DEVICE: &str = "4d1ccf5e-1a3f-4a0c-9a53-6b2f0f5a0001";
/// 2026-01-01T08:00:00Z.
const BEGIN_MS: i64 = 1_767_254_400_000;
/// Of a sealed chunk.
const TEN_MINUTES: usize = 15_000;
const ROUNDS: usize = 3;

/// A part that runs in a process of its own.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(crate) enum Part {
    /// A backlog, and the memory it takes.
    Memory,
    /// The live path, which says after each part that it is kept.
    Acknowledge,
}

impl Part {
    const fn name(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Acknowledge => "acknowledge",
        }
    }
}

/// What one way cost.
#[derive(Clone, Copy, Debug, Default)]
struct Cost {
    processor_ns: u64,
    written: Written,
    on_disk: u64,
}

/// A life that goes on by the hour.
struct Stream {
    body: Body,
    habit: Habit,
    minute: u32,
}

impl Stream {
    fn new(seed: u64) -> Self {
        Self { body: Body::new(seed), habit: Habit::new(seed), minute: 0 }
    }

    fn hour(&mut self) -> Vec<PostureChunk> {
        let mut parts = Vec::new();
        for _ in 0..60 {
            let since_ms = u64::from(self.minute) * 60_000;
            let minute = self.habit.next();
            parts.extend(self.body.minute(minute, DEVICE, since_ms, BEGIN_MS.saturating_add_unsigned(since_ms), 3_600));
            self.minute += 1;
        }
        parts
    }
}

pub(crate) fn run(report: &mut Report, hours: u32, backlog_days: u32) -> Result<(), BenchError> {
    let mut stream = Stream::new(1);
    let hours: Vec<Vec<PostureChunk>> = (0..hours).map(|_| stream.hour()).collect();
    let parts: Vec<PostureChunk> = hours.iter().flatten().cloned().collect();
    density(report, &parts)?;
    let (live, file, rows) = (live(&parts)?, file(&parts)?, rows(&parts)?);
    written(report, &parts, &live, &file, &rows);
    backlog(report, &hours)?;
    syncs(report);
    memory(report, backlog_days);
    Ok(())
}

pub(crate) fn part(part: Part, hours: u32, backlog_days: u32) -> Result<(), BenchError> {
    match part {
        Part::Memory => ingest_backlog(backlog_days),
        Part::Acknowledge => acknowledge(hours),
    }
}

fn case(
    report: &mut Report,
    name: &str,
    unit: &'static str,
    value: f64,
    beside: (&'static str, Option<f64>),
    goal: Goal,
) {
    let (baseline, baseline_value) = beside;
    report.case(&Case { bench: "ingest", name, unit, value, baseline, baseline_value, goal });
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
fn a_sample(value: u64, parts: &[PostureChunk]) -> f64 {
    let samples: usize = parts.iter().map(|part| part.samples.len()).sum();
    value as f64 / samples.max(1) as f64
}

/// How small ten minutes become, beside what there is to tell in them.
fn density(report: &mut Report, parts: &[PostureChunk]) -> Result<(), BenchError> {
    let samples: Vec<PostureSample> = parts.iter().flat_map(|part| &part.samples).copied().collect();
    let (mut bytes, mut entropy, mut chunks) = (0, 0.0, 0.0);
    for chunk in samples.chunks(TEN_MINUTES) {
        bytes += encode_posture(chunk)?.len() as u64;
        entropy += residual_entropy(chunk);
        chunks += 1.0;
    }
    let beside = ("entropy of what a linear predictor leaves", Some(entropy / chunks));
    case(report, "sealed_chunk_a_sample", "B", a_sample(bytes, parts), beside, Goal::AtMost(1.15));
    Ok(())
}

fn open(dir: &Path) -> Result<Store, BenchError> {
    let (mut store, _) = Store::open(dir, &FileKeyStore::new(dir.join("lumbra.key")))?;
    store.save_device(&Device {
        device_id: DEVICE.into(),
        model: "Lumbra One".into(),
        serial: "LB1-000001".into(),
        firmware: "1.0.0".into(),
        hardware: "A".into(),
        name: "Lumbra".into(),
        link_id: None,
        paired_at_ms: BEGIN_MS,
        last_seen_ms: BEGIN_MS,
        forgotten_at_ms: None,
    })?;
    Ok(store)
}

fn bytes_in(dir: &Path) -> Result<u64, BenchError> {
    let mut bytes = 0;
    for entry in fs::read_dir(dir)? {
        bytes += entry?.metadata()?.len();
    }
    Ok(bytes)
}

/// As it streams in: a transaction each twenty seconds; closed at the end, so that what the log holds is brought into the database.
fn live(parts: &[PostureChunk]) -> Result<Cost, BenchError> {
    let dir = tempfile::tempdir()?;
    drop(open(dir.path())?);
    let empty = bytes_in(dir.path())?;
    let mut store = open(dir.path())?;
    let (began, before) = (processor_ns(), Written::so_far());
    for part in parts {
        store.append_posture(std::slice::from_ref(part), &[])?;
    }
    store.seal_posture()?;
    drop(store);
    let (processor_ns, written) = (processor_ns() - began, Written::so_far().since(before));
    Ok(Cost { processor_ns, written, on_disk: bytes_in(dir.path())? - empty })
}

/// The samples as they are, appended to a file and synced each twenty seconds.
fn file(parts: &[PostureChunk]) -> Result<Cost, BenchError> {
    let dir = tempfile::tempdir()?;
    let mut file = File::create(dir.path().join("samples"))?;
    let (began, before) = (processor_ns(), Written::so_far());
    for part in parts {
        let mut bytes = Vec::with_capacity(6 * A_PART);
        for sample in &part.samples {
            bytes.extend(sample.pitch_ddeg.to_le_bytes());
            bytes.extend(sample.roll_ddeg.to_le_bytes());
            bytes.extend([sample.activity, sample.flags]);
        }
        file.write_all(&bytes)?;
        file.sync_data()?;
    }
    let (processor_ns, written) = (processor_ns() - began, Written::so_far().since(before));
    Ok(Cost { processor_ns, written, on_disk: bytes_in(dir.path())? })
}

/// A row a sample in SQLite, in clear, a durable transaction each twenty seconds.
fn rows(parts: &[PostureChunk]) -> Result<Cost, BenchError> {
    let dir = tempfile::tempdir()?;
    let mut connection = Connection::open(dir.path().join("rows.db"))?;
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
         CREATE TABLE raw (at_ms INTEGER PRIMARY KEY, pitch INTEGER, roll INTEGER, activity INTEGER, flags INTEGER) STRICT;",
    )?;
    let (began, before) = (processor_ns(), Written::so_far());
    for part in parts {
        let transaction = connection.transaction()?;
        {
            let mut insert = transaction.prepare_cached("INSERT INTO raw VALUES (?, ?, ?, ?, ?)")?;
            let mut at_ms = part.first_at_ms;
            for sample in &part.samples {
                insert.execute((at_ms, sample.pitch_ddeg, sample.roll_ddeg, sample.activity, sample.flags))?;
                at_ms += i64::from(part.interval_ms);
            }
        }
        transaction.commit()?;
    }
    drop(connection);
    let (processor_ns, written) = (processor_ns() - began, Written::so_far().since(before));
    Ok(Cost { processor_ns, written, on_disk: bytes_in(dir.path())? })
}

/// What the live path writes. Counted as bytes handed to the system by calls: pages of the log and of the database, with all that is
/// around them; and as whole blocks that came to the disk, where the system counts them.
fn written(report: &mut Report, parts: &[PostureChunk], live: &Cost, file: &Cost, rows: &Cost) {
    let of = |bytes| a_sample(bytes, parts);
    let beside = ("a file synced each 20 s", Some(of(file.written.by_calls)));
    case(report, "live_written_a_sample", "B", of(live.written.by_calls), beside, Goal::Within(16.0));
    let beside = ("a row a sample", Some(of(rows.written.by_calls)));
    case(report, "live_written_a_sample_beside_rows", "B", of(live.written.by_calls), beside, Goal::None);
    if live.written.to_disk > 0 {
        let beside = ("a file synced each 20 s", Some(of(file.written.to_disk)));
        case(report, "live_blocks_a_sample", "B", of(live.written.to_disk), beside, Goal::None);
    } else {
        eprintln!("ingest live_blocks_a_sample: not measured, the system doesn't count them");
    }
    let beside = ("a row a sample", Some(of(rows.on_disk)));
    case(report, "live_on_disk_a_sample", "B", of(live.on_disk), beside, Goal::None);
    let beside = ("a row a sample", Some(of(rows.processor_ns)));
    case(report, "live_processor_a_sample", "ns", of(live.processor_ns), beside, Goal::None);
}

/// An hour in one hand-over, beside packing ten minutes at a time and a synced append for each hour. By turns, as the machine is not
/// always equally fast.
fn backlog(report: &mut Report, hours: &[Vec<PostureChunk>]) -> Result<(), BenchError> {
    let parts: Vec<PostureChunk> = hours.iter().flatten().cloned().collect();
    let (mut ours, mut others, mut plain) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let dir = tempfile::tempdir()?;
        let mut store = open(dir.path())?;
        let began = processor_ns();
        for hour in hours {
            store.append_posture(hour, &[])?;
        }
        drop(store);
        ours.push(processor_ns() - began);

        let mut file = File::create(dir.path().join("chunks"))?;
        let began = processor_ns();
        for hour in hours {
            let samples: Vec<PostureSample> = hour.iter().flat_map(|part| &part.samples).copied().collect();
            for chunk in samples.chunks(TEN_MINUTES) {
                file.write_all(&encode_posture(chunk)?)?;
            }
            file.sync_data()?;
        }
        others.push(processor_ns() - began);
        plain.push(packed_in_clear(hours, dir.path())?);
    }
    let middle = |mut all: Vec<u64>| {
        all.sort_unstable();
        all.get(all.len() / 2).copied().unwrap_or_default()
    };
    let beside = ("packing, and a synced append an hour", Some(a_sample(middle(others), &parts)));
    let ours = a_sample(middle(ours), &parts);
    case(report, "backlog_processor_a_sample", "ns", ours, beside, Goal::AtMost(1.1));
    // What is left beside this is what encryption takes.
    let beside = ("packing, into SQLite in clear", Some(a_sample(middle(plain), &parts)));
    case(report, "backlog_processor_beside_in_clear", "ns", ours, beside, Goal::None);
    Ok(())
}

/// The processor time of packing into rows of a plain SQLite, a durable transaction an hour.
fn packed_in_clear(hours: &[Vec<PostureChunk>], dir: &Path) -> Result<u64, BenchError> {
    let mut connection = Connection::open(dir.join("plain.db"))?;
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
         CREATE TABLE chunks (at_ms INTEGER PRIMARY KEY, samples BLOB NOT NULL) STRICT;",
    )?;
    let began = processor_ns();
    for hour in hours {
        let samples: Vec<PostureSample> = hour.iter().flat_map(|part| &part.samples).copied().collect();
        let transaction = connection.transaction()?;
        for chunk in samples.chunks(TEN_MINUTES) {
            transaction.prepare_cached("INSERT INTO chunks (samples) VALUES (?)")?.execute([encode_posture(chunk)?])?;
        }
        transaction.commit()?;
    }
    drop(connection);
    Ok(processor_ns() - began)
}

/// Keeps an hour's parts, and says so after each.
fn acknowledge(hours: u32) -> Result<(), BenchError> {
    let dir = tempfile::tempdir()?;
    let mut store = open(dir.path())?;
    let mut stream = Stream::new(2);
    let mut out = std::io::stdout();
    for _ in 0..hours {
        for part in stream.hour() {
            store.append_posture(&[part], &[])?;
            out.write_all(b"kept\n")?;
            out.flush()?;
        }
    }
    Ok(())
}

/// What was seen of the system's calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Calls {
    syncs: u32,
    kept: u32,
    /// Told to be kept while the log held something that was not synced.
    too_soon: u32,
}

fn calls(trace: &str) -> Calls {
    let (mut calls, mut unsynced) = (Calls::default(), false);
    for line in trace.lines() {
        let Some((_, call)) = line.split_once(' ') else { continue };
        let call = call.trim_start();
        let of_log = call.split_once(')').is_some_and(|(arguments, _)| arguments.contains("lumbra.db-wal>"));
        if call.starts_with("write(1") && call.contains("\"kept") {
            calls.kept += 1;
            calls.too_soon += u32::from(unsynced);
        } else if call.starts_with("fdatasync(") || call.starts_with("fsync(") {
            calls.syncs += u32::from(call.contains("lumbra.db"));
            unsynced &= !of_log;
        } else if call.contains("lumbra.db-wal>") {
            unsynced = true;
        }
    }
    calls
}

/// How often the live path syncs, and whether anything is told to be kept before it is.
fn syncs(report: &mut Report) {
    let traced = || -> Option<Calls> {
        let dir = tempfile::tempdir().ok()?;
        let trace = dir.path().join("trace");
        let done = Command::new("strace")
            .args(["-f", "-y", "-qq", "-e", "trace=fdatasync,fsync,write,pwrite64,pwritev", "-o"])
            .arg(&trace)
            .arg(std::env::current_exe().ok()?)
            .args(["ingest", "--hours", "1", "--part", Part::Acknowledge.name()])
            .output()
            .ok()?;
        let calls = calls(&fs::read_to_string(trace).ok()?);
        (done.status.success() && calls.kept > 0).then_some(calls)
    };
    let Some(calls) = traced() else {
        eprintln!("ingest syncs_a_minute, kept_before_synced: not measured, this needs strace");
        return;
    };
    let minutes = f64::from(calls.kept) * f64::from(A_PART_S) / 60.0;
    let beside = ("a file synced each 20 s", Some(3.0));
    case(report, "syncs_a_minute", "", f64::from(calls.syncs) / minutes, beside, Goal::None);
    case(report, "kept_before_synced", "", f64::from(calls.too_soon), ("", None), Goal::Within(0.0));
}

/// A year's backlog in a process of its own.
fn memory(report: &mut Report, days: u32) {
    let measured = || -> Option<f64> {
        let done = Command::new(std::env::current_exe().ok()?)
            .args(["ingest", "--part", Part::Memory.name(), "--backlog-days", &days.to_string()])
            .output()
            .ok()?;
        String::from_utf8(done.stdout).ok()?.trim().parse().ok()
    };
    match measured() {
        Some(above) => {
            case(report, "backlog_memory_above_idle", "MiB", above, ("", None), Goal::Within(32.0));
        }
        None => eprintln!("ingest backlog_memory_above_idle: not measured, the system doesn't tell"),
    }
}

/// Takes in ten hours a day, an hour at a time, and prints the peak of memory above that of the store at rest, in MiB.
fn ingest_backlog(days: u32) -> Result<(), BenchError> {
    let dir = tempfile::tempdir()?;
    let mut store = open(dir.path())?;
    let mut stream = Stream::new(3);
    // The store at rest, an hour of samples on their way to it.
    let mut hour = stream.hour();
    std::thread::sleep(Duration::from_millis(50));
    let Some((idle, _)) = memory_mib() else { return Err(BenchError::Broken("the system doesn't tell of memory")) };
    forget_peak();
    for day in 0..days {
        for _ in 0..10 {
            store.append_posture(&hour, &[])?;
            hour = stream.hour();
        }
        stream.minute += 14 * 60;
        if day % 30 == 29 {
            eprintln!("{} of {days} days", day + 1);
        }
    }
    let peak = memory_mib().map_or(idle, |(_, peak)| peak);
    println!("{:.3}", peak - idle);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_before_it_is_synced_is_seen() {
        let log = |call: &str| format!("7 {call}(5</tmp/x/lumbra.db-wal>, \"..\", 4096, 32) = 4096\n");
        let (write, sync) = (log("pwrite64"), "7 fdatasync(5</tmp/x/lumbra.db-wal>) = 0\n");
        let kept = "7 write(1</dev/null>, \"kept\\n\", 5) = 5\n";
        let told = |parts: &[&str]| calls(&parts.concat());
        assert_eq!(told(&[&write, sync, kept]), Calls { syncs: 1, kept: 1, too_soon: 0 });
        assert_eq!(told(&[&write, kept, sync]), Calls { syncs: 1, kept: 1, too_soon: 1 });
        // Another file's sync is none of the log's.
        let other = "7 fdatasync(4</tmp/x/lumbra.db>) = 0\n";
        assert_eq!(told(&[&write, other, kept, &write, sync, kept]), Calls { syncs: 2, kept: 2, too_soon: 1 });
    }
}
