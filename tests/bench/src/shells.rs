//! What the border costs: the same commands and charts from Kotlin and from Swift, beside Rust. Each shell's own program measures
//! itself (`tests/kotlin/run.sh bench`, `tests/swift/run.sh bench`) and prints its figures; they are judged here.

use std::collections::HashMap;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use lumbra::link::{InProcessRadio, PeripheralId};
use lumbra::store::FileKeyStore;
use lumbra::{ChartMetric, Companion, Config, OutcomeName, SystemClock};
use lumbra_wearable::serve;
use serde::Deserialize;

use crate::BenchError;
use crate::command::Label;
use crate::report::{Case, Goal, Report, median_ms};

/// How often each thing is done.
const ROUNDS: u32 = 400;
/// Five years, a value a day.
const CHART_DAYS: u32 = 1_825;
/// So much more than the same command from Rust a command may take, in empty calls.
const EMPTY_CALLS: f64 = 3.0;

/// One figure of a shell's program.
#[derive(Deserialize)]
struct Measured {
    case: String,
    value: f64,
}

/// Rust's own times, in microseconds.
struct FromRust {
    tap_us: f64,
    chart_us: f64,
}

pub(crate) async fn run(report: &mut Report) -> Result<(), BenchError> {
    for (bench, script) in [("ffi_kotlin", "tests/kotlin/run.sh"), ("ffi_swift", "tests/swift/run.sh")] {
        let shell = measure(script)?;
        // In the same run, and on the same kind of files.
        let rust = from_rust().await?;
        judge(report, bench, &shell, &rust)?;
    }
    Ok(())
}

fn judge(
    report: &mut Report,
    bench: &'static str,
    shell: &HashMap<String, f64>,
    rust: &FromRust,
) -> Result<(), BenchError> {
    let figure = |name: &str| shell.get(name).copied().ok_or(BenchError::Broken("a shell's figure is missing"));
    let empty_us = figure("empty_call")?;
    let plain = Case { bench, name: "", unit: "us", value: 0.0, baseline: "", baseline_value: None, goal: Goal::None };
    report.case(&Case { name: "empty_call", value: empty_us, ..plain });
    report.case(&Case {
        name: "tap_to_frame",
        value: figure("tap_to_frame")?,
        baseline: "the same command from Rust, and 3 empty calls",
        baseline_value: Some(rust.tap_us + EMPTY_CALLS * empty_us),
        goal: Goal::AtMost(1.0),
        ..plain
    });
    report.case(&Case {
        name: "chart_of_1825_points_across",
        value: (figure("chart_1825")? - rust.chart_us).max(0.0),
        baseline: "a plain byte array of that size",
        baseline_value: Some(figure("bytes_14600")?),
        goal: Goal::AtMost(2.0),
        ..plain
    });
    report.case(&Case {
        name: "posture_with_observer",
        unit: "% of a core",
        value: figure("observer_cpu")?,
        baseline: "one per cent; nothing observed is case posture_idle",
        baseline_value: Some(1.0),
        goal: Goal::AtMost(1.0),
        ..plain
    });
    report.case(&Case { name: "posture_idle", unit: "% of a core", value: figure("observer_cpu_idle")?, ..plain });
    report.case(&Case {
        name: "memory_growth_in_an_hour",
        unit: "KiB",
        value: figure("memory_growth")?,
        goal: Goal::Within(1_024.0),
        ..plain
    });
    report.case(&Case {
        name: "objects_alive_after_close",
        unit: "objects",
        value: figure("live_after_close")?,
        goal: Goal::Within(0.0),
        ..plain
    });
    Ok(())
}

/// Runs a shell's program. What it says beside its figures goes to the person who waits.
fn measure(script: &str) -> Result<HashMap<String, f64>, BenchError> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).ok_or(BenchError::Broken("no checkout"))?;
    let output = Command::new("bash").arg(root.join(script)).arg("bench").stderr(Stdio::inherit()).output()?;
    if !output.status.success() {
        return Err(BenchError::Broken("a shell's program failed"));
    }
    let figures = output.stdout.split(|byte| *byte == b'\n');
    Ok(figures
        .filter_map(|line| serde_json::from_slice::<Measured>(line).ok())
        .map(|measured| (measured.case, measured.value))
        .collect())
}

async fn from_rust() -> Result<FromRust, BenchError> {
    let config = lumbra_wearable::Config::default();
    let passkey = config.passkey;
    let (peripheral, wearable) = serve::spawn(lumbra_wearable::Device::new(config), 1);
    let id = PeripheralId::new("virtual");
    // As the shells' programs do: in memory where that can be, so that no disk is measured.
    let memory = Path::new("/dev/shm");
    let dir = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }?;
    let companion = Companion::open(Config {
        dir: dir.path().to_owned(),
        keys: Box::new(FileKeyStore::new(dir.path().join("lumbra.key"))),
        radio: Arc::new(InProcessRadio::new(vec![(id.clone(), peripheral)])),
        clock: Arc::new(SystemClock),
    })
    .await?;
    let device = companion.pair(&id, None, Arc::new(Label(passkey))).await?;
    device.connected(Duration::from_secs(5)).await?;
    let (mut taps, mut charts) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let began = Instant::now();
        let result = device.identify().await?;
        let ended = Instant::now();
        let since = wearable.since_heard().ok_or(BenchError::Broken("nothing was heard"))?;
        if result.outcome != OutcomeName::Confirmed {
            return Err(BenchError::Broken("a command was not confirmed"));
        }
        taps.push((ended - began).saturating_sub(since));
    }
    for _ in 0..ROUNDS {
        let began = Instant::now();
        companion.chart(ChartMetric::StimulatedMinutes, CHART_DAYS).await?;
        charts.push(began.elapsed());
    }
    device.close().await;
    companion.close().await;
    Ok(FromRust { tap_us: median_ms(taps) * 1_000.0, chart_us: median_ms(charts) * 1_000.0 })
}
