//! What the border costs: the same commands and charts from Kotlin and from Swift, beside Rust. Each shell's own program measures
//! itself and, in turn, Rust within the same process (`tests/kotlin/run.sh bench`, `tests/swift/run.sh bench`), and prints its
//! figures; they are judged here.

use std::collections::HashMap;
use std::path::Path;
use std::process::{Command, Stdio};

use serde::Deserialize;

use crate::BenchError;
use crate::report::{Case, Goal, Report};

/// So much more than the same command from Rust a command may take, in empty ones.
const EMPTY_COMMANDS: f64 = 3.0;

/// One figure of a shell's program.
#[derive(Deserialize)]
struct Measured {
    case: String,
    value: f64,
}

pub(crate) fn run(report: &mut Report) -> Result<(), BenchError> {
    for (bench, script) in [("ffi_kotlin", "tests/kotlin/run.sh"), ("ffi_swift", "tests/swift/run.sh")] {
        judge(report, bench, &measure(script)?)?;
    }
    Ok(())
}

fn judge(report: &mut Report, bench: &'static str, shell: &HashMap<String, f64>) -> Result<(), BenchError> {
    let figure = |name: &str| shell.get(name).copied().ok_or(BenchError::Broken("a shell's figure is missing"));
    // Every command is a call that the shell awaits: so is the empty one that it is measured against.
    let empty_us = figure("empty_command")?;
    let plain = Case { bench, name: "", unit: "us", value: 0.0, baseline: "", baseline_value: None, goal: Goal::None };
    report.case(&Case { name: "empty_call", value: figure("empty_call")?, ..plain });
    report.case(&Case { name: "empty_command", value: empty_us, ..plain });
    report.case(&Case {
        name: "tap_to_frame",
        value: figure("tap_to_frame")?,
        baseline: "the same command from Rust, and 3 empty ones",
        baseline_value: Some(figure("tap_to_frame_from_rust")? + EMPTY_COMMANDS * empty_us),
        goal: Goal::AtMost(1.0),
        ..plain
    });
    report.case(&Case {
        name: "chart_of_1825_points_across",
        value: (figure("chart_1825")? - figure("chart_1825_within_rust")?).max(0.0),
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
